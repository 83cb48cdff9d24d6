"""The Preset menu in the real window."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from studio.presets import preset_folder
from studio.presets.foreign import FORMAT_WORDS
from studio.ui.main_window import MainWindow
from studio.ui.presets.actions import EXPORT_ENTRIES
from studio.ui.presets.import_report_dialog import ImportReportDialog
from studio.ui.presets.name_dialog import PresetNameDialog
from studio.ui.widgets import file_dialog
from tests.ui.conftest import until_read


@pytest.fixture
def window(open_window: Callable[[], MainWindow]) -> MainWindow:
    return open_window()


def answer(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(PresetNameDialog, "ask", lambda *_: name)


def test_saved_deleted_brought_back_and_there_at_the_next_start(
    window: MainWindow, open_window: Callable[[], MainWindow], monkeypatch: pytest.MonkeyPatch
) -> None:
    menu = window.presets
    assert not menu.save.isEnabled()
    assert not menu.delete.isEnabled()
    window.session.sampling.change(temperature=0.33)
    assert window.preset_picker.currentText() == "Creative writing •"
    assert "temperature T: 1.1 → 0.33" in window.preset_picker.toolTip()
    answer(monkeypatch, "Cool")
    menu.save_as.trigger()
    assert (preset_folder() / "Cool.json").is_file()
    assert window.preset_picker.currentText() == "Cool"
    menu.delete.trigger()
    assert "“Cool” is deleted" in window.notice.message
    assert window.notice.action is window.library.edits.undelete
    window.library.edits.undelete.trigger()
    assert (preset_folder() / "Cool.json").is_file()
    window.session.sampling.change(temperature=0.5)
    menu.save.trigger()
    window._remember()
    again = open_window()
    assert again.session.preset_choice.current.name == "Cool"
    assert again.session.sampling.params.temperature == 0.5


def test_a_refused_name_is_reported(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, "Code")
    window.presets.save_as.trigger()
    assert "is a built-in preset's" in window.notice.message


def test_a_dropped_preset_is_taken_in(window: MainWindow, tmp_path: Path) -> None:
    file = tmp_path / "Warm.json"
    file.write_text('{"temp": 1.5, "rep_pen": 1.1, "tfs": 0.5, "top_a": 0}')
    window.presets.import_paths([file])
    until_read(window)
    assert window.preset_picker.currentText() == "Warm"
    assert window.session.sampling.params.temperature == 1.5
    assert window.notice.message == (
        "“Warm” was imported from SillyTavern. Not carried over: tfs 0.5. As in SillyTavern where "
        "the file is silent: top_k 40, top_p 0.5, repeat_last_n 0."
    )
    file.write_text("{")
    window.presets.import_paths([file])
    until_read(window)
    assert "“Warm.json”: It is not valid JSON" in window.notice.message


def test_what_a_file_does_not_say_is_neutral_where_the_writer_wants_it(
    window: MainWindow, open_window: Callable[[], MainWindow], tmp_path: Path
) -> None:
    file = tmp_path / "Modelfile"
    file.write_text("FROM x\nPARAMETER temperature 0.5\n")
    window.presets.import_paths([file])
    until_read(window)
    assert (window.session.sampling.params.top_k, window.session.sampling.params.top_p) == (40, 0.9)
    assert "As in Ollama Modelfile where the file is silent: top_k 40" in window.notice.message
    assert window.presets.neutral in window.presets.menu().actions()
    window.presets.neutral.trigger()
    window.presets.import_paths([file])
    until_read(window)
    assert (window.session.sampling.params.top_k, window.session.sampling.params.top_p) == (0, 1)
    assert "silent" not in window.notice.message
    window.settings.save()
    again = open_window()
    assert again.presets.neutral.isChecked()


def test_all_that_was_lost_is_shown_and_files_are_reported_together(
    window: MainWindow, tmp_path: Path
) -> None:
    warm, cold, broken = (tmp_path / name for name in ("Warm.json", "Cold.json", "broken.json"))
    lost = {f"odd{number}": number for number in range(1, 10)}
    off = dict.fromkeys(("freq_pen", "presence_pen", "xtc_probability", "dry_multiplier"), 0)
    off |= {"typical_p": 1, "mirostat_mode": 0}
    warm.write_text(json.dumps({"temp": 1.5, "rep_pen": 1.1, "top_a": 0, **off, **lost}))
    cold.write_text('{"temp": 0.1, "rep_pen": 1.1, "tfs": 0.5}')
    broken.write_text("{")
    window.presets.import_paths([warm, broken, cold])
    until_read(window)
    said = window.notice.message
    assert said.startswith("2 presets were imported: “Warm”, “Cold”. Not carried over: odd1 1, ")
    assert "and 4 more." in said
    assert "“broken.json”: It is not valid JSON" in said
    action = window.notice.action
    assert action is window.presets.show_left
    action.trigger()
    (dialog,) = window.findChildren(ImportReportDialog)
    assert dialog.isVisible()
    assert dialog.windowTitle() == "Import report"
    # What was lost; the penalty over no tokens and what the file is silent on, of each;
    # and the file that was refused.
    assert dialog.table.rowCount() == 11 + 2 * (1 + 3) + 1
    dialog.reject()


def test_an_edit_outside_appears(window: MainWindow, qtbot: QtBot) -> None:
    preset_folder().mkdir(parents=True, exist_ok=True)
    (preset_folder() / "new.json").write_text('{"name": "From outside"}')
    picker = window.preset_picker
    qtbot.waitUntil(lambda: picker.findText("From outside") >= 0)


def test_a_name_that_cannot_be_one_is_reported_in_the_question_itself(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    presets = window.session.presets
    for name, reason in (
        ("Code", "is a built-in preset's"),
        ("a/b", "without any of"),
        ("", "1 to 100 characters"),
    ):
        assert reason in presets.why_not_called(name)
    answer(monkeypatch, "Mine")
    window.presets.save_as.trigger()
    assert "already" in presets.why_not_called("mine")
    assert presets.why_not_called("MINE", "Mine") == "", "the same one, written otherwise"
    assert presets.why_not_called("Yours") == ""


def test_dialogs_begin_where_presets_came_from_or_went_to_last(
    window: MainWindow,
    open_window: Callable[[], MainWindow],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun: list[Path] = []
    folders = [tmp_path / "in", tmp_path / "out"]
    for folder in folders:
        folder.mkdir()
    source, target = folders[0] / "Warm.json", folders[1] / "Warm.yaml"
    source.write_text('{"temp": 1.5}')

    def ask_open(_parent: QWidget, _title: str, folder: str, _filter: str) -> list[str]:
        begun.append(Path(folder))
        return [str(source)]

    def ask_save(_parent: QWidget, _title: str, suggested: str) -> tuple[str, str]:
        begun.append(Path(suggested))
        return str(target), ""

    monkeypatch.setattr(file_dialog, "ask_open_several", ask_open)
    monkeypatch.setattr(file_dialog, "ask_save", ask_save)
    window.presets.import_.trigger()
    until_read(window)
    assert begun.pop().is_dir()
    window.presets._ask_export("textgen")
    assert begun.pop() == folders[0] / "Warm.yaml"
    window._remember()
    open_window().presets.import_.trigger()
    assert begun.pop() == folders[1]


def test_the_menu_names_every_format_that_can_be_written() -> None:
    assert {name: words.replace("&", "") for name, words in EXPORT_ENTRIES.items()} == FORMAT_WORDS

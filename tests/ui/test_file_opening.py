"""Files dropped on the window, one or many, of one kind or several."""

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.app import expanded_paths, file_kinds, progress_report
from studio.app.file_kinds import FileKind
from studio.experiments.comparison import FORMAT
from studio.presets import foreign, preset_folder
from studio.presets.foreign import Imported, import_file
from studio.ui.main_window import MainWindow
from studio.ui.presets.import_report_dialog import ImportReportDialog
from tests.helpers.tiny_model import write_byte_level_model
from tests.ui.conftest import LONG, until_read

WARM = {"temp": 1.5, "tfs": 0.5}
COLD = {"temp": 0.2, "top_a": 0.3}


@pytest.fixture
def bare(open_window: Callable[[], MainWindow]) -> MainWindow:
    return open_window()


def drop(window: MainWindow, *paths: Path, wait: bool = True) -> bool:
    """Drop files as a file manager does; whether they were taken."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    none = Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(60, 60), copy, data, left, none)
    QApplication.sendEvent(window, enter)
    if enter.isAccepted():
        QApplication.sendEvent(window, QDropEvent(QPointF(60, 60), copy, data, left, none))
        if wait:
            until_read(window)
    return enter.isAccepted()


def preset(folder: Path, name: str, values: dict[str, float]) -> Path:
    path = folder / f"{name}.json"
    path.write_text(json.dumps(values))
    return path


def test_presets_dropped_together_are_taken_in_and_reported_together(
    bare: MainWindow, tmp_path: Path
) -> None:
    before = bare.session.presets.now
    broken = tmp_path / "Broken.json"
    broken.write_text('{"temp": "hot"}')
    assert drop(bare, preset(tmp_path, "Warm", WARM), broken, preset(tmp_path, "Cold", COLD))
    message = bare.notice.message
    assert "2 presets were imported: “Warm”, “Cold”." in message
    assert "Not carried over: tfs 0.5, top_a 0.3." in message
    assert "“Broken.json”: temp" in message
    assert bare.notice.action is bare.presets.show_left
    assert {"Warm", "Cold"} <= {entry.name for entry in bare.session.preset_choice.presets}
    assert bare.session.presets.now == before, "none of several is put in force"


def test_one_is_put_in_force(bare: MainWindow, tmp_path: Path) -> None:
    assert drop(bare, preset(tmp_path, "Warm", WARM))
    assert bare.session.preset_choice.current.name == "Warm"


def test_a_preset_a_text_and_a_model_at_once(
    bare: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    story = tmp_path / "story.txt"
    story.write_text("The sea was calm.")
    model = write_byte_level_model(tmp_path / "tiny.gguf")
    bare.library.defaults.set_default("Code")
    assert drop(bare, preset(tmp_path, "Warm", WARM), model, story)
    assert bare.session.draft.manuscript.text == "The sea was calm."
    assert "“Warm” was imported from SillyTavern." in bare.notice.message
    qtbot.waitUntil(lambda: bare.session.model.is_ready, timeout=LONG)
    assert bare.session.model.path == str(model)
    assert bare.session.preset_choice.current.name == "Warm", "the hand is later than the model"


def test_several_texts_are_opened_each_in_a_tab(bare: MainWindow, tmp_path: Path) -> None:
    texts = [tmp_path / f"{name}.md" for name in "abc"]
    for path in texts:
        path.write_text(path.stem)
    assert drop(bare, *texts)
    assert [bare.tabs.tabText(index) for index in range(bare.tabs.count())] == ["a", "b", "c"]
    assert bare.session.draft.manuscript.text == "c"
    assert bare.notice.message == ""


def test_of_more_texts_than_are_opened_at_a_time_the_others_are_reported(
    bare: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(file_kinds._OPENED, FileKind.MANUSCRIPT, 2)
    texts = [tmp_path / f"{name}.md" for name in "abcd"]
    for path in texts:
        path.write_text(path.stem)
    assert drop(bare, *texts)
    assert bare.session.draft.manuscript.text == "b"
    assert bare.notice.message == (
        "“c.md”, “d.md” were not opened: 2 manuscripts are opened at a time."
    )


def test_a_text_that_cannot_be_read_is_reported_beside_the_preset(
    bare: MainWindow, tmp_path: Path
) -> None:
    text = tmp_path / "bad.txt"
    text.write_bytes(b"\xff\xfe\x00\xd8\x00")
    assert drop(bare, text, preset(tmp_path, "Warm", WARM))
    assert "“Warm” was imported" in bare.notice.message
    assert "bad.txt" in bare.notice.message


def junk(folder: Path) -> list[Path]:
    """300 files as they lie about: presets, broken ones, pictures, texts, comparisons, models."""
    paths = [preset(folder, f"p{number:03}", WARM) for number in range(120)]
    contents: list[tuple[str, int, bytes]] = [
        ("broken-{}.json", 60, b'{"temp": "hot"}'),
        ("picture-{}.png", 70, b"\x89PNG\r\n\x1a\n" + bytes(range(256))),
        ("story-{}.md", 30, b"Once."),
        ("lanes-{}.json", 15, f'{{"format": "{FORMAT}", "format_version": 9}}'.encode()),
        ("model-{}.gguf", 5, b"GGUF\x03\x00"),
    ]
    for name, count, data in contents:
        for number in range(count):
            path = folder / name.format(number)
            path.write_bytes(data)
            paths.append(path)
    assert len(paths) == 300
    return paths


def test_300_files_of_all_kinds_are_looked_at_and_reported_once(
    bare: MainWindow, tmp_path: Path
) -> None:
    said: list[str] = []
    report = bare.library.notices.report

    def count(message: str, *rest: Any, **options: Any) -> None:
        said.append(message)
        report(message, *rest, **options)

    bare.library.notices.report = count  # type: ignore[method-assign]  # it is counted
    before = bare.session.presets.now
    assert drop(bare, *junk(tmp_path))
    (message,) = [it for it in said if not it.startswith(("Looking at", "Importing"))]
    assert message == bare.notice.message
    assert message.startswith("120 presets were imported: “p000”, “p001”, ")
    assert "130 files are refused: “broken-0.json”: temp: found 'hot'" in message
    assert "So are 129 others." in message
    assert "were not opened: 20 manuscripts are opened at a time." in message
    assert "were not opened: one comparison is open at a time." in message
    assert "were not opened: one model is open at a time." in message
    assert "newer version of the program (format 9" in message, "the comparison's own failure"
    assert len(message) < 3000
    assert len(list(preset_folder().iterdir())) == 120
    assert bare.session.presets.now == before, "none of them is put in force"
    assert bare.session.draft.manuscript.text == "Once."
    shown = [it for it in QApplication.topLevelWidgets() if it.isVisible()]
    assert [it for it in shown if it.isWindow() and it is not bare] == []
    # The list of all, with each reason.
    bare.presets.show_left.trigger()
    (dialog,) = bare.findChildren(ImportReportDialog)
    model = dialog.table.model()
    reasons = [str(model.index(row, 3).data()) for row in range(model.rowCount())]
    assert sum("picture-" in why for why in reasons) == 70
    assert sum("broken-" in why for why in reasons) == 60
    dialog.reject()


def test_many_are_ended_in_the_middle_and_what_came_in_stays(
    bare: MainWindow, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress_report, "_DELAY_MS", 0)
    monkeypatch.setattr(progress_report, "_BETWEEN_MS", 0)
    paths = [preset(tmp_path, f"p{number:03}", WARM) for number in range(300)]
    reading, cancel = bare.session.reading, bare.reading_notice.cancel
    held, may_go_on = threading.Event(), threading.Event()
    looked_at = 0

    def hold(path: Path, *, absent: bool) -> tuple[Imported, ...]:
        nonlocal looked_at
        looked_at += 1
        if looked_at == 50:
            held.set()
            assert may_go_on.wait(60)
        return import_file(path, absent=absent)

    monkeypatch.setattr(foreign, "import_file", hold)
    assert drop(bare, *paths, wait=False)
    # The event loop turns meanwhile, and says how far it is.
    qtbot.waitUntil(held.is_set, timeout=LONG)
    qtbot.waitUntil(lambda: bare.notice.message == "Importing 300 files: 16 %", timeout=LONG)
    assert bare.notice.action is cancel
    assert reading.is_busy
    assert bare.actions_.stop.isEnabled()
    # Esc ends it too.
    QTest.keyClick(bare.editor, Qt.Key.Key_Escape)
    may_go_on.set()
    until_read(bare)
    assert looked_at == 50
    assert len(list(preset_folder().iterdir())) == 40, "two batches of 20"
    assert bare.notice.message.startswith("40 presets were imported")
    assert "Ended after 40 of 300 files." in bare.notice.message
    assert not bare.actions_.stop.isEnabled()
    assert {f"p{number:03}" for number in range(40)} <= {
        entry.name for entry in bare.session.preset_choice.presets
    }


def test_of_a_folder_the_files_in_it_are_taken(bare: MainWindow, tmp_path: Path) -> None:
    folder = tmp_path / "presets"
    (folder / "deeper").mkdir(parents=True)
    (folder / ".hidden.json").write_text("{}")
    for place in (folder, folder / "deeper"):
        preset(place, f"in {place.name}", WARM)
    preset(folder, "Cold", COLD)
    assert drop(bare, folder)
    assert bare.notice.message.startswith("2 presets were imported: “Cold”, “in presets”.")
    (tmp_path / "empty").mkdir()
    assert drop(bare, tmp_path / "empty")
    assert bare.notice.message == "“empty” has no files in it."


def test_a_folder_without_files_that_the_window_is_opened_with_is_reported(
    bare: MainWindow, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    bare.open_path(tmp_path / "empty")
    until_read(bare)
    assert bare.notice.message == "“empty” has no files in it."


def test_more_files_than_are_looked_at_are_reported(
    bare: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expanded_paths, "MOST_FILES", 3)
    assert drop(bare, *[preset(tmp_path, f"p{number}", WARM) for number in range(5)])
    assert "3 presets were imported: “p0”, “p1”, “p2”." in bare.notice.message
    assert "The first 3 of 5 files are looked at." in bare.notice.message


def test_nothing_is_taken_that_is_not_on_this_machine(bare: MainWindow) -> None:
    data = QMimeData()
    data.setUrls([QUrl("https://example.org/a.gguf")])
    enter = QDragEnterEvent(
        QPoint(60, 60),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(bare, enter)
    assert not enter.isAccepted()

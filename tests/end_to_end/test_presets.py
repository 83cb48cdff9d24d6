"""Presets from one start of the program to the next: the real window, child, model and folder."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studio.app.model.state import ModelPhase
from studio.engine.messages import LoadOptions
from studio.presets import Preset, PresetDocument, preset_folder
from studio.presets.foreign import import_file
from studio.sampling import SamplingParams
from studio.ui.application import open_first
from studio.ui.main_window import MainWindow
from studio.ui.presets.library_window import PresetLibraryWindow
from studio.ui.presets.name_dialog import PresetNameDialog
from tests.ui.conftest import LONG

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def wait_for_model(window: MainWindow, qtbot: QtBot) -> None:
    model = window.session.model
    qtbot.waitUntil(lambda: model.phase is not ModelPhase.LOADING, timeout=LONG)
    assert model.is_ready, model.message


def save_as(window: MainWindow, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PresetNameDialog, "ask", lambda *_: name)
    QTest.keyClick(window.editor, Qt.Key.Key_K, CONTROL | SHIFT)
    assert window.preset_picker.currentText() == name


def set_temperature(window: MainWindow, text: str) -> None:
    edit = window.temperature.temperature_edit
    edit.selectAll()
    QTest.keyClicks(edit, text)
    QTest.keyClick(edit, Qt.Key.Key_Return)


def library_of(window: MainWindow, qtbot: QtBot) -> PresetLibraryWindow:
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=LONG)
    QTest.keyClick(window, Qt.Key.Key_P, CONTROL | SHIFT)
    view = window.library.view
    assert view is not None
    view.activateWindow()
    qtbot.waitUntil(view.isActiveWindow, timeout=LONG)
    return view


def look_at(view: PresetLibraryWindow, name: str) -> None:
    view.search.selectAll()
    QTest.keyClicks(view.search, name)
    entry = view._state.selected
    assert entry is not None
    assert entry.key == name


def test_saved_quit_started_the_same_and_an_edit_outside_appears(
    window: MainWindow,
    open_window: Callable[[], MainWindow],
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_temperature(window, "0.77")
    window.session.sampling.change(min_p=0.06, dry_multiplier=0.8)
    save_as(window, "Sea", monkeypatch)
    saved = window.session.presets.active
    window.close()

    again = open_window()
    open_first(again, None)
    assert again.session.preset_choice.current == saved
    assert again.session.presets.active == saved
    wait_for_model(again, qtbot)
    assert again.session.presets.active == saved
    assert again.notice.message == ""

    # Outside, with another program: at once in the window, in what is in force, in the library.
    view = library_of(again, qtbot)
    path = preset_folder() / "Sea.json"
    edited = PresetDocument.read(path.read_bytes())
    hotter = Preset(name="Sea", description="Edited", sampling=SamplingParams(temperature=1.9))
    path.write_bytes(edited.with_preset(hotter).to_bytes())
    sampling = again.session.sampling
    qtbot.waitUntil(lambda: sampling.params.temperature == 1.9, timeout=LONG)
    assert again.temperature.temperature_edit.text() == "1.90"
    assert "Edited" in view.details.page.toPlainText()
    view.close()


def test_a_model_starts_with_its_own_and_opens_with_it_with_a_way_back(
    window: MainWindow,
    open_window: Callable[[], MainWindow],
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    starter_model: Path,
    tmp_path: Path,
) -> None:
    set_temperature(window, "0.31")
    save_as(window, "Of the starter", monkeypatch)
    view = library_of(window, qtbot)
    look_at(view, "Of the starter")
    assert "SmolLM2" in view.details.of_model.text()
    QTest.keyClick(view.details.of_model, Qt.Key.Key_Space)
    look_at(view, "Neutral")
    QTest.keyClick(view.details.default, Qt.Key.Key_Space)
    look_at(view, "Greedy")
    QTest.keyClick(view.search, Qt.Key.Key_Return)
    assert window.session.preset_choice.current.name == "Greedy"
    view.close()
    window.close()

    # The next start: the model's own, though another was used last, and before it is loaded.
    again = open_window()
    assert again.session.preset_choice.current.name == "Greedy"
    open_first(again, None)
    assert again.session.preset_choice.current.name == "Of the starter"
    assert again.session.sampling.params.temperature == 0.31
    wait_for_model(again, qtbot)
    assert again.preset_picker.currentText() == "Of the starter"
    assert again.notice.message == ""

    # Another model by hand: the default, with what was turned to be had back.
    other = tmp_path / "Other.gguf"
    other.symlink_to(starter_model)
    set_temperature(again, "0.5")
    again.session.model.open(str(other), LoadOptions(threads=1, context_size=2048))
    wait_for_model(again, qtbot)
    assert again.preset_picker.currentText() == "Neutral"
    assert again.notice.message == "“Other” opens with the default preset, “Neutral”."
    assert again.notice.action is again.library.edits.put_back
    again.notice._button.click()
    assert again.preset_picker.currentText() == "Of the starter •"
    assert again.session.sampling.params.temperature == 0.5


def test_favourites_survive_and_what_is_dragged_out_comes_in_equal(
    window: MainWindow,
    open_window: Callable[[], MainWindow],
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    window.session.sampling.change(temperature=0.77, xtc_probability=0.4)
    window.session.draft.prompting.set_stop(("\n\n", "END"))
    save_as(window, "Sea", monkeypatch)
    view = library_of(window, qtbot)
    QTest.keyClick(view.search, Qt.Key.Key_D, CONTROL)
    data = view.list.model().mimeData([view.list.currentIndex()])
    (url,) = data.urls()
    file = Path(url.toLocalFile())
    assert file.name == "Sea.json"
    (imported,) = import_file(file)
    assert imported.preset == window.session.preset_choice.current
    assert imported.not_carried == ()
    view.close()
    window.close()
    assert not file.exists()

    again = open_window()
    assert again.preset_picker.itemText(0) == "Sea"
    assert again.session.preset_choice.current == imported.preset

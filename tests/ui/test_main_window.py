import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QObject, QPoint, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QAccessible, QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QMenu,
    QMessageBox,
    QWidget,
)
from pytestqt.qtbot import QtBot

from studio.app import settings as remembered
from studio.app.settings import LARGEST_ZOOM, SMALLEST_ZOOM, Settings
from studio.engine.messages import LoadOptions
from studio.sampling import LogitSketch
from studio.ui.application import make_window
from studio.ui.compare.compare import Compare
from studio.ui.landscape.landscape import Landscape
from studio.ui.main_window import MainWindow
from studio.ui.theme.faces import FAMILIES
from studio.ui.theme.type_scale import PROSE_SIZE
from studio.ui.widgets import file_dialog
from studio.ui.widgets.actions import ActionButton
from studio.ui.widgets.side_dock import SideDock
from studio.ui.widgets.side_dock_access import SideDockAccess
from studio.ui.writing.take_steps import TakeSeed
from tests.helpers.tiny_model import write_byte_level_model
from tests.ui.conftest import LONG, remember, save_as


@pytest.fixture
def bare(open_window: Callable[[], MainWindow]) -> MainWindow:
    return open_window()


PARTS = (remembered.LANDSCAPE_SHOWN, remembered.EXPLAIN_OPEN, remembered.EDITOR_OPEN)


@pytest.fixture
def begin(qapp: QApplication) -> Iterator[Callable[[], MainWindow]]:
    """Makes a window and does not wait for what can wait."""
    windows: list[MainWindow] = []

    def begin() -> MainWindow:
        for part in PARTS:
            remember(part, True)
        window = make_window(qapp)
        windows.append(window)
        window.show()
        return window

    yield begin
    for window in windows:
        window.close()
        window.session.close()
        window.deleteLater()


def test_between_one_part_that_is_restored_and_the_next_the_window_answers(
    begin: Callable[[], MainWindow], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    reported: list[str] = []

    def watch(kind: type[Any]) -> None:
        restore = kind.restore

        def restored(part: Any) -> None:
            restore(part)
            reported.append(type(part).__name__)
            QTimer.singleShot(0, lambda: reported.append("turn"))

        monkeypatch.setattr(kind, "restore", restored)

    for kind in (Landscape, SideDockAccess, Compare):
        watch(kind)
    window = begin()
    qtbot.waitUntil(lambda: window.is_started, timeout=LONG)
    docks = ["OutlineAccess", "Explain", "ParameterAccess", "NotesAccess"]
    assert reported[1::2] == ["turn"] * 6
    assert reported[::2] == ["Landscape", *docks, "Compare"]


def test_a_window_that_is_closed_at_once_opens_with_its_parts_the_next_time(
    begin: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    first = begin()
    first.close()
    turns: list[int] = []
    QTimer.singleShot(0, lambda: turns.append(1))
    qtbot.waitUntil(lambda: bool(turns), timeout=LONG)
    assert not first.is_started
    assert not first.findChildren(SideDock), "nothing comes when it is gone"
    assert all(Settings().get(part) for part in PARTS)


def test_the_window_is_remembered(open_window: Callable[[], MainWindow], qtbot: QtBot) -> None:
    first = open_window()
    first.resize(first.width(), 700)
    first.actions_.zoom_in.trigger()
    first.brief.set_open(False)
    first.sampling.set_open(True)
    first.preset_picker.setCurrentIndex(3)
    first.preset_picker.activated.emit(3)
    qtbot.waitUntil(lambda: first.height() >= first.minimumSizeHint().height())
    height = first.height()
    first.close()
    second = open_window()
    # Its width as well, but for a screen as narrow as Qt's offscreen one, which it must fit.
    assert second.height() == height
    assert second.theme.zoom == 1
    assert second.editor.prose_font.pixelSize() > PROSE_SIZE
    assert not second.brief.is_open
    assert second.sampling.is_open
    assert second.preset_picker.currentText() == "Data augmentation"
    assert second.session.preset_choice.current.name == "Data augmentation"


def test_damaged_settings_are_no_obstacle(
    open_window: Callable[[], MainWindow], own_settings: Path
) -> None:
    own_settings.parent.mkdir(parents=True)
    own_settings.write_text(json.dumps(dict.fromkeys(remembered.DECLARED, "99999999 nonsense")))
    window = open_window()
    assert window.isVisible()
    assert str(own_settings) in window.notice.message
    assert window.theme.zoom in range(SMALLEST_ZOOM, LARGEST_ZOOM + 1)
    window.session.model.path = ""
    window.actions_.recent.aboutToShow.emit()
    window.model_picker.menu().aboutToShow.emit()


def test_a_message_of_one_thing_outlives_the_success_of_another(
    bare: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    bare.open_path(tmp_path / "gone.txt")
    assert "gone.txt" in bare.notice.message
    bare.open_path(write_byte_level_model(tmp_path / "tiny.gguf"))
    qtbot.waitUntil(lambda: bare.session.model.is_ready, timeout=LONG)
    assert "gone.txt" in bare.notice.message


def test_a_model_is_asked_for_beside_the_open_one(
    bare: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    path = write_byte_level_model(tmp_path / "tiny.gguf")
    chosen = ["", str(path), ""]

    def answer(_parent: object, _title: str, folder: str, _filter: str) -> str:
        asked.append(folder)
        return chosen.pop(0)

    monkeypatch.setattr(file_dialog, "ask_open", answer)
    bare.actions_.open_model.trigger()
    assert not bare.session.client.is_running
    bare.actions_.open_model.trigger()
    qtbot.waitUntil(lambda: bare.session.model.is_ready, timeout=LONG)
    bare.actions_.open_model.trigger()
    assert asked == ["", "", str(tmp_path)]
    assert bare.session.model.path == str(path)


def test_an_edit_that_is_refused_says_why_until_the_writing_is_over(
    window: MainWindow, qtbot: QtBot
) -> None:
    session = window.session
    QTest.keyClicks(window.editor, "The sea")
    session.sampling.set_max_tokens(1000)
    session.sampling.change(seed=417203)  # one that writes on for a while
    window.actions_.continue_.trigger()
    qtbot.waitUntil(lambda: len(session.draft.manuscript) > len("The sea") + 8, timeout=LONG)
    window.editor.move_caret(len("The sea") + 3)
    QTest.keyClicks(window.editor, "x")
    assert window.notice.message
    assert window.notice.action is window.actions_.stop, "a way on"
    window.actions_.stop.trigger()
    qtbot.waitUntil(lambda: session.writing.is_idle, timeout=LONG)
    assert window.notice.message == ""


def test_closing_while_it_writes_asks_and_ends_the_engine(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [QMessageBox.StandardButton.Cancel, QMessageBox.StandardButton.Discard]
    monkeypatch.setattr(QMessageBox, "question", lambda *_: answers.pop(0))
    session = window.session
    QTest.keyClicks(window.editor, "The sea")
    session.sampling.set_max_tokens(1000)
    session.sampling.change(seed=417203)  # one that writes on for a while
    window.actions_.continue_.trigger()
    qtbot.waitUntil(lambda: session.writing.rate is not None, timeout=LONG)
    assert not window.close()
    assert session.client.is_running
    assert not session.writing.is_idle
    assert window.close()
    assert not session.client.is_running
    assert answers == []


def test_a_failed_generation_offers_to_try_again(window: MainWindow, qtbot: QtBot) -> None:
    window.session.writing.failed.emit("It broke.", "llama_cpp")
    assert window.notice.message == "It broke."
    assert window.notice.action is window.actions_.continue_
    window.session.sampling.set_max_tokens(1)
    window.actions_.continue_.trigger()
    assert window.notice.message == "", "what it said may be mended; the new try will tell"
    qtbot.waitUntil(lambda: window.session.writing.is_idle, timeout=LONG)


def test_what_is_reported_of_a_text_goes_with_it(bare: MainWindow, qtbot: QtBot) -> None:
    draft, notice = bare.session.draft, bare.notice
    bare.session.records.reported.emit("The first 12 characters were not scored.")
    assert notice.message
    draft.new()
    assert notice.message == ""
    bare.session.model.failed.emit("“a.gguf” is damaged.")
    draft.new()
    assert notice.message == "“a.gguf” is damaged.", "which is true of the next text, too"


def test_why_nothing_was_written_is_over_where_the_writer_goes_on(
    bare: MainWindow, qtbot: QtBot
) -> None:
    bare.session.writing.failed.emit("The model has nothing to add here.", "prompt")
    assert bare.notice.message
    QTest.keyClicks(bare.editor, "x")
    assert bare.notice.message == ""


def test_a_brief_that_leaves_no_room_offers_a_larger_context(
    bare: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    session = bare.session
    path = write_byte_level_model(tmp_path / "tiny.gguf")
    session.model.open(str(path), LoadOptions(threads=1, context_size=256))
    qtbot.waitUntil(lambda: session.model.is_ready, timeout=LONG)
    session.draft.set_brief("A story of the sea. " * 40)
    bare.actions_.continue_.trigger()
    qtbot.waitUntil(lambda: session.writing.is_idle, timeout=LONG)
    assert "no room for the manuscript" in bare.notice.message
    assert bare.notice.action is bare.actions_.model_options
    session.model.open(str(path), LoadOptions(threads=1, context_size=512))
    qtbot.waitUntil(lambda: session.model.is_ready, timeout=LONG)
    assert bare.notice.message == "", "it was mended"


def test_a_model_file_that_changed_is_opened_again(
    bare: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    session = bare.session
    path = write_byte_level_model(tmp_path / "tiny.gguf")
    bare.open_path(path)
    qtbot.waitUntil(lambda: session.next_token_preview.is_settled, timeout=LONG)
    os.utime(path, (1, 1))
    session.sampling.set_max_tokens(2)
    bare.actions_.continue_.trigger()
    qtbot.waitUntil(lambda: session.writing.is_idle, timeout=LONG)
    assert "tiny.gguf" in bare.notice.message
    assert bare.notice.action is bare.actions_.reopen_model
    bare.actions_.reopen_model.trigger()
    qtbot.waitUntil(lambda: session.model.is_ready, timeout=LONG)
    assert bare.notice.message == ""


@pytest.mark.parametrize("size", [(1280, 720), (1366, 768), (1920, 1080)])
def test_a_first_window_fits_its_screen_and_shows_continue(
    open_window: Callable[[], MainWindow], qtbot: QtBot, size: tuple[int, int]
) -> None:
    window = open_window()
    window.fit_to(QSize(*size))
    qtbot.waitUntil(lambda: window.height() < size[1] and window.width() < size[0], timeout=LONG)
    window.temperature.set_detailed(True)
    window.theme.zoom_by(2)
    button = window.writing_bar.findChildren(ActionButton)[0]
    parts = (button, window.editor, window.histogram, window.sampling, window.preset_picker)

    def is_whole(part: QWidget) -> bool:
        place = QRect(part.mapTo(window, QPoint(0, 0)), part.size())
        least = part.minimumSizeHint()
        is_in = window.rect().contains(place)
        return is_in and part.width() >= least.width() and part.height() >= least.height()

    qtbot.waitUntil(lambda: all(map(is_whole, parts)), timeout=LONG)
    assert window.width() < size[0]
    assert window.height() < size[1]


def test_menu_and_head_take_two_strips(bare: MainWindow) -> None:
    line = bare.fontMetrics().height()
    page = bare.compare.stack.mapTo(bare, QPoint(0, 0)).y()
    assert page <= 5 * line


def test_the_column_beside_the_page_is_hidden_by_a_key_and_stays_so(
    open_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    window = open_window()
    width = window.editor.width()
    QTest.keyClick(window.editor, Qt.Key.Key_Backslash, Qt.KeyboardModifier.ControlModifier)
    assert not window.side.isVisible()
    qtbot.waitUntil(lambda: window.editor.width() > width)
    window.close()
    again = open_window()
    assert not again.side.isVisible()
    QTest.keyClick(again.editor, Qt.Key.Key_Backslash, Qt.KeyboardModifier.ControlModifier)
    assert again.side.isVisible()


def test_details_and_the_text_face_are_remembered(open_window: Callable[[], MainWindow]) -> None:
    window = open_window()
    assert not window.temperature.is_detailed
    assert window.editor.prose_font.family() == FAMILIES["serif"]
    window.temperature.details.click()
    sans = next(
        action
        for menu in window.menuBar().findChildren(QMenu)
        for action in menu.actions()
        if "Inter" in action.text()
    )
    sans.trigger()
    assert window.editor.prose_font.family() == FAMILIES["sans"]
    window.close()
    again = open_window()
    assert again.temperature.is_detailed
    assert again.editor.prose_font.family() == FAMILIES["sans"]


def test_details_count_what_is_cut_and_name_the_seed(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    session.sampling.change(top_k=1, min_p=0.0, seed=7)
    session.sampling.set_max_tokens(1)
    QTest.keyClicks(window.editor, "The sea was")
    QTest.keyClick(window.editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: session.writing.take_set() is not None, timeout=LONG)
    qtbot.waitUntil(lambda: session.writing.is_idle, timeout=LONG)
    seed = window.temperature.findChild(TakeSeed)
    assert seed is not None
    assert seed.text() == "seed 7"
    assert not seed.isVisible()
    bars = window.histogram.histogram
    sketch = LogitSketch.of(np.linspace(0, -1, 3_000, dtype=np.float32))
    session.next_token.show(sketch)
    window.temperature.details.click()
    assert seed.isVisible()
    assert "2,999 unlikely words cut by top-k 1" in bars.accessibleDescription()
    window.temperature.details.click()
    assert not seed.isVisible()
    assert "unlikely words cut by top-k 1" in bars.accessibleDescription()
    assert "2,999" not in bars.accessibleDescription()


def test_stop_is_there_while_there_is_something_to_stop(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.writing_bar.stop.isHidden(), timeout=LONG)
    QTest.keyClicks(window.editor, "Once")

    def others() -> dict[str, QRect]:
        buttons = window.writing_bar.findChildren(QAbstractButton)
        return {
            button.accessibleName(): QRect(
                button.mapTo(window.writing_bar, QPoint(0, 0)), button.size()
            )
            for button in buttons
            if button is not window.writing_bar.stop and button.isVisible()
        }

    for has_takes in (False, True):
        window.writing_bar.set_has_takes(has_takes)
        before = others()
        window.actions_.continue_.trigger()
        qtbot.waitUntil(window.writing_bar.stop.isVisible, timeout=LONG)
        qtbot.waitUntil(lambda: window.writing_bar.stop.x() > 0, timeout=LONG)
        assert before.items() <= others().items(), "it moves no button"
        window.actions_.stop.trigger()
        qtbot.waitUntil(lambda: window.session.writing.is_idle, timeout=LONG)
        qtbot.waitUntil(window.writing_bar.stop.isHidden, timeout=LONG)


def test_the_pages_names_are_whole_where_the_models_name_gives_way(
    bare: MainWindow, qtbot: QtBot
) -> None:
    bare.theme.zoom_by(LARGEST_ZOOM)
    tabs, picker = bare.compare.tabs, bare.model_picker

    def are_whole() -> bool:
        return tabs.width() > tabs.tabRect(1).right()

    bare.head.setFixedWidth(2600)
    qtbot.waitUntil(lambda: are_whole() and picker.width() >= picker.sizeHint().width())
    bare.head.setFixedWidth(1600)
    qtbot.waitUntil(lambda: are_whole() and picker.width() < picker.sizeHint().width())


def test_compare_shows_stop_as_the_manuscript_does(window: MainWindow, qtbot: QtBot) -> None:
    QTest.keyClicks(window.editor, "Once")
    window.compare.show(True)
    assert window.compare.page is not None
    bar = window.compare.page.bar
    qtbot.waitUntil(bar.stop.isHidden, timeout=LONG)
    row = bar.layout()
    assert row is not None
    row.activate()
    before = bar.add.geometry()
    window.session.compare.run()
    qtbot.waitUntil(bar.stop.isVisible, timeout=LONG)
    assert bar.add.geometry() == before
    window.actions_.stop.trigger()
    qtbot.waitUntil(bar.stop.isHidden, timeout=LONG)


def test_one_word_for_a_preset(bare: MainWindow) -> None:
    bare.library.open.trigger()
    assert bare.library.view is not None
    said: list[str] = []
    for top in (bare, bare.library.view):
        for made in top.findChildren(QObject):
            if isinstance(made, QAction):
                said += [made.text(), made.toolTip()]
            elif isinstance(made, QWidget):
                said += [made.toolTip(), made.accessibleName(), made.accessibleDescription()]
                said += [made.windowTitle(), getattr(made, "text", str)()]
    assert len(said) > 300
    assert [words for words in said if "profile" in words.lower()] == []


def test_f6_goes_from_part_to_part_and_back(bare: MainWindow) -> None:
    def part() -> QWidget:
        focused = bare.focusWidget()
        assert focused is not None
        found = [made for made in bare._parts() if made is focused or made.isAncestorOf(focused)]
        return found[0]

    bare.editor.setFocus()
    seen = []
    for _ in range(6):
        seen.append(part())
        QTest.keyClick(bare.focusWidget(), Qt.Key.Key_F6)
    # Without a model nothing in the row of buttons can be done.
    way = [bare.editor, bare.temperature, bare.histogram, bare.sampling]
    assert seen == [*way, bare.head, bare.brief]
    assert part() is bare.editor
    bare.temperature.slider.setFocus()
    QTest.keyClick(bare.temperature.slider, Qt.Key.Key_F6)
    QTest.keyClick(bare.focusWidget(), Qt.Key.Key_F6, Qt.KeyboardModifier.ShiftModifier)
    assert bare.temperature.slider.hasFocus(), "where it was there last"


def test_what_is_spoken_of_every_widget_is_plain_text(bare: MainWindow) -> None:
    bare.temperature.set_detailed(True)
    bare.parameters.open()
    bare.compare.show(True)
    bare.compare.show(False)
    spoken = {}
    for made in bare.findChildren(QWidget):
        interface = QAccessible.queryAccessibleInterface(made)
        if interface is not None:
            spoken[made] = interface.text(QAccessible.Text.Description)
    assert len([words for words in spoken.values() if words]) > 100
    assert [
        (made, words) for made, words in spoken.items() if "<p>" in words or "<b>" in words
    ] == []


def test_a_save_is_reported_and_mends_one_that_failed(
    bare: MainWindow, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    nowhere, story = tmp_path / "gone" / "story.txt", tmp_path / "story.txt"
    QTest.keyClicks(bare.editor, "Once.")
    for path in (nowhere, story):
        monkeypatch.setattr(
            file_dialog, "ask_save", lambda *_, path=path: (str(path), "Text (*.txt)")
        )
        save_as(bare)
        if path is nowhere:
            assert bare.notice.isVisible(), "what went wrong stays"
            assert "story.txt" in bare.notice.message
    assert story.read_text() == "Once."
    assert not bare.notice.isVisible()
    assert bare.notice.message == bare.toast.message == "“story.txt” is saved."
    bare.actions_.new.trigger()
    assert bare.toast.message == "", "it spoke of another document"

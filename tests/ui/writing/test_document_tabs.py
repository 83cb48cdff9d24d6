"""Several documents in one window: their tabs, by key and by mouse, and how they come back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton, QTabBar
from pytestqt.qtbot import QtBot

from studio.app import settings as remembered
from studio.app.user_folders import recovery_folder
from studio.app.writing import large_texts
from studio.manuscript import RecoveryRecord, TextFile
from studio.ui.application import open_first
from studio.ui.main_window import MainWindow
from studio.ui.widgets import file_dialog
from studio.ui.writing.recovery_dialog import RecoveryDialog
from tests.helpers.journal_records import journal_records, leave_behind
from tests.ui.conftest import LONG, NEVER_ENDS, save, save_as

Button = QMessageBox.StandardButton
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
PARAGRAPH = "The old fisherman looked out over a grey sea and thought of years gone by.\n"


class Writer:
    """Answers questions and names files; what was asked, and how often."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[str] = []
        self.button = Button.Cancel
        self.path = ""
        monkeypatch.setattr(QMessageBox, "question", self._question)
        monkeypatch.setattr(file_dialog, "ask_save", lambda *_: (self.path, ""))

    def _question(self, _parent: object, _title: str, text: str, *_rest: object) -> Button:
        self.asked.append(text)
        return self.button


@pytest.fixture
def writer(monkeypatch: pytest.MonkeyPatch) -> Writer:
    return Writer(monkeypatch)


@pytest.fixture(autouse=True)
def no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.ui.application.find_starter_model", lambda: None)


@pytest.fixture
def bare(open_window: Callable[[], MainWindow], writer: Writer) -> MainWindow:
    """A window without a model: documents need none."""
    return open_window()


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"{name}.txt" for name in ("one", "two", "three")]
    for path in paths:
        path.write_text(path.stem.capitalize() + ".")
    return paths


def tabs(window: MainWindow) -> list[str]:
    bar = window.tabs
    return [bar.tabText(index) for index in range(bar.count())] if bar.isVisible() else []


def text(window: MainWindow) -> str:
    return window.session.draft.manuscript.text


def press(window: MainWindow, key: Qt.Key, modifiers: Qt.KeyboardModifier = CONTROL) -> None:
    QTest.keyClick(window.editor, key, modifiers)


def test_each_has_its_own_text_undo_brief_and_caret(bare: MainWindow, writer: Writer) -> None:
    assert tabs(bare) == [], "a single one is as calm as before"
    QTest.keyClicks(bare.editor, "First.")
    QTest.keyClicks(bare.brief.edit, "Short.")
    bare.editor.move_caret(3)
    press(bare, Qt.Key.Key_N)
    assert tabs(bare) == ["Untitled *", "Untitled 2"]
    assert (text(bare), bare.editor.toPlainText(), bare.brief.edit.text()) == ("", "", "")
    assert bare.windowTitle() == "Untitled 2[*] – Kelvin Studio"
    assert not bare.actions_.undo.isEnabled()
    QTest.keyClicks(bare.editor, "Second one.")
    press(bare, Qt.Key.Key_T)
    QTest.keyClicks(bare.editor, "Third.")
    press(bare, Qt.Key.Key_Z)
    assert text(bare) == ""

    press(bare, Qt.Key.Key_Tab)  # from the last to the first
    assert (text(bare), bare.editor.toPlainText()) == ("First.", "First.")
    assert bare.brief.edit.text() == bare.session.draft.brief == "Short."
    assert (bare.editor.caret, bare.session.draft.caret) == (3, 3)
    assert bare.tabs.currentIndex() == 0
    QTest.keyClicks(bare.editor, "!")
    press(bare, Qt.Key.Key_Z)
    assert text(bare) == "First."
    press(bare, Qt.Key.Key_PageDown)
    assert text(bare) == "Second one."
    press(bare, Qt.Key.Key_Z)
    assert text(bare) == "Second ", "its own last word"
    press(bare, Qt.Key.Key_PageDown)
    press(bare, Qt.Key.Key_Y)
    assert text(bare) == "Third."
    press(bare, Qt.Key.Key_PageUp)
    assert text(bare) == "Second "
    press(bare, Qt.Key.Key_Backtab, CONTROL | SHIFT)
    assert text(bare) == "First."
    assert writer.asked == []


def test_what_is_selected_and_in_view_is_so_again(bare: MainWindow) -> None:
    bare.session.draft.manuscript.edit(0, 0, PARAGRAPH * 200)
    bare.editor.select_range(4_000, 4_040)
    bar = bare.editor.verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    place = bar.value()
    press(bare, Qt.Key.Key_N)
    assert bar.value() == 0
    bare.session.draft.manuscript.edit(0, 0, PARAGRAPH * 100)
    press(bare, Qt.Key.Key_PageUp)
    assert bare.editor.selection == (4_000, 4_040)
    assert bar.value() == place
    assert (bare.session.draft.caret, bare.session.draft.selected) == (4_040, 40)


def test_a_long_text_comes_and_goes_in_pieces(bare: MainWindow, qtbot: QtBot) -> None:
    long = PARAGRAPH * 13_000
    bare.session.draft.manuscript.edit(0, 0, long)
    qtbot.waitUntil(lambda: bare.editor.is_whole, timeout=LONG)
    bare.editor.move_caret(500_000)
    top = bare.editor.line_at(500_000).top()
    press(bare, Qt.Key.Key_N)
    assert not bare.editor.is_whole, "it is taken out while the window goes on"
    qtbot.waitUntil(lambda: bare.editor.is_whole, timeout=LONG)
    assert bare.editor.toPlainText() == ""
    QTest.keyClicks(bare.editor, "Short.")
    press(bare, Qt.Key.Key_Tab)
    assert not bare.editor.is_whole
    press(bare, Qt.Key.Key_Tab)  # not all of it was there
    qtbot.waitUntil(lambda: bare.editor.is_whole, timeout=LONG)
    assert bare.editor.toPlainText() == "Short."
    press(bare, Qt.Key.Key_Tab)
    qtbot.waitUntil(lambda: bare.editor.is_whole, timeout=LONG)
    assert text(bare) == long
    assert bare.editor.document().characterCount() == len(long) + 1
    assert (bare.editor.caret, bare.editor.line_at(500_000).top()) == (500_000, top)


def test_a_file_that_is_open_is_shown(bare: MainWindow, files: list[Path]) -> None:
    for path in files:
        bare.open_path(path)
    assert tabs(bare) == ["one", "two", "three"], "the empty page gave way to the first"
    bare.open_path(files[0])
    bare.editor.move_caret(0)
    QTest.keyClicks(bare.editor, "Now ")
    bare.open_path(files[1])
    bare.open_path(files[0].parent / "." / "one.txt")
    assert text(bare) == "Now One."
    assert tabs(bare) == ["one *", "two", "three"]
    recent = bare.settings.get(remembered.RECENT_FILES)
    assert [Path(path).stem for path in recent] == ["one", "two", "three"]


def test_names_are_as_long_as_they_must_be_to_differ(bare: MainWindow, tmp_path: Path) -> None:
    for name in ("a/sea.txt", "b/sea.txt", "b/sea.md", "b/Q&A.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
        bare.open_path(tmp_path / name)
    assert tabs(bare) == ["a/sea.txt", "b/sea.txt", "sea.md", "Q&&A"]
    assert bare.tabs.tabToolTip(0) == str(tmp_path / "a" / "sea.txt")
    bare.files.close(bare.session.documents.all[1])
    assert tabs(bare) == ["sea.txt", "sea.md", "Q&&A"]


def test_tabs_are_closed_and_the_nearest_comes(
    bare: MainWindow, writer: Writer, files: list[Path]
) -> None:
    for path in files:
        bare.open_path(path)
    QTest.mouseClick(
        bare.tabs,
        Qt.MouseButton.MiddleButton,
        pos=bare.tabs.tabRect(1).center(),
    )
    assert tabs(bare) == ["one", "three"]
    assert text(bare) == "Three."
    press(bare, Qt.Key.Key_PageUp)
    press(bare, Qt.Key.Key_W)
    assert tabs(bare) == []
    assert text(bare) == "Three."
    press(bare, Qt.Key.Key_W)
    assert (text(bare), bare.session.draft.path) == ("", None)
    assert bare.windowTitle() == "Untitled[*] – Kelvin Studio"
    assert writer.asked == []


def test_a_changed_one_is_asked_about_in_front(
    bare: MainWindow, writer: Writer, files: list[Path]
) -> None:
    for path in files[:2]:
        bare.open_path(path)
        bare.editor.move_caret(0)
        QTest.keyClicks(bare.editor, "Now ")
    close = bare.tabs.tabButton(0, QTabBar.ButtonPosition.RightSide)
    assert isinstance(close, QPushButton)
    assert close.accessibleName() == "Close “one”"
    close.click()
    assert writer.asked == ["Save the changes to “one”? Otherwise they are lost."]
    assert text(bare) == "Now One."
    writer.button = Button.Save
    close.click()
    assert tabs(bare) == []
    assert text(bare) == "Now Two."
    assert files[0].read_text() == "Now One."
    assert files[1].read_text() == "Two."


def test_what_is_asked_about_while_the_model_writes_is_what_is_closed(
    window: MainWindow, writer: Writer, files: list[Path], qtbot: QtBot
) -> None:
    session = window.session
    for path in files[:2]:
        window.open_path(path)
    session.sampling.set_max_tokens(1000)
    session.sampling.change(logit_bias=NEVER_ENDS)
    window.actions_.continue_.trigger()
    qtbot.waitUntil(lambda: len(text(window)) > len("Two.") + 8, timeout=LONG)
    writer.button = Button.Discard
    window.actions_.previous_document.trigger()  # as soon as the take has ended
    window.actions_.close.trigger()
    assert writer.asked == ["Save the changes to “two”? Otherwise they are lost."]
    qtbot.waitUntil(lambda: session.draft.path == files[0], timeout=LONG)
    assert [state.path for state in session.documents.all] == [files[0]]
    assert text(window) == "One."


def test_all_are_saved_and_the_window_closes_once_the_model_has_stopped(
    window: MainWindow, writer: Writer, files: list[Path], qtbot: QtBot
) -> None:
    session = window.session
    for path in files[:2]:
        window.open_path(path)
        window.editor.move_caret(0)
        QTest.keyClicks(window.editor, "Now ")
    session.sampling.set_max_tokens(1000)
    session.sampling.change(logit_bias=NEVER_ENDS)
    window.actions_.continue_.trigger()
    qtbot.waitUntil(lambda: len(text(window)) > len("Now Two.") + 8, timeout=LONG)
    writer.button = Button.SaveAll
    window.close()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=LONG)
    assert len(writer.asked) == 1
    assert files[0].read_text() == "Now One."
    assert files[1].read_text().startswith("Now ")
    assert len(files[1].read_text()) > len("Now Two.")
    assert list(recovery_folder().glob("*")) == []


def test_tabs_are_put_in_order_by_hand(bare: MainWindow, files: list[Path]) -> None:
    for path in files:
        bare.open_path(path)
    bar = bare.tabs
    start, end = bar.tabRect(2).center(), bar.tabRect(0).center()
    QTest.mousePress(bar, Qt.MouseButton.LeftButton, pos=start)
    for x in range(start.x(), end.x() - 40, -5):
        QTest.mouseMove(bar, QPoint(x, start.y()))
    QTest.mouseRelease(bar, Qt.MouseButton.LeftButton, pos=QPoint(end.x() - 40, start.y()))
    assert tabs(bare) == ["three", "one", "two"]
    assert [state.path for state in bare.session.documents.all] == [files[2], files[0], files[1]]
    assert text(bare) == "Three."
    QTest.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(1).center())
    assert text(bare) == "One."


@pytest.mark.parametrize("button", [Button.Cancel, Button.Discard, Button.SaveAll])
def test_closing_the_window_asks_once_for_all(
    bare: MainWindow, writer: Writer, files: list[Path], tmp_path: Path, button: Button
) -> None:
    for path in files:
        bare.open_path(path)
    for index in (0, 1):
        bare.files.show(bare.session.documents.all[index])
        bare.editor.move_caret(0)
        QTest.keyClicks(bare.editor, "Now ")
    press(bare, Qt.Key.Key_N)
    QTest.keyClicks(bare.editor, "New.")
    writer.button = button
    writer.path = str(tmp_path / "new.txt")
    bare.close()
    assert writer.asked == [
        "Save the changes to “one”, “two”, “Untitled”? Otherwise they are lost."
    ]
    assert bare.isVisible() == (button is Button.Cancel)
    written = {path.stem: path.read_text() for path in tmp_path.iterdir()}
    changed = {"one": "Now One.", "two": "Now Two.", "new": "New."}
    unchanged = {"one": "One.", "two": "Two."}
    assert written == {"three": "Three."} | (changed if button is Button.SaveAll else unchanged)
    if button is not Button.Cancel:
        assert list(recovery_folder().glob("*")) == []


def test_a_save_of_all_that_is_broken_off_closes_nothing(
    bare: MainWindow, writer: Writer, files: list[Path]
) -> None:
    bare.open_path(files[0])
    for words in ("Now ", "New."):
        bare.editor.move_caret(0)
        QTest.keyClicks(bare.editor, words)
        if words == "Now ":
            press(bare, Qt.Key.Key_N)
    writer.button = Button.SaveAll
    bare.close()  # no name is given to the new one
    assert bare.isVisible()
    assert text(bare) == "New."
    assert files[0].read_text() == "Now One."
    assert tabs(bare) == ["one", "Untitled *"]


def test_what_was_open_is_open_again_and_read_when_it_is_shown(
    open_window: Callable[[], MainWindow],
    files: list[Path],
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> None:
    first = open_window()
    for path in files:
        first.open_path(path)
        first.editor.move_caret(2)
    first.files.show(first.session.documents.all[1])
    first.editor.move_caret(1)
    first.close()
    read: list[str] = []
    read_text = large_texts.read_text

    def reads(path: Path, *rest: object) -> object:
        read.append(path.stem)
        return read_text(path, *rest)  # type: ignore[arg-type]  # they are handed on

    monkeypatch.setattr("studio.ui.writing.text_reading.read_text", reads)
    second = open_window()
    open_first(second, None)
    assert tabs(second) == ["one", "two", "three"]
    assert (text(second), second.editor.caret) == ("Two.", 1)
    assert read == ["two"]
    third = open_window()
    open_first(third, None)
    assert tabs(third) == [], "the other window has them all"
    third.close()
    second.activateWindow()
    qtbot.waitUntil(second.isActiveWindow, timeout=LONG)
    press(second, Qt.Key.Key_PageDown)
    assert (text(second), second.editor.caret) == ("Three.", 2)
    files[0].unlink()
    press(second, Qt.Key.Key_PageDown)
    assert "one.txt" in second.notice.message
    assert tabs(second) == ["two", "three"]
    assert text(second) == "Three."
    press(second, Qt.Key.Key_N)
    second.close()
    fourth = open_window()
    open_first(fourth, files[1])
    assert tabs(fourth) == ["two", "three"], "what is asked for, among what was open"
    assert text(fourth) == "Two."


def test_a_second_window_does_not_forget_what_the_first_has_open(
    open_window: Callable[[], MainWindow], files: list[Path]
) -> None:
    first = open_window()
    for path in files:
        first.open_path(path)
    assert first.settings.save() == ""
    second = open_window()
    open_first(second, None)
    second.close()
    first.close()
    third = open_window()
    open_first(third, None)
    assert tabs(third) == ["one", "two", "three"]


def test_what_comes_to_the_front_when_one_is_closed_is_read_first(
    open_window: Callable[[], MainWindow], files: list[Path], writer: Writer
) -> None:
    first = open_window()
    for path in files:
        first.open_path(path)
    first.close()
    second = open_window()
    open_first(second, None)
    files[1].unlink()
    press(second, Qt.Key.Key_W)
    assert text(second) == "One.", "the one beside it is gone"
    assert tabs(second) == []
    assert "two.txt" in second.notice.message


def test_a_file_is_looked_at_when_its_document_comes_to_the_front(
    bare: MainWindow, files: list[Path]
) -> None:
    for path in files[:2]:
        bare.open_path(path)
    files[0].write_text("Theirs.")
    QApplication.sendEvent(bare, QEvent(QEvent.Type.ActivationChange))
    assert bare.notice.message == ""
    for _ in range(2):
        press(bare, Qt.Key.Key_Tab)
        assert "“one.txt” was changed by another program" in bare.notice.message
        press(bare, Qt.Key.Key_Tab)
        assert bare.notice.isHidden(), "it is not of this one"


def test_no_file_is_saved_over_that_another_tab_has(
    bare: MainWindow, files: list[Path], writer: Writer
) -> None:
    bare.open_path(files[0])
    press(bare, Qt.Key.Key_N)
    QTest.keyClicks(bare.editor, "Mine.")
    writer.path = str(files[0])
    save(bare)
    assert "“one.txt” is open in another tab" in bare.notice.message
    assert files[0].read_text() == "One."
    assert bare.isWindowModified()


def test_a_tab_says_the_new_place_of_a_file_whose_name_stays(
    bare: MainWindow, files: list[Path], writer: Writer, tmp_path: Path
) -> None:
    bare.open_path(files[0])
    bare.open_path(files[1])
    (tmp_path / "elsewhere").mkdir()
    writer.path = str(tmp_path / "elsewhere" / "two.txt")
    save_as(bare)
    assert tabs(bare) == ["one", "two"]
    assert bare.tabs.tabToolTip(1) == writer.path


def test_each_has_its_own_settings_in_force(bare: MainWindow) -> None:
    session = bare.session
    choice, presets = session.preset_choice, session.presets
    first, other = choice.presets[0], choice.presets[1]
    presets.use(first)
    session.sampling.change(temperature=0.3)
    press(bare, Qt.Key.Key_N)
    assert session.sampling.params.temperature == 0.3, "a new one begins with what is in force"
    presets.use(other)
    session.draft.prompting.set_stop(("End.",))
    kept = presets.now
    press(bare, Qt.Key.Key_Tab)
    assert (choice.current.name, session.sampling.params.temperature) == (first.name, 0.3)
    assert session.draft.stop == first.stop
    assert session.draft.preset_name == first.name
    press(bare, Qt.Key.Key_Tab)
    assert presets.now == kept
    presets.put_back()
    assert session.sampling.params.temperature == 0.3, "its own former ones"


def test_scrub_leaves_takes_alone_when_other_settings_come_with_a_document(
    bare: MainWindow,
) -> None:
    session = bare.session
    session.scrub.set_on(True)
    session.sampling.change(temperature=0.3)
    press(bare, Qt.Key.Key_N)
    session.sampling.change(temperature=1.3)
    session.scrub.set_on(False)
    session.scrub.set_on(True)
    press(bare, Qt.Key.Key_Tab)
    assert not session.scrub.is_turning
    assert session.scrub.why_not == ""


def test_all_that_was_not_saved_is_restored_each_in_its_tab(
    open_window: Callable[[], MainWindow], files: list[Path], writer: Writer, qtbot: QtBot
) -> None:
    first = open_window()
    for path in files:
        first.open_path(path)
    first.close()
    left: list[tuple[Path | None, str]] = [(files[0], "A"), (None, "B"), (files[1], "C")]
    for number, (place, words) in enumerate(left):
        record = RecoveryRecord(TextFile(words), (), "", 0, place, None, 1e9 + number)
        leave_behind(recovery_folder(), record)
    second = open_window()
    open_first(second, None)
    assert tabs(second) == ["one", "two", "three"]
    (dialog,) = second.findChildren(RecoveryDialog)
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    assert sorted(tabs(second)) == ["Untitled *", "one *", "three", "two *"]
    assert text(second) == "C", "the latest"
    assert sorted(record.text for record in journal_records(recovery_folder())) == ["A", "B", "C"]
    for state in second.session.documents.all:
        second.files.show(state)
        expected = {files[0]: "A", files[1]: "C", files[2]: "Three.", None: "B"}[state.path]
        assert text(second) == expected
    assert writer.asked == []

import re
from collections.abc import Callable, Iterator
from typing import cast

import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QMenu, QWidget
from pytestqt.qtbot import QtBot

from studio.app import settings as remembered
from studio.engine.messages import Evaluating, Superseded
from studio.ui.main_window import MainWindow
from studio.ui.widgets.actions import shown_text
from tests.ui.conftest import LONG, NEVER_ENDS

pytestmark = pytest.mark.usefixtures("kept_window")

CONTROL = Qt.KeyboardModifier.ControlModifier

WITH_A_KEY = {
    "new",
    "open",
    "save",
    "save_as",
    "quit",
    "undo",
    "redo",
    "cut",
    "copy",
    "paste",
    "select_all",
    "find",
    "replace",
    "find_next",
    "find_previous",
    "continue_",
    "stop",
    "retake",
    "previous_take",
    "next_take",
    "rewrite",
    "scrub",
    "open_model",
    "zoom_in",
    "zoom_out",
    "zoom_reset",
    "full_screen",
    "side",
    "next_part",
    "previous_part",
    "score",
    "what_else",
    "explain",
    "notes",
    "close",
    "next_document",
    "previous_document",
    "who_wrote",
    "next_passage",
    "previous_passage",
}
WITHOUT = {
    "export",
    "report",
    "model_options",
    "open_server",
    "reopen_model",
    "end_engine",
    "restore",
    "about",
    "log",
    "takes",
    "prompt",
    "goal",
    "sweep",
    "fit",
    "augment",
}
OFFERED = {"open_anyway", "open_without"}
"""By a message, and nowhere else."""


@pytest.fixture
def bare(open_window: Callable[[], MainWindow]) -> MainWindow:
    return open_window()


def named_actions(window: MainWindow) -> dict[str, QAction]:
    return {
        name: value for name, value in vars(window.actions_).items() if isinstance(value, QAction)
    }


def menus(window: MainWindow) -> Iterator[QMenu]:
    waiting = [action.menu() for action in window.menuBar().actions()]
    while waiting:
        menu = cast(QMenu, waiting.pop())
        yield menu
        waiting += [action.menu() for action in menu.actions() if action.menu()]


def mnemonic(text: str) -> str:
    plain = text.replace("&&", "")
    return plain[plain.index("&") + 1].lower() if "&" in plain else ""


def test_every_action_is_in_a_menu_and_most_have_a_key(bare: MainWindow) -> None:
    actions = named_actions(bare)
    assert set(actions) == WITH_A_KEY | WITHOUT | OFFERED
    listed = [action for menu in menus(bare) for action in menu.actions()]
    for name, action in actions.items():
        assert (action in listed) is (name not in OFFERED), name
        assert bool(action.shortcuts()) is (name in WITH_A_KEY), name


def open_all(window: MainWindow) -> None:
    """Make what is made when it is first asked for."""
    for access in (window.outline, window.explain, window.parameters, window.notes):
        access.open()
    for page in (True, False):
        window.compare.show(page)
    actions = window.actions_
    for action in (window.library.open, actions.takes, actions.prompt, actions.log, actions.find):
        action.trigger()
    for menu in menus(window):
        menu.aboutToShow.emit()


def window_of(made: QObject) -> QWidget:
    """The window in which a key reaches it."""
    at: QObject | None = made
    while not isinstance(at, QWidget) or isinstance(at, QMenu):
        assert at is not None, "it is of a window"
        at = at.parent()
    return at.window()


def test_every_action_has_a_name_and_its_keys_are_its_own(bare: MainWindow) -> None:
    open_all(bare)
    listed = {action for menu in menus(bare) for action in menu.actions()}
    taken: dict[tuple[QWidget, str], str] = {}

    def take(made: QObject, name: str, keys: list[QKeySequence]) -> None:
        for key in keys:
            place = window_of(made), key.toString()
            assert place not in taken, f"{key.toString()}: “{name}” and “{taken[place]}”"
            taken[place] = name

    for action in bare.findChildren(QAction):
        made = action.parent()
        # Qt's own sign that clears a line; and the menu of a button, which has its words.
        is_sign = isinstance(made, QLineEdit)
        is_button = isinstance(made, QMenu) and action is made.menuAction()
        if action.isSeparator() or is_sign or (is_button and action not in listed):
            continue
        name = shown_text(action)
        assert name.strip(), action.parent()
        assert "&" not in re.sub("&[a-z]+;", "", action.toolTip()), f"{name}: its letter is marked"
        if action.isEnabled():
            take(action, name, action.shortcuts())
        if action.shortcuts() and window_of(action) is bare:
            assert action in listed, f"{name}: no menu shows its key"
    for menu in bare.menuBar().actions():
        take(menu, shown_text(menu), [QKeySequence.mnemonic(menu.text())])
    for button in bare.findChildren(QAbstractButton):
        if button.isVisible() and not button.shortcut().isEmpty():
            take(button, button.text(), [button.shortcut()])
    for shortcut in bare.findChildren(QShortcut):
        take(shortcut, "a shortcut", shortcut.keys())


def test_no_key_is_one_that_writes_a_character_on_some_keyboard(bare: MainWindow) -> None:
    for action in bare.findChildren(QAction):
        for key in action.shortcuts():
            assert "Ctrl+Alt" not in key.toString(), f"{action.text()}: AltGr is Ctrl+Alt"


def test_every_entry_can_be_chosen_by_its_letter(bare: MainWindow) -> None:
    groups = [bare.menuBar().actions(), *(menu.actions() for menu in menus(bare))]
    for group in groups:
        entries = [action for action in group if not action.isSeparator()]
        letters = [letter for action in entries if (letter := mnemonic(action.text()))]
        usable = [action for action in entries if action.isEnabled() or action.shortcuts()]
        assert all(mnemonic(action.text()) for action in usable), [a.text() for a in group]
        assert len(set(letters)) == len(letters), [action.text() for action in group]


def test_what_cannot_be_done_is_greyed(bare: MainWindow) -> None:
    enabled = {name for name, action in named_actions(bare).items() if action.isEnabled()}
    assert set(named_actions(bare)) - enabled == {
        "undo",
        "redo",
        "continue_",
        "stop",
        "retake",
        "previous_take",
        "next_take",
        "reopen_model",
        "end_engine",
        "score",
        "next_document",
        "previous_document",
        "next_passage",
        "previous_passage",
    }


def test_with_a_model_it_is_not(window: MainWindow, qtbot: QtBot) -> None:
    actions = window.actions_
    session = window.session
    assert actions.continue_.isEnabled()
    assert actions.reopen_model.isEnabled()
    assert not actions.retake.isEnabled()
    QTest.keyClicks(window.editor, "The sea")
    assert actions.undo.isEnabled()
    session.sampling.change(logit_bias=NEVER_ENDS)
    session.sampling.set_max_tokens(500)
    actions.continue_.trigger()
    assert not actions.continue_.isEnabled()
    assert not actions.retake.isEnabled()
    assert actions.stop.isEnabled()
    qtbot.waitUntil(lambda: session.writing.rate is not None, timeout=LONG)
    assert not actions.undo.isEnabled()
    actions.stop.trigger()
    qtbot.waitUntil(lambda: session.writing.is_idle, timeout=LONG)
    assert not actions.stop.isEnabled()
    assert actions.continue_.isEnabled()
    assert actions.retake.isEnabled()
    assert not actions.previous_take.isEnabled(), "there is one take alone"
    actions.undo.trigger()
    assert actions.redo.isEnabled()


def test_actions_follow_what_they_depend_on_and_not_each_token(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = window.session
    looks: list[object] = []

    def can_retake(writing: object) -> bool:
        looks.append(writing)
        return False

    monkeypatch.setattr(type(session.writing), "can_retake", property(can_retake))
    client = session.client
    for done in range(100):
        client.hand_on(Evaluating(request=10**6, done=done, total=100))
    assert len(looks) == 1, "a prompt is read"
    assert window.actions_.stop.isEnabled()
    client.hand_on(Superseded(request=10**6))
    assert len(looks) == 2
    assert not window.actions_.stop.isEnabled()
    counts = []
    session.sampling.change(logit_bias=NEVER_ENDS)
    for tokens in (10, 60):
        looks.clear()
        session.sampling.set_max_tokens(tokens)
        with qtbot.waitSignal(session.writing.ended, timeout=LONG):
            window.actions_.continue_.trigger()
        counts.append(len(looks))
    assert counts[1] < counts[0] + 10, "as often for a long text as for a short one"


def test_keys_reach_their_actions(bare: MainWindow, qtbot: QtBot) -> None:
    bare.activateWindow()
    bare.editor.setFocus()
    qtbot.waitUntil(bare.editor.hasFocus, timeout=LONG)
    size = bare.editor.prose_font.pixelSize()
    QTest.keyClick(bare.editor, Qt.Key.Key_Plus, CONTROL)
    assert bare.editor.prose_font.pixelSize() > size
    QTest.keyClick(bare.editor, Qt.Key.Key_0, CONTROL)
    assert bare.editor.prose_font.pixelSize() == size
    QTest.keyClick(bare.editor, Qt.Key.Key_Minus, CONTROL)
    assert bare.editor.prose_font.pixelSize() < size
    assert bare.settings.get(remembered.ZOOM) == -1
    QTest.keyClick(bare.editor, Qt.Key.Key_F, CONTROL)
    assert bare.find_bar.isVisible()
    focused = QApplication.focusWidget()
    assert focused is not None
    QTest.keyClick(focused, Qt.Key.Key_Escape)
    assert not bare.find_bar.isVisible()


def test_the_edit_menu_acts_on_the_field_with_the_keyboard(bare: MainWindow, qtbot: QtBot) -> None:
    bare.activateWindow()
    manuscript = bare.session.draft.manuscript
    QTest.keyClicks(bare.editor, "from the text")
    actions = bare.actions_
    for action in (actions.select_all, actions.cut):
        action.trigger()
    assert manuscript.text == ""
    bare.brief.edit.setFocus()
    qtbot.waitUntil(bare.brief.edit.hasFocus, timeout=LONG)
    actions.paste.trigger()
    assert bare.session.draft.brief == "from the text"
    assert manuscript.text == ""
    actions.select_all.trigger()
    actions.copy.trigger()
    bare.editor.setFocus()
    qtbot.waitUntil(bare.editor.hasFocus, timeout=LONG)
    for _ in range(2):
        actions.paste.trigger()
    assert manuscript.text == "from the text" * 2
    bare.preset_picker.setFocus()
    qtbot.waitUntil(bare.preset_picker.hasFocus, timeout=LONG)
    actions.paste.trigger()  # nowhere to paste to
    assert manuscript.text == "from the text" * 2


def test_full_screen_and_back(bare: MainWindow) -> None:
    bare.setWindowState(Qt.WindowState.WindowMaximized)
    bare.actions_.full_screen.trigger()
    assert bare.isFullScreen()
    bare.actions_.full_screen.trigger()
    assert not bare.isFullScreen()
    assert bare.isMaximized(), "as it was"


def test_appearance_is_chosen_and_remembered(bare: MainWindow) -> None:
    menu = next(menu for menu in menus(bare) if "Appearance" in menu.title())
    by_name = {action.text().replace("&", ""): action for action in menu.actions()}
    assert [name for name, action in by_name.items() if action.isChecked()] == ["As the system"]
    for name, appearance in (("Dark", "dark"), ("Light", "light"), ("As the system", "system")):
        by_name[name].trigger()
        assert bare.theme.appearance == appearance
        assert bare.settings.get(remembered.APPEARANCE) == appearance
        assert [name for name, action in by_name.items() if action.isChecked()] == [name]


def test_standard_keys_are_the_platforms(bare: MainWindow) -> None:
    for action, key in (
        (bare.actions_.new, QKeySequence.StandardKey.New),
        (bare.actions_.open, QKeySequence.StandardKey.Open),
        (bare.actions_.save, QKeySequence.StandardKey.Save),
        (bare.actions_.undo, QKeySequence.StandardKey.Undo),
        (bare.actions_.find, QKeySequence.StandardKey.Find),
    ):
        assert action.shortcut().matches(QKeySequence(key)) == (
            QKeySequence.SequenceMatch.ExactMatch
        )


def test_the_keyboard_leaves_the_manuscript_though_tab_is_written_there(
    bare: MainWindow, qtbot: QtBot
) -> None:
    bare.editor.setFocus()
    qtbot.waitUntil(bare.editor.hasFocus, timeout=LONG)
    QTest.keyClick(bare.editor, Qt.Key.Key_Tab)
    assert bare.session.draft.manuscript.text == "\t"
    places = []
    for key in (Qt.Key.Key_F6, Qt.Key.Key_F6):
        QTest.keyClick(QApplication.focusWidget() or bare, key)
        places.append(QApplication.focusWidget())
    assert bare.editor not in places
    assert places[0] is not places[1]
    for _ in places:
        QTest.keyClick(
            QApplication.focusWidget() or bare, Qt.Key.Key_F6, Qt.KeyboardModifier.ShiftModifier
        )
    assert bare.editor.hasFocus()

import pytest
from PySide6.QtCore import QObject
from PySide6.QtGui import QKeySequence
from pytestqt.qtbot import QtBot

from studio.ui.widgets.actions import ActionButton, key_text, make_action, shown_text


@pytest.fixture
def owner(qtbot: QtBot) -> QObject:
    return QObject()


def test_an_action_does_what_it_is_for_without_arguments(owner: QObject, qtbot: QtBot) -> None:
    calls: list[str] = []
    action = make_action(owner, "&Go", lambda: calls.append("gone"), "Ctrl+G", "Go there")
    action.trigger()
    assert calls == ["gone"]
    assert action.toolTip() == "Go there"
    assert action.shortcut() == QKeySequence("Ctrl+G")


def test_keys_may_be_standard_one_several_or_none(owner: QObject, qtbot: QtBot) -> None:
    def keys(shortcut: object) -> list[QKeySequence]:
        return make_action(owner, "x", lambda: None, shortcut).shortcuts()  # type: ignore[arg-type]  # keys vary

    assert QKeySequence("Ctrl+C") in keys(QKeySequence.StandardKey.Copy)
    assert keys("Esc") == [QKeySequence("Esc")]
    assert keys(["Ctrl+A", "Ctrl+B"]) == [QKeySequence("Ctrl+A"), QKeySequence("Ctrl+B")]
    assert keys(None) == []


def test_the_large_key_is_called_enter(owner: QObject, qtbot: QtBot) -> None:
    for keys in ("Ctrl+Return", "Ctrl+Enter"):
        assert key_text(make_action(owner, "x", lambda: None, keys)) == "Ctrl+Enter"


def test_a_name_with_an_ampersand_is_shown_as_it_is(owner: QObject, qtbot: QtBot) -> None:
    action = make_action(owner, "&Salt && pepper", lambda: None)
    assert shown_text(action) == "Salt & pepper"
    button = ActionButton(action)
    qtbot.addWidget(button)
    assert button.text() == "Salt && pepper"
    assert button.accessibleName() == "Salt & pepper"


def test_a_button_follows_its_action(owner: QObject, qtbot: QtBot) -> None:
    calls: list[int] = []
    action = make_action(owner, "&Go", lambda: calls.append(1), "Ctrl+G", "Go there")
    shows, hides = ActionButton(action), ActionButton(action, shows_key=False)
    for button in (shows, hides):
        qtbot.addWidget(button)
        button.click()
        assert button.toolTip() == "Go there (Ctrl+G)"
        assert button.accessibleName() == "Go"
    assert (shows.text(), hides.text()) == ("Go   Ctrl+G", "Go")
    assert len(calls) == 2
    action.setEnabled(False)
    assert not shows.isEnabled()
    action.setText("&Come")
    assert hides.text() == "Come"

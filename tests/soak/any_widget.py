"""What nobody thought of: any part of the window clicked or typed into; any menu chosen."""

from random import Random

from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QMenu,
    QTabBar,
    QWidget,
)

from tests.soak.hand import LEFT, NONE, SHIFT, Hand, Key, Pauses

_MADE_FOR_HANDS = (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QTabBar,
)
_KEYS = (
    Key.Key_Space,
    Key.Key_Return,
    Key.Key_Down,
    Key.Key_Up,
    Key.Key_Left,
    Key.Key_Right,
    Key.Key_Tab,
    Key.Key_Home,
    Key.Key_End,
    Key.Key_Delete,
    Key.Key_Escape,
    Key.Key_Menu,
)
_TYPED = ("1", "0.5", "-3", "1e9", "", "word", "12345678901234567890", "nan", "🙂")
_LEFT_ALONE = ("Quit", "Show folder")
"""The first is a step of its own; the second would start another program."""


def touch_anything(hand: Hand, chances: Random) -> Pauses:
    """One widget in view, whichever."""
    kinds = _MADE_FOR_HANDS if chances.random() < 0.75 else (QWidget,)
    place, how = chances.random(), chances.random()
    found = [
        widget
        for window in QApplication.topLevelWidgets()
        if window.isVisible()
        for widget in window.findChildren(QWidget)
        if isinstance(widget, kinds)
        and widget.isVisible()
        and widget.isEnabled()
        and not widget.visibleRegion().isEmpty()
    ]
    if not found:
        return
    widget = found[int(place * len(found))]
    point = widget.visibleRegion().boundingRect().center()
    text = getattr(widget, "text", None)  # of some it is a part of theirs
    name = widget.accessibleName() or (text() if callable(text) else "")
    hand.note(f"{type(widget).__name__} {str(name)[:40]!r}")
    if how < 0.55:
        hand.click(widget, point)
        yield 30
        if isinstance(widget, QLineEdit):
            widget.selectAll()
            yield from hand.write(chances.choice(_TYPED), widget)
            QTest.keyClick(widget, Key.Key_Return)
    elif how < 0.7:
        hand.wheel(widget, point, chances.choice((-5, -1, 1, 3)))
    elif how < 0.8:
        QTest.mouseMove(widget, point)
        yield 700  # a tip may come
    elif how < 0.85:
        QTest.mouseDClick(widget, LEFT, NONE, point)
    elif widget.focusPolicy():
        widget.setFocus()
        for _ in range(3):
            QTest.keyClick(hand.keyboard, chances.choice(_KEYS), chances.choice((NONE, SHIFT)))
            yield 20


def choose_in_menus(hand: Hand, chances: Random) -> Pauses:
    """One entry of the menu bar's menus."""
    entries: list[QAction] = []
    for top in hand.window.menuBar().actions():
        if isinstance(menu := top.menu(), QMenu):
            menu.aboutToShow.emit()
            entries += _entries(menu)
    place = chances.random()
    if entries:
        entry = entries[int(place * len(entries))]
        hand.note(entry.text())
        entry.trigger()
    yield 50


def _entries(menu: QMenu) -> list[QAction]:
    found: list[QAction] = []
    for action in menu.actions():
        inner = action.menu()
        if isinstance(inner, QMenu):
            inner.aboutToShow.emit()
            found += _entries(inner)
        elif action.isEnabled() and not action.isSeparator():
            words = action.text().replace("&", "")
            if not any(name in words for name in _LEFT_ALONE):
                found.append(action)
    return found

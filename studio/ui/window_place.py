"""Where a window stands and how its columns are parted, as words that are remembered.

Plain numbers, and not what Qt writes: its readers trust their input. A place that no screen shows
any more comes back to one.
"""

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QSplitter, QWidget

_STATES = {
    "maximized": Qt.WindowState.WindowMaximized,
    "full-screen": Qt.WindowState.WindowFullScreen,
}


def place_of(window: QWidget) -> str:
    """Its edges and size where it is neither maximized nor full screen, and which it is."""
    there = window.normalGeometry() if window.isVisible() else window.geometry()
    if there.isEmpty():
        there = window.geometry()
    state = next((name for name, state in _STATES.items() if window.windowState() & state), "")
    return f"{there.x()} {there.y()} {there.width()} {there.height()} {state}".rstrip()


def restore_place(window: QWidget, place: str) -> None:
    """Put a window where `place_of` says, or where its screen is now; nothing where it is empty.

    Args:
        window: The window.
        place: What `place_of` gave.
    """
    numbers = place.split()
    if len(numbers) < 4:
        return
    screens = [screen.availableGeometry() for screen in QGuiApplication.screens()]
    window.setGeometry(on_a_screen(QRect(*map(int, numbers[:4])), screens))
    for name in numbers[4:]:
        window.setWindowState(window.windowState() | _STATES[name])


def on_a_screen(there: QRect, screens: Sequence[QRect]) -> QRect:
    """A place as near as can be where the window's upper edge can be seen and reached.

    Args:
        there: The place that is wanted.
        screens: The screens that there are.
    """

    def shown(screen: QRect) -> int:
        part = screen & there
        return max(part.width(), 0) * max(part.height(), 0)

    if not screens:
        return there
    screen = max(screens, key=shown)
    size = there.size().boundedTo(screen.size()).expandedTo(QSize(1, 1))
    there = QRect(there.topLeft() if size == there.size() else screen.topLeft(), size)
    handle = QPoint(there.center().x(), there.top())
    if not any(screen.contains(handle) for screen in screens):
        there.moveCenter(screen.center())
    return there


def columns_of(splitter: QSplitter) -> str:
    """The widths of its columns; empty while not all of them are shown."""
    sizes = splitter.sizes()
    return " ".join(map(str, sizes)) if all(sizes) else ""


def restore_columns(splitter: QSplitter, columns: str) -> None:
    """Give the columns the widths that `columns_of` reported; nothing where it is empty.

    Args:
        splitter: The columns.
        columns: What `columns_of` gave.
    """
    if widths := [int(width) for width in columns.split()]:
        splitter.setSizes(widths)

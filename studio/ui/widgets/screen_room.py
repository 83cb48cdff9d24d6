"""How large a window may be at first, so that all of it stands on its screen."""

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QWidget

_FRAME = QSize(16, 60)
"""Pixels of a screen for a window's frame."""


def size_on_screen(window: QWidget, width: int, height: int) -> QSize:
    """The size that is wanted, or what of it the window's screen has room for, in pixels.

    Args:
        window: The window.
        width: That is wanted, in pixels.
        height: The same.
    """
    return QSize(width, height).boundedTo(window.screen().availableGeometry().size() - _FRAME)

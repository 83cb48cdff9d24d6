"""How high a window may be at first, so that all of it stands on its screen."""

from PySide6.QtWidgets import QWidget

_AROUND = 60
"""Pixels of a screen for a window's frame."""


def height_on_screen(window: QWidget, wanted: int) -> int:
    """The height that is wanted, or what the window's screen has room for, in pixels.

    Args:
        window: The window.
        wanted: In pixels.
    """
    return min(wanted, window.screen().availableGeometry().height() - _AROUND)

"""Sizes that follow a widget's letters, so that a zoom reaches what was measured in them."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QWidget


def follow_letters(widget: QWidget, fit: Callable[[QFontMetrics], object]) -> None:
    """Calls a function with what a widget's letters measure, now and whenever they are others.

    Args:
        widget: Whose font counts.
        fit: Gives something its size.
    """
    _Follower(widget, fit)


class _Follower(QObject):
    def __init__(self, widget: QWidget, fit: Callable[[QFontMetrics], object]) -> None:
        super().__init__(widget)
        self._widget = widget
        self._fit = fit
        widget.installEventFilter(self)
        fit(widget.fontMetrics())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if event.type() == QEvent.Type.FontChange:
            self._fit(self._widget.fontMetrics())
        return False

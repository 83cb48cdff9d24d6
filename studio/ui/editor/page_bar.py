"""The page's scroll bar: it has its place always, and scrolls past the end of the text."""

from collections.abc import Callable

from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QAbstractSlider, QScrollBar, QWidget

_ROOM = 1 / 3
"""How much of the view is left free below the last line of a long text."""


class PageBar(QScrollBar):
    """A scroll bar that is seen only where there is something to scroll.

    Whoever sets its range says how far the text reaches beyond the view; the bar goes further, so
    that the last line need not stand at the view's lower edge. The room comes little by little: a
    text that fits has none and no bar, and one that grows past the view does not jump.

    Args:
        height: Gives the view's, in pixels.
        parent: What it scrolls.
    """

    def __init__(self, height: Callable[[], int], parent: QWidget) -> None:
        super().__init__(parent)
        self._height = height
        self._is_ours = False
        self.room = 0
        """Pixels below the text that can be scrolled into the view."""

    def sliderChange(self, change: QAbstractSlider.SliderChange) -> None:  # noqa: N802 - Qt's name
        """Goes on past the end that was set; before the value is brought into the range."""
        if change == QAbstractSlider.SliderChange.SliderRangeChange and not self._is_ours:
            beyond = self.maximum()
            self.room = min(round(_ROOM * self._height()), 2 * beyond)
            self._is_ours = True
            try:
                self.setMaximum(beyond + self.room)
            finally:
                self._is_ours = False
        super().sliderChange(change)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Shows nothing where everything is in view."""
        if self.maximum() > self.minimum():
            super().paintEvent(event)

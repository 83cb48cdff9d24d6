"""What is painted in the editor's viewport behind the text: tints, and frames upon the tints.

And marks beside it, in the margin, and what covers it for a moment. Nothing painted here is part of
the document: it costs no layout.
"""

from collections.abc import Callable, Sequence

from PySide6.QtGui import QPainter, QRegion
from PySide6.QtWidgets import QWidget

Paint = Callable[[QPainter], None]


class Underlay:
    """The painters of one viewport.

    Args:
        viewport: Where they paint.
        margin: Gives how wide the margin at the left is.
    """

    def __init__(self, viewport: QWidget, margin: Callable[[], float]) -> None:
        self._viewport = viewport
        self._margin = margin
        self._tints: list[Paint] = []
        self._frames: list[Paint] = []
        self._marks: list[Paint] = []
        self._covers: list[Paint] = []

    def lay_tint(self, paint: Paint, is_laid: bool) -> None:
        """Let `paint` paint at every repaint, or no longer.

        Args:
            paint: Is called with the painter.
            is_laid: Whether it is to be painted from now on.
        """
        self._lay(self._tints, paint, is_laid)

    def lay_frame(self, paint: Paint, is_laid: bool) -> None:
        """Let `paint` paint upon all tints at every repaint, or no longer.

        Args:
            paint: Is called with the painter.
            is_laid: Whether it is to be painted from now on.
        """
        self._lay(self._frames, paint, is_laid)

    def lay_mark(self, paint: Paint, is_laid: bool) -> None:
        """Let `paint` paint in the margin at every repaint of a part of it, or no longer.

        Args:
            paint: Is called with the painter.
            is_laid: Whether it is to be painted from now on.
        """
        self._lay(self._marks, paint, is_laid)

    def lay_cover(self, paint: Paint, is_laid: bool) -> None:
        """Let `paint` paint over the text at every repaint, or no longer.

        Args:
            paint: Is called with the painter.
            is_laid: Whether it is to be painted from now on.
        """
        self._lay(self._covers, paint, is_laid)

    def _lay(self, painters: list[Paint], paint: Paint, is_laid: bool) -> None:
        if is_laid and paint not in painters:
            painters.append(paint)
        elif not is_laid and paint in painters:
            painters.remove(paint)
        self._viewport.update()

    @property
    def is_beside_text(self) -> bool:
        """Whether nothing is painted behind the text or over it; marks are beside it."""
        return not (self._tints or self._frames or self._covers)

    def paint(self, region: QRegion) -> None:
        """Paint a part of the viewport; for its paint event, before the text."""
        marks = self._marks
        if marks and region.boundingRect().left() >= self._margin():
            marks = []  # the caret, as it blinks
        if not (self._tints or self._frames or marks):
            return
        self._paint(region, [*self._tints, *self._frames, *marks])

    def paint_covers(self, region: QRegion) -> None:
        """Paint what covers a part of the viewport; for its paint event, behind the text."""
        if self._covers:
            self._paint(region, self._covers)

    def _paint(self, region: QRegion, painters: Sequence[Paint]) -> None:
        painter = QPainter(self._viewport)
        painter.setClipRegion(region)
        for paint in painters:
            painter.save()
            paint(painter)
            painter.restore()
        painter.end()

"""What is painted in the editor's viewport behind the text: tints, and frames upon the tints.

And marks beside it, in the margin. Nothing painted here is part of the document: it costs no
layout.
"""

from collections.abc import Callable

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

    def lay_tint(self, paint: Paint, is_laid: bool) -> None:
        """Let `paint` paint at every repaint, or no longer.

        Args:
            paint: Paints.
            is_laid: Whether it is to be painted from now on.
        """
        self._lay(self._tints, paint, is_laid)

    def lay_frame(self, paint: Paint, is_laid: bool) -> None:
        """Let `paint` paint upon all tints at every repaint, or no longer.

        Args:
            paint: Paints.
            is_laid: Whether it is to be painted from now on.
        """
        self._lay(self._frames, paint, is_laid)

    def lay_mark(self, paint: Paint, is_laid: bool) -> None:
        """Let `paint` paint in the margin at every repaint of a part of it, or no longer.

        Args:
            paint: Paints.
            is_laid: Whether it is to be painted from now on.
        """
        self._lay(self._marks, paint, is_laid)

    def _lay(self, painters: list[Paint], paint: Paint, is_laid: bool) -> None:
        if is_laid and paint not in painters:
            painters.append(paint)
        elif not is_laid and paint in painters:
            painters.remove(paint)
        self._viewport.update()

    def paint(self, region: QRegion) -> None:
        """Paint a part of the viewport; for its paint event."""
        marks = self._marks
        if marks and region.boundingRect().left() >= self._margin():
            marks = []  # the caret, as it blinks
        if not (self._tints or self._frames or marks):
            return
        painter = QPainter(self._viewport)
        painter.setClipRegion(region)
        for paint in (*self._tints, *self._frames, *marks):
            painter.save()
            paint(painter)
            painter.restore()
        painter.end()

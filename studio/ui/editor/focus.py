"""Focus: all but the paragraph or the sentence at the caret is faded.

It is covered by the page's own colour, half transparent: nothing is set on the text, and however
long that is, only what is in view is painted.
"""

from typing import Literal, cast

from PySide6.QtCore import QObject, QRect, Qt, QTextBoundaryFinder
from PySide6.QtGui import QColor, QPainter, QRegion, QTextBlock, QTextCursor

from studio.ui.editor.editor import ManuscriptEditor
from studio.ui.theme.theme import Theme

FocusMode = Literal["off", "paragraph", "sentence"]

_STRENGTH = 0.68
"""Of the cover: words can be made out, and do not ask to be read."""
_AROUND = 3
"""Pixels round the letters of a sentence."""


class EditorFocus(QObject):
    """The cover of one editor, for as long as that lives.

    Args:
        editor: Whose text.
        theme: Where the colours come from.
    """

    def __init__(self, editor: ManuscriptEditor, theme: Theme) -> None:
        super().__init__(editor)
        self._editor = editor
        self._theme = theme
        self._mode: FocusMode = "off"
        self._place: object = None
        editor.cursorPositionChanged.connect(self._follow)
        editor.selectionChanged.connect(self._follow)
        theme.changed.connect(editor.viewport().update)

    @property
    def mode(self) -> FocusMode:
        """What is not faded."""
        return self._mode

    def set_mode(self, mode: FocusMode) -> None:
        """Set what is not faded; with ``off`` all is as without it."""
        self._mode = mode
        self._place = None
        self._editor.underlay.lay_cover(self._paint, mode != "off")

    def _follow(self) -> None:
        if self._mode == "off":
            return
        first, last = self._bounds()
        place = first.block().blockNumber(), last.block().blockNumber()
        if place != self._place:
            self._place = place
            self._editor.viewport().update()
        elif self._mode == "sentence":
            # Another sentence of the same paragraph, perhaps.
            self._editor.viewport().update(self._rect_between(first, last))

    def _bounds(self) -> tuple[QTextCursor, QTextCursor]:
        """The ends of what is selected, or the caret twice."""
        first, last = self._editor.textCursor(), self._editor.textCursor()
        first.setPosition(first.selectionStart())
        last.setPosition(last.selectionEnd())
        return first, last

    def _rect_between(self, first: QTextCursor, last: QTextCursor) -> QRect:
        rect = self._editor.paragraph_rect
        return rect(first.block()) | rect(last.block())

    def clear_region(self) -> QRegion:
        """What is not faded, in the viewport."""
        first, last = self._bounds()
        whole = self._rect_between(first, last)
        if self._mode == "paragraph":
            return QRegion(whole)
        start = _sentence(first.block(), first.positionInBlock())[0] + first.block().position()
        end = _sentence(last.block(), last.positionInBlock())[1] + last.block().position()
        region = QRegion(self._editor.cursorRect().adjusted(-_AROUND, -_AROUND, _AROUND, _AROUND))
        block = first.block()
        area = self._editor.viewport().rect()
        while block.isValid() and block.position() <= last.position():
            if self._editor.paragraph_rect(block).intersects(area):
                region += self._lines(block, start - block.position(), end - block.position())
            block = block.next()
        return region

    def _lines(self, block: QTextBlock, start: int, end: int) -> QRegion:
        """The parts of a paragraph's lines between two of its positions."""
        layout = block.layout()
        corner = self._editor.document().documentLayout().blockBoundingRect(block).topLeft()
        offset = self._editor.verticalScrollBar().value()
        region = QRegion()
        for number in range(layout.lineCount()):
            line = layout.lineAt(number)
            low = max(start, line.textStart())
            high = min(end, line.textStart() + line.textLength())
            if low >= high:
                continue
            # Qt gives the place, and beside it the position that it took.
            ends = [cast(tuple[float, int], line.cursorToX(at))[0] for at in (low, high)]
            # Within a line the next letter is another sentence's.
            behind = _AROUND if high == line.textStart() + line.textLength() else 0
            top, height = corner.y() + line.y() - offset, line.height()
            region += QRect(
                round(corner.x() + min(ends)) - _AROUND,
                round(top),
                round(abs(ends[1] - ends[0])) + _AROUND + behind,
                round(height) + _AROUND,
            )
        return region

    def _paint(self, painter: QPainter) -> None:
        area = self._editor.viewport().rect()
        color = QColor(self._theme.colors.card)
        color.setAlphaF(_STRENGTH)
        painter.setClipRegion(QRegion(area) - self.clear_region(), Qt.ClipOperation.IntersectClip)
        painter.fillRect(area, color)


def _sentence(block: QTextBlock, position: int) -> tuple[int, int]:
    """Where the sentence of a place in a paragraph begins, and where it ends."""
    text = block.text()
    # In UTF-16 units, as all of a document.
    length = block.length() - 1
    finder = QTextBoundaryFinder(QTextBoundaryFinder.BoundaryType.Sentence, text)
    # Behind the last sentence its end is gone on with.
    finder.setPosition(position if position < length else max(length - 1, 0))
    start = finder.position() if finder.isAtBoundary() else max(finder.toPreviousBoundary(), 0)
    finder.setPosition(start)
    end = finder.toNextBoundary()
    return start, end if end >= 0 else length

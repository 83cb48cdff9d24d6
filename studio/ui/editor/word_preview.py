"""What a choice in the word panel would make of the text, painted over it before it is made.

The other word stands in place, and what would go is greyed. The document is not touched.
"""

from PySide6.QtCore import QPointF, QRect, QRectF
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from studio.app.tokens.typed_text import visible
from studio.app.word.replacement import Other
from studio.manuscript import Origin
from studio.ui.editor.editor import ManuscriptEditor
from studio.ui.theme.theme import Theme

_VEIL = 0.72
"""How much of the page's colour lies over what would go."""

_OVERHANG = 2
"""Pixels that a last letter may reach beyond its place."""

_FRAME, _ROUND, _BESIDE = 1.5, 3.0, 2.0
"""The frame round the other word: its thickness, its corners and its distance, in pixels."""


class WordPreview:
    """The preview of one editor.

    Args:
        editor: Over whose text it is painted.
        theme: Where the colours come from.
    """

    def __init__(self, editor: ManuscriptEditor, theme: Theme) -> None:
        self._editor = editor
        self._theme = theme
        self.shown: tuple[Other, int] | None = None
        """The other word, and where the text ends that would go with the one there."""

    def show(self, other: Other | None, end: int = 0) -> None:
        """Show what would become of the text, or no longer.

        Args:
            other: What would stand where; None for nothing.
            end: Where the text ends that would go.
        """
        shown = None if other is None else (other, end)
        if shown != self.shown:
            self.shown = shown
            self._editor.underlay.lay_cover(self._paint, shown is not None)

    def _paint(self, painter: QPainter) -> None:
        if self.shown is None or not self._editor.is_whole:
            return
        other, end = self.shown
        text = self._editor.manuscript.part(other.start, other.end)
        # The space before a word may hang behind the line before: what is alike stays as it is.
        alike = 0
        while other.text[alike : alike + 1] == text[alike : alike + 1] != "" and (
            text[alike].isspace()
        ):
            alike += 1
        start = other.start + alike
        page = QColor(self._theme.colors.card)
        veil = QColor(page)
        veil.setAlphaF(_VEIL)
        for rect in self._parts(start, end):
            painter.fillRect(rect, veil)
        if other.text[alike:]:
            self._paint_word(painter, page, other, start, other.text[alike:])

    def _paint_word(
        self, painter: QPainter, page: QColor, other: Other, start: int, text: str
    ) -> None:
        for rect in self._parts(start, other.end):
            painter.fillRect(rect, page)
        words = text if text.strip() and text.isprintable() else visible(text)
        font = self._editor.prose_font
        at, letters = self._begin_of(start), QFontMetricsF(font)
        around = QRectF(
            at.x(),
            at.y() - letters.ascent(),
            letters.horizontalAdvance(words),
            letters.ascent() + letters.descent(),
        ).adjusted(-_BESIDE, 0, _BESIDE, 0)
        colors = self._theme.colors
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(colors.focus), _FRAME))
        painter.setBrush(page)
        painter.drawRoundedRect(around, _ROUND, _ROUND)
        is_typed = other.origin is Origin.TYPED
        painter.setPen(QColor(colors.text if is_typed else colors.generated))
        painter.setFont(font)
        painter.drawText(at, words)

    def _begin_of(self, position: int) -> QPointF:
        """Where a character begins, on the line that its letters stand upon."""
        document, units = self._editor.document(), self._editor.units(position)
        block = document.findBlock(units)
        within = units - block.position()
        line = block.layout().lineForTextPosition(within)
        corner = document.documentLayout().blockBoundingRect(block).topLeft()
        base = line.naturalTextRect().top() + corner.y() + line.ascent()
        left = self._editor.line_at(position).left()
        return QPointF(left, base - self._editor.verticalScrollBar().value())

    def _parts(self, start: int, end: int) -> list[QRect]:
        """Where a part of the text stands in the viewport, as far as that is in view."""
        if start >= end:
            return []
        first, last = self._editor.line_at(start), self._editor.line_at(end)
        last.translate(_OVERHANG, 0)
        area = self._editor.viewport().rect()
        area.setLeft(round(self._editor.document().documentMargin()))  # the take's bar stays
        if first.top() == last.top():
            lines = [QRect(first.left(), first.top(), last.left() - first.left(), first.height())]
        else:
            left, wide = area.left(), area.right() + 1
            below = first.bottom() + 1
            lines = [
                QRect(first.left(), first.top(), wide - first.left(), first.height()),
                QRect(left, below, wide - left, last.top() - below),
                QRect(left, last.top(), last.left() - left, last.height()),
            ]
        return [line & area for line in lines]

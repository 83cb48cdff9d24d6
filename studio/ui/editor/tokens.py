"""Where tokens stand in the editor: rectangles of those in view, and which is under the pointer.

Rectangles are in the document's coordinates, so that scrolling moves them all alike, and are kept
until text, tokens or layout change: turning a temperature asks for them again and costs nothing.
"""

from collections.abc import Sequence
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QFontMetricsF, QTextBlock, QTextLine

from studio.manuscript import TokenSpan, TokenSpans
from studio.token_record import TokenRecord
from studio.ui.editor.document import in_units
from studio.ui.editor.editor import ManuscriptEditor

_ABOVE, _BELOW = 2, 3
"""Pixels that a tile reaches beyond its line's letters; lines are further apart than that."""

_BREAK_WIDTH = 0.5
"""How wide the end of a paragraph is drawn, in average characters: it is a token's, as a rule."""


class Tile(NamedTuple):
    """A token's part in one line.

    Attributes:
        rect: In the document's coordinates.
        place: Which of the spans in view.
    """

    rect: QRect
    place: int


class TokenTiles:
    """The tiles of the tokens in view.

    Args:
        editor: Where they stand.
        spans: Which they are.
    """

    def __init__(self, editor: ManuscriptEditor, spans: TokenSpans) -> None:
        self._editor = editor
        self._spans = spans
        self._made_for: object = None
        self._visible: list[TokenSpan] = []
        self._records: list[TokenRecord] = []
        self._tiles: list[Tile] = []
        self._places = np.zeros(0, dtype=np.intp)

    @property
    def visible(self) -> Sequence[TokenSpan]:
        """The spans that have a character in view, in order."""
        self._update()
        return self._visible

    @property
    def records(self) -> Sequence[TokenRecord]:
        """What is kept of each; the same object as long as the spans in view are the same."""
        self._update()
        return self._records

    @property
    def tiles(self) -> Sequence[Tile]:
        """Their parts, line by line."""
        self._update()
        return self._tiles

    @property
    def places(self) -> NDArray[np.intp]:
        """`(tiles,)`: the place of each."""
        self._update()
        return self._places

    def offset(self) -> QPoint:
        """What to add to the document's coordinates for those of the viewport."""
        return QPoint(
            -self._editor.horizontalScrollBar().value(), -self._editor.verticalScrollBar().value()
        )

    def at(self, point: QPoint) -> TokenSpan | None:
        """The token under a point of the viewport."""
        within = point - self.offset()
        for tile in self.tiles:
            if tile.rect.contains(within):
                return self._visible[tile.place]
        return None

    def rects_of(self, span: TokenSpan) -> list[QRect]:
        """Where a token stands in the viewport; nothing where it is out of view."""
        offset, visible = self.offset(), self.visible
        area = self._editor.viewport().rect()
        return [
            rect
            for tile in self._tiles
            if visible[tile.place].record is span.record
            and (rect := tile.rect.translated(offset)).intersects(area)
        ]

    def _update(self) -> None:
        editor = self._editor
        key = (
            editor.document().revision(),
            self._spans.version,
            editor.viewport().size(),
            editor.verticalScrollBar().value(),
            editor.document().size(),
            editor.prose_font,
        )
        if key == self._made_for:
            return
        self._made_for = key
        start, end = editor.visible_range()
        # One more at the end: the line's last character may be the paragraph's end.
        self._visible = self._spans.between(start, end + 1)
        self._records = [span.record for span in self._visible]
        self._tiles = lay_out(editor, [(span.start, span.end) for span in self._visible])
        self._places = np.array([tile.place for tile in self._tiles], dtype=np.intp)


def lay_out(editor: ManuscriptEditor, ranges: Sequence[tuple[int, int]]) -> list[Tile]:
    """The tiles of ranges of code points, which are in order and none upon another.

    Walks through blocks, lines and ranges at once: all three are in order.

    Args:
        editor: Where they stand.
        ranges: Half open.
    """
    # A boundary is looked up once for the two that meet there.
    bounds = [(editor.units(start), editor.units(end)) for start, end in ranges]
    tiles: list[Tile] = []
    if not bounds:
        return tiles
    block = editor.document().findBlock(bounds[0][0])
    first = 0
    while block.isValid() and first < len(bounds):
        if block.position() >= bounds[-1][1]:
            break
        first = _lay_out_block(editor, block, bounds, first, tiles)
        block = block.next()
    return tiles


def _lay_out_block(
    editor: ManuscriptEditor,
    block: QTextBlock,
    bounds: Sequence[tuple[int, int]],
    first: int,
    tiles: list[Tile],
) -> int:
    """Lay out the ranges of one paragraph, and return the first that ends behind it."""
    layout, begin, text = block.layout(), block.position(), in_units(block.text())
    corner = editor.document().documentLayout().blockBoundingRect(block).topLeft()
    break_width = _BREAK_WIDTH * QFontMetricsF(editor.prose_font).averageCharWidth()
    for number in range(layout.lineCount()):
        line = layout.lineAt(number)
        start = begin + line.textStart()
        end = start + line.textLength()
        is_last = number == layout.lineCount() - 1
        natural = line.naturalTextRect().translated(corner)
        top, bottom = round(natural.top()) - _ABOVE, round(natural.bottom()) + _BELOW
        while first < len(bounds) and bounds[first][1] <= start:
            first += 1
        index = first
        while index < len(bounds) and bounds[index][0] < end + is_last:
            low, high = max(bounds[index][0], start), min(bounds[index][1], end)
            # The space at which a line was broken hangs behind it; it is the next word's.
            hangs = bounds[index][1] > end and not is_last and text[low - begin :][:1].isspace()
            edges = [_x(line, at - begin) for at in (low, high)] if low < high else []
            if is_last and bounds[index][0] <= end < bounds[index][1]:
                edges += [_x(line, end - begin), _x(line, end - begin) + break_width]
            if edges and not (hangs and not text[low - begin : high - begin].strip()):
                left, right = round(corner.x() + min(edges)), round(corner.x() + max(edges))
                tiles.append(Tile(QRect(left, top, max(right - left, 1), bottom - top), index))
            index += 1
    while first < len(bounds) and bounds[first][1] <= begin + block.length():
        first += 1
    return first


def _x(line: QTextLine, position: int) -> float:
    # Qt gives the place, and beside it the position that it took.
    return cast(tuple[float, int], line.cursorToX(position))[0]

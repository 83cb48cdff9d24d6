"""Paints the heat behind the manuscript's text.

Nothing is set on the text: the tints are rectangles under it, in the viewport, so that turning a
temperature costs a repaint of what is in view, and no layout. `HeatState` gives the tint of each
token in view, the theme its colour.
"""

from itertools import pairwise

import numpy as np
from PySide6.QtCore import QObject, QRect, Qt
from PySide6.QtGui import QColor, QPainter

from studio.app.heat.state import LEVELS, NO_TINT, HeatState
from studio.manuscript import TokenSpans
from studio.ui.editor.editor import ManuscriptEditor
from studio.ui.editor.tokens import TokenTiles
from studio.ui.heat.ramp import ramp
from studio.ui.theme.theme import Theme

_LINE = 2
"""How high the line under a token is, in pixels."""


class EditorHeat(QObject):
    """The underlay of one editor, for as long as the editor lives.

    Args:
        editor: Behind whose text is painted.
        spans: Which tokens stand where.
        state: What tints them.
        theme: Where the colours come from.
    """

    def __init__(
        self, editor: ManuscriptEditor, spans: TokenSpans, state: HeatState, theme: Theme
    ) -> None:
        super().__init__(editor)
        self._editor = editor
        self._state = state
        self._theme = theme
        self.tiles = TokenTiles(editor, spans)
        """Where the tokens in view stand."""
        self._colors: list[QColor] = []
        theme.changed.connect(self._recolor)
        state.changed.connect(self._repaint)
        state.measure_changed.connect(self._on_measure_changed)
        self._recolor()
        self._on_measure_changed()

    def _on_measure_changed(self) -> None:
        # While heat is off the editor paints as though there were none.
        self._editor.underlay.lay_tint(self._paint, self._state.is_on)

    def _recolor(self) -> None:
        colors = self._theme.colors
        self._colors = [
            QColor(color) for color in ramp(colors.heat_least, colors.heat_most, LEVELS)
        ]
        self._repaint()

    def _repaint(self) -> None:
        self._editor.viewport().update()

    def _paint(self, painter: QPainter) -> None:
        tiles, records = self.tiles.tiles, self.tiles.records
        if not tiles:
            return
        places = self.tiles.places
        tints = self._state.tints(records)[places]
        # By tint: all of one are painted at once.
        rects = [tiles[index].rect for index in tints.argsort(kind="stable").tolist()]
        ends = np.bincount(tints - NO_TINT, minlength=LEVELS + 1).cumsum().tolist()
        painter.translate(self.tiles.offset())
        painter.setPen(Qt.PenStyle.NoPen)
        for color, (start, end) in zip(self._colors, pairwise(ends), strict=True):
            if start < end:
                painter.setBrush(color)
                painter.drawRects(rects[start:end])
        turned = self._state.turned(records)[places].nonzero()[0].tolist()
        painter.setBrush(QColor(self._theme.colors.heat_line))
        painter.drawRects([_line_under(tiles[index].rect) for index in turned])


def _line_under(rect: QRect) -> QRect:
    return QRect(rect.left(), rect.bottom() + 1, rect.width(), _LINE)

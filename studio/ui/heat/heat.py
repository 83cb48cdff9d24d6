"""Heat as the window knows it: tints behind the text, legend, menu, and what is remembered.

Nothing is set on the text: the tints are rectangles under it, in the viewport, so that turning a
temperature costs a repaint of what is in view, and no layout. `HeatState` gives the tint of each
token in view, the theme its colour.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QRect, Qt
from PySide6.QtGui import QAction, QActionGroup, QColor, QKeySequence, QPainter
from PySide6.QtWidgets import QMenu

from studio.app import settings as remembered
from studio.app.heat.measure import SCALES, HeatMeasure, measure_named
from studio.app.heat.state import LEVELS, NO_TINT, HeatState
from studio.app.session import Session
from studio.app.settings import Settings
from studio.manuscript import TokenSpans
from studio.translation import tr
from studio.ui.editor.editor import ManuscriptEditor
from studio.ui.editor.tokens import TokenTiles
from studio.ui.heat.legend import HeatLegend
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
        tints = self._state.tints(records, self.tiles.visible)[places]
        # By tint: all of one are painted at once.
        rects = [tiles[index].rect for index in tints.argsort(kind="stable").tolist()]
        ends = np.bincount(tints - NO_TINT, minlength=LEVELS + 1).cumsum().tolist()
        painter.translate(self.tiles.offset())
        painter.setPen(Qt.PenStyle.NoPen)
        for color, (start, end) in zip(self._colors, pairwise(ends), strict=True):
            if start < end:
                painter.setBrush(color)
                painter.drawRects(rects[start:end])
        bands = self._state.bands(records)
        if bands is not None:
            self._paint_bands(painter, bands[places])
        turned = self._state.turned(records)[places].nonzero()[0].tolist()
        painter.setBrush(QColor(self._theme.colors.heat_line))
        painter.drawRects([_line_under(tiles[index].rect) for index in turned])

    def _paint_bands(self, painter: QPainter, bands: NDArray[np.int64]) -> None:
        """Paint the least that a tint can be over a token's lower half, and the most above it."""
        tiles = self.tiles.tiles
        known_apart = (bands[:, 0] != bands[:, 1]) & (bands[:, 0] != NO_TINT)
        for index in known_apart.nonzero()[0].tolist():
            rect, (least, most) = tiles[index].rect, bands[index].tolist()
            upper = QRect(rect.left(), rect.top(), rect.width(), rect.height() // 2)
            painter.fillRect(upper, self._colors[most])
            painter.fillRect(rect.adjusted(0, upper.height(), 0, 0), self._colors[least])


def _line_under(rect: QRect) -> QRect:
    return QRect(rect.left(), rect.bottom() + 1, rect.width(), _LINE)


class Heat(QObject):
    """Binds the session's heat to one editor.

    Attributes:
        actions: One a measure, Off first, of which one is checked.
        legend: To be put near the editor.
        painter: What paints behind the text, and knows where each token stands.

    Args:
        editor: Whose text is tinted.
        session: What it is tinted by.
        theme: Where the colours come from.
        settings: Where the measure is remembered.
    """

    def __init__(
        self, editor: ManuscriptEditor, session: Session, theme: Theme, settings: Settings
    ) -> None:
        super().__init__(editor)
        self._state = session.heat
        self._settings = settings
        self.painter = EditorHeat(editor, session.records.spans, session.heat, theme)
        self._group = QActionGroup(self)
        self.actions = [self._action(index, measure) for index, measure in enumerate(HeatMeasure)]
        self.legend = HeatLegend(session.heat, session.records, theme, self.actions)
        self._state.measure_changed.connect(self._follow)
        self._state.set_measure(measure_named(settings.get(remembered.HEAT)))
        self._follow(self._state.measure)

    def menu(self, parent: QMenu) -> QMenu:
        """The menu of measures."""
        menu = QMenu(tr("&Heat"), parent)
        menu.setToolTipsVisible(True)
        menu.addActions(self.actions)
        return menu

    def _action(self, index: int, measure: HeatMeasure) -> QAction:
        scale = SCALES.get(measure)
        action = QAction(tr(scale.title) if scale else tr("&Off"), self)
        action.setCheckable(True)
        action.setToolTip(scale.tip if scale else tr("The manuscript without tints"))
        action.setShortcut(QKeySequence(f"Alt+{index}"))
        action.setData(measure)
        action.triggered.connect(lambda: self._state.set_measure(measure))
        self._group.addAction(action)
        return action

    def _follow(self, measure: HeatMeasure) -> None:
        for action in self.actions:
            action.setChecked(action.data() is measure)
        self._settings.set(remembered.HEAT, measure.value)

"""The Compare page: the controls, the lanes side by side, the chart below them.

Puts widgets together and binds them to a `CompareState`; the texts' first divergences are found and
marked here.
"""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from studio.ui.compare.bar import CompareBar
from studio.ui.compare.chart import EntropyChart
from studio.ui.compare.distances import LaneDistances
from studio.ui.compare.divergence import FirstDivergence, divergence_at
from studio.ui.compare.lane import CompareLane
from studio.ui.compare.lane_column import LaneColumn
from studio.ui.compare.parting import PartingPanel
from studio.ui.compare.state import CompareState
from studio.ui.presets.favourites import PresetFavourites
from studio.ui.theme.card import Card
from studio.ui.theme.theme import Theme

_GAP = 10

SKETCHES_LEFT_OUT = (
    "This comparison was saved without its distributions: where the lanes part is marked, but not "
    "why."
)


class _Area(QScrollArea):
    """Where the lanes are scrolled that do not fit beside one another."""

    resized = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Say so."""
        super().resizeEvent(event)
        self.resized.emit()


class ComparePage(QWidget):
    """The page.

    Attributes:
        bar: The controls.
        columns: The lanes, from left to right.
        chart: Entropy by position.
        distances: Between neighbours.
        parting: Why two lanes part.

    Args:
        state: The comparison.
        theme: Where the colours come from.
        run: The action that runs all lanes.
        stop: The window's Stop.
        file_actions: What its menu of files holds.
        steps: The runs before and after.
        favourites: Which profiles come first in the lanes' lists.
        parent: The Qt parent, if any.
    """

    def __init__(
        self,
        state: CompareState,
        theme: Theme,
        run: QAction,
        stop: QAction,
        file_actions: list[QAction],
        steps: QWidget,
        favourites: PresetFavourites | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._state = state
        self._favourites = favourites
        self._theme = theme
        self.bar = CompareBar(state, run, stop, file_actions, steps, theme)
        self.columns: list[LaneColumn] = []
        self._partings: dict[CompareLane, FirstDivergence] = {}
        self._parted: CompareLane | None = None
        """Whose parting is explained, or was last."""
        self._lanes = QSplitter(Qt.Orientation.Horizontal)
        self._lanes.setChildrenCollapsible(False)
        self._lanes.setHandleWidth(_GAP)
        self._area = area = _Area()
        area.setWidget(self._lanes)
        area.resized.connect(self._fit)
        self.chart = EntropyChart(state, theme)
        self.distances = LaneDistances(state, theme)
        self.parting = PartingPanel(state.vocabulary, theme)
        below = QSplitter(Qt.Orientation.Vertical)
        below.setChildrenCollapsible(False)
        below.setHandleWidth(_GAP)
        below.addWidget(area)
        self.figures = self._figures()
        # What explains one place takes the room of what shows all of them, and gives it back.
        foot = QWidget()
        feet = QVBoxLayout(foot)
        feet.setContentsMargins(0, 0, 0, 0)
        feet.addWidget(self.figures)
        feet.addWidget(self.parting)
        self.parting.opened.connect(self.figures.hide)
        self.parting.closed.connect(self.figures.show)
        below.addWidget(foot)
        below.setStretchFactor(0, 1)
        below.setStretchFactor(1, 0)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(_GAP)
        self.column.addWidget(self.bar)
        self.column.addWidget(below, 1)
        state.vocabulary.breakers_known.connect(self._explain_again)
        state.lanes_changed.connect(self._follow_lanes)
        state.progressed.connect(self._follow_partings)
        state.changed.connect(self._follow_partings)
        state.in_step_changed.connect(self._scroll_in_step)
        state.looked.connect(self._follow_figures)
        state.changed.connect(self._follow_figures)
        self._follow_lanes()

    def _figures(self) -> QWidget:
        card = Card("Entropy by position")
        card.body.setContentsMargins(16, 6, 16, 8)
        card.body.setSpacing(2)
        heading = QLabel("Distance at the prompt")
        heading.setProperty("role", "heading")
        heading.setFixedWidth(self.distances.sizeHint().width())
        card.header.addWidget(heading)
        row = QHBoxLayout()
        row.setSpacing(24)
        row.addWidget(self.chart, 1)
        row.addWidget(self.distances)
        card.body.addLayout(row, 1)
        return card

    def _follow_lanes(self) -> None:
        lanes = self._state.lanes
        kept = {column.lane: column for column in self.columns if column.lane in lanes}
        for column in self.columns:
            if column.lane not in kept:
                column.setParent(None)
                column.deleteLater()
        had = len(self.columns)
        self.columns = [kept.get(lane) or self._column(lane) for lane in lanes]
        for place, column in enumerate(self.columns):
            if self._lanes.indexOf(column) != place:
                self._lanes.insertWidget(place, column)
        if len(lanes) != had:
            self._lanes.setSizes([1000] * len(lanes))
        self._partings = {lane: FirstDivergence() for lane in lanes}
        self.parting.close_panel()
        for column in self.columns:
            column.follow()
        self._fit()
        self._follow_partings()

    def _fit(self) -> None:
        """Text and buttons have their room first, then the bars; the chart takes what is left."""
        least = max(column.least_height for column in self.columns)
        self._area.setMinimumHeight(least + self._area.horizontalScrollBar().sizeHint().height())
        for column in self.columns:
            column.fit(self._area.viewport().height())

    def _column(self, lane: CompareLane) -> LaneColumn:
        column = LaneColumn(self._state, lane, self._theme, self._favourites)
        column.view.mark_chosen.connect(lambda: self.show_parting(lane))
        column.view.verticalScrollBar().valueChanged.connect(lambda: self._scroll_others(column))
        lane.cleared.connect(self.parting.close_panel)
        return column

    def _scroll_others(self, moved: LaneColumn) -> None:
        """Have the others begin with the token that this one begins with."""
        if not self._state.in_step or moved.view.is_growing:
            return
        token = moved.view.top_token()
        if token is not None:
            for column in self.columns:
                if column is not moved:
                    column.view.show_at_top(token)

    def _scroll_in_step(self) -> None:
        focused = next((column for column in self.columns if column.view.hasFocus()), None)
        self._scroll_others(focused or self.columns[0])

    def _follow_partings(self) -> None:
        for column in self.columns:
            lane = column.lane
            reference = self._state.reference_of(lane)
            index = None
            if reference is not None:
                index = self._partings[lane].look(reference, lane)
            column.view.set_mark(index)

    def _follow_figures(self) -> None:
        for column in self.columns:
            column.follow_figures()

    def _explain_again(self) -> None:
        if self._parted in self._state.lanes and not self.parting.isHidden():
            self.show_parting(self._parted)

    def show_parting(self, lane: CompareLane) -> None:
        """Show why a lane parts from the one that it is compared with."""
        reference = self._state.reference_of(lane)
        index = self._partings[lane].index
        if reference is None or index is None:
            return
        state = self._state
        divergence = divergence_at(
            index, reference, lane, state.subject.prompt_tokens, state.vocabulary
        )
        if divergence is None:
            self._state.failed.emit(SKETCHES_LEFT_OUT)
            return
        self._parted = lane
        self.parting.show_divergence(divergence)

"""The Compare page: the bar, the lanes side by side to be read, where they part on request.

Puts widgets together and binds them to a `CompareState`; the texts' first divergences are found and
marked here.
"""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QColor, QPainter, QPaintEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSplitter, QSplitterHandle, QVBoxLayout, QWidget

from studio.app.compare.divergence import FirstDivergence, divergence_at
from studio.app.compare.lane import CompareLane
from studio.app.compare.state import CompareState
from studio.app.presets.favourites import PresetFavourites
from studio.translation import mark, tr
from studio.ui.compare.actions import CompareActions
from studio.ui.compare.bar import CompareBar
from studio.ui.compare.lane_column import LaneColumn
from studio.ui.compare.parting import PartingPanel
from studio.ui.compare.parting_view import PartingView
from studio.ui.theme.spacing import set_margins
from studio.ui.theme.theme import Theme

_GRIP = 7
"""Pixels that a hand can take hold of; the rule in their middle is one."""


class RuledSplitter(QSplitter):
    """A splitter whose handles are rules.

    Args:
        theme: Where the colours come from.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._theme = theme
        self.setChildrenCollapsible(False)
        self.setHandleWidth(_GRIP)

    def createHandle(self) -> QSplitterHandle:  # noqa: N802 - Qt's name
        """One more rule."""
        return _Rule(self, self._theme)


class _Rule(QSplitterHandle):
    def __init__(self, splitter: QSplitter, theme: Theme) -> None:
        super().__init__(Qt.Orientation.Horizontal, splitter)
        self._theme = theme
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setAutoFillBackground(True)
        self.setToolTip(tr("Drag to make a lane wider or narrower"))
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        """A line from top to bottom."""
        painter = QPainter(self)
        colors = self._theme.colors
        painter.fillRect(self.rect(), QColor(colors.card))
        middle = self.width() // 2
        painter.fillRect(middle, 0, 1, self.height(), QColor(colors.card_border))


_GAP = 10
_FEWEST_CELLS = 32
"""That a strip has room for, however short the texts are: a cell is no bar."""

SKETCHES_LEFT_OUT = mark(
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
        self.viewport().setBackgroundRole(QPalette.ColorRole.Base)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Say so."""
        super().resizeEvent(event)
        self.resized.emit()


class ComparePage(QWidget):
    """The page.

    Attributes:
        bar: The controls.
        columns: The lanes, from left to right.
        partings: Where they part: lines, chart, distances; shown on request.
        parting: Why two lanes part, at one place.

    Args:
        state: The comparison.
        theme: Where the colours come from.
        actions: What can be done on the page.
        stop: The window's Stop.
        steps: The runs before and after.
        favourites: Which presets come first in the lanes' lists.
        parent: The Qt parent, if any.
    """

    def __init__(
        self,
        state: CompareState,
        theme: Theme,
        actions: CompareActions,
        stop: QAction,
        steps: QWidget,
        favourites: PresetFavourites | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._state = state
        self._favourites = favourites
        self._theme = theme
        self._show_parting, self._show_bars = actions.show_parting, actions.show_bars
        self.bar = CompareBar(
            state, actions.run, stop, actions.show_parting, actions.file_actions, steps, theme
        )
        self.columns: list[LaneColumn] = []
        self._divergences: dict[CompareLane, FirstDivergence] = {}
        self._parted: CompareLane | None = None
        """Whose parting is explained, or was last."""
        self._lanes = RuledSplitter(theme)
        self._area = area = _Area()
        area.setWidget(self._lanes)
        area.resized.connect(self._fit)
        self.partings = PartingView(state, theme)
        self.parting = PartingPanel(state.vocabulary, theme)
        below = QSplitter(Qt.Orientation.Vertical)
        below.setChildrenCollapsible(False)
        below.setHandleWidth(_GAP)
        below.addWidget(area)
        # What explains one place takes the room of what shows all of them, and gives it back.
        self._foot = QWidget()
        feet = QVBoxLayout(self._foot)
        set_margins(feet, 12, 0, 12, 8)
        feet.addWidget(self.partings)
        feet.addWidget(self.parting)
        self.parting.opened.connect(self._follow_foot)
        self.parting.closed.connect(self._follow_foot)
        self.partings.wanted.connect(self.show_parting)
        below.addWidget(self._foot)
        below.setStretchFactor(0, 1)
        below.setStretchFactor(1, 0)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(0)
        self.column.addWidget(self.bar)
        self.column.addWidget(below, 1)
        state.vocabulary.texts_known.connect(self._explain_again)
        state.lanes_changed.connect(self._follow_lanes)
        state.progressed.connect(self._follow_texts)
        state.changed.connect(self._follow_texts)
        state.in_step_changed.connect(self._scroll_in_step)
        state.looked.connect(self._follow_figures)
        state.changed.connect(self._follow_figures)
        actions.show_parting.toggled.connect(self._on_parting_toggled)
        actions.show_bars.toggled.connect(self._on_bars_toggled)
        state.shows_bars = actions.show_bars.isChecked()
        self._follow_lanes()
        self._follow_foot()

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
        self._divergences = {lane: FirstDivergence() for lane in lanes}
        self.parting.close_panel()
        for column in self.columns:
            column.follow()
        self._fit()
        self._follow_texts()

    def _fit(self) -> None:
        """Text and button have their room first, then the bars; the foot takes what is left."""
        least = max(column.least_height for column in self.columns)
        self._area.setMinimumHeight(least + self._area.horizontalScrollBar().sizeHint().height())
        for column in self.columns:
            column.fit(self._area.viewport().height())

    def _column(self, lane: CompareLane) -> LaneColumn:
        column = LaneColumn(self._state, lane, self._theme, self._show_bars, self._favourites)
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

    def _follow_texts(self) -> None:
        """Lanes have grown: their strips share one scale, and they part where they part."""
        longest = max(self._state.longest, _FEWEST_CELLS)
        found = []
        for column in self.columns:
            lane = column.lane
            column.strip.set_length(longest)
            reference = self._state.reference_of(lane)
            index = None
            if reference is not None:
                index = self._divergences[lane].look(reference, lane)
                if index is not None:
                    found.append((reference, lane, index))
            column.view.set_mark(index)
        if not self.partings.isHidden():
            self.partings.show_partings(found)

    def _follow_figures(self) -> None:
        for column in self.columns:
            column.follow_figures()

    def _on_bars_toggled(self, is_shown: bool) -> None:
        self._state.shows_bars = is_shown
        self._state.request_look()
        self._fit()

    # -- where they part -----------------------------------------------------------------------

    def _on_parting_toggled(self) -> None:
        self.parting.close_panel()
        self._follow_foot()

    def _follow_foot(self) -> None:
        is_close = not self.parting.isHidden()
        self.partings.setVisible(self._show_parting.isChecked() and not is_close)
        self._foot.setVisible(self._show_parting.isChecked() or is_close)
        self._follow_texts()

    def _explain_again(self) -> None:
        if self._parted in self._state.lanes and not self.parting.isHidden():
            self.show_parting(self._parted)

    def show_parting(self, lane: CompareLane) -> None:
        """Show why a lane parts from the one that it is compared with."""
        reference = self._state.reference_of(lane)
        index = self._divergences[lane].index
        if reference is None or index is None:
            return
        state = self._state
        divergence = divergence_at(
            index, reference, lane, state.run_input.prompt_tokens, state.vocabulary
        )
        if divergence is None:
            self._state.failed.emit(tr(SKETCHES_LEFT_OUT))
            return
        self._parted = lane
        self.parting.show_divergence(divergence)

"""One lane as a column to be read: its head, its text, how open each word was, “Use this”.

Binds a `CompareLane` to widgets and keeps nothing of it.
"""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QPalette
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from studio.app.compare.lane import REASONS, CompareLane
from studio.app.compare.lane_words import openness, token_count, token_openness, word_count
from studio.app.compare.state import CompareState
from studio.app.generation.sequence import SequencePhase
from studio.app.parameters.temperature_scale import format_temperature
from studio.app.presets.favourites import PresetFavourites
from studio.presets import preset_words
from studio.translation import mark, tr
from studio.ui.compare.lane_head import LaneHead
from studio.ui.compare.lane_menu import LaneMenu
from studio.ui.compare.lane_view import EMPTY, JOINS, LaneView
from studio.ui.compare.openness_strip import OpennessStrip
from studio.ui.histogram.bars import TokenBars
from studio.ui.theme.spacing import set_margins, set_spacing
from studio.ui.theme.theme import Theme
from studio.ui.widgets.labels import ElidedLabel, PlainLabel
from studio.ui.widgets.tips import plain_tip, set_tip
from studio.visible_text import visible_name

_NARROWEST_EMS = 14.5
"""Of the text's own type: some 30 letters a line. What does not fit so is scrolled."""

_EDGE = 18
_ABOUT_STRIP = (mark("how open each word was"), mark("how open"))
_USE = mark(
    "Put this text into the manuscript, as a take with all its records, and go there. Undo takes "
    "it out again in one step"
)
_FACTS_TIP = mark(
    "<p>What the lane does, or why it ended; then how many words its text has. Its <b>seed</b> "
    "makes its random draws: lanes with the same seed draw the same number u at the same place.</p>"
)
_BARS_TIP = mark(
    "<p>What this lane would say next, at its own settings; after its last token, what it chose "
    "from (▸). Before a run: at the prompt that all lanes share. Filled: will be used. Tick: the "
    "model’s own, T 1.</p>"
)


class LaneColumn(QWidget):
    """A lane's column.

    Attributes:
        lane: The lane.
        head: Its colour, its temperature, and how open it is.
        view: Its text.
        strip: How open each word was.
        bars: Those of its last token; shown on request.
        use: Puts its text into the manuscript.
        menu: All the rest.

    Args:
        state: The comparison that it belongs to.
        lane: The lane.
        theme: Where the colours come from.
        show_bars: Whether lanes show the bars of their last token.
        favourites: Which presets come first in its list.
        parent: The Qt parent, if any.
    """

    def __init__(
        self,
        state: CompareState,
        lane: CompareLane,
        theme: Theme,
        show_bars: QAction,
        favourites: PresetFavourites | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._state = state
        self._show_bars = show_bars
        self.lane = lane
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setAutoFillBackground(True)
        self.head = LaneHead(lane, theme)
        self.view = LaneView(lane, theme)
        self.strip = OpennessStrip(lane, theme)
        self.bars = TokenBars(lane.next_token, theme, tr("Next token of this lane"), tr(_BARS_TIP))
        self._about = ElidedLabel()
        self._about.setProperty("role", "muted")
        self._facts = PlainLabel()
        self._facts.setProperty("role", "muted")
        self._facts.setAccessibleName(tr("What this lane does, and how long its text is"))
        self.use = QPushButton(tr("Use this"))
        self.use.clicked.connect(lambda: state.use(lane))
        self.menu = LaneMenu(state, lane, show_bars, favourites, self)
        self.more = QToolButton()
        self.more.setText("···")
        self.more.setToolTip(
            tr("Go on, new random draws, presets, and all else that can be done with this lane")
        )
        self.more.clicked.connect(self._open_menu)

        below = QHBoxLayout()
        set_spacing(below, 8)
        below.addWidget(self._about, 1)
        below.addWidget(self._facts)
        foot = QHBoxLayout()
        foot.addWidget(self.use)
        foot.addStretch(1)
        foot.addWidget(self.more)
        self.column = column = QVBoxLayout(self)
        set_margins(column, _EDGE, 14, _EDGE, 14)
        set_spacing(column, 4)
        column.addWidget(self.head)
        column.addSpacing(2)
        column.addWidget(self.view, 1)
        column.addSpacing(4)
        column.addWidget(self.strip)
        column.addLayout(below)
        column.addWidget(self.bars)
        column.addSpacing(4)
        column.addLayout(foot)
        self.strip.pointed.connect(self._show_word)
        self.strip.chosen.connect(self._go_to_word)
        theme.prose_changed.connect(self._fit_width)
        for part in (self.view, self.strip):
            part.caught_up.connect(self.follow_figures)
        lane.changed.connect(self.follow)
        state.changed.connect(self.follow)
        self._fit_width()
        self.follow()
        self.follow_figures()

    @property
    def least_height(self) -> int:
        """Pixels that all but the bars take."""
        least = self.column.totalMinimumSize().height()
        return least if self.bars.isHidden() else least - self._bars_height

    def fit(self, height: int) -> None:
        """Show the bars where they are wanted, and a height has room for them beside the text."""
        has_room = height >= self.least_height + self._bars_height
        self.bars.setVisible(self._show_bars.isChecked() and has_room)

    @property
    def _bars_height(self) -> int:
        return self.bars.sizeHint().height() + self.column.spacing()

    def _fit_width(self) -> None:
        em = self.view.prose_font.pixelSize()
        self.setMinimumWidth(round(_NARROWEST_EMS * em) + 2 * _EDGE)

    def follow(self) -> None:
        """Show what the lane does, and what can be done with it."""
        lane, state = self.lane, self._state
        name = self._name()
        if name != self.accessibleName():
            self.setAccessibleName(name)
            self.head.temperature.setAccessibleName(tr("Temperature T of {name}", name=name))
            self.head.slider.setAccessibleName(tr("Temperature of {name}", name=name))
            self.view.setAccessibleName(tr("Text of {name}", name=name))
            self.strip.setAccessibleName(tr("How open each word of {name} was", name=name))
            self.use.setAccessibleName(tr("Use {name}", name=name))
            self.more.setAccessibleName(tr("More for {name}", name=name))
        why_not_use = state.why_not_use(lane)
        use_tip = plain_tip(why_not_use or tr(_USE))
        if self.use.isEnabled() == bool(why_not_use):
            self.use.setEnabled(not why_not_use)
        if self.use.toolTip() != use_tip:
            self.use.setToolTip(use_tip)
        self.menu.follow()
        joins = lane.phase is SequencePhase.NEW and state.has_tokens and not lane.tokens
        self.view.say_while_empty(tr(JOINS) if joins else tr(EMPTY))
        self._show_facts()

    def follow_figures(self) -> None:
        """Show the numbers that change while it writes; ten times a second is enough."""
        self.head.show_words(self._caption())
        self._show_facts()
        if not self.lane.runs and not self.bars.isHidden():
            self.bars.describe()

    def _caption(self) -> str:
        lane, parts = self.lane, []
        names = {other.preset_choice.current.name for other in self._state.lanes}
        if len(names) > 1:
            parts.append(visible_name(preset_words(lane.preset_choice.current.name)))
        effective = self.strip.effective or lane.next_token.effective_choices
        if effective is not None:
            parts.append(openness(effective))
        if lane.tokens and not lane.runs:
            wrote = lane.params_at(len(lane.tokens) - 1).temperature
            if wrote != lane.temperature:
                parts.append(tr("at {t}", t=format_temperature(wrote)))
        return " · ".join(parts)

    def _show_facts(self) -> None:
        lane = self.lane
        parts = [self._phase_words()] if self._is_worth_saying() else []
        if lane.tokens:
            parts.append(word_count(self.view.words))
        if self.strip.cell is None:
            self._about.set_forms(*map(tr, _ABOUT_STRIP) if lane.tokens else ("",))
        words = " · ".join(parts)
        if words == self._facts.text():
            return
        self._facts.setText(words)
        exact = [self._phase_words(), token_count(len(lane.tokens))]
        if lane.rate:
            exact.append(tr("{rate:.1f} tokens a second", rate=lane.rate))
        if lane.seed is not None:
            exact.append(tr("seed {seed}", seed=lane.seed))
        exact_words = ", ".join(exact)
        set_tip(self._facts, f"<p>{exact_words}.</p>{tr(_FACTS_TIP)}")
        self._facts.setAccessibleDescription(exact_words)

    def _is_worth_saying(self) -> bool:
        # That a lane wrote as much as it was asked for is what is expected.
        return not (self.lane.phase is SequencePhase.ENDED and self.lane.reason == "max_tokens")

    def _name(self) -> str:
        place = self._state.lanes.index(self.lane) + 1 if self.lane in self._state.lanes else 0
        return tr("lane {place}", place=place)

    def _phase_words(self) -> str:
        if not self.lane.runs and self._state.biases.why_not(self.lane):
            return tr("biases for another model")
        match self.lane.phase:
            case SequencePhase.NEW:
                return tr("not run yet")
            case SequencePhase.READING:
                return tr("reading the prompt")
            case SequencePhase.RUNNING:
                return tr("writing")
            case SequencePhase.STOPPING:
                return tr("stopping")
            case SequencePhase.ENDED:
                return tr(REASONS.get(self.lane.reason, self.lane.reason))

    def _show_word(self, index: int | None) -> None:
        known = index is not None and index < len(self.lane.tokens)
        self._facts.setVisible(not known)
        if known:
            self._about.set_forms(token_openness(self.lane.tokens[index or 0]))
        self._show_facts()

    def _go_to_word(self, index: int) -> None:
        self.view.show_token(index)
        self.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def _open_menu(self) -> None:
        corner = self.more.mapToGlobal(self.more.rect().topRight())
        size = self.menu.sizeHint()
        # Up from the foot, where there is room; Qt moves it where there is not.
        self.menu.popup(corner - QPoint(size.width(), size.height()))

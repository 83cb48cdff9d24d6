"""One lane as a column: its settings, its text, its next token, its figures, and its buttons.

Binds a `CompareLane` to widgets and keeps nothing of it.
"""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.ui.compare.lane import DROP_BIASES, REASONS, CompareLane, LanePhase
from studio.ui.compare.lane_bars import LaneBars
from studio.ui.compare.lane_view import LaneView
from studio.ui.compare.state import CompareState
from studio.ui.presets.favourites import PresetFavourites
from studio.ui.presets.profile_picker import ProfilePicker
from studio.ui.temperature.edit import TemperatureEdit
from studio.ui.temperature.slider import TemperatureSlider
from studio.ui.theme.theme import Theme
from studio.ui.tokens.words import choices
from studio.ui.widgets.elided_label import ElidedLabel

NARROWEST = 272
"""Pixels; what does not fit beside one another is scrolled."""

NO_PRESETS = "Keeping a lane's settings as a preset of your own comes with preset files."

_NUMBER_SIZE = 1.3
_LINES = 5
"""Of the text, however low the window is."""


class LaneColumn(QFrame):
    """A lane's column.

    Attributes:
        view: Its text.

    Args:
        state: The comparison that it belongs to.
        lane: The lane.
        theme: Where the colours come from.
        favourites: Which profiles come first in its list.
        parent: The Qt parent, if any.
    """

    def __init__(
        self,
        state: CompareState,
        lane: CompareLane,
        theme: Theme,
        favourites: PresetFavourites | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setProperty("card", True)
        self.setMinimumWidth(NARROWEST)
        self._state = state
        self.lane = lane
        self.temperature = TemperatureEdit(lane.sampling, _NUMBER_SIZE)
        lane.sampling.params_changed.connect(self.temperature.follow)
        self.profile = ProfilePicker(lane.profiles, theme, favourites=favourites)
        self.profile.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.remove_button = QToolButton()
        self.remove_button.setText("×")
        self.remove_button.setFixedWidth(22)
        self.remove_button.setAccessibleName("Remove this lane")
        self.remove_button.clicked.connect(lambda: state.remove(lane))
        self.slider = TemperatureSlider(lane.sampling, theme, labels=False)
        self.view = LaneView(lane, theme)
        self.bars = LaneBars(lane.next_token, theme)
        self._facts = ElidedLabel()
        self._facts.setProperty("role", "muted")
        self._facts.setAccessibleName("Figures of this lane")
        self._facts.setToolTip(
            "<p><b>Choices</b>: as many equally likely tokens would be as uncertain as the next "
            "one is at this lane's settings (e to the entropy). Then tokens written, and tokens "
            "a second of this lane.</p>"
        )
        self._told = ElidedLabel()
        self._told.setProperty("role", "muted")
        self._told.setAccessibleName("State of this lane")
        self._told.setToolTip(
            "<p>What the lane does, or why it ended; and the <b>seed</b> of its dice: lanes with "
            "the same seed draw the same number u at the same place.</p>"
        )
        self.go = _button("Stop", lambda: self._stop_or_go())
        self.again = _button("New dice", lambda: state.run_again(lane))
        self.use = _button("Use this", lambda: state.use(lane))
        self.keep = _button("Make preset", lambda: state.make_preset(lane))

        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(_ColorMark(lane, theme))
        sign = QLabel("T")
        sign.setProperty("role", "muted")
        sign.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        head.addWidget(sign)
        head.addWidget(self.temperature)
        # Of a wide lane the list takes what its names need, and this the rest.
        head.addStretch(1)
        head.addWidget(self.profile, 100)
        head.addWidget(self.remove_button)
        buttons = QGridLayout()
        buttons.setSpacing(6)
        for place, button in enumerate((self.go, self.again, self.use, self.keep)):
            buttons.addWidget(button, place // 2, place % 2)
        self.view.setMinimumHeight(_LINES * self.view.fontMetrics().lineSpacing())
        self.column = column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self.slider)
        column.addWidget(self.view, 1)
        column.addWidget(self.bars)
        column.addWidget(self._facts)
        column.addWidget(self._told)
        column.addSpacing(2)
        column.addLayout(buttons)
        lane.changed.connect(self.follow)
        state.changed.connect(self.follow)
        self.follow()
        self.follow_figures()

    @property
    def least_height(self) -> int:
        """Pixels that all but the bars take."""
        least = self.column.totalMinimumSize().height()
        return least if self.bars.isHidden() else least - self._bars_height

    def fit(self, height: int) -> None:
        """Give the bars up where a height has no room for them beside the text."""
        self.bars.setVisible(height >= self.least_height + self._bars_height)

    @property
    def _bars_height(self) -> int:
        return self.bars.sizeHint().height() + self.column.spacing()

    def follow(self) -> None:
        """Show what the lane does, and what can be done with it."""
        lane, state = self.lane, self._state
        name = self._name()
        self.setAccessibleName(name)
        self.view.setAccessibleName(f"Text of {name}")
        why_not = state.why_not_go_on(lane)
        if lane.runs:
            _show(self.go, "Stop", lane.phase is not LanePhase.STOPPING, "End this lane alone")
        elif state.biases.why_not(lane):
            _show(self.go, DROP_BIASES, True, state.biases.why_not(lane))
        elif lane.phase is LanePhase.NEW:
            joins = "Write this lane too, from the prompt that the others have"
            _show(self.go, "Run", why_not is None, why_not or joins)
        else:
            goes = f"Write up to {state.max_tokens:,} tokens more"
            _show(self.go, "Go on", why_not is None, why_not or goes)
        why_not = state.why_not_again(lane)
        again = "Write this lane again from the prompt with new dice; the others stay as they are"
        _show(self.again, "New dice", why_not is None, why_not or again)
        why_not_use = state.why_not_use(lane)
        use = (
            "Put this text into the manuscript, as a take with all its records, and go there. "
            "Undo takes it out again in one step"
        )
        _show(self.use, "Use this", why_not_use is None, why_not_use or use)
        can_keep = state.can_make_preset
        keep = "Keep this lane's settings as a preset of your own" if can_keep else NO_PRESETS
        _show(self.keep, "Make preset", can_keep, keep)
        can_remove = state.can_remove
        tip = "Remove this lane" if can_remove else "A comparison has two lanes at least."
        self.remove_button.setEnabled(can_remove)
        self.remove_button.setToolTip(tip)
        words = self._phase_words()
        if lane.seed is not None:
            words = f"{words} · seed {lane.seed}"
        if words != self._told.text():
            self._told.setText(words)

    def follow_figures(self) -> None:
        """Show the numbers that change while it writes; ten times a second is enough."""
        lane = self.lane
        parts = []
        effective = lane.next_token.effective_choices
        if effective is not None:
            parts.append(choices(effective))
        if lane.tokens:
            parts.append(f"{len(lane.tokens):,} tokens")
        if lane.rate:
            parts.append(f"{lane.rate:.1f}/s")
        words = " · ".join(parts)
        if words != self._facts.text():
            self._facts.setText(words)
        if not lane.runs:
            self.bars.describe()

    def _name(self) -> str:
        place = self._state.lanes.index(self.lane) + 1 if self.lane in self._state.lanes else 0
        return f"Lane {place}"

    def _phase_words(self) -> str:
        if not self.lane.runs and self._state.biases.why_not(self.lane):
            return "biases for another model"
        match self.lane.phase:
            case LanePhase.NEW:
                return "not run yet"
            case LanePhase.READING:
                return "reading the prompt"
            case LanePhase.RUNNING:
                return "writing"
            case LanePhase.STOPPING:
                return "stopping"
            case LanePhase.ENDED:
                return REASONS.get(self.lane.reason, self.lane.reason)

    def _stop_or_go(self) -> None:
        if self.lane.runs:
            self._state.stop(self.lane)
        elif self._state.biases.why_not(self.lane):
            self._state.biases.drop([self.lane])
        else:
            self._state.go_on(self.lane)


class _ColorMark(QWidget):
    """The lane's colour, as it is in the chart."""

    def __init__(self, lane: CompareLane, theme: Theme) -> None:
        super().__init__()
        self._lane = lane
        self._theme = theme
        self.setFixedSize(QSize(10, 22))
        self.setAccessibleName(f"Colour {lane.color + 1}")
        self.setToolTip("This lane's colour in the chart below")
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        """A rounded bar."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.colors.lanes[self._lane.color]))
        painter.drawRoundedRect(QRectF(1, 1, 7, 20), 3, 3)


def _button(text: str, slot: object) -> QPushButton:
    button = QPushButton(text)
    button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    button.clicked.connect(slot)
    return button


def _show(button: QPushButton, text: str, enabled: bool, tip: str) -> None:
    """Nothing is laid out anew for what is as it was."""
    if button.text() != text:
        button.setText(text)
    if button.isEnabled() != enabled:
        button.setEnabled(enabled)
    if button.toolTip() != tip:
        button.setToolTip(tip)

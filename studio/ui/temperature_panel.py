"""The temperature card: T and β typed, the track, and what they do at the caret.

It binds a `SamplingState` (what is asked) and a `NextToken` (what it does at the caret) to widgets
and keeps nothing itself.
"""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QFontInfo, QKeyEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from studio.ui.choices_curve import ChoicesCurve
from studio.ui.histogram_words import choices, percent
from studio.ui.next_token import NextToken
from studio.ui.sampling_edit import CommitEdit
from studio.ui.sampling_state import SamplingState
from studio.ui.temperature_scale import (
    format_beta,
    format_temperature,
    parse_beta,
    parse_temperature,
    step,
)
from studio.ui.temperature_slider import TemperatureSlider
from studio.ui.temperature_words import sensitivity_figure, sensitivity_words
from studio.ui.theme import Theme
from studio.ui.theme_card import CARD_MARGINS, Card

_NUMBER_SIZE = 2.6
_CHOICES_SIZE = 1.15
_EDIT_INSET = 6
"""Frame, padding and inner margin of a flat line edit, which its text should not be set in by."""

_TEMPERATURE_TIP = (
    "<p><b>Temperature T</b>: the logits are divided by it before the softmax, "
    "P ∝ exp(logit / T).</p>"
    "<p>Low keeps to the likeliest words, high lets in surprising ones; higher is more varied, "
    "not smarter.</p>"
    "<p>Type a number, 0 or greedy, ∞ or uniform, then Enter. ↑ ↓ step.</p>"
)
_BETA_TIP = (
    "<p><b>Inverse temperature β = 1/T</b>: the logits are multiplied by it before the "
    "softmax.</p>"
    "<p>The same control from the other side: high keeps to the likeliest words. "
    "Type a number, then Enter.</p>"
)
_CHOICES_TIP = (
    "<p><b>Effective choices</b>, exp(entropy), <b>entropy</b> in bits, and the favourite's "
    "probability, of the distribution the sampler draws from here, after temperature and "
    "filters.</p>"
    "<p>How uncertain the next token is: as much as a fair draw from so many.</p>"
    "<p><b>Sensitivity</b>: how fast that grows as T is turned.</p>"
)


class TemperaturePanel(Card):
    """Temperature as a number, as its inverse and as a place on a track.

    Attributes:
        temperature_edit: The large number.
        beta_edit: The inverse temperature.
        curve: Effective choices against T.
        slider: The track under it.

    Args:
        sampling: Whose temperature is shown and changed.
        next_token: Whose entropy is shown.
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    def __init__(
        self,
        sampling: SamplingState,
        next_token: NextToken,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("Temperature", parent)
        self._sampling = sampling
        self._next_token = next_token
        self.temperature_edit = _TemperatureEdit(sampling)
        self.beta_edit = _beta_edit(sampling)
        self.curve = ChoicesCurve(sampling, next_token, theme)
        self.slider = TemperatureSlider(sampling, theme)

        # The flat edits reach outwards by their inset: their text stands where other text does.
        left, top, right, bottom = CARD_MARGINS
        self.body.setContentsMargins(left - _EDIT_INSET, top, right - _EDIT_INSET, bottom)
        self.header.setContentsMargins(_EDIT_INSET, 0, 0, 0)
        self.header.addWidget(self.beta_edit)
        number = QHBoxLayout()
        number.setContentsMargins(0, 0, _EDIT_INSET, 0)
        number.addWidget(self.temperature_edit)
        number.addWidget(self._make_notes(), 1)
        self.body.addLayout(number)
        # Curve and track are one instrument: the same width, nothing between them.
        track = QVBoxLayout()
        track.setContentsMargins(_EDIT_INSET, 0, _EDIT_INSET, 0)
        track.setSpacing(0)
        track.addWidget(self.curve)
        track.addWidget(self.slider)
        self.body.addLayout(track)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

        for edit in (self.temperature_edit, self.beta_edit):
            sampling.params_changed.connect(edit.follow)
            edit.refused.connect(self._show_refusal)
        next_token.changed.connect(self._follow_next_token)
        self._follow_next_token()

    def _make_notes(self) -> QWidget:
        """What stands at the right of the number: choices and entropy, or why it was refused."""
        right = Qt.AlignmentFlag.AlignRight
        self._choices = QLabel()
        font = self._choices.font()
        font.setPointSizeF(QFontInfo(font).pointSizeF() * _CHOICES_SIZE)
        self._choices.setFont(font)
        self._choices.setAlignment(right | Qt.AlignmentFlag.AlignBottom)
        self._entropy = QLabel()
        self._entropy.setProperty("role", "muted")
        self._entropy.setAlignment(right | Qt.AlignmentFlag.AlignVCenter)
        self._sensitivity = QLabel()
        self._sensitivity.setProperty("role", "muted")
        self._sensitivity.setAlignment(right | Qt.AlignmentFlag.AlignTop)
        measures = _Measures(self._sensitivity_now)
        column = QVBoxLayout(measures)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for label in (self._choices, self._entropy, self._sensitivity):
            column.addWidget(label)

        self._refusal = _Refusal()
        self._refusal.setAlignment(right | Qt.AlignmentFlag.AlignVCenter)
        # The reason takes the measures' place: nothing below moves while a number is typed.
        self._notes = QStackedWidget()
        self._notes.addWidget(measures)
        self._notes.addWidget(self._refusal)
        self._notes.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        return self._notes

    def _show_refusal(self, reason: str) -> None:
        self._refusal.setText(reason)
        self._notes.setCurrentIndex(1 if reason else 0)

    def _sensitivity_now(self) -> float | None:
        return self._next_token.sensitivity

    def _follow_next_token(self) -> None:
        effective = self._next_token.effective_choices
        bits = self._next_token.entropy_bits
        top = self._next_token.top_probability
        sensitivity = self._next_token.sensitivity
        if effective is None or bits is None or top is None or sensitivity is None:
            words = ("", "", "")
        else:
            words = (
                choices(effective),
                f"{bits:.1f} bits, favourite {percent(top)}",
                sensitivity_words(sensitivity),
            )
        # Also the same text would lay the whole column out anew.
        labels = (self._choices, self._entropy, self._sensitivity)
        for label, text in zip(labels, words, strict=True):
            if text != label.text():
                label.setText(text)


class _Measures(QWidget):
    """What stands at the right; its tool tip has the numbers of the moment it is asked for."""

    def __init__(self, sensitivity: Callable[[], float | None]) -> None:
        super().__init__()
        self._of_now = sensitivity
        self.setToolTip(_CHOICES_TIP)

    def event(self, event: QEvent) -> bool:
        """Add the number behind the words to the tool tip."""
        if event.type() == QEvent.Type.ToolTip:
            sensitivity = self._of_now()
            figure = "" if sensitivity is None else f"<p>{sensitivity_figure(sensitivity)}.</p>"
            self.setToolTip(_CHOICES_TIP + figure)
        return super().event(event)


class _TemperatureEdit(CommitEdit):
    """The large number, which also steps with the arrow keys."""

    def __init__(self, sampling: SamplingState) -> None:
        super().__init__(
            show=lambda: format_temperature(sampling.params.temperature),
            commit=lambda text: sampling.change(temperature=parse_temperature(text)),
        )
        self._sampling = sampling
        self.setProperty("flat", True)
        font = self.font()
        font.setPointSizeF(QFontInfo(font).pointSizeF() * _NUMBER_SIZE)
        font.setBold(True)
        self.setFont(font)
        width = self.fontMetrics().horizontalAdvance("0.0000") + 2 * _EDIT_INSET
        self.setFixedWidth(width)
        self.setToolTip(_TEMPERATURE_TIP)
        self.setAccessibleName("Temperature T")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and Down step through round temperatures."""
        counts: dict[int, int] = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}
        count = counts.get(event.key())
        if count is None:
            super().keyPressEvent(event)
            return
        self.setModified(False)
        large = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        temperature = step(self._sampling.params.temperature, count, large=large)
        self._sampling.change(temperature=temperature)
        self.follow()


class _Refusal(QLabel):
    """Words that make do with the room there is: a long reason must not move what is below."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "error")
        self.setWordWrap(True)

    def sizeHint(self) -> QSize:
        return QSize(0, 0)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, 0)

    def hasHeightForWidth(self) -> bool:  # noqa: N802 (Qt's name)
        return False


def _beta_edit(sampling: SamplingState) -> CommitEdit:
    edit = CommitEdit(
        show=lambda: f"β {format_beta(sampling.params.temperature)}",
        commit=lambda text: sampling.change(temperature=parse_beta(text)),
    )
    edit.setProperty("flat", True)
    edit.setProperty("role", "muted")
    edit.setAlignment(Qt.AlignmentFlag.AlignRight)
    edit.setFixedWidth(edit.fontMetrics().horizontalAdvance("β 0.00000") + 2 * _EDIT_INSET)
    edit.setToolTip(_BETA_TIP)
    edit.setAccessibleName("Inverse temperature beta")
    return edit

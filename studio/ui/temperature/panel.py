"""The temperature card: T, the dial and what they do at the caret; the figures under Details.

It binds a `SamplingState` (what is asked) and a `NextToken` (what it does at the caret) to widgets
and keeps nothing itself but whether the details are shown.
"""

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from studio.app.frame_clock import FrameClock
from studio.app.parameters.sampling_state import SamplingState
from studio.app.parameters.temperature_scale import format_beta, parse_beta, stepped
from studio.app.tokens.next_token import NextToken
from studio.translation import mark, tr
from studio.ui.parameters.sampling_edit import STEP_KEYS, CommitEdit
from studio.ui.temperature.choices_curve import ChoicesCurve
from studio.ui.temperature.edit import EDIT_INSET, TemperatureEdit
from studio.ui.temperature.measures import TemperatureMeasures
from studio.ui.temperature.slider import TemperatureSlider
from studio.ui.theme.spacing import set_margins, set_spacing
from studio.ui.theme.theme import Theme
from studio.ui.theme.type_scale import grown
from studio.ui.widgets.card import CARD_MARGINS, Card
from studio.ui.widgets.labels import PlainLabel
from studio.ui.widgets.letters import follow_letters
from studio.ui.widgets.tab_order import tab_before
from studio.ui.widgets.tips import set_tip

_BETA_TIP = mark(
    "<p><b>Inverse temperature β = 1/T</b>: the logits are multiplied by it before the "
    "softmax.</p>"
    "<p>The same control from the other side: high keeps to the likeliest words. "
    "Type a number, then Enter. {keys}</p>"
)

_FOLLOW_MS = 100
"""Between two looks at what is being written: figures that change faster cannot be read."""


class TemperaturePanel(Card):
    """Temperature as a number and as a place on a track; its inverse and the curve on request.

    Attributes:
        temperature_edit: The large number.
        beta_edit: The inverse temperature.
        measures: Choices, entropy, the favourite and the sensitivity at this T.
        curve: Effective choices against T; one of the details.
        slider: The track under it.
        details: Shows the details, or hides them.
        figures: A row of the details, where others may put theirs.

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
        super().__init__(tr("Temperature"), parent)
        self._next_token = next_token
        self.temperature_edit = TemperatureEdit(sampling, "number")
        self.beta_edit = _beta_edit(sampling)
        self.measures = TemperatureMeasures(next_token, theme)
        self.curve = ChoicesCurve(sampling, next_token, theme)
        self.slider = TemperatureSlider(sampling, theme)

        # The flat edits reach outwards by their inset: their text stands where other text does.
        left, top, right, bottom = CARD_MARGINS
        set_margins(self.body, left - EDIT_INSET, top, right - EDIT_INSET, bottom)
        set_margins(self.header, EDIT_INSET, 0, 0, 0)
        self.details = self._make_toggle()
        self.header.addWidget(self.details)
        number = QHBoxLayout()
        set_margins(number, 0, 0, EDIT_INSET, 0)
        number.addWidget(self.temperature_edit)
        number.addWidget(self._make_notes(), 1)
        self.body.addLayout(number)
        self._row = QWidget()
        self._facts = QVBoxLayout(self._row)
        set_margins(self._facts, 0, 0, EDIT_INSET, 0)
        self.figures = QHBoxLayout()
        self._facts.addLayout(self.figures)
        set_spacing(self.figures, 12)
        self.figures.addWidget(self.beta_edit)
        self.figures.addStretch(1)
        # Curve and track are one instrument: the same width, nothing between them.
        track = QVBoxLayout()
        set_margins(track, EDIT_INSET, 0, EDIT_INSET, 0)
        track.setSpacing(0)
        track.addWidget(self.curve)
        track.addWidget(self.slider)
        self.body.addLayout(track)
        self.body.addWidget(self._row)
        self._show_details(False)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

        for edit in (self.temperature_edit, self.beta_edit):
            sampling.params_changed.connect(edit.follow)
            edit.refused.connect(self._show_refusal)
        self._clock = FrameClock(self._show_next_token, self, _FOLLOW_MS)
        next_token.changed.connect(self._follow_next_token)

    def add_help(self, link: QWidget) -> None:
        """Put what explains temperature behind the card's name; the card is in its window."""
        self.header.insertWidget(1, link)
        tab_before(link, self.details)

    def add_switch(self, switch: QWidget) -> None:
        """Put what turning T does beside the details' switch; the card is in its window."""
        self.header.insertWidget(self.header.indexOf(self.details), switch)
        tab_before(switch, self.details)

    def add_place(self, switch: QWidget, words: QWidget) -> None:
        """Put under the track what the dial is about; the card is in its window.

        Args:
            switch: Changes that.
            words: Say it.
        """
        line = QHBoxLayout()
        set_margins(line, 0, 0, EDIT_INSET, 0)
        set_spacing(line, 8)
        switch.setProperty("flush", True)  # its words stand below the track's
        line.addWidget(switch)
        line.addWidget(words, 1)
        self.body.insertLayout(self.body.indexOf(self._row), line)
        QWidget.setTabOrder(self.slider, switch)

    def add_fact(self, fact: QWidget) -> None:
        """Put something exact under the details, in a line of its own."""
        line = QHBoxLayout()
        set_margins(line, EDIT_INSET, 0, 0, 0)
        line.addWidget(fact)
        self._facts.addLayout(line)

    @property
    def is_detailed(self) -> bool:
        """Whether the figures are shown."""
        return self.details.isChecked()

    def set_detailed(self, is_detailed: bool) -> None:
        """Show the figures, or the words alone."""
        self.details.setChecked(is_detailed)

    def _make_toggle(self) -> QPushButton:
        button = QPushButton()
        button.setProperty("flat", True)
        button.setProperty("role", "muted")
        button.setProperty("fold", True)
        button.setCheckable(True)
        button.setAccessibleName(tr("Details of the temperature"))
        button.setToolTip(
            tr(
                "Show or hide β, bits, the curve of choices, speed, context, seed and how many "
                "words are cut"
            )
        )
        button.toggled.connect(self._show_details)
        return button

    def _show_details(self, is_detailed: bool) -> None:
        self.details.setText(tr("Details ▾") if is_detailed else tr("Details ▸"))
        self.measures.set_detailed(is_detailed)
        self.curve.setVisible(is_detailed)
        self._row.setVisible(is_detailed)

    def _make_notes(self) -> QWidget:
        """What stands at the right of the number: what T does here, or why it was refused."""
        self._refusal = _Refusal()
        self._refusal.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        # The reason takes the measures' place: nothing below moves while a number is typed.
        self._notes = QStackedWidget()
        self._notes.addWidget(self.measures)
        self._notes.addWidget(self._refusal)
        self._notes.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        return self._notes

    def _show_refusal(self, reason: str) -> None:
        self._refusal.setText(reason)
        self._notes.setCurrentIndex(1 if reason else 0)

    def _follow_next_token(self) -> None:
        # At rest a turn of T is seen at once; while the model writes no eye follows every token.
        if self._next_token.is_written:
            self._clock.request()
        else:
            self._clock.flush()

    def _show_next_token(self) -> None:
        self.measures.follow()
        self.curve.follow()


class _Refusal(PlainLabel):
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
        # More β is less T; from the value in force, which the text has not to all its digits.
        step=lambda _text, strides: sampling.change(
            temperature=stepped(sampling.params.temperature, -strides)
        ),
    )
    edit.setProperty("flat", True)
    edit.setProperty("role", "muted")
    follow_letters(
        edit,
        lambda letters: edit.setFixedWidth(
            letters.horizontalAdvance("β 0.00000") + round(2 * EDIT_INSET * grown(edit.font()))
        ),
    )
    set_tip(edit, tr(_BETA_TIP, keys=tr(STEP_KEYS)))
    edit.setAccessibleName(tr("Inverse temperature beta"))
    return edit

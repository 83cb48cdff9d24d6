"""The card that holds the histogram and its legend, and what can be asked there.

It puts three widgets together and passes the question about a token from one to the other.
"""

from PySide6.QtCore import QRect, QSize
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from studio.ui.histogram.histogram import NextTokenHistogram
from studio.ui.histogram.legend import HistogramLegend
from studio.ui.histogram.note import HistogramNote
from studio.ui.parameters.sampling_state import SamplingState
from studio.ui.theme.card import Card
from studio.ui.theme.theme import Theme
from studio.ui.tokens.next_token import NextToken
from studio.ui.tokens.question import TokenQuestion

_TOOL_TIP = (
    "<p><b>Next-token distribution</b>: what the model would say next, favourite first.</p>"
    "<p><b>Outline</b>: the model's own probability, at T 1 and before any filter. <b>Filled</b>: "
    "at the T in force, still before the filters. <b>Light</b>: what a token gains by those that "
    "the filters cut; filled and light together are what the sampler uses. <b>Grey</b>: cut by a "
    "filter, and so never drawn. <b>▸</b> marks the token that was drawn.</p>"
    "<p>· is a space, ↵ a newline, ⇥ a tab; \\xE2\\x80… are bytes of a character that is not "
    "whole yet.</p>"
    "<p>Click a row, or choose one with ↑ ↓ and press Enter, to ask what T would make it more "
    "or less likely.</p>"
)


class NextTokenPanel(Card):
    """Heading, legend and histogram.

    Attributes:
        histogram: The bars.
        note: What they leave out.
        question: What opens over a row that is asked about.

    Args:
        state: What the histogram shows.
        theme: Where the colours come from.
        sampling: Whose temperature an answer sets.
        parent: The Qt parent, if any.
    """

    def __init__(
        self,
        state: NextToken,
        theme: Theme,
        sampling: SamplingState,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("Next token", parent)
        self._state = state
        self.header.addWidget(HistogramLegend(theme))
        self.histogram = NextTokenHistogram(state, theme)
        self.question = TokenQuestion(sampling, self.histogram)
        place = QVBoxLayout()
        place.setContentsMargins(0, 4, 0, 0)
        place.addWidget(self.histogram)
        self.body.addLayout(place, 1)
        self.note = HistogramNote(state)
        self.body.addWidget(self.note)
        self.setToolTip(_TOOL_TIP)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.histogram.asked.connect(self._ask)

    def minimumSizeHint(self) -> QSize:
        """The same with and without a note: one that comes must not make a low window higher."""
        size = super().minimumSizeHint()
        if self.note.isHidden():
            size += QSize(0, self.note.minimumSizeHint().height() + self.body.spacing())
        return size

    def _ask(self, token: int, row: QRect) -> None:
        asked = self._state.asked(token)
        if asked is not None:
            self.question.ask(asked, row)

"""The card that holds the histogram and its legend.

The histogram's module loads pyqtgraph, which takes longer than opening the window. So the card
stands there from the start, and `NextTokenPanel.load` fills it when the window is on the screen.
"""

from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from studio.ui.next_token import NextToken
from studio.ui.theme import Theme
from studio.ui.theme_card import Card

_LEGEND = "filled: now    outline: T 1    grey: cut    ▸ drawn"

_TOOL_TIP = (
    "<p><b>Next-token distribution</b>: what the model would say next, favourite first.</p>"
    "<p>Filled: the probability the sampler uses now, after temperature and filters. Outline: the "
    "model's own probability, at T 1 and before any filter. Grey: a filter has cut this token; it "
    "cannot be drawn. ▸ marks the token that was drawn.</p>"
    "<p>· is a space, ↵ a newline, ⇥ a tab; \\xE2\\x80… are bytes of a character that is not "
    "whole yet.</p>"
)


class NextTokenPanel(Card):
    """Heading, legend and histogram.

    Args:
        state: What the histogram shows.
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    def __init__(self, state: NextToken, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__("Next token", parent)
        self._state = state
        self._theme = theme
        self.is_loaded = False
        """Whether the histogram is in its place."""
        legend = QLabel(_LEGEND)
        legend.setProperty("role", "muted")
        self.header.addWidget(legend)
        self._place = QVBoxLayout()
        self._place.setContentsMargins(0, 4, 0, 0)
        self.body.addLayout(self._place, 1)
        self.setToolTip(_TOOL_TIP)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)

    def load(self) -> None:
        """Import pyqtgraph and put the histogram in its place; a second call does nothing."""
        if self.is_loaded:
            return
        from studio.ui.histogram import NextTokenHistogram

        self._place.addWidget(NextTokenHistogram(self._state, self._theme))
        self.is_loaded = True

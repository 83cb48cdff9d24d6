"""The alternatives at one place as bars, small enough to lie over the manuscript.

It shows a `NextToken` and keeps nothing of it.
"""

from PySide6.QtWidgets import QWidget

from studio.ui.histogram.bars import TokenBars
from studio.ui.theme.theme import Theme
from studio.ui.tokens.next_token import NextToken

ROWS, FEWEST_ROWS = 8, 3
"""How many alternatives are shown, the token itself among them: as a rule, and at least."""

_LINES = 1.3
"""How high a row is, in lines of type."""

_WIDTH = 46
"""In average characters."""

_TOOL_TIP = (
    "<p>What could stand at this place, with the parameters in force. Filled, and the number: will "
    "be used. Tick: the model’s own, T 1. ▸ marks the token that stands here.</p>"
)


class WordBars(TokenBars):
    """The bars of a panel that is mostly closed, and asks for nothing then.

    Args:
        state: What is shown.
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    folds = False  # each of them could stand here, cut or not

    def __init__(self, state: NextToken, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(state, theme, ROWS, _LINES, parent)
        self.setAccessibleName("What else could stand here")
        self.setToolTip(_TOOL_TIP)

    def _width(self) -> int:
        return self.fontMetrics().averageCharWidth() * _WIDTH

    def _follow(self) -> None:
        if self.isVisible():
            self.describe()
            self.update()

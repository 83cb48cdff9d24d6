"""The next token in a few bars, over the parameters where they stand in a window of their own.

Shows the window's `NextToken` and keeps nothing of it.
"""

from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.app.tokens.next_token import NextToken
from studio.translation import mark, tr
from studio.ui.histogram.bars import TokenBars
from studio.ui.theme.theme import Theme
from studio.ui.widgets.tips import set_tip

ROWS = 5
_LINES = 1.25
_WIDTH = 40
"""In average characters."""

_TIP = mark(
    "<p>What the model would say next, with these parameters: it follows each change at once. "
    "Filled, and the number: will be used. Tick: the model’s own, T 1.</p>"
)


class ParameterBars(TokenBars):
    """The bars; hidden, they ask for nothing.

    Args:
        state: What is shown.
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    def __init__(self, state: NextToken, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(state, theme, ROWS, _LINES, parent)
        self.setAccessibleName(tr("Next token with these parameters"))
        set_tip(self, tr(_TIP))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def _width(self) -> int:
        return self.fontMetrics().averageCharWidth() * _WIDTH

    def _follow(self) -> None:
        if self.isVisible():
            self.describe()
            self.update()

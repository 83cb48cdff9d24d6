"""A lane's next token as a few bars.

Shows the `NextToken` of a lane and keeps nothing of it.
"""

from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.app.tokens.next_token import NextToken
from studio.translation import mark, tr
from studio.ui.histogram.bars import TokenBars
from studio.ui.theme.theme import Theme
from studio.ui.widgets.tips import set_tip

ROWS = 5
_LINES = 1.25
_WIDTH = 120

_TIP = mark(
    "<p>What this lane would say next, at its own settings; after its last token, what it chose "
    "from (▸). Before a run: at the prompt that all lanes share. Filled: will be used. Tick: the "
    "model’s own, T 1.</p>"
)


class LaneBars(TokenBars):
    """The bars of a column, which is as wide as its splitter makes it.

    Args:
        state: What is shown.
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    def __init__(self, state: NextToken, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(state, theme, ROWS, _LINES, parent)
        self.setAccessibleName(tr("Next token of this lane"))
        set_tip(self, tr(_TIP))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def _width(self) -> int:
        return _WIDTH

    def describe(self) -> None:
        """See `TokenBars`; while nothing is shown, what would be."""
        super().describe()
        if not self.accessibleDescription():
            set_tip(self, tr(_TIP))

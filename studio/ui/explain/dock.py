"""Explain in a dock: its panel, and the state behind it."""

from PySide6.QtWidgets import QMainWindow

from studio.app.explain.source import ExplainSource
from studio.app.explain.state import ExplainState
from studio.app.session import Session
from studio.translation import tr
from studio.ui.explain.panel import ExplainPanel
from studio.ui.theme.theme import Theme
from studio.ui.widgets.side_dock import SideDock


class ExplainDock(SideDock):
    """The panel that teaches, beside the writing.

    Attributes:
        state: Which step is read.
        source: Which place is spoken of.
        panel: The contents.

    Args:
        window: Where it docks.
        session: Whose caret it speaks of.
        theme: Where the colours come from.
        step: The step to begin with.
        place: Where it stood, as `place` reported; empty for the first time.
        width: How wide it was when it stood docked; 0 for the first time.
    """

    def __init__(
        self,
        window: QMainWindow,
        session: Session,
        theme: Theme,
        step: str,
        place: str,
        width: int,
    ) -> None:
        state = ExplainState(step)
        source = ExplainSource(
            session.next_token,
            session.draft,
            session.sampling,
            session.writing,
            session.next_token_preview,
        )
        panel = ExplainPanel(state, source, session.sampling, theme)
        super().__init__(window, panel, tr("Explain temperature"), place, width)
        self.setObjectName("explain")
        self.state, self.source, self.panel = state, source, panel
        for part in (state, source):
            part.setParent(self)
        panel.close_asked.connect(self.dismiss)

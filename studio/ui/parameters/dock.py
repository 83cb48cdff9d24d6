"""All parameters in a dock beside the writing: the editor, and the state behind it."""

from collections.abc import Callable

from PySide6.QtWidgets import QMainWindow

from studio.app.parameters.sampler_order_state import SamplerOrder
from studio.app.parameters.values import ParameterValues
from studio.app.session import Session
from studio.app.tokens.lookup import TokenLookup
from studio.translation import tr
from studio.ui.parameters.editor import ParameterEditor
from studio.ui.theme.theme import Theme
from studio.ui.widgets.side_dock import SideDock


class ParameterDock(SideDock):
    """The editor beside the writing; afloat it has bars of its own.

    Attributes:
        editor: The contents.

    Args:
        window: Where it docks.
        session: Whose parameters they are.
        theme: Where the colours come from.
        explain: Opens a step of Explain.
        place: Where it stood, as `place` reported; empty for the first time.
        width: How wide it was when it stood docked; 0 for the first time.
    """

    def __init__(
        self,
        window: QMainWindow,
        session: Session,
        theme: Theme,
        explain: Callable[[str], None],
        place: str,
        width: int,
    ) -> None:
        values = ParameterValues(session.sampling, session.draft.prompting)
        order = SamplerOrder(session.sampling)
        lookup = TokenLookup(session.client, session.model, session.next_token)
        editor = ParameterEditor(values, order, lookup, session.next_token, theme, explain)
        super().__init__(window, editor, tr("All sampling parameters"), place, width)
        self.setObjectName("parameters")
        self.editor = editor
        for part in (values, order, lookup):
            part.setParent(self)
        editor.close_asked.connect(self.dismiss)
        self.topLevelChanged.connect(editor.bars.setVisible)
        editor.bars.setVisible(self.isFloating())

"""Explain as the window knows it: opened at a step, closed, and remembered where it stood.

The panel is made when it is first opened: whoever never asks pays nothing for it at the start.
"""

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMainWindow, QPushButton, QWidget

from studio.app import settings as remembered
from studio.app.session import Session
from studio.app.settings import Settings
from studio.translation import mark, tr
from studio.ui.theme.theme import Theme
from studio.ui.widgets.quiet_link import quiet_link
from studio.ui.widgets.side_dock_access import DockSettings, SideDockAccess

TIP = mark("Temperature on your own sentence, in eight short steps")

if TYPE_CHECKING:
    from studio.ui.explain.panel import ExplainDock


class Explain(SideDockAccess["ExplainDock"]):
    """Opens Explain beside the writing, or afloat where there is no room.

    Args:
        window: Where it docks.
        session: Whose caret it speaks of.
        theme: Where the colours come from.
        settings: What is remembered of it.
        writing_place: Who has the keyboard when it is closed.
    """

    def __init__(
        self,
        window: QMainWindow,
        session: Session,
        theme: Theme,
        settings: Settings,
        writing_place: QWidget,
    ) -> None:
        names = DockSettings(
            remembered.EXPLAIN_OPEN, remembered.EXPLAIN_PLACE, remembered.EXPLAIN_WIDTH
        )
        super().__init__(window, settings, names, writing_place)
        self._session = session
        self._theme = theme

    def open(self) -> None:
        """Open it at the step read last, and give it the keyboard."""
        self._brought_forward().panel.focus()

    def open_at(self, step: str) -> None:
        """Open it at a step, one of `explain.text.STEP_NAMES`.

        Raises:
            ValueError: There is no step of that name.
        """
        self._made().state.go(step)
        self.open()

    def remember(self) -> None:
        """Remember whether it is open, at which step, and where it stands."""
        super().remember()
        if self._dock is not None:
            self._settings.set(remembered.EXPLAIN_STEP, self._dock.state.step)

    def link(self, step: str, topic: str) -> QPushButton:
        """A quiet button that opens a step, for the header of the card it explains.

        Args:
            step: One of `explain.text.STEP_NAMES`.
            topic: What is explained, as in “Explain {topic}”.
        """
        button = quiet_link(
            tr("Explain"),
            tr("Explain {topic}", topic=topic),
            tr("Explain {topic} on your own sentence", topic=topic),
        )
        button.clicked.connect(lambda: self.open_at(step))
        return button

    def _make(self, place: str, width: int) -> "ExplainDock":
        from studio.ui.explain.panel import ExplainDock

        step = self._settings.get(remembered.EXPLAIN_STEP)
        return ExplainDock(self._window, self._session, self._theme, step, place, width)

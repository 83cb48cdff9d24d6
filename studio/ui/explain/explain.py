"""Explain as the window knows it: opened at a step, closed, and remembered where it stood.

The panel is made when it is first opened: whoever never asks pays nothing for it at the start.
"""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QMainWindow, QPushButton, QWidget

from studio.ui import settings as remembered
from studio.ui.session import Session
from studio.ui.settings import Settings
from studio.ui.theme.theme import Theme

TIP = "Temperature on your own sentence, in seven short steps"

if TYPE_CHECKING:
    from studio.ui.explain.dock import ExplainDock


class Explain(QObject):
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
        super().__init__(window)
        self._window = window
        self._session = session
        self._theme = theme
        self._settings = settings
        self._writing_place = writing_place
        self._dock: ExplainDock | None = None

    @property
    def dock(self) -> "ExplainDock | None":
        """The panel's dock, once it was opened."""
        return self._dock

    def open(self) -> None:
        """Open it at the step read last, and give it the keyboard."""
        dock = self._made()
        dock.show_where_there_is_room()
        dock.panel.focus()

    def open_at(self, step: str) -> None:
        """Open it at a step, one of `explain.text.STEP_NAMES`.

        Raises:
            ValueError: There is no step of that name.
        """
        self._made().state.go(step)
        self.open()

    def restore(self) -> None:
        """Open it again if it was open when the program ended."""
        if self._settings.get(remembered.EXPLAIN_OPEN):
            self._made().show_where_there_is_room()

    def remember(self) -> None:
        """Remember whether it is open, at which step, and where it stands."""
        if self._dock is None:
            return
        self._settings.set(remembered.EXPLAIN_OPEN, self._dock.isVisible())
        self._settings.set(remembered.EXPLAIN_STEP, self._dock.state.step)
        self._settings.set(remembered.EXPLAIN_WIDTH, self._dock.docked_width)
        self._settings.set(remembered.EXPLAIN_PLACE, self._dock.place)

    def link(self, step: str, topic: str) -> QPushButton:
        """A quiet button that opens a step, for the header of the card it explains.

        Args:
            step: One of `explain.text.STEP_NAMES`.
            topic: What is explained, as in “Explain {topic}”.
        """
        button = QPushButton("Explain")
        button.setProperty("flat", True)
        button.setProperty("role", "muted")
        button.setToolTip(f"Explain {topic} on your own sentence")
        button.setAccessibleName(f"Explain {topic}")
        button.setCursor(Qt.CursorShape.PointingHandCursor)
        button.clicked.connect(lambda: self.open_at(step))
        return button

    def _made(self) -> "ExplainDock":
        if self._dock is None:
            from studio.ui.explain.dock import ExplainDock

            self._dock = ExplainDock(
                self._window,
                self._session,
                self._theme,
                self._settings.get(remembered.EXPLAIN_STEP),
                self._settings.get(remembered.EXPLAIN_PLACE),
                self._settings.get(remembered.EXPLAIN_WIDTH),
            )
            self._dock.closed.connect(self._give_back)
        return self._dock

    def _give_back(self) -> None:
        self._window.activateWindow()
        self._writing_place.setFocus(Qt.FocusReason.OtherFocusReason)

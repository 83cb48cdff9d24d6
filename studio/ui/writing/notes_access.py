"""The notes as the window knows them: opened, closed, and remembered where they stood."""

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMainWindow, QPushButton, QWidget

from studio.app import settings as remembered
from studio.app.session import Session
from studio.app.settings import Settings
from studio.translation import mark, tr
from studio.ui.theme.theme import Theme
from studio.ui.widgets.actions import key_text, make_action
from studio.ui.widgets.quiet_link import quiet_link
from studio.ui.widgets.side_dock_access import DockSettings, SideDockAccess

_TIP = mark(
    "What the model should know of people, places and tone: always, near the caret, or by keys"
)

if TYPE_CHECKING:
    from studio.ui.writing.notes_panel import NotesDock


class NotesAccess(SideDockAccess["NotesDock"]):
    """Opens the notes beside the writing, or afloat where there is no room.

    Attributes:
        action: Opens and closes them.

    Args:
        window: Where they dock.
        session: Whose notes they are.
        theme: Where the colours come from.
        settings: What is remembered of the dock.
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
        names = DockSettings(remembered.NOTES_OPEN, remembered.NOTES_PLACE, remembered.NOTES_WIDTH)
        super().__init__(window, settings, names, writing_place)
        self._session = session
        self._theme = theme
        self.action = make_action(window, tr("No&tes"), self.toggle, "Ctrl+Shift+M", tr(_TIP))

    def open(self) -> None:
        """Open them, and give them the keyboard."""
        self._brought_forward().panel.focus()

    def link(self) -> QPushButton:
        """A quiet button that opens and closes them, and says how many there are."""
        keys = key_text(self.action)
        button = quiet_link(tr("Notes"), tr("Notes"), f"{tr(_TIP)} ({keys})")
        button.clicked.connect(self.toggle)
        edits = self._session.plan_edits

        def follow() -> None:
            count = sum(note.is_on for note in edits.plan.notes)
            button.setText(tr("%n notes", "", count, one="%n note") if count else tr("Notes"))

        edits.changed.connect(follow)
        return button

    def _make(self, place: str, width: int) -> "NotesDock":
        from studio.ui.writing.notes_panel import NotesDock

        return NotesDock(self._window, self._session, self._theme, place, width)

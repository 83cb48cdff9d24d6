"""All parameters as the window knows them: opened, closed, and remembered where they stood.

The dock is made when it is first opened: whoever never asks pays nothing for it at the start.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QMainWindow, QPushButton, QWidget

from studio.ui import settings as remembered
from studio.ui.parameters.groups import BIASES
from studio.ui.session import Session
from studio.ui.settings import Settings
from studio.ui.theme.theme import Theme
from studio.ui.widgets.actions import key_text, make_action

_TIP = "Every setting of the sampler, with its help, and the order of its steps"

if TYPE_CHECKING:
    from studio.ui.parameters.dock import ParameterDock


class ParameterAccess(QObject):
    """Opens the editor of all parameters beside the writing, or afloat where there is no room.

    Attributes:
        action: Opens and closes it.
        to_biases: Opens it at the biases of tokens.

    Args:
        window: Where it docks.
        session: Whose parameters they are.
        theme: Where the colours come from.
        settings: What is remembered of it.
        explain: Opens a step of Explain.
        writing_place: Who has the keyboard when it is closed.
    """

    shown = Signal(bool)
    """Whether the editor is open now."""

    def __init__(
        self,
        window: QMainWindow,
        session: Session,
        theme: Theme,
        settings: Settings,
        explain: Callable[[str], None],
        writing_place: QWidget,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._theme = theme
        self._settings = settings
        self._explain = explain
        self._writing_place = writing_place
        self._dock: ParameterDock | None = None
        self.action = make_action(window, "All sampling &parameters…", self.toggle, "F4", _TIP)
        # Its text begins like that of a program's preferences, which macOS would move.
        self.action.setMenuRole(self.action.MenuRole.NoRole)
        self.to_biases = make_action(
            window,
            "Show the biases",
            lambda: self.open_at(BIASES.name),
            tip="Open all sampling parameters at the biases of tokens",
        )

    @property
    def dock(self) -> "ParameterDock | None":
        """The editor's dock, once it was opened."""
        return self._dock

    def open(self) -> None:
        """Open it, and give it the keyboard."""
        dock = self._made()
        dock.show_where_there_is_room()
        if dock.isFloating():
            dock.activateWindow()
        dock.editor.focus()

    def open_at(self, name: str) -> None:
        """Open it at a parameter, by its name."""
        self.open()
        assert self._dock is not None
        self._dock.editor.go_to(name)

    def toggle(self) -> None:
        """Open it, or close it where it is open."""
        if self._dock is not None and self._dock.isVisible():
            self._dock.dismiss()
        else:
            self.open()

    def restore(self) -> None:
        """Open it again if it was open when the program ended."""
        if self._settings.get(remembered.EDITOR_OPEN):
            self._made().show_where_there_is_room()

    def remember(self) -> None:
        """Remember whether it is open, and where it stands."""
        if self._dock is None:
            return
        self._settings.set(remembered.EDITOR_OPEN, self._dock.isVisible())
        self._settings.set(remembered.EDITOR_PLACE, self._dock.place)
        self._settings.set(remembered.EDITOR_WIDTH, self._dock.docked_width)

    def link(self) -> QPushButton:
        """A quiet button that opens it, for the sampling card."""
        button = QPushButton("All…")
        button.setProperty("flat", True)
        button.setProperty("role", "muted")
        button.setToolTip(f"{_TIP} ({key_text(self.action)})")
        button.setAccessibleName("All sampling settings")
        button.setCursor(Qt.CursorShape.PointingHandCursor)
        button.clicked.connect(self.open)
        self.shown.connect(button.setHidden)  # there is nothing to open then
        return button

    def _made(self) -> "ParameterDock":
        if self._dock is None:
            from studio.ui.parameters.dock import ParameterDock

            self._dock = ParameterDock(
                self._window,
                self._session,
                self._theme,
                self._explain,
                self._settings.get(remembered.EDITOR_PLACE),
                self._settings.get(remembered.EDITOR_WIDTH),
            )
            self._dock.closed.connect(self._give_back)
            self._dock.visibilityChanged.connect(self._tell_shown)
        return self._dock

    def _tell_shown(self) -> None:
        self.shown.emit(self._dock is not None and not self._dock.isHidden())

    def _give_back(self) -> None:
        self._window.activateWindow()
        self._writing_place.setFocus(Qt.FocusReason.OtherFocusReason)

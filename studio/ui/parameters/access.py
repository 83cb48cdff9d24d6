"""All parameters as the window knows them: opened, closed, and remembered where they stood.

The dock is made when it is first opened: whoever never asks pays nothing for it at the start.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMainWindow, QPushButton, QWidget

from studio.app import settings as remembered
from studio.app.parameters.groups import BIASES
from studio.app.session import Session
from studio.app.settings import Settings
from studio.translation import mark, tr
from studio.ui.theme.theme import Theme
from studio.ui.widgets.actions import key_text, make_action
from studio.ui.widgets.quiet_link import quiet_link
from studio.ui.widgets.side_dock_access import DockSettings, SideDockAccess

_TIP = mark("Every setting of the sampler, with its help, and the order of its steps")

if TYPE_CHECKING:
    from studio.ui.parameters.editor import ParameterDock


class ParameterAccess(SideDockAccess["ParameterDock"]):
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
        names = DockSettings(
            remembered.EDITOR_OPEN, remembered.EDITOR_PLACE, remembered.EDITOR_WIDTH
        )
        super().__init__(window, settings, names, writing_place)
        self._session = session
        self._theme = theme
        self._explain = explain
        self.action = make_action(
            window, tr("All sampling &parameters…"), self.toggle, "F4", tr(_TIP)
        )
        # Its text begins like that of a program's preferences, which macOS would move.
        self.action.setMenuRole(self.action.MenuRole.NoRole)
        self.to_biases = make_action(
            window,
            tr("Show the biases"),
            lambda: self.open_at(BIASES.name),
            tip=tr("Open all sampling parameters at the biases of tokens"),
        )

    def open(self) -> None:
        """Open it, and give it the keyboard."""
        self._brought_forward().editor.focus()

    def open_at(self, name: str) -> None:
        """Open it at a parameter, by its name."""
        self.open()
        assert self._dock is not None
        self._dock.editor.go_to(name)

    def link(self) -> QPushButton:
        """A quiet button that opens it, for the sampling card."""
        keys = key_text(self.action)
        button = quiet_link(
            tr("All parameters {keys}", keys=keys), tr("All parameters"), f"{tr(_TIP)} ({keys})"
        )
        button.clicked.connect(self.open)
        self.shown.connect(button.setHidden)  # there is nothing to open then
        return button

    def _make(self, place: str, width: int) -> "ParameterDock":
        from studio.ui.parameters.editor import ParameterDock

        dock = ParameterDock(self._window, self._session, self._theme, self._explain, place, width)
        dock.visibilityChanged.connect(self._emit_shown)
        return dock

    def _emit_shown(self) -> None:
        self.shown.emit(self._dock is not None and not self._dock.isHidden())

"""A panel beside the writing as the window knows it: made when it is first opened, and remembered.

Whoever never asks for the panel pays nothing for it at the start.
"""

from typing import Generic, NamedTuple, TypeVar

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QMainWindow, QWidget

from studio.app.settings import Setting, Settings
from studio.ui.widgets.side_dock import SideDock

D = TypeVar("D", bound=SideDock)


class DockSettings(NamedTuple):
    """What is remembered of a dock: whether it is open, where it stands, how wide it is docked."""

    is_open: Setting[bool]
    place: Setting[str]
    width: Setting[int]


class SideDockAccess(QObject, Generic[D]):
    """Makes, restores and remembers one dock.

    Args:
        window: Where it docks.
        settings: What is remembered.
        remembered: Under which names.
        writing_place: Who has the keyboard when it is closed.
    """

    def __init__(
        self,
        window: QMainWindow,
        settings: Settings,
        remembered: DockSettings,
        writing_place: QWidget,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._settings = settings
        self._remembered = remembered
        self._writing_place = writing_place
        self._dock: D | None = None

    @property
    def dock(self) -> D | None:
        """The dock, once it was opened."""
        return self._dock

    def open(self) -> None:
        """Open it, and give it the keyboard."""
        raise NotImplementedError

    def toggle(self) -> None:
        """Open it, or close it where it is open."""
        if self._dock is not None and self._dock.isVisible():
            self._dock.dismiss()
        else:
            self.open()

    def restore(self) -> None:
        """Open it again if it was open when the program ended."""
        if self._settings.get(self._remembered.is_open):
            self._made().show_where_there_is_room()

    def remember(self) -> None:
        """Remember whether it is open, and where it stands."""
        if self._dock is None:
            return
        self._settings.set(self._remembered.is_open, self._dock.isVisible())
        self._settings.set(self._remembered.place, self._dock.place)
        self._settings.set(self._remembered.width, self._dock.docked_width)

    def _brought_forward(self) -> D:
        """The dock in view; afloat, in front of the other windows and with the keyboard."""
        dock = self._made()
        dock.show_where_there_is_room()
        if dock.isFloating():
            dock.raise_()
            dock.activateWindow()
        return dock

    def _made(self) -> D:
        if self._dock is None:
            settings, names = self._settings, self._remembered
            self._dock = self._make(settings.get(names.place), settings.get(names.width))
            self._dock.closed.connect(self._give_back)
        return self._dock

    def _make(self, place: str, width: int) -> D:
        """Make the dock, where and as wide as it stood."""
        raise NotImplementedError

    def _give_back(self) -> None:
        self._window.activateWindow()
        self._writing_place.setFocus(Qt.FocusReason.OtherFocusReason)

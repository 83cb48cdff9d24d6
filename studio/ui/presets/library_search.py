"""The library's search field: what is typed goes to the state, ↑ ↓ Enter Esc to the list."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit

from studio.app.presets.library_state import PresetLibraryState
from studio.translation import tr


class PresetLibrarySearch(QLineEdit):
    """One line in which one types and chooses without leaving it.

    Args:
        state: What is searched.
    """

    used = Signal()
    """Enter was pressed: the selected preset is to be put in force."""

    def __init__(self, state: PresetLibraryState) -> None:
        super().__init__()
        self._state = state
        self.setPlaceholderText(tr("Search name, description, task and notes"))
        self.setAccessibleName(tr("Search the presets"))
        self.setToolTip(tr("↑ and ↓ go through the list, Enter uses a preset, Esc ends the search"))
        self.setClearButtonEnabled(True)
        self.textChanged.connect(state.search)
        state.changed.connect(self._follow)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go through the list, use, end the search; the rest is Qt's."""
        match event.key():
            case Qt.Key.Key_Down:
                self._state.step(1)
            case Qt.Key.Key_Up:
                self._state.step(-1)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self.used.emit()
            case Qt.Key.Key_Escape if self.text():
                self.clear()
            case _:
                super().keyPressEvent(event)

    def _follow(self) -> None:
        if self.text() != self._state.query:
            self.setText(self._state.query)

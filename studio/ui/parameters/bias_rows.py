"""The rows of a list of biases, above the line that adds one."""

from collections.abc import Callable, Collection
from typing import Generic, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from studio.ui.parameters.bias_line import BiasLine
from studio.ui.theme.spacing import set_spacing

Key = TypeVar("Key", str, int)
Row = TypeVar("Row", bound=QWidget)


class BiasRows(Generic[Key, Row]):
    """A row for each thing that has a bias, kept as long as it has: what is typed there stays.

    Attributes:
        by_key: The rows, in the order in which they stand.
        column: Where they stand, the line below them.

    Args:
        parent: The widget that they fill.
        line: Adds a bias.
        make: Makes the row of a key.
    """

    def __init__(self, parent: QWidget, line: BiasLine, make: Callable[[Key], Row]) -> None:
        self._parent = parent
        self._line = line
        self._make: Callable[[Key], Row] = make
        self.by_key: dict[Key, Row] = {}
        self.column = QVBoxLayout(parent)
        self.column.setContentsMargins(0, 0, 0, 0)
        set_spacing(self.column, 4)
        self.column.addWidget(line)

    def follow(self, keys: Collection[Key]) -> None:
        """Have the rows of these keys in their order."""
        if list(keys) == list(self.by_key):
            return
        had_focus = self._parent.isAncestorOf(QApplication.focusWidget() or self._parent)
        for key in self.by_key.keys() - set(keys):
            gone = self.by_key.pop(key)
            gone.hide()
            gone.deleteLater()
        self.by_key = {key: self.by_key.get(key) or self._make(key) for key in keys}
        for place, row in enumerate(self.by_key.values()):
            self.column.insertWidget(place, row)
        if had_focus:
            # Also where the row that had the keyboard is gone.
            self._line.edit.setFocus(Qt.FocusReason.OtherFocusReason)

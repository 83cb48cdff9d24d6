"""A table as the studio draws it: rows with air, selected as a whole, and nothing edited."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableWidget,
)

_AIR = 8


class Table(QTableWidget):
    """A table to be read, row by row.

    Args:
        rows: How many rows there are at first.
        columns: How many columns.
        name: What it is called, for those who hear the window.
    """

    def __init__(self, rows: int, columns: int, name: str) -> None:
        super().__init__(rows, columns)
        self.setAccessibleName(name)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setTabKeyNavigation(False)  # Tab leads on to the buttons
        self.setShowGrid(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setItemDelegate(_AiryRows(self))
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        header.setSectionsClickable(False)
        # Afterwards: while it is reported, the width is still the old one.
        header.sectionResized.connect(self.resizeRowsToContents, Qt.ConnectionType.QueuedConnection)


class _AiryRows(QStyledItemDelegate):
    """Rows with air, and no frame round one cell of a row that is selected as a whole."""

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """Room for the text, and around it."""
        return super().sizeHint(option, index) + QSize(2 * _AIR, _AIR)

    def initStyleOption(  # noqa: N802 - Qt's name
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """As Qt has it, without the focus of a single cell."""
        super().initStyleOption(option, index)
        option.state &= ~QStyle.StateFlag.State_HasFocus

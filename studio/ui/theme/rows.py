"""Rows of a table as the studio draws them: with air, and selected as a whole."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

_AIR = 8


class AiryRows(QStyledItemDelegate):
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

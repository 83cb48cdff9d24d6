"""What is to be known of presets that came in or went out, in a table that can be copied."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import (
    QFontDatabase,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QPalette,
)
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from studio.app.presets.import_report_words import Left, as_lines, sums_up
from studio.translation import mark, tr
from studio.ui.theme.spacing import set_spacing
from studio.ui.theme.table import Table
from studio.ui.widgets.labels import PlainLabel
from studio.ui.widgets.screen_room import size_on_screen
from studio.ui.widgets.tips import plain_tip
from studio.visible_text import visible_line

_COLUMNS = (mark("Preset"), mark("Setting"), mark("Value"), mark("Why"))
_SIZE = (880, 480)
_WIDEST = 240
"""Pixels of a column but the last, which takes what is left."""


class ImportReportDialog(QDialog):
    """Every setting that was not taken as it stood, with its value and the reason.

    Args:
        rows: In the order in which they are shown.
        title: Which way the presets went: ``Import report``.
        parent: The window it belongs to.
    """

    def __init__(self, rows: Sequence[Left], title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.resize(size_on_screen(self, *_SIZE))
        self._rows = tuple(rows)
        words = PlainLabel(sums_up(self._rows))
        words.setWordWrap(True)
        self.table = _Table(self._rows)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        copy = buttons.addButton(tr("Copy all"), QDialogButtonBox.ButtonRole.ActionRole)
        copy.setToolTip(tr("Copy the whole table as text; Ctrl+C copies the selected rows"))
        copy.clicked.connect(lambda: _copy(self._rows))
        close = buttons.button(QDialogButtonBox.StandardButton.Close)
        close.setToolTip(tr("Close this window"))
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        set_spacing(column, 10)
        column.addWidget(words)
        column.addWidget(self.table, 1)
        column.addWidget(buttons)


class _Table(Table):
    def __init__(self, rows: Sequence[Left]) -> None:
        super().__init__(len(rows), len(_COLUMNS), tr("Settings not taken as they stood"))
        self._rows = rows
        self.setHorizontalHeaderLabels([tr(column) for column in _COLUMNS])
        mono = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        grey = self.palette().color(QPalette.ColorRole.PlaceholderText)
        for place, row in enumerate(rows):
            for column, text in enumerate((row.preset, row.key, row.value, row.why)):
                # What is copied is whole.
                shown = visible_line(text)
                item = QTableWidgetItem(shown)
                item.setToolTip(plain_tip(shown))
                item.setTextAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
                if column in (1, 2):
                    item.setFont(mono)
                if not row.had_effect:
                    item.setForeground(grey)
                self.setItem(place, column, item)
        self._lay_out()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy whole rows; Qt would copy one cell."""
        if event.matches(QKeySequence.StandardKey.Copy):
            chosen = sorted({index.row() for index in self.selectedIndexes()})
            _copy([self._rows[row] for row in chosen] or self._rows)
        else:
            super().keyPressEvent(event)

    def _lay_out(self) -> None:
        header = self.horizontalHeader()
        self.resizeColumnsToContents()
        for column in range(len(_COLUMNS) - 1):
            self.setColumnWidth(column, min(_WIDEST, self.columnWidth(column)))
        header.setSectionResizeMode(len(_COLUMNS) - 1, QHeaderView.ResizeMode.Stretch)
        self.setColumnHidden(0, len({row.preset for row in self._rows}) < 2)
        self.resizeRowsToContents()


def _copy(rows: Sequence[Left]) -> None:
    QGuiApplication.clipboard().setText(as_lines(rows))

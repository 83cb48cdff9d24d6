from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialogButtonBox, QPushButton
from pytestqt.qtbot import QtBot

from studio.app.presets.import_report_words import Left
from studio.ui.presets.import_report_dialog import ImportReportDialog

ROWS = [Left("Warm", f"key{number}", str(number), "Because.") for number in range(40)]


def opened(qtbot: QtBot, rows: list[Left]) -> ImportReportDialog:
    dialog = ImportReportDialog(rows, "Import report")
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def texts(dialog: ImportReportDialog, row: int) -> list[str]:
    cells = [dialog.table.item(row, column) for column in range(dialog.table.columnCount())]
    return [cell.text() for cell in cells if cell is not None]


def test_every_row_is_there(qtbot: QtBot) -> None:
    dialog = opened(qtbot, ROWS)
    assert dialog.table.rowCount() == 40
    assert texts(dialog, 39) == ["Warm", "key39", "39", "Because."]
    assert dialog.table.isColumnHidden(0)


def test_whose_it_was_is_said_where_there_are_several(qtbot: QtBot) -> None:
    dialog = opened(qtbot, [*ROWS, Left("Cold", "tfs", "0.5", "")])
    assert not dialog.table.isColumnHidden(0)


def test_all_of_it_is_copied_and_chosen_rows_alone(qtbot: QtBot) -> None:
    dialog = opened(qtbot, ROWS)
    clipboard = QGuiApplication.clipboard()
    copy = next(it for it in dialog.findChildren(QPushButton) if it.text() == "Copy all")
    copy.click()
    assert len(clipboard.text().splitlines()) == 41
    dialog.table.selectRow(7)
    QTest.keyClick(dialog.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert clipboard.text().splitlines()[1:] == ["Warm\tkey7\t7\tBecause."]


def test_it_closes(qtbot: QtBot) -> None:
    dialog = opened(qtbot, ROWS)
    buttons = dialog.findChild(QDialogButtonBox)
    assert isinstance(buttons, QDialogButtonBox)
    buttons.button(QDialogButtonBox.StandardButton.Close).click()
    assert not dialog.isVisible()

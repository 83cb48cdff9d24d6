import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QPushButton
from pytestqt.qtbot import QtBot

from studio.ui.presets.name_dialog import PresetNameDialog

ACCEPTED = QDialog.DialogCode.Accepted


def why_not(name: str) -> str:
    return "" if name == "Sea" else f"name: “{name}” is taken. Choose another."


@pytest.fixture
def dialog(qtbot: QtBot) -> PresetNameDialog:
    dialog = PresetNameDialog("Rename preset", "Rename", "New name:", "Land", why_not)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def test_what_is_offered_is_selected_and_what_is_typed_replaces_it(
    dialog: PresetNameDialog,
) -> None:
    assert dialog.edit.selectedText() == "Land"
    QTest.keyClicks(dialog.edit, " Sea ")
    assert dialog.name == "Sea"
    QTest.keyClick(dialog.edit, Qt.Key.Key_Return)
    assert dialog.result() == ACCEPTED
    assert not dialog.isVisible()


def test_a_refused_name_stays_to_be_mended_beside_the_reason(dialog: PresetNameDialog) -> None:
    assert not dialog.refusal.isVisible()
    QTest.keyClick(dialog.edit, Qt.Key.Key_Return)
    assert dialog.isVisible()
    assert dialog.refusal.isVisible()
    assert dialog.refusal.text() == "name: “Land” is taken. Choose another."
    assert dialog.edit.accessibleDescription() == dialog.refusal.text()
    assert dialog.name == "Land"
    QTest.keyClicks(dialog.edit, "Se")
    assert not dialog.refusal.isVisible()
    QTest.keyClicks(dialog.edit, "a")
    QTest.keyClick(dialog.edit, Qt.Key.Key_Return)
    assert dialog.result() == ACCEPTED


def test_it_can_be_given_up(dialog: PresetNameDialog) -> None:
    QTest.keyClick(dialog.edit, Qt.Key.Key_Escape)
    assert dialog.result() != ACCEPTED
    assert not dialog.isVisible()


def test_the_button_says_what_is_done(dialog: PresetNameDialog) -> None:
    texts = [button.text().replace("&", "") for button in dialog.findChildren(QPushButton)]
    assert set(texts) == {"Rename", "Cancel"}

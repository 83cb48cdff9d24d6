"""Asks for a preset's name until it can be one: what was typed stays, with the reason beside it."""

from collections.abc import Callable

from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from studio.ui.theme.spacing import set_spacing
from studio.ui.theme.type_scale import grown
from studio.ui.widgets.actions import button_text
from studio.ui.widgets.labels import PlainLabel

_WIDTH = 400


class PresetNameDialog(QDialog):
    """One field, and why a name cannot be taken.

    Attributes:
        edit: The name.

    Args:
        title: What is done, of three words or so.
        verb: The same as the button says it.
        words: What stands over the field.
        name: What stands in it to begin with.
        why_not: Says why a name cannot be a preset's; empty where it can.
        parent: The window that the question belongs to.
    """

    def __init__(
        self,
        title: str,
        verb: str,
        words: str,
        name: str,
        why_not: Callable[[str], str],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._why_not = why_not
        self.setWindowTitle(title)
        self.setMinimumWidth(round(_WIDTH * grown(self.font())))
        label = PlainLabel(words)
        label.setWordWrap(True)
        self.edit = QLineEdit(name)
        self.edit.selectAll()
        self.edit.setAccessibleName(words)
        self.edit.textEdited.connect(lambda _text: self._refuse(""))
        self.refusal = PlainLabel()
        self.refusal.setProperty("role", "error")
        self.refusal.setWordWrap(True)
        self.refusal.hide()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        do = buttons.addButton(button_text(verb), QDialogButtonBox.ButtonRole.AcceptRole)
        do.setProperty("primary", True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        set_spacing(column, 8)
        for widget in (label, self.edit, self.refusal):
            column.addWidget(widget)
        column.addSpacing(4)
        column.addWidget(buttons)
        do.setDefault(True)  # once it is the dialog's: Enter is for it

    @classmethod
    def ask(
        cls,
        parent: QWidget,
        title: str,
        verb: str,
        words: str,
        name: str,
        why_not: Callable[[str], str],
    ) -> str:
        """The name that was given; empty where none was.

        Args:
            parent: The window that asks.
            title: The dialog's.
            verb: What its button says.
            words: The question.
            name: What stands in the field at first.
            why_not: Gives the reason why a name cannot be; empty where it can.
        """
        dialog = cls(title, verb, words, name, why_not, parent)
        try:
            is_given = dialog.exec() == QDialog.DialogCode.Accepted
            return dialog.name if is_given else ""
        finally:
            dialog.deleteLater()

    @property
    def name(self) -> str:
        """What is typed, without the spaces around it."""
        return self.edit.text().strip()

    def accept(self) -> None:
        """Close, unless the name is refused."""
        reason = self._why_not(self.name)
        if reason:
            self._refuse(reason)
            self.edit.selectAll()
            self.edit.setFocus()
        else:
            super().accept()

    def _refuse(self, reason: str) -> None:
        self.refusal.setText(reason)
        self.refusal.setVisible(bool(reason))
        self.edit.setAccessibleDescription(reason)
        self.adjustSize()

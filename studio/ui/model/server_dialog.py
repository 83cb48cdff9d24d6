"""Asks for a server's address and key, and shows what speaks there."""

from PySide6.QtWidgets import (
    QCompleter,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from studio.app.model.servers import Servers
from studio.translation import tr
from studio.ui.theme.controls import CheckBox
from studio.ui.theme.spacing import set_spacing
from studio.ui.theme.theme import Theme
from studio.ui.theme.type_scale import grown
from studio.ui.widgets.actions import button_text
from studio.ui.widgets.labels import PlainLabel

_WIDTH = 480


class ServerDialog(QDialog):
    """An address, a key, and what was found there.

    Attributes:
        address: The field of the address.
        key: That of the key.
        keeps: Whether the key is to be kept.
        test: Asks what speaks there.
        found: What does, or why the address is none.

    Args:
        servers: Opens them.
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    def __init__(self, servers: Servers, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._servers = servers
        self.setWindowTitle(tr("Open a server"))
        self.setMinimumWidth(round(_WIDTH * grown(self.font())))
        words = PlainLabel(
            tr(
                "A model that a server holds, here or on another machine. Your text goes to that "
                "address and to no other. At llama.cpp’s llama-server each word is drawn here, "
                "with your own settings; others (vLLM, SGLang, LM Studio, Ollama, KoboldCpp) draw "
                "by themselves."
            )
        )
        words.setWordWrap(True)
        self.address = QLineEdit(next(iter(servers.addresses), ""))
        self.address.setPlaceholderText(tr("such as http://127.0.0.1:8080"))
        self.address.setCompleter(QCompleter(servers.addresses, self))
        self.address.selectAll()
        self.address.textChanged.connect(self._on_typed)
        self.key = QLineEdit()
        self.key.setEchoMode(QLineEdit.EchoMode.Password)
        self.key.setPlaceholderText(tr("none, or the one that was kept"))
        self.keeps = CheckBox(tr("Keep the key in this system’s keyring"), theme)
        self.keeps.setToolTip(
            tr("Otherwise it is forgotten when the program ends. It is in no file of ours.")
        )
        form = QFormLayout()
        for name, field in ((tr("Address"), self.address), (tr("Key"), self.key)):
            field.setAccessibleName(name)
            form.addRow(name, field)
        form.addRow("", self.keeps)
        self.found = PlainLabel()
        self.found.setWordWrap(True)
        self.found.setProperty("role", "muted")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.test = QPushButton(button_text(tr("Test")))
        self.test.setToolTip(tr("Ask what speaks at this address"))
        buttons.addButton(self.test, QDialogButtonBox.ButtonRole.ActionRole)
        opens = buttons.addButton(button_text(tr("Open")), QDialogButtonBox.ButtonRole.AcceptRole)
        opens.setProperty("primary", True)
        opens.setToolTip(tr("Write with the model that is there"))
        self.test.clicked.connect(self._look)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        set_spacing(column, 12)
        column.addWidget(words)
        column.addLayout(form)
        column.addWidget(self.found)
        column.addWidget(buttons)
        opens.setDefault(True)
        servers.looked.connect(self._show_found)
        self._on_typed()

    def accept(self) -> None:
        """Open what is there, unless the address is none."""
        why_not = self._servers.why_not(self.address.text())
        if why_not:
            self._show_found(why_not)
            self.address.setFocus()
            return
        super().accept()
        self._servers.open(
            self.address.text(), self.key.text().strip(), keeps=self.keeps.isChecked()
        )

    def _look(self) -> None:
        text = self.address.text()
        why_not = self._servers.why_not(text)
        self._show_found(why_not or tr("Asking…"))
        if not why_not:
            self._servers.look(text, self.key.text().strip())

    def _on_typed(self) -> None:
        self._show_found(self._servers.caution(self.address.text()))

    def _show_found(self, words: str) -> None:
        self.found.setText(words)
        self.address.setAccessibleDescription(words)
        self.found.setVisible(bool(words))
        self.adjustSize()

"""The list of devices in Model options: this machine's, and other machines."""

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.app.model.devices import AUTOMATIC, DeviceChoice, DeviceRow
from studio.app.model.names import byte_size
from studio.engine.machine_address import DEFAULT_PORT, UNPROTECTED
from studio.engine.messages import DeviceKind
from studio.translation import tr
from studio.ui.theme.controls import SpinBox
from studio.ui.theme.spacing import set_spacing
from studio.ui.theme.theme import Theme
from studio.ui.theme.type_scale import grown
from studio.ui.widgets.ask import question
from studio.ui.widgets.labels import PlainLabel
from studio.ui.widgets.tips import plain_tip
from studio.visible_text import visible_line

_MOST_LAYERS = 999
_LONGEST_NAME = 44
"""Characters: a processor's name is longer than it is worth."""


class _AddressField(QLineEdit):
    """A line edit whose Enter is its own, and not the dialog's."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take Enter."""
        super().keyPressEvent(event)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.accept()


class DevicesBox(QWidget):
    """Shows devices, each with its memory and layers, and takes other machines.

    Args:
        choice: What is chosen.
        theme: Where the colours come from.
    """

    def __init__(self, choice: DeviceChoice, theme: Theme) -> None:
        super().__init__()
        self._choice = choice
        self._theme = theme
        self._rows: list[_Row] = []
        self._names: list[tuple[DeviceKind, str]] = []
        self._grid = QGridLayout()
        self._grid.setColumnStretch(0, 1)
        set_spacing(self._grid, 14, 6)
        self.address = _AddressField()
        self.address.setPlaceholderText(tr("HOST:PORT"))
        self.address.setAccessibleName(tr("Address of another machine"))
        self.address.setToolTip(
            plain_tip(
                tr(
                    "A machine on which “kelvin-studio rpc-server” or llama.cpp's rpc-server runs, "
                    "such as 192.168.1.20:{port}. It computes some of the layers, or all.",
                    port=DEFAULT_PORT,
                )
            )
        )
        self.address.returnPressed.connect(self._add)
        self.add_button = QPushButton(tr("Add machine"))
        self.add_button.setToolTip(tr("Ask the machine what it has, and use it"))
        self.add_button.setAutoDefault(False)
        self.add_button.clicked.connect(self._add)
        self._refusal = PlainLabel()
        self._refusal.setProperty("role", "error")
        self._refusal.setWordWrap(True)
        self._refusal.hide()
        warning = PlainLabel(tr(UNPROTECTED))
        warning.setProperty("role", "muted")
        warning.setWordWrap(True)
        entry = QHBoxLayout()
        set_spacing(entry, 8)
        entry.addWidget(self.address, 1)
        entry.addWidget(self.add_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        set_spacing(column, 8)
        column.addLayout(self._grid)
        column.addLayout(entry)
        column.addWidget(self._refusal)
        column.addWidget(warning)
        choice.changed.connect(self._show)
        self._show()

    def confirmed(self) -> bool:
        """Ask about machines that are not in one's own network; whether all may be used."""
        for address in self._choice.unconfirmed:
            answer = question(
                self,
                tr("Not in your own network"),
                tr(
                    "{address} is an address of the internet. {why}\n\nUse it all the same?",
                    address=address,
                    why=tr(UNPROTECTED),
                ),
                QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.No,
                QMessageBox.StandardButton.No,
            )
            if answer != QMessageBox.StandardButton.Yes:
                return False
            self._choice.confirm(address)
        return True

    def _add(self) -> None:
        text = self.address.text()
        try:
            self._choice.add(text)
        except ValueError as error:
            self._refusal.setText(visible_line(str(error)))
            self._refusal.show()
        else:
            self.address.clear()
            self._refusal.hide()

    def _show(self) -> None:
        rows = self._choice.rows
        names = [(row.kind, row.name) for row in rows]
        if names != self._names:
            self._names = names
            self._rebuild(rows)
        for shown, row in zip(self._rows, rows, strict=True):
            shown.show(row, self._choice.layer_count)

    def _rebuild(self, rows: list[DeviceRow]) -> None:
        for old in self._rows:
            for widget in old.widgets:
                self._grid.removeWidget(widget)
                widget.hide()
                widget.deleteLater()
        self._rows = []
        for index, row in enumerate(rows):
            shown = _Row(row, self._theme)
            if shown.layers:
                shown.layers.valueChanged.connect(partial(self._choice.choose, index))
            if shown.remove:
                shown.remove.clicked.connect(partial(self._remove, row.name))
            for column, widget in enumerate(shown.widgets):
                self._grid.addWidget(widget, index, column)
            self._rows.append(shown)

    def _remove(self, address: str) -> None:
        self._choice.remove(address)
        self.address.setFocus()


class _Row:
    """The widgets of one device."""

    def __init__(self, row: DeviceRow, theme: Theme) -> None:
        self._name = PlainLabel(visible_line(row.name, _LONGEST_NAME))
        self._memory = PlainLabel()
        self._memory.setProperty("role", "muted")
        self._share = PlainLabel()
        self._share.setProperty("role", "muted")
        self.layers: SpinBox | None = None
        self.remove: QToolButton | None = None
        last = QWidget()
        cell = QHBoxLayout(last)
        cell.setContentsMargins(0, 0, 0, 0)
        set_spacing(cell, 6)
        self.widgets = (self._name, self._memory, self._share, last)
        if row.kind == "processor":
            return
        box = self.layers = SpinBox(theme)
        box.setRange(AUTOMATIC, _MOST_LAYERS)
        box.setSpecialValueText(tr("automatic"))
        box.setValue(row.chosen)
        box.setMinimumWidth(round(110 * grown(box.font())))
        box.setAccessibleName(tr("Layers on {name}", name=row.name))
        box.setToolTip(
            tr(
                "How many of the model's layers it computes. Automatic: as many as have room, "
                "shared out by memory. The processor has the others."
            )
        )
        cell.addWidget(box)
        self.remove = QToolButton()
        self.remove.setText("×")
        self.remove.setAutoRaise(True)
        if row.kind == "machine":
            self.remove.setAccessibleName(tr("Remove {name}", name=row.name))
            self.remove.setToolTip(tr("Do not use this machine any more"))
        else:
            # So that all numbers stand below each other.
            policy = self.remove.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            self.remove.setSizePolicy(policy)
            self.remove.hide()
        cell.addWidget(self.remove)

    def show(self, row: DeviceRow, count: int) -> None:
        """Show what is known now."""
        self._memory.setText(row.memory or tr("asking…"))
        role = "error" if row.trouble else "muted"
        if self._memory.property("role") != role:
            self._memory.setProperty("role", role)
            # A style sheet looks at properties once.
            self._memory.style().polish(self._memory)
        self._memory.setToolTip(plain_tip(row.trouble) if row.trouble else "")
        known = row.layers >= 0 and count > 0 and not row.trouble
        share = tr("{layers} of {count} layers", layers=row.layers, count=count) if known else ""
        if known and row.needed:
            share = tr("{share}, about {memory}", share=share, memory=byte_size(row.needed))
        self._share.setText(share)

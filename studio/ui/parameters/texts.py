"""A list of short texts to take out of and add to: stop strings, DRY's breakers.

It binds one parameter of a `ParameterValues` and keeps nothing of it.
"""

from typing import cast

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QPushButton, QVBoxLayout, QWidget

from studio.app.parameters.parameter import Parameter
from studio.app.parameters.values import ParameterValues
from studio.app.tokens.typed_text import read_typed, spoken, visible
from studio.translation import mark, tr
from studio.ui.theme.spacing import set_spacing
from studio.ui.widgets.flow_layout import FlowLayout
from studio.ui.widgets.tips import plain_tip

_EMPTY = mark("none: type a text and press Enter")


class ParameterTexts(QWidget):
    r"""The texts as buttons that take them out, and a field that adds one.

    Attributes:
        edit: The field; ``\n`` in it is a newline.

    Args:
        parameter: A tuple of texts.
        values: Where its value is.
        parent: The Qt parent, if any.
    """

    refused = Signal(str)
    """Why a text was refused; empty when there is no longer anything to say."""

    def __init__(
        self, parameter: Parameter, values: ParameterValues, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._parameter = parameter
        self._values = values
        self._shown: dict[str, QPushButton] = {}
        self._chips = QWidget()
        self._flow = FlowLayout(self._chips, 4)
        self.edit = AddEdit()
        self.edit.setObjectName(f"add_{parameter.name}")
        self.edit.setAccessibleName(tr("Add to {label}", label=tr(parameter.label)))
        self.edit.setToolTip(tr("A text to add, then Enter. \\n is a newline, \\t a tab."))
        self.edit.returnPressed.connect(self._add)
        self.edit.textEdited.connect(lambda _text: self.refused.emit(""))
        self.edit.given_up.connect(lambda: self.refused.emit(""))
        self.edit.setPlaceholderText(tr(_EMPTY))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        set_spacing(column, 4)
        column.addWidget(self._chips)
        column.addWidget(self.edit)
        self._chips.hide()
        values.changed.connect(self._follow)
        self._follow()

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts in force."""
        return cast("tuple[str, ...]", self._values.value(self._parameter))

    def _add(self) -> None:
        text = read_typed(self.edit.text())
        if not text:
            return
        try:
            self._values.set(self._parameter, (*self.texts, text))
        except ValueError as reason:
            self.refused.emit(str(reason))
            self.edit.selectAll()
            return
        self.edit.clear()

    def _take_out(self, text: str) -> None:
        self._values.set(self._parameter, tuple(other for other in self.texts if other != text))
        self.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    def _follow(self) -> None:
        texts = self.texts
        if texts == tuple(self._shown):
            return
        while self._flow.takeAt(0) is not None:
            pass  # the buttons themselves stay
        for text in self._shown.keys() - set(texts):
            chip = self._shown.pop(text)
            chip.setParent(None)
            chip.deleteLater()
        self._shown = {text: self._shown.get(text) or self._chip(text) for text in texts}
        for chip in self._shown.values():
            self._flow.addWidget(chip)
        self._chips.setVisible(bool(texts))
        self.edit.setPlaceholderText(tr("add a text; \\n is a newline") if texts else tr(_EMPTY))
        self._chips.updateGeometry()

    def _chip(self, text: str) -> QPushButton:
        chip = QPushButton(f"{visible(text)}   ×".replace("&", "&&"))
        chip.setToolTip(plain_tip(tr("Take “{text}” out", text=visible(text))))
        chip.setAccessibleName(tr("Take out {name}", name=spoken(text)))
        chip.clicked.connect(lambda: self._take_out(text))
        return chip


class AddEdit(QLineEdit):
    """A field that Esc empties before it does anything else."""

    given_up = Signal()
    """What was typed is gone, by the writer's hand."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc empties; empty, it goes on to the window."""
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
            self.given_up.emit()
            return
        if event.key() == Qt.Key.Key_Escape:
            event.ignore()
            return
        super().keyPressEvent(event)

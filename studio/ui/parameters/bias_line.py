"""The line that adds a bias: of a word or of a token.

Holds what is being typed and nothing else: `add` puts it where the biases are.
"""

import math
from collections.abc import Callable
from typing import Literal

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from studio.app.parameters.parameter import Number
from studio.sampling.facts import LARGEST
from studio.translation import mark, tr
from studio.ui.parameters.number_edit import NumberEdit
from studio.ui.parameters.texts import AddEdit
from studio.ui.theme.spacing import set_spacing
from studio.ui.widgets.letters import follow_letters
from studio.ui.widgets.tips import set_tip


class _Bias(Number):
    """A number that is not +∞: no token can be forced."""

    def parse(self, text: str) -> float:
        """The bias that was typed.

        Raises:
            ValueError: It is no number, or +∞.
        """
        bias = super().parse(text)
        if bias == math.inf:
            raise ValueError(
                tr("logit_bias: found “{text}”; type a number, or ban.", text=text.strip())
            )
        return bias


BIAS = _Bias(
    name="bias",
    label=mark("bias"),
    neutral=-LARGEST,
    least=-LARGEST,
    most=LARGEST,
    stride=0.5,
    words={mark("ban"): -LARGEST},
    allowed=mark("a number, or ban"),
    help=mark("Added to the token's logit before everything else."),
    plain=mark("5 is much; ban (−∞) makes it impossible."),
)
"""One bias. An empty field bans: that is what most are for."""

_DIGITS = 7


class BiasLine(QWidget):
    """A field for what is biased, one for its bias, and a button.

    Attributes:
        edit: Where the word or token is typed.

    Args:
        kind: What is biased, ``word`` or ``token``, as names for assistive technology have it.
        names: The object names of the two fields.
        placeholder: What the empty field shows.
        tip: The field's tooltip.
        add: Adds what was typed, with its bias; raises ValueError with the reason where it cannot.
    """

    refused = Signal(str)
    """Why a word, a token or a bias was refused; empty for nothing to say."""
    typed = Signal()
    """Another text stands in the field, typed or taken out."""

    def __init__(
        self,
        kind: Literal["word", "token"],
        names: tuple[str, str],
        placeholder: str,
        tip: str,
        add: Callable[[str, float], None],
    ) -> None:
        super().__init__()
        self._adds = add
        name, of_bias, button_name, button_tip = (
            (
                tr("Word to bias"),
                tr("Bias of the word to add"),
                tr("Add the word"),
                tr("Add the word with this bias (Enter)"),
            )
            if kind == "word"
            else (
                tr("Token to bias"),
                tr("Bias of the token to add"),
                tr("Add the token"),
                tr("Add the token with this bias (Enter)"),
            )
        )
        self._new = BIAS.neutral
        self.edit = AddEdit()
        self.edit.setObjectName(names[0])
        self.edit.setPlaceholderText(placeholder)
        self.edit.setAccessibleName(name)
        set_tip(self.edit, tip)
        self._bias = NumberEdit(BIAS, lambda: self._new, self._set_new)
        self._bias.setObjectName(names[1])
        self._bias.setAccessibleName(of_bias)
        fit_to_bias(self._bias)
        button = QPushButton(tr("Add"))
        button.setToolTip(button_tip)
        button.setAccessibleName(button_name)
        button.clicked.connect(self._add)
        self.edit.returnPressed.connect(self._add)
        self._bias.returnPressed.connect(self._add)
        self.edit.textEdited.connect(self._on_typed)
        self.edit.given_up.connect(self._on_typed)
        self._bias.refused.connect(self.refused)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        set_spacing(line, 6)
        line.addWidget(self.edit, 1)
        line.addWidget(self._bias)
        line.addWidget(button)

    def _set_new(self, bias: float) -> None:
        self._new = bias

    @property
    def bias(self) -> float:
        """The bias that would be added."""
        return self._new

    def _on_typed(self) -> None:
        self.refused.emit("")
        self.typed.emit()

    def _add(self) -> None:
        if self._bias.property("invalid"):
            return
        typed = self.edit.text()
        if not typed.strip():
            self.edit.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        try:
            self._adds(typed, self._new)
        except ValueError as reason:
            self.refused.emit(str(reason))
            self.edit.selectAll()
            return
        self.edit.clear()
        self._on_typed()


def fit_to_bias(edit: NumberEdit) -> None:
    """Make a field as wide as a bias, in its own letters."""
    follow_letters(
        edit, lambda letters: edit.setFixedWidth(letters.horizontalAdvance("0") * (_DIGITS + 2))
    )

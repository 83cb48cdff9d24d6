"""The biases of single tokens: a row each, and a line that adds one.

It binds a `ParameterValues` and a `TokenLookup`, and keeps nothing but what waits for an answer.
"""

import math
from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from studio.app.parameters.groups import BIASES, BIASES_FOR
from studio.app.parameters.values import ParameterValues
from studio.app.tokens.lookup import TokenLookup
from studio.translation import mark, tr
from studio.ui.parameters.bias_line import BIAS, BiasLine, fit_to_bias
from studio.ui.parameters.bias_rows import BiasRows
from studio.ui.parameters.number_edit import NumberEdit
from studio.ui.theme.spacing import set_spacing
from studio.ui.widgets.labels import PlainLabel
from studio.ui.widgets.tips import plain_tip, set_tip

_FOREIGN = mark("not in this model")
_FOREIGN_TIP = mark(
    "<p>This bias is for the vocabulary of another model. While it is here nothing can be "
    "written: take it out, or open the model that it was made for.</p>"
)


class ParameterBiases(QWidget):
    """Tokens with their biases.

    Args:
        values: Where the biases are.
        lookup: Knows tokens.
        parent: The Qt parent, if any.
    """

    refused = Signal(str)
    """Why a token or a bias was refused, or what is waited for; empty for nothing to say."""

    def __init__(
        self, values: ParameterValues, lookup: TokenLookup, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._values = values
        self._lookup = lookup
        self._line = BiasLine(
            "token",
            ("add_bias_token", "add_bias_value"),
            tr("#number of a token"),
            tr(
                "<p>The token's number, which a card of the bars shows. Words are above, for any "
                "model.</p>"
            ),
            lambda typed, bias: self._set(lookup.number(typed), bias),
        )
        self._line.refused.connect(self.refused)
        self._rows: BiasRows[int, _Row] = BiasRows(self, self._line, self._make_row)
        lookup.spelled.connect(self._show_texts)
        values.changed.connect(self._follow)
        self._follow()

    def _set(self, token: int, bias: float | None) -> None:
        params = self._values.params
        biases = dict(params.biases)
        is_new = biases.pop(token, None) is None
        made_for = params.logit_bias_vocabulary
        if is_new and self._lookup.foreign(params):
            raise ValueError(
                tr("Take the biases for another model out first: a model has one set.")
            )
        if is_new and not (biases and made_for):
            made_for = self._lookup.mark
        if bias is not None:
            biases[token] = bias
        pairs = tuple(sorted(biases.items()))
        self._values.set_all({BIASES: pairs, BIASES_FOR: made_for})

    def _follow(self) -> None:
        biases = dict(self._values.params.biases)
        self._rows.follow(biases)
        for token, bias in biases.items():
            self._rows.by_key[token].show_bias(bias)
        self._show_texts()

    def _make_row(self, token: int) -> "_Row":
        row = _Row(token, self._lookup, self._set)
        row.refused.connect(self.refused)
        return row

    def _show_texts(self) -> None:
        foreign = self._lookup.foreign(self._values.params)
        for token, row in self._rows.by_key.items():
            row.show_text(is_foreign=token in foreign)


class _Row(QWidget):
    """A token, its number, its bias, a ban, and the way out."""

    refused = Signal(str)

    def __init__(
        self,
        token: int,
        lookup: TokenLookup,
        set_bias: Callable[[int, float | None], None],
    ) -> None:
        super().__init__()
        self._token = token
        self._lookup = lookup
        self._bias = 0.0
        self._name = PlainLabel()
        number = PlainLabel(f"#{token}")
        number.setProperty("role", "muted")
        self._edit = NumberEdit(BIAS, lambda: self._bias, lambda bias: set_bias(token, bias))
        self._edit.setObjectName(f"bias_{token}")
        fit_to_bias(self._edit)
        self._edit.refused.connect(self.refused)
        self._ban = QPushButton(tr("ban"))
        self._ban.setProperty("segment", True)
        self._ban.setCheckable(True)
        self._ban.setObjectName(f"ban_{token}")
        self._ban.setToolTip(tr("Make the token impossible, or possible again"))
        self._ban.clicked.connect(lambda is_on: set_bias(token, -math.inf if is_on else 0.0))
        self._out = QPushButton("×")
        self._out.setProperty("flat", True)
        self._out.setObjectName(f"unbias_{token}")
        self._out.setToolTip(tr("Take this bias out"))
        self._out.clicked.connect(lambda: set_bias(token, None))
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        set_spacing(line, 6)
        for widget in (self._name, number):
            line.addWidget(widget)
        line.addStretch(1)
        for control in (self._edit, self._ban, self._out):
            line.addWidget(control)
        self.show_text()

    def show_bias(self, bias: float) -> None:
        """Show the bias in force."""
        self._bias = bias
        self._edit.follow()
        self._ban.setChecked(math.isinf(bias))

    def show_text(self, *, is_foreign: bool = False) -> None:
        """Show the token by its text, where that is known now and it is this model's."""
        text = self._lookup.text(self._token)
        self._name.setText(tr(_FOREIGN) if is_foreign else text.exact)
        set_tip(self._name, tr(_FOREIGN_TIP) if is_foreign else plain_tip(text.spoken))
        role = "error" if is_foreign else ""
        if self._name.property("role") != role:
            self._name.setProperty("role", role)
            # A style sheet looks at properties once.
            self._name.style().unpolish(self._name)
            self._name.style().polish(self._name)
        self._edit.setAccessibleName(tr("Bias of {name}", name=text.spoken))
        self._ban.setAccessibleName(tr("Ban {name}", name=text.spoken))
        self._out.setAccessibleName(tr("Take the bias of {name} out", name=text.spoken))

"""The biases of words: a row each, and a line that adds one.

It binds a `ParameterValues` and a `TokenLookup`, and keeps nothing but what is being typed.
"""

import math
from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from studio.app.parameters.groups import WORDS
from studio.app.parameters.values import ParameterValues
from studio.app.tokens.lookup import TokenLookup
from studio.app.tokens.typed_text import read_typed, spoken, visible
from studio.app.tokens.word_words import word_line, word_tip
from studio.sampling import CASINGS, WordBias
from studio.sampling.word_bias import cased
from studio.translation import mark, tr
from studio.ui.parameters.bias_line import BIAS, BiasLine, fit_to_bias
from studio.ui.parameters.bias_rows import BiasRows
from studio.ui.parameters.number_edit import NumberEdit
from studio.ui.theme.spacing import set_spacing
from studio.ui.widgets.labels import ElidedLabel
from studio.ui.widgets.tips import plain_tip, set_tip

_CASING_WORDS = {"lower": "aa", "capitalised": "Aa", "upper": "AA"}
_NO_MODEL = mark("its tokens are shown when a model is open")
_LOOKING = mark("looking for its tokens …")
_MOST_SPACES = 32

SetWord = Callable[[str, WordBias | None], None]


class ParameterWords(QWidget):
    """Words with their biases.

    Args:
        values: Where the words are.
        lookup: Knows their tokens.
        parent: The Qt parent, if any.
    """

    refused = Signal(str)
    """Why a word or a bias was refused; empty for nothing to say."""

    def __init__(
        self, values: ParameterValues, lookup: TokenLookup, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._values = values
        self._lookup = lookup
        self._line = BiasLine(
            "word",
            ("add_word", "add_word_bias"),
            tr("word or phrase"),
            tr(
                "<p>A word or phrase, then Enter. It counts with a space before it and without, "
                "and not inside of longer words; \\n is a newline.</p>"
            ),
            self._add,
        )
        self._line.refused.connect(self.refused)
        self._line.typed.connect(self._show_preview)
        self._preview = ElidedLabel()
        self._preview.setObjectName("word_preview")
        self._preview.setProperty("role", "muted")
        self._preview.hide()
        self._rows: BiasRows[str, _WordRow] = BiasRows(self, self._line, self._make_row)
        self._rows.column.addWidget(self._preview)
        lookup.spelled.connect(self._show_tokens)
        values.changed.connect(self._follow)
        self._follow()

    @property
    def words(self) -> tuple[WordBias, ...]:
        """The words in force."""
        return self._values.params.word_biases

    def _add(self, typed: str, bias: float) -> None:
        text = read_typed(typed)
        former = next((word for word in self.words if word.text == text), None)
        self._set(text, WordBias(text, bias, former.casings if former else ()))

    def _set(self, text: str, word: WordBias | None) -> None:
        """Put `word` in the place of the one with this text, or at the end; None takes it out."""
        words = {other.text: other for other in self.words}
        if word is None:
            words.pop(text, None)
        else:
            words[text] = word
        self._values.set(WORDS, tuple(words.values()))

    def _follow(self) -> None:
        words = {word.text: word for word in self.words}
        self._rows.follow(words)
        for text, word in words.items():
            self._rows.by_key[text].show_word(word)

    def _make_row(self, text: str) -> "_WordRow":
        word = next(word for word in self.words if word.text == text)
        row = _WordRow(word, self._lookup, self._set)
        row.refused.connect(self.refused)
        return row

    def _show_tokens(self) -> None:
        for row in self._rows.by_key.values():
            row.show_tokens()
        self._show_preview()

    def _show_preview(self) -> None:
        text = read_typed(self._line.edit.text())
        text = text.rstrip(" ") or text
        self._preview.setVisible(bool(text) and self._lookup.is_ready)
        if self._preview.isHidden():
            return
        self._lookup.find_word(text)
        word = self._lookup.word(text)
        if word is None:
            self._preview.setText(tr(_LOOKING))
            self._preview.setToolTip("")
        else:
            self._preview.setText(word_line([(text, word)], self._lookup.text))
            set_tip(
                self._preview,
                plain_tip(word_tip([(text, word)], self._line.bias, self._lookup.text)),
            )


def _shown(text: str) -> str:
    """A word for the eye: a space that it begins with is to be seen, those within are not."""
    begins = len(text) - len(text.lstrip(" "))
    return "␣" * min(begins, _MOST_SPACES) + visible(text[begins:]).replace("␣", " ")


class _WordRow(QWidget):
    """A word, its other casings, its bias, a ban, and the way out; below, its tokens."""

    refused = Signal(str)

    def __init__(self, word: WordBias, lookup: TokenLookup, set_word: SetWord) -> None:
        super().__init__()
        self._word = word
        self._lookup = lookup
        self._set_word = set_word
        text, name = word.text, spoken(word.text)
        title = ElidedLabel()
        title.setText(_shown(text))
        title.setToolTip(plain_tip(_shown(text)))
        self._casings: dict[str, QPushButton] = {}
        seen = {text}
        for casing in CASINGS:
            form = cased(text, casing)
            if form not in seen:
                seen.add(form)
                self._casings[casing] = self._toggle(casing, form)
        self._edit = NumberEdit(BIAS, lambda: self._word.bias, self._set_bias)
        self._edit.setObjectName(f"bias_{text}")
        self._edit.setAccessibleName(tr("Bias of {name}", name=name))
        fit_to_bias(self._edit)
        self._edit.refused.connect(self.refused)
        self._ban = QPushButton(tr("ban"))
        self._ban.setProperty("segment", True)
        self._ban.setCheckable(True)
        self._ban.setObjectName(f"ban_{text}")
        self._ban.setToolTip(tr("Make the word impossible, or possible again"))
        self._ban.setAccessibleName(tr("Ban {name}", name=name))
        self._ban.clicked.connect(lambda is_on: self._set_bias(-math.inf if is_on else 0.0))
        out = QPushButton("×")
        out.setProperty("flat", True)
        out.setObjectName(f"unbias_{text}")
        out.setToolTip(tr("Take this bias out"))
        out.setAccessibleName(tr("Take the bias of {name} out", name=name))
        out.clicked.connect(lambda: set_word(text, None))
        self._tokens = ElidedLabel()
        self._tokens.setObjectName(f"tokens_{text}")
        self._tokens.setProperty("role", "muted")
        line = QHBoxLayout()
        set_spacing(line, 6)
        line.addWidget(title, 1)
        for control in (*self._casings.values(), self._edit, self._ban, out):
            line.addWidget(control)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        set_spacing(column, 1)
        column.addLayout(line)
        column.addWidget(self._tokens)

    def show_word(self, word: WordBias) -> None:
        """Show the bias and the casings in force."""
        self._word = word
        self._edit.follow()
        self._ban.setChecked(math.isinf(word.bias))
        for casing, toggle in self._casings.items():
            toggle.setChecked(casing in word.casings)
        self.show_tokens()

    def show_tokens(self) -> None:
        """Show which tokens the word is in the open model."""
        found = [(form, self._lookup.word(form)) for form in self._word.forms]
        known = [(form, word) for form, word in found if word is not None]
        if len(known) < len(found):
            self._tokens.setText(tr(_LOOKING) if self._lookup.is_ready else tr(_NO_MODEL))
            self._tokens.setToolTip("")
            return
        self._tokens.setText(word_line(known, self._lookup.text))
        set_tip(self._tokens, plain_tip(word_tip(known, self._word.bias, self._lookup.text)))

    def _toggle(self, casing: str, form: str) -> QPushButton:
        toggle = QPushButton(_CASING_WORDS[casing])
        toggle.setProperty("segment", True)
        toggle.setCheckable(True)
        toggle.setObjectName(f"{casing}_{self._word.text}")
        toggle.setToolTip(plain_tip(tr("Mean “{shown}” too", shown=_shown(form))))
        toggle.setAccessibleName(tr("Mean {name} too", name=spoken(form)))
        toggle.clicked.connect(self._on_toggled)
        return toggle

    def _on_toggled(self) -> None:
        # A casing that writes the word as typed has no button, and stays as it is.
        without = tuple(name for name in self._word.casings if name not in self._casings)
        turned = tuple(name for name, toggle in self._casings.items() if toggle.isChecked())
        word = self._word
        self._set_word(word.text, WordBias(word.text, word.bias, (*without, *turned)))

    def _set_bias(self, bias: float) -> None:
        word = self._word
        self._set_word(word.text, WordBias(word.text, bias, word.casings))

"""The panel over the manuscript that says what a token was, and what else could stand there.

It shows a `WordState` and keeps nothing of it. Whoever puts it beside the word has it follow.
"""

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontDatabase, QFontInfo, QMouseEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.app.tokens.next_token import NextToken
from studio.app.tokens.rows import TokenRow
from studio.app.tokens.shape import Interval
from studio.app.tokens.words import bits_between
from studio.app.word.replacement import WordReplacement
from studio.app.word.state import WordFacts, WordState
from studio.app.word.words import bits, probabilities, probabilities_between, ranks
from studio.translation import mark, tr
from studio.ui.histogram.bars import TokenBars
from studio.ui.theme.spacing import set_margins, set_spacing
from studio.ui.theme.theme import Theme
from studio.ui.widgets.labels import PlainLabel
from studio.ui.widgets.tips import set_tip

ROWS, FEWEST_ROWS = 8, 3
"""How many alternatives are shown, the token itself among them: as a rule, and at least."""

_LINES = 1.3
"""How high a row is, in lines of type."""

_BARS_WIDTH = 46
"""In average characters."""

_TOOL_TIP = mark(
    "<p>What could stand at this place, with the parameters in force. Filled, and the number: will "
    "be used. Tick: the model’s own, T 1. ▸ marks the token that stands here.</p>"
    "<p>A click, or the arrow keys and Enter: the text goes on from that one as a new take, and "
    "what followed is kept as the take before it (Alt+Left). With Shift that one alone is put in "
    "the token’s place, and what follows stays.</p>"
)

_HINT = mark("Enter: go on from there.  Shift: only this word.")

_FIELD_TIP = mark(
    "<p>Anything else that is to stand here. To type is enough; \\n is a new line, and the space "
    "before a word comes by itself. Enter: the text goes on from there. Shift+Enter: only this "
    "word.</p>"
)
_FIELD_WIDTH = 24
"""In average characters."""

_LONGEST_TYPED = 500
"""Characters; longer ones are for the page."""


def is_alone(modifiers: Qt.KeyboardModifier) -> bool:
    """Whether the keys that are held say that the word alone is meant, and not what follows."""
    return bool(modifiers & Qt.KeyboardModifier.ShiftModifier)


class WordBars(TokenBars):
    """The bars of a panel that is mostly closed, and asks for nothing then.

    Args:
        state: What is shown.
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    folds = False  # each of them could stand here, cut or not

    chosen = Signal(int, bool)
    """A token's row was clicked: its id, and whether the word alone is meant."""
    pointed_changed = Signal()
    """Another row is pointed at, or none."""

    def __init__(self, state: NextToken, theme: Theme, parent: QWidget | None = None) -> None:
        name, tip = tr("What else could stand here"), tr(_TOOL_TIP)
        super().__init__(state, theme, name, tip, count=ROWS, lines=_LINES, parent=parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)

    def point(self, step: int) -> None:
        """Point at the row so many further down; at the first or the last where none was."""
        count = len(self.token_rows)
        if count:
            first = 0 if step > 0 else count - 1
            at = first if self.pointed is None else min(max(self.pointed + step, 0), count - 1)
            self._point_at(at)

    def point_at_none(self) -> None:
        """Point at no row."""
        self._point_at(None)

    @property
    def pointed_token(self) -> int | None:
        """The token that is pointed at, if one is."""
        if self.pointed is None:
            return None
        rows = self.token_rows
        return rows[self.pointed].token if self.pointed < len(rows) else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Point at the row under the pointer."""
        line = self._rows.line_at(event.position().toPoint().y())
        is_row = 0 <= line < len(self.token_rows)
        self.setCursor(Qt.CursorShape.PointingHandCursor if is_row else Qt.CursorShape.ArrowCursor)
        self._point_at(line if is_row else None)

    def leaveEvent(self, event: QEvent) -> None:
        """Point at nothing any more."""
        super().leaveEvent(event)
        self._point_at(None)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Choose the token under the pointer."""
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(
            event.position().toPoint()
        ):
            self.mouseMoveEvent(event)
            token = self.pointed_token
            if token is not None:
                self.chosen.emit(token, is_alone(event.modifiers()))

    @property
    def token_rows(self) -> list[TokenRow]:
        """The tokens that are shown, in order."""
        return [line for line in self._lines() if isinstance(line, TokenRow)]

    def _point_at(self, line: int | None) -> None:
        if line != self.pointed:
            self.pointed = line
            self.describe()
            self.update()
            self.pointed_changed.emit()

    def describe(self) -> None:
        """Say for those who hear the window what is shown, and what is pointed at."""
        super().describe()
        rows = self.token_rows
        if self.pointed is not None and self.pointed < len(rows):
            spoken = tr("Chosen with Enter: {name}. ", name=rows[self.pointed].text.spoken)
            self.setAccessibleDescription(spoken + self.accessibleDescription())

    def sizeHint(self) -> QSize:
        """Wide enough for words of a usual length."""
        width = self.fontMetrics().averageCharWidth() * _BARS_WIDTH
        return QSize(width, super().sizeHint().height())

    def _follow(self) -> None:
        if self.isVisible():
            self.describe()
            self.update()


_WIDTH = 56
"""In average characters."""

_TITLE_SIZE = 1.25

_FACTS = (
    (
        mark("Rank"),
        mark(
            "<p>Its place among the tokens that can be drawn here with the parameters in force; "
            "the 1st is the favourite. In brackets the model’s own ranking, before penalties and "
            "filters, where that is another.</p>"
        ),
    ),
    (
        mark("Surprise"),
        mark(
            "<p><b>Surprise</b>, −log2 p in bits, at the temperature in force, before penalties "
            "and filters: each bit halves the chance.</p>"
        ),
    ),
    (
        mark("Entropy"),
        mark(
            "<p><b>Entropy</b> in bits of the whole distribution at this place, at the "
            "temperature in force, before penalties and filters: how open the choice was.</p>"
        ),
    ),
)


_TITLE_TIP = {
    True: mark(
        "<p>The token as the model wrote it: ␣ is a space, ↵ a newline. It need not be a whole "
        "word.</p>"
    ),
    False: mark(
        "<p>The token as the model read it: ␣ is a space, ↵ a newline. It need not be a whole "
        "word.</p>"
    ),
}


class WordPanel(QFrame):
    """What is known of one token, re-tempered as T turns.

    Attributes:
        field: Where any other text is typed.

    Args:
        state: Which token, and its numbers.
        replacement: Knows what another text would be there.
        theme: Where the colours come from.
        parent: What it lies on.
    """

    def __init__(
        self, state: WordState, replacement: WordReplacement, theme: Theme, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._state = state
        self._replacement = replacement
        self.setProperty("card", True)
        self.setProperty("over", True)
        self.setAccessibleName(tr("What else could stand here"))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.title = PlainLabel()
        self.title.setAccessibleName(tr("Token"))
        close = QToolButton()
        close.setText("×")
        close.setAccessibleName(tr("Close"))
        close.setToolTip(tr("Close (Esc)"))
        close.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        close.clicked.connect(state.let_go)
        self.chance = _words("muted")
        self.values = [PlainLabel() for _ in _FACTS]
        self.sentences = _words()
        self.bars = WordBars(state.next_token, theme)
        self.field = QLineEdit()
        self.field.setMaxLength(_LONGEST_TYPED)
        self.field.setPlaceholderText(tr("or type another"))
        self.field.setAccessibleName(tr("Another text for this place"))
        set_tip(self.field, tr(_FIELD_TIP))
        self.field.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.field.textChanged.connect(self._say_chance)
        self.hint = _words("muted")
        self.hint.setText(tr(_HINT))

        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.field)
        head.addWidget(close)
        facts = QGridLayout()
        set_spacing(facts, 24, 0)
        for column, ((name, tip), value) in enumerate(zip(_FACTS, self.values, strict=True)):
            label = PlainLabel(tr(name))
            label.setProperty("role", "muted")
            value.setAccessibleName(tr(name))
            for part in (label, value):
                set_tip(part, tr(tip))
            facts.addWidget(label, 0, column)
            facts.addWidget(value, 1, column)
        facts.setColumnStretch(len(_FACTS), 1)
        column_ = QVBoxLayout(self)
        set_margins(column_, 14, 8, 8, 10)
        set_spacing(column_, 6)
        column_.addLayout(head)
        column_.addWidget(self.chance)
        column_.addLayout(facts)
        column_.addWidget(self.bars)
        column_.addWidget(self.hint)
        column_.addWidget(self.sentences)
        self._set_fonts()
        self.hide()

    @property
    def choice(self) -> int | str | None:
        """What is typed, or else the token that is pointed at; None where there is neither."""
        return self.field.text() or self.bars.pointed_token

    def type(self, text: str) -> None:
        """Begin another text with what was typed, and lead the keyboard to it."""
        self.bars.point_at_none()
        self.field.setText(text)
        self.field.setFocus()

    def forget_choice(self) -> None:
        """Point at nothing, and have nothing typed."""
        self.bars.point_at_none()
        self.field.clear()

    def follow(self) -> None:
        """Show what the state says now; nothing is laid out anew unless words differ."""
        facts = self._state.facts(ROWS)
        if facts is None:
            return
        set_tip(self.title, tr(_TITLE_TIP[facts.is_drawn]))
        shown = {
            self.title: facts.text.text,
            self.chance: self._shown_chance(facts),
            self.values[0]: ranks(
                facts.rank,
                facts.own_rank,
                is_least=facts.bands is not None and facts.bands.is_rank_least,
            ),
            self.values[1]: _bits(facts.surprise, facts.bands and facts.bands.surprise),
            self.values[2]: _bits(facts.entropy, facts.bands and facts.bands.entropy),
            self.sentences: "\n".join(facts.sentences),
        }
        for label, text in shown.items():
            if label.text() != text:
                label.setText(text)
        reason = self._state.next_token.reason or ""
        self.setAccessibleDescription(
            f"{facts.text.spoken}. {self._chance(facts)}. {reason} {' '.join(facts.sentences)}"
        )

    def fit(self, height: int | None = None) -> None:
        """Take the size that words and alternatives need.

        Args:
            height: What there is room for: some alternatives are left out if that is less.
        """
        width = _WIDTH * self.fontMetrics().averageCharWidth()
        layout = self.layout()
        assert layout is not None, "it was made in the constructor"
        # What the keys do is left out first: the tips say it, too.
        fewer = [(count, False) for count in range(ROWS, FEWEST_ROWS - 1, -1)]
        for count, has_hint in [(ROWS, True), *fewer]:
            self.hint.setVisible(has_hint)
            self.bars.set_count(count)
            layout.activate()
            needed = layout.totalHeightForWidth(width)
            if height is None or needed <= height:
                break
        self.resize(width, needed)

    def changeEvent(self, event: QEvent) -> None:
        """Follow a change of the window's font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "title"):
            self._set_fonts()

    def _shown_chance(self, facts: WordFacts) -> str:
        """That of what is typed, or else of the token that stands there."""
        typed = self.field.text()
        return self._replacement.beginning_words(typed) if typed else self._chance(facts)

    def _say_chance(self) -> None:
        facts = self._state.facts(ROWS)
        if facts is not None:
            self.chance.setText(self._shown_chance(facts))

    def _chance(self, facts: WordFacts) -> str:
        temperature = self._state.temperature
        if facts.bands is not None:
            bands = facts.bands
            return probabilities_between(bands.probability, bands.at_one, facts.is_cut, temperature)
        return probabilities(facts.probability, facts.is_cut, facts.at_one, temperature)

    def _set_fonts(self) -> None:
        letters = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        letters.setPointSizeF(QFontInfo(self.font()).pointSizeF() * _TITLE_SIZE)
        letters.setBold(True)
        self.title.setFont(letters)
        self.field.setFixedWidth(_FIELD_WIDTH * self.fontMetrics().averageCharWidth())
        for value in self.values:
            font = QFont(self.font())
            font.setWeight(QFont.Weight.DemiBold)
            value.setFont(font)


def _bits(value: float, band: Interval | None) -> str:
    return bits(value) if band is None else bits_between(band)


def _words(role: str = "") -> PlainLabel:
    label = PlainLabel()
    label.setWordWrap(True)
    if role:
        label.setProperty("role", role)
    return label

"""Two takes beside each other: what each says that the other does not, and where they part."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QFrame, QGridLayout, QTextEdit, QWidget

from studio.app.tokens.next_token import NextToken
from studio.app.writing.take_comparison import Parting, Ranges, Side, own_words, parting
from studio.app.writing.take_words import seed_words, temperature_words
from studio.manuscript import Take
from studio.translation import mark, tr
from studio.ui.theme.spacing import set_spacing
from studio.ui.theme.theme import Theme
from studio.ui.widgets.labels import PlainLabel

NOT_RECORDED = mark("How they were drawn is not recorded of both: their words alone are compared.")
SAME = mark("They drew the same tokens, as far as both go.")
_AIR = 6


class TakeComparison(QWidget):
    """Two columns of words; below each what was drawn where the takes part, and what was likely.

    Attributes:
        where: Says where they part.
        names: What each is called, and how it was drawn.
        texts: Their words; those that the other has not stand on a tint.
        likely: What each drew there, and the most likely words.

    Args:
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._given: tuple[object, ...] = ()
        self._shown: tuple[tuple[str, str], tuple[Ranges, Ranges]] | None = None
        self.where = PlainLabel()
        self.where.setWordWrap(True)
        self.where.setAccessibleName(tr("Where the takes part"))
        self.names = [_label(), _label()]
        self.texts = [_text(), _text()]
        self.likely = [_label(), _label()]
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        set_spacing(grid, 6)
        grid.addWidget(self.where, 0, 0, 1, 2)
        for column in (0, 1):
            grid.addWidget(self.names[column], 1, column)
            grid.addWidget(self.texts[column], 2, column)
            grid.addWidget(self.likely[column], 3, column)
            grid.setColumnStretch(column, 1)
        grid.setRowStretch(2, 1)
        theme.changed.connect(self._paint)

    def show_takes(
        self,
        takes: tuple[Take, Take],
        names: tuple[str, str],
        texts: tuple[str, str],
        vocabulary: NextToken | None,
    ) -> None:
        """Compare two takes.

        Args:
            takes: They, from left to right.
            names: What each is called.
            texts: What they say now.
            vocabulary: Spells their tokens; None where it is another model's.
        """
        if (takes, names, texts) == self._given:
            return  # while the model writes it is asked several times a second
        self._given, self._shown = (takes, names, texts), (texts, own_words(*texts))
        for column, take in enumerate(takes):
            words = filter(None, [temperature_words(take), seed_words(take)])
            self.names[column].setText(", ".join([names[column], *words]))
            self.texts[column].setAccessibleName(names[column])
        self._paint()
        found = parting(*takes, vocabulary)
        self.where.setText(_where(takes, found))
        for column, label in enumerate(self.likely):
            label.setText(_drawn((found.first, found.second)[column]) if found else "")
            label.setVisible(found is not None)

    def _paint(self) -> None:
        if self._shown is None:
            return
        own = QTextCharFormat()
        own.setBackground(QColor(self._theme.colors.selection))
        for edit, text, ranges in zip(self.texts, *self._shown, strict=True):
            cursor = QTextCursor(edit.document())
            cursor.beginEditBlock()
            cursor.select(QTextCursor.SelectionType.Document)
            cursor.removeSelectedText()
            reached = 0
            for start, end in ranges:
                cursor.insertText(text[reached:start], QTextCharFormat())
                cursor.insertText(text[start:end], own)
                reached = end
            cursor.insertText(text[reached:], QTextCharFormat())
            cursor.endEditBlock()
            edit.moveCursor(QTextCursor.MoveOperation.Start)


def _where(takes: tuple[Take, Take], found: Parting | None) -> str:
    if found is None:
        is_recorded = all(take.records or take.end for take in takes)
        return tr(SAME) if is_recorded else tr(NOT_RECORDED)
    return tr("They part at token {number:,}.", number=found.number)


def _drawn(side: Side) -> str:
    """``“sea” drawn with u = 0.123; likely were “sea” 31.2 %, …``: what a take did there."""
    word = tr("“{word}”", word=side.word) if side.word else tr("the end")
    drawn = word if side.u is None else tr("{word} with u = {u:.3f}", word=word, u=side.u)
    if not side.likely:
        return drawn
    likely = "   ".join(f"{one} {100 * share:.1f} %" for one, share in side.likely)
    return tr("{drawn}; likely were   {likely}", drawn=drawn, likely=likely)


def _label() -> PlainLabel:
    label = PlainLabel()
    label.setWordWrap(True)
    label.setProperty("role", "muted")
    return label


def _text() -> QTextEdit:
    text = QTextEdit()
    text.setReadOnly(True)
    text.setAcceptRichText(False)
    text.setFrameShape(QFrame.Shape.NoFrame)
    text.setTabChangesFocus(True)
    text.setUndoRedoEnabled(False)
    text.document().setDocumentMargin(_AIR)
    text.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse
        | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    return text

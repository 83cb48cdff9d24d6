"""What the model sees: the prompt at the caret, token by token, as it changes."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QShowEvent, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFrame, QTextEdit, QVBoxLayout, QWidget

from studio.app.session import Session
from studio.app.writing.prompt_tokens import PromptPart, PromptToken, PromptTokens
from studio.translation import mark, tr
from studio.ui.model.prompt_parts import PromptPartList
from studio.ui.theme.spacing import set_margins, set_spacing
from studio.ui.theme.theme import Theme
from studio.ui.widgets.labels import PlainLabel
from studio.ui.widgets.screen_room import size_on_screen

WHAT_IT_SHOWS = mark(
    "Every second token has a tint. Names in ⟨angle brackets⟩ are control tokens. Brief, notes and "
    "format are grey, what is pinned is underlined; what is struck out does not fit the context."
)
_MOST = 4_000
"""Tokens that are shown: some ten pages, laid out in tenths of a second."""
_SIZE = (760, 720)
_AIR = 8


class PromptWindow(QDialog):
    """A window beside the studio's, which follows the caret while it is open.

    Args:
        session: Whose prompt it is.
        theme: Where the colours come from.
        parent: The window it belongs to.
    """

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._prompt = PromptTokens(
            session.lookup, session.model, session.next_token_preview, session.next_token, self
        )
        self.setWindowTitle(tr("What the model sees"))
        self.resize(size_on_screen(self, *_SIZE))
        self._summary = PlainLabel()
        self._summary.setWordWrap(True)
        self._summary.setAccessibleName(tr("What it costs"))
        self.text = QTextEdit()
        self.text.setReadOnly(True)
        self.text.setAccessibleName(tr("Prompt"))
        self.text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.text.setTabChangesFocus(True)
        self.text.setUndoRedoEnabled(False)
        self.text.setFrameShape(QFrame.Shape.NoFrame)
        self.text.document().setDocumentMargin(_AIR)
        legend = PlainLabel(tr(WHAT_IT_SHOWS))
        legend.setWordWrap(True)
        legend.setProperty("role", "muted")
        self.parts = PromptPartList(session.prompt_costs, session.plan_edits, theme)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.button(QDialogButtonBox.StandardButton.Close).setToolTip(tr("Close this window"))
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        set_margins(column, 16, 14, 16, 12)
        set_spacing(column, 10)
        column.addWidget(self._summary)
        column.addWidget(self.parts)
        column.addWidget(self.text, 1)
        column.addWidget(legend)
        column.addWidget(buttons)
        self._prompt.changed.connect(self._follow)
        session.prompt_costs.changed.connect(self._follow_parts)
        theme.changed.connect(self._follow)

    def open(self) -> None:
        """Come to the front, with the prompt as it is now."""
        self.show()
        self.raise_()
        self.activateWindow()
        self.text.setFocus()

    def showEvent(self, event: QShowEvent) -> None:
        """Show what was read meanwhile."""
        super().showEvent(event)
        self._follow()

    def _follow_parts(self) -> None:
        if self.isVisible():
            self.parts.follow()

    def _follow(self) -> None:
        if not self.isVisible():
            return
        self.parts.follow()
        tokens = self._prompt.tokens(_MOST)
        self._summary.setText(self._prompt.summary(len(tokens)))
        bar = self.text.verticalScrollBar()
        was_at_end = bar.value() == bar.maximum()
        place = bar.value()
        self._fill(tokens)
        bar.setValue(bar.maximum() if was_at_end else place)

    def _fill(self, tokens: list[PromptToken]) -> None:
        cursor = QTextCursor(self.text.document())
        cursor.beginEditBlock()
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.removeSelectedText()
        for number, token in enumerate(tokens):
            cursor.insertText(_shown(token), self._format(token, is_tinted=number % 2 == 1))
        cursor.endEditBlock()

    def _format(self, token: PromptToken, *, is_tinted: bool) -> QTextCharFormat:
        colors, look = self._theme.colors, QTextCharFormat()
        if is_tinted:
            look.setBackground(QColor(colors.hover))
        if token.part is PromptPart.PINNED:
            look.setFontUnderline(True)
        elif token.is_control or token.part is not PromptPart.TEXT:
            look.setForeground(QColor(colors.muted))
        if token.part is PromptPart.UNSEEN:
            look.setFontStrikeOut(True)
        look.setToolTip(tr("Token {number}", number=token.id))
        return look


def _shown(token: PromptToken) -> str:
    """Its characters; a line end has a sign of its own too, else nobody sees whose it is."""
    return token.text if token.is_control else token.text.replace("\n", "↵\n")

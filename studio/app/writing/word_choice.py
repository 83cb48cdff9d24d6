"""Writes a word of the bars into the manuscript, as a take of one token.

It goes the way of a generated token, so that undo, takes, records and heat know it, and the
next-token preview follows.
"""

from PySide6.QtCore import QObject, Signal

from studio.app.tokens.next_token import NextToken
from studio.app.tokens.text import TokenText
from studio.app.writing.draft import Draft
from studio.app.writing.next_token_preview import NextTokenPreview
from studio.app.writing.writing import Writing
from studio.manuscript import joined
from studio.translation import mark, tr
from studio.utf8 import whole_characters

WRITING = mark("The model is writing: stop it (Esc), and a click writes a word.")
NOT_YET = mark(
    "These are still the words for another place. Try again when the bars have caught up."
)
NO_TEXT = mark("This token ends a text or steers the model: it writes nothing.")
PART = mark("This token is a part of a character, which cannot stand alone in a text.")


def why_no_text(text: TokenText) -> str | None:
    """Why a token cannot be written into a text, for the writer; None where it can."""
    return {"control": tr(NO_TEXT), "bytes": tr(PART)}.get(text.kind)


class WordChoice(QObject):
    """Writes a token of the distribution at the caret.

    Args:
        draft: The document.
        writing: No word can be chosen while the model writes.
        next_token_preview: Knows whether the distribution is that at the caret.
        next_token: The distribution.
        parent: The Qt parent, if any.
    """

    written = Signal(int)
    """A word was written; where it ends, and the caret belongs."""
    refused = Signal(str)
    """No word was written: why, for the writer."""

    def __init__(
        self,
        draft: Draft,
        writing: Writing,
        next_token_preview: NextTokenPreview,
        next_token: NextToken,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._draft = draft
        self._writing = writing
        self._next_token_preview = next_token_preview
        self._next_token = next_token

    def why_not(self, token: int) -> str | None:
        """Why a token cannot be written now, for the writer; None where it can."""
        text = self._next_token.text(token)
        if not self._writing.is_idle:
            return tr(WRITING)
        if self._writing.held is not None:
            return self._writing.held
        if not self._next_token_preview.is_settled or self._next_token.details(token) is None:
            return tr(NOT_YET)
        return why_no_text(text)

    def write(self, token: int) -> None:
        """Write a token at the caret, or say why that cannot be done.

        The second of two quick clicks comes before the bars have followed the first: it would hit a
        word that is about to change, and is ignored without a message.
        """
        why_not = self.why_not(token)
        if why_not is not None:
            if why_not != tr(NOT_YET):
                self.refused.emit(why_not)
            return
        record, manuscript = self._next_token.chosen(token), self._draft.manuscript
        text, position = whole_characters(record.text), self._draft.caret
        if text.strip():
            text = joined(text, manuscript.part(position, position + 2))
        take = manuscript.begin_take(position)
        take.model = self._writing.model_record
        try:
            take.records.append(record)
            take.append(text)
        finally:
            manuscript.end_take()
        self.written.emit(position + len(text))

"""Another token in the place of one that stands in the text, chosen by the writer.

The rest of the word goes with the token, what follows stays; undo brings both back in one step.
"""

from PySide6.QtCore import QObject, Signal

from studio.app.word.state import WordState
from studio.app.writing.records import TokenRecords
from studio.app.writing.word_choice import why_no_text
from studio.manuscript import Edit, Manuscript, Origin, joined, word_end
from studio.translation import mark, tr
from studio.utf8 import whole_characters

GROWING = mark("This text is being written. Press Esc to stop, then choose.")

_LONGEST_WORD = 1000
"""Code points behind a token that may be the rest of its word; in a longer one the rest stays."""


class WordReplacement(QObject):
    """Replaces the token that is looked at.

    Args:
        manuscript: Where it stands.
        records: Keeps what is known of the one that comes.
        state: Which token is looked at, and what else could stand there.
        parent: The Qt parent, if any.
    """

    replaced = Signal(int)
    """Another token stands there; where it ends, in code points."""
    refused = Signal(str)
    """Why not; the sentence is for the writer."""

    def __init__(
        self,
        manuscript: Manuscript,
        records: TokenRecords,
        state: WordState,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._manuscript = manuscript
        self._records = records
        self._state = state

    def replace(self, token: int) -> None:
        """Put a token in the place of the one that is looked at, or say why that cannot be."""
        span, next_token = self._state.span, self._state.next_token
        if span is None or next_token.sketch is None:
            return
        if token == span.record.id:
            self._state.let_go()
            return
        why_not = why_no_text(next_token.text(token))
        if why_not is not None:
            self.refused.emit(why_not)
            return
        manuscript = self._manuscript
        near = manuscript.part(span.start, span.end + _LONGEST_WORD)
        end = span.start + word_end(near, 0, span.end - span.start)
        if not manuscript.editable(span.start, end - span.start):
            self.refused.emit(tr(GROWING))
            return
        record = next_token.chosen(token)
        text = whole_characters(record.text)
        if text.strip():
            text = joined(text, manuscript.part(end, end + 2))
        edit = Edit(span.start, end - span.start, text, bytes([Origin.GENERATED] * len(text)))
        manuscript.close_step()
        manuscript.edit_all([edit])
        manuscript.close_step()
        self._records.spans.fill(span.start, [record])
        self.replaced.emit(span.start + len(text))

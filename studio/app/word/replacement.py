"""Other words in the place of a token that stands in the text, chosen or typed by the writer.

Either the text goes on from them as a new take, beside which what followed is kept; or they alone
are another: the rest of the word goes with the token, what follows stays, and is read again. Undo
takes either back in one step.
"""

from typing import NamedTuple

from PySide6.QtCore import QObject, Signal

from studio.app.tokens.typed_text import read_typed
from studio.app.word.state import WordState
from studio.app.word.words import beginning_words
from studio.app.writing.records import TokenRecords
from studio.app.writing.word_choice import why_no_text
from studio.app.writing.writing import Writing
from studio.manuscript import Edit, Manuscript, Origin, Passage, begun, joined, word_end
from studio.token_record import TokenRecord
from studio.translation import mark, tr
from studio.utf8 import fit_text, whole_characters

GROWING = mark("This text is being written. Press Esc to stop, then choose.")
NO_MODEL = mark(
    "Open a model, and the text goes on from here. With Shift the word alone is replaced."
)

_LONGEST_WORD = 1000
"""Code points after a token that may be the rest of its word; the rest of a longer word stays."""

Choice = int | str
"""A token by its id, or a text that the writer typed."""


class Other(NamedTuple):
    """What could stand in the place of a part of the text.

    Attributes:
        start: Where the part begins, in code points.
        end: Where it ends.
        text: The other text.
        origin: Who it is by.
        record: What is known of its token; None for a text that was typed.
    """

    start: int
    end: int
    text: str
    origin: Origin
    record: TokenRecord | None


class WordReplacement(QObject):
    """Replaces the token that is looked at.

    Args:
        manuscript: Where it stands.
        records: Keeps what is known of the one that comes.
        writing: Goes on from it.
        state: Which token is looked at, and what else could stand there.
        parent: The Qt parent, if any.
    """

    replaced = Signal(int)
    """Another word stands there, and nothing else has changed; where it ends, in code points."""
    leading_on = Signal(int)
    """The text is about to go on another way; from where, in code points."""
    refused = Signal(str)
    """It could not be replaced: a sentence for the writer."""

    def __init__(
        self,
        manuscript: Manuscript,
        records: TokenRecords,
        writing: Writing,
        state: WordState,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._manuscript = manuscript
        self._records = records
        self._writing = writing
        self._state = state

    def other(self, choice: Choice) -> Other | None:
        """What a choice would put where; None where there is nothing to choose for.

        The token that stands there leaves all of itself, and what comes is behind it.
        """
        span, next_token = self._state.span, self._state.next_token
        if span is None or next_token.sketch is None or choice == "":
            return None
        if choice == span.record.id:
            return Other(span.end, span.end, "", Origin.GENERATED, None)
        near = self._manuscript.part(span.start, span.end + _LONGEST_WORD)
        length = span.end - span.start
        end = span.start + word_end(near, 0, length)
        if isinstance(choice, str):
            text = self._typed(choice, near[:length], span.start)
            return Other(span.start, end, text, Origin.TYPED, None)
        record = next_token.chosen(choice)
        text = whole_characters(record.text)
        return Other(span.start, end, text, Origin.GENERATED, record)

    def beginning_words(self, typed: str) -> str:
        """How probable it is that the text begins here as one that was typed."""
        other, next_token = self.other(typed), self._state.next_token
        row = None if other is None else next_token.beginning(other.text.encode())
        return beginning_words(row, self._state.temperature)

    def road_end(self, other: Other) -> int:
        """Where the text ends that goes if the text goes on from there."""
        return self._manuscript.road_end(other.start, other.end)

    def lead_on(self, choice: Choice) -> None:
        """Let the text go on from another word as a new take, or say why that cannot be.

        What followed is kept beside it. From the word that stands there it goes on, too.
        """
        other = self.other(choice)
        if other is None:
            return
        why_not = self._why_not(choice) or self._why_not_on()
        if why_not is not None:
            self.refused.emit(why_not)
            return
        self.leading_on.emit(other.start)
        self._writing.lead_on(other.start, other.end, Passage.of(other.text, other.origin))
        if other.record is not None:
            self._records.spans.fill(other.start, [other.record])

    def replace(self, choice: Choice) -> None:
        """Put another word in the place of the one there, or say why that cannot be."""
        other = self.other(choice)
        if other is None:
            return
        if other.start == other.end:
            self._state.let_go()  # it stands there
            return
        why_not = self._why_not(choice)
        if why_not is None and not self._manuscript.editable(other.start, other.end - other.start):
            why_not = tr(GROWING)
        if why_not is not None:
            self.refused.emit(why_not)
            return
        manuscript = self._manuscript
        start, end, text, origin, record = other
        if text.strip():
            text = joined(text, manuscript.part(end, end + 2))
        edit = Edit(start, end - start, text, bytes([origin] * len(text)))
        manuscript.close_step()
        manuscript.edit_all([edit])
        manuscript.close_step()
        end = start + len(text)
        if record is not None:
            self._records.spans.fill(start, [record])
        self._records.read_again(end)
        self.replaced.emit(end)

    def _why_not(self, choice: Choice) -> str | None:
        if isinstance(choice, str):
            return None
        return why_no_text(self._state.next_token.text(choice))

    def _why_not_on(self) -> str | None:
        """Why the text cannot go on from anywhere now; None where it can."""
        if self._writing.can_start:
            return None
        return tr(GROWING) if not self._writing.is_idle else self._writing.held or tr(NO_MODEL)

    def _typed(self, typed: str, own: str, start: int) -> str:
        """A text that was typed as it is to stand: behind a space where the token has one, too."""
        text = fit_text(read_typed(typed))
        if text[:1].isspace() or not own[:1].isspace():
            return text
        return begun(text, self._manuscript.part(max(0, start - 2), start))

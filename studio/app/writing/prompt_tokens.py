"""The prompt at the caret as the model has it, token by token."""

from enum import Enum
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal

from studio.app.model.state import ModelState
from studio.app.tokens.lookup import TokenLookup
from studio.app.tokens.next_token import NextToken
from studio.app.tokens.text import token_text
from studio.app.writing.next_token_preview import NextTokenPreview
from studio.engine.messages import BRIEF_PART, FOLLOWING_PART, Evaluated
from studio.translation import mark, tr
from studio.utf8 import CharacterDecoder

NO_MODEL = mark("Open a model: it says how it reads the text.")
NOT_READ = mark("The model has not read the text up to the caret yet.")


class PromptPart(Enum):
    """What a token of a prompt is of."""

    HEAD = "head"
    """The brief, or the format's own text."""
    NOTE = "note"
    """A note."""
    PINNED = "pinned"
    """A passage of the manuscript that is pinned."""
    UNSEEN = "unseen"
    """The manuscript's beginning, which does not fit the context."""
    TEXT = "text"
    """The manuscript."""
    FOLLOWING = "following"
    """What follows the caret, for a model that fills in."""


class PromptToken(NamedTuple):
    """A token of a prompt.

    Attributes:
        id: Its number in the vocabulary.
        text: The characters that end in it; of a control token its name in angle brackets.
        is_control: Whether it steers and writes nothing.
        part: What it is of.
    """

    id: int
    text: str
    is_control: bool
    part: PromptPart


class PromptTokens(QObject):
    """What was read for the bars at the caret. Asks how tokens are spelled, when it is asked.

    Args:
        lookup: Asks the engine.
        model: Whose vocabulary it is.
        preview: Reads prompts.
        next_token: Knows how tokens are spelled that were shown already.
        parent: The Qt parent, if any.
    """

    changed = Signal()
    """Another prompt was read, or more of its tokens are known by their text."""

    def __init__(
        self,
        lookup: TokenLookup,
        model: ModelState,
        preview: NextTokenPreview,
        next_token: NextToken,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._preview = preview
        self._next_token = next_token
        self._lookup = lookup
        preview.read.connect(self.changed)
        lookup.spelled.connect(self.changed)

    def tokens(self, most: int) -> list[PromptToken]:
        """The prompt's last tokens, in order.

        Args:
            most: How many at most.
        """
        read = self._preview.evaluated
        if read is None:
            return []
        ids = read.token_ids()
        first = max(0, len(ids) - most)
        self._lookup.spell(ids[first:])
        parts = _parts(read, len(ids))
        pieces, decoder = self._next_token.pieces, CharacterDecoder()
        found = []
        for number, token in enumerate(ids[first:], first):
            is_control = token in read.control
            piece = pieces.get(token, b"")  # those that are not known are asked for
            text = (
                token_text(piece, token, ends=False).exact if is_control else decoder.decode(piece)
            )
            found.append(PromptToken(token, text, is_control, parts[number]))
        return found

    def summary(self, shown: int) -> str:
        """What the prompt costs and what of it is not seen, in sentences.

        Args:
            shown: How many of its last tokens are shown.
        """
        read = self._preview.evaluated
        if read is None:
            return tr(NOT_READ) if self._model.is_ready else tr(NO_MODEL)
        count = len(read.tokens) // 4
        notes = [span for span in read.spans if span.number >= 0]
        beside = sum(span.end - span.start for span in notes if span.end <= read.head)
        inside = sum(span.end - span.start for span in notes if span.end > read.head)
        seen, head = count - read.unseen, read.head - beside
        following = sum(
            span.end - span.start for span in read.spans if span.number == FOLLOWING_PART
        )
        text = seen - read.head - inside - following
        if notes:
            words = tr(
                "The model reads {seen:,} tokens of its {size:,}: {head:,} of the brief and the "
                "format, {notes:,} of notes, {text:,} of the text before the caret.",
                seen=seen,
                size=read.context_size,
                head=head,
                notes=beside + inside,
                text=text,
            )
        else:
            words = tr(
                "The model reads {seen:,} tokens of its {size:,}: {head:,} of the brief and the "
                "format, {text:,} of the text before the caret.",
                seen=seen,
                size=read.context_size,
                head=head,
                text=text,
            )
        sentences = [words]
        if following:
            sentences.append(
                tr(
                    "{following:,} of them are of the text after the caret: it fills in between.",
                    following=following,
                )
            )
        if read.unseen_characters:
            sentences.append(
                tr(
                    "The first {characters:,} characters of the text do not fit and are not seen.",
                    characters=read.unseen_characters,
                )
            )
        if shown < count:
            sentences.append(tr("Shown are the last {shown:,}.", shown=shown))
        return " ".join(sentences)


def _parts(read: Evaluated, count: int) -> list[PromptPart]:
    """What each token of a prompt is of."""
    parts = [PromptPart.HEAD] * read.head + [PromptPart.TEXT] * (count - read.head)
    for span in read.spans:
        if span.number != BRIEF_PART:
            part = PromptPart.NOTE if span.number >= 0 else PromptPart.PINNED
            if span.number == FOLLOWING_PART:
                part = PromptPart.FOLLOWING
            end = min(span.end, count)
            parts[span.start : end] = [part] * max(0, end - span.start)
    left = read.unseen
    for number in range(read.head, count):
        if not left:
            break
        if parts[number] is PromptPart.TEXT:
            parts[number] = PromptPart.UNSEEN
            left -= 1
    return parts

"""What a prompt is put together of before it is tokens: brief, notes, and the manuscript in pieces.

The one place that knows in which order they stand, and what stands between them.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from msgspec import structs

from studio.engine.messages import BRIEF_PART, Prompt, PromptNote, PromptParts, PromptRange
from studio.engine.vocabulary import Vocabulary

SEPARATOR = "\n\n"
"""Between brief, notes and manuscript: a blank line."""


class Piece(NamedTuple):
    """A text that stands in a prompt.

    Attributes:
        text: Its characters, with what stands between it and its neighbour.
        number: By which it is reported; None for the manuscript's own text.
        start: Where it begins in the manuscript, in code points; None for what is not of it.
    """

    text: str
    number: int | None = None
    start: int | None = None


class PromptPieces(NamedTuple):
    """All of them.

    Attributes:
        beside: What stands where the brief does.
        text: The manuscript up to the caret, and what stands in it.
    """

    beside: tuple[Piece, ...]
    text: tuple[Piece, ...]


def pieces_of(prompt: Prompt, notes: Sequence[PromptNote], vocabulary: Vocabulary) -> PromptPieces:
    """Put a prompt together.

    Args:
        prompt: What it is made of.
        notes: Those of its notes that have room.
        vocabulary: The model's, which says how long a part is.
    """
    parts = prompt.parts
    if parts is None:
        brief = (Piece(prompt.brief, BRIEF_PART),) if prompt.brief else ()
        return PromptPieces(brief, (Piece(prompt.manuscript, None, 0),))
    texts = [
        (BRIEF_PART, shortened(prompt.brief, parts.most_brief, vocabulary)),
        *((note.number, note.text) for note in notes if note.at is None),
    ]
    beside = [Piece(text, number) for number, text in texts if text]
    beside[1:] = [piece._replace(text=f"{SEPARATOR}{piece.text}") for piece in beside[1:]]
    return PromptPieces(tuple(beside), tuple(_text(prompt.manuscript, parts, notes)))


def room_for(parts: PromptParts, vocabulary: Vocabulary) -> list[PromptNote]:
    """The notes, each as long as it may be, of those that are called as many as have room.

    Args:
        parts: What is wanted.
        vocabulary: The model's.
    """
    found, left = list[PromptNote](), parts.most_called
    for note in parts.notes:
        text = shortened(note.text, note.most, vocabulary)
        if note.is_called and parts.most_called:
            cost = len(vocabulary.tokenize(SEPARATOR + text))
            if cost > left:
                continue
            left -= cost
        found.append(structs.replace(note, text=text))
    return found


def shortened(text: str, most: int, vocabulary: Vocabulary) -> str:
    """A text's beginning that takes no more than so many tokens.

    Args:
        text: The text.
        most: How many; 0 for all.
        vocabulary: The model's.
    """
    # A token has a character of its own as a rule: what is too long by far is not looked at.
    tokens = vocabulary.tokenize(text) if most else []
    count = most
    while len(tokens) > most:
        spelled = b"".join(map(vocabulary.text, tokens[:count]))[vocabulary.added_prefix :]
        text = spelled.decode("utf-8", errors="ignore")
        tokens = vocabulary.tokenize(text)
        count -= 1  # other tokens than before may spell its beginning
    return text


def _text(manuscript: str, parts: PromptParts, notes: Iterable[PromptNote]) -> Iterable[Piece]:
    """The manuscript without what is left out, with the notes that stand in it."""
    end = len(manuscript)
    inside = dict[int, list[PromptNote]]()
    for note in notes:
        if note.at is not None:
            inside.setdefault(min(note.at, end), []).append(note)
    cuts = {0, end, *inside}
    for part in (*parts.pinned, *parts.left_out):
        cuts |= {min(part.start, end), min(part.end, end)}
    pinned, left_out = _Ranges(parts.pinned), _Ranges(parts.left_out)
    for low, high in pairwise((*sorted(cuts), end)):
        for note in inside.get(low, ()):
            yield Piece(f"{note.text}{_line_ends(manuscript, low)}", note.number)
        if low < high and left_out.at(low) is None:
            there = pinned.at(low)
            yield Piece(manuscript[low:high], there.number if there else None, low)


class _Ranges:
    """Looks for the range of a place; places are asked for in order."""

    def __init__(self, ranges: Iterable[PromptRange]) -> None:
        self._waiting = sorted(ranges, key=lambda one: -one.start)

    def at(self, place: int) -> PromptRange | None:
        """The range that has the place; None for none."""
        while self._waiting and self._waiting[-1].end <= place:
            self._waiting.pop()
        there = self._waiting[-1] if self._waiting else None
        return there if there is not None and there.start <= place else None


def _line_ends(manuscript: str, at: int) -> str:
    """What stands between the paragraphs at a place: that stands behind a note there, too."""
    before = manuscript[max(0, at - len(SEPARATOR)) : at]
    return before[len(before.rstrip("\n")) :] or SEPARATOR

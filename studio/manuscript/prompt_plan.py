"""What the model is given beside a text and its brief, and of these: notes, passages, limits.

Plain values, as a document keeps them. What they make of a prompt at a place of the text is said
where prompts are made.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, Literal

import msgspec

from studio.manuscript.passage import Origin, Passage

MOST_NOTES = 1_000
MOST_PARAGRAPHS = 100
MOST_TOKENS = 1_000_000
LONGEST_NAME = 200
LONGEST_NOTE = 100_000
LONGEST_KEYS = 2_000
MOST_CHARACTERS = 2_000_000
"""Of all notes together: no context holds as many."""
_MOST_PASSAGES = 1_000
_FURTHEST = 2**31

Sent = Literal["always", "near", "called"]
"""When a note is sent.

- `always`: with the brief.
- `near`: in the text, so many paragraphs before the caret.
- `called`: with the brief, where one of its keys is among the last paragraphs before the caret.
"""

Paragraphs = Annotated[int, msgspec.Meta(ge=1, le=MOST_PARAGRAPHS)]
Tokens = Annotated[int, msgspec.Meta(ge=0, le=MOST_TOKENS)]
"""How many at most; 0 for all."""
_Offset = Annotated[int, msgspec.Meta(ge=0, lt=_FURTHEST)]


class Note(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A text that the model is given beside the brief."""

    name: Annotated[str, msgspec.Meta(max_length=LONGEST_NAME)] = ""
    text: Annotated[str, msgspec.Meta(max_length=LONGEST_NOTE)] = ""
    sent: Sent = "always"
    paragraphs: Paragraphs = 3
    """How far before the caret one that is sent near it stands."""
    keys: Annotated[str, msgspec.Meta(max_length=LONGEST_KEYS)] = ""
    """Words or phrases that call it, with commas between them."""
    most: Tokens = 0
    is_on: bool = True

    def __post_init__(self) -> None:
        """Refuse what no text has.

        Raises:
            ValueError: a null character or half a character is in it.
        """
        for text in (self.name, self.text, self.keys):
            Passage.of(text, Origin.TYPED)


class PromptPassage(msgspec.Struct, frozen=True, array_like=True):
    """A part of the text that is always sent, or never."""

    start: _Offset
    end: _Offset
    is_pinned: bool
    """Whether it is sent even where the text before it is cut; otherwise it is left out."""


class PromptPlan(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All of it, for one document."""

    notes: Annotated[tuple[Note, ...], msgspec.Meta(max_length=MOST_NOTES)] = ()
    """In the order in which they are sent."""
    passages: Annotated[tuple[PromptPassage, ...], msgspec.Meta(max_length=_MOST_PASSAGES)] = ()
    """In the order of the text; none has a part of another."""
    looked_at: Paragraphs = 4
    """Among how many paragraphs before the caret the keys of notes are looked for."""
    most_called: Tokens = 512
    """Of all notes together that are called."""
    has_brief: bool = True
    """Whether the brief is sent."""
    most_brief: Tokens = 0
    most_text: Tokens = 0
    """Of the text before the caret, without what is pinned."""

    def __post_init__(self) -> None:
        """Refuse passages that are none, and more text than any model reads.

        Raises:
            ValueError: one is empty, or they are in no order; or the notes are too long.
        """
        if (length := self.characters) > MOST_CHARACTERS:
            raise ValueError(f"notes of {length:,} characters; allowed are {MOST_CHARACTERS:,}")
        for one in self.passages:
            if one.start >= one.end:
                raise ValueError(f"no passage is from {one.start} to {one.end}")
        for one, other in pairwise(self.passages):
            if other.start < one.end:
                raise ValueError(f"a passage begins at {other.start}, before {one.end}")

    @property
    def characters(self) -> int:
        """How long all notes are together."""
        return sum(len(note.text) for note in self.notes)

    def within(self, length: int) -> PromptPlan:
        """The same for a text of so many characters: without the passages that it does not have."""
        there = tuple(one for one in self.passages if one.end <= length)
        return self if len(there) == len(self.passages) else _with_passages(self, there)

    def after(self, position: int, removed: int, inserted: int) -> PromptPlan:
        """The same once the text has changed: passages move with it.

        A change within one is its own, and one of which nothing is left goes.

        Args:
            position: Where characters went, and others came.
            removed: How many went.
            inserted: How many came.
        """
        if not self.passages or position >= self.passages[-1].end:
            return self
        return _with_passages(self, tuple(_moved(self.passages, position, removed, inserted)))

    def with_passage(self, passage: PromptPassage) -> PromptPlan:
        """The same with one passage more; of others it takes what it has in common with them.

        Where there are as many as a document can have it is the same.
        """
        others = self.without(passage.start, passage.end).passages
        if len(others) >= _MOST_PASSAGES:
            return self
        found = sorted((*others, passage), key=lambda one: one.start)
        return _with_passages(self, tuple(found))

    def without(self, start: int, end: int) -> PromptPlan:
        """The same where a part of the text is as any other.

        Args:
            start: Where it begins.
            end: Where it ends.
        """
        found = list[PromptPassage]()
        for one in self.passages:
            for low, high in ((one.start, min(one.end, start)), (max(one.start, end), one.end)):
                if low < high:
                    found.append(PromptPassage(low, high, one.is_pinned))
        return _with_passages(self, tuple(found[:_MOST_PASSAGES]))

    def with_brought_back(
        self, start: int, end: int, former: tuple[PromptPassage, ...]
    ) -> PromptPlan:
        """The same where a part of the text was gone and has come back, with the passages in it.

        One that reached beyond the part does again where the rest of it is still there; what has
        become part of another passage meanwhile stays so.

        Args:
            start: Where the part begins.
            end: Where it ends.
            former: The passages of the text that had it, at their places now.
        """
        if any(one.start < start and end < one.end for one in self.passages):
            return self
        plan = self
        for one in former:
            low, high = one.start, one.end
            if low < end and start < high:
                beside = [other for other in self.passages if other.is_pinned is one.is_pinned]
                before = [other for other in beside if other.end == start] if low < start else []
                behind = [other for other in beside if other.start == end] if high > end else []
                if (low < start and not before) or (high > end and not behind):
                    continue
                low = before[0].start if before else low
                high = behind[0].end if behind else high
                plan = plan.with_passage(PromptPassage(low, high, one.is_pinned))
        return plan


NO_PLAN = PromptPlan()
"""As it is before anything is asked for."""


def paragraphs(text: str, position: int) -> tuple[int, int]:
    """Where the paragraph of a place begins and ends, its line end included.

    Args:
        text: The text.
        position: A place in it.
    """
    behind = text.find("\n", position)
    return text.rfind("\n", 0, position) + 1, len(text) if behind < 0 else behind + 1


def last_paragraphs(text: str, count: int) -> int:
    """Where the last paragraphs of a text begin that have words; its beginning where it has fewer.

    Args:
        text: The text.
        count: How many of them.
    """
    end, start = len(text), 0
    while count and end > 0:
        start = text.rfind("\n", 0, end) + 1
        count -= bool(text[start:end].strip())
        end = start - 1
    return 0 if count else start


def _moved(
    passages: tuple[PromptPassage, ...], position: int, removed: int, inserted: int
) -> Iterator[PromptPassage]:
    behind, growth = position + removed, inserted - removed
    for one in passages:
        start, end = one.start, one.end
        if behind <= start:
            start, end = start + growth, end + growth
        elif position < end:
            # What comes in its place is of it where something of it stays on both sides.
            start = start if start < position else position + inserted
            end = end + growth if behind < end else position
        if start < end:
            yield PromptPassage(start, end, one.is_pinned)


def _with_passages(plan: PromptPlan, passages: tuple[PromptPassage, ...]) -> PromptPlan:
    return msgspec.structs.replace(plan, passages=passages)

"""A piece of text that knows, character by character, who wrote it, and what is marked there."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum

from studio.manuscript.brush import Brush, Brushes, between, merged, still

Marks = tuple[object | None, ...]
"""A mark or None for each code point. Characters that belong together share one object."""

_MARK = 8
"""Bytes of a reference."""
RUN_SIZE = 160
"""Bytes of a run of brushes, about, and of what it says."""
_UNFIT = re.compile("[\0\ud800-\udfff]")


class Origin(IntEnum):
    """Where a character comes from. The values are what a manuscript stores, one byte each."""

    TYPED = 0
    """The writer."""
    GENERATED = 1
    """The model."""
    PASTED = 2
    """Another program, through the clipboard or dragged from there."""
    OPENED = 3
    """A plain text file, which does not say who wrote it."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A text and the origin of each of its code points.

    Attributes:
        text: The characters; never a lone surrogate or a null character, which no text file
            could hold.
        origins: One `Origin` a code point, as a byte; as long as `text`.
        marks: What someone keeps about the characters: it travels with them through undo and takes.
            None where there is none at all. Two passages are equal whatever is marked.
        brushes: Which characters have sampling of their own; as marks, for what else is asked.
    """

    text: str
    origins: bytes
    marks: Marks | None = field(default=None, compare=False)
    brushes: Brushes = field(default=(), compare=False)

    @classmethod
    def of(cls, text: str, origin: Origin) -> Passage:
        """A text of one origin.

        Args:
            text: The characters.
            origin: Who wrote the text.

        Raises:
            ValueError: The text holds a lone surrogate (half of a UTF-16 pair) or a null character.
        """
        is_plain = text.isascii() and "\0" not in text
        if not is_plain and (found := _UNFIT.search(text)):
            what = "null character" if found[0] == "\0" else "lone surrogate"
            raise ValueError(
                f"text: {what} U+{ord(found[0]):04X} at index {found.start()}; "
                "whole characters are allowed; replace it (by U+FFFD, say) first"
            )
        return cls(text, bytes([origin]) * len(text))

    def __len__(self) -> int:
        return len(self.text)

    @property
    def size(self) -> int:
        """Bytes that it takes, without what its marks are."""
        known = _MARK * len(self.marks or ()) + RUN_SIZE * len(self.brushes)
        return sys.getsizeof(self.text) + len(self.origins) + known

    def __add__(self, other: Passage) -> Passage:
        return concatenated((self, other))


NOTHING = Passage("", b"")


def concatenated(passages: Sequence[Passage]) -> Passage:
    """One passage of several, in order."""
    if len(passages) == 1:
        return passages[0]
    marks: list[object | None] = []
    if any(passage.marks for passage in passages):
        for passage in passages:
            marks += passage.marks or (None,) * len(passage)
    text = "".join([passage.text for passage in passages])
    origins = b"".join([passage.origins for passage in passages])
    brushes: Brushes = ()
    if any(passage.brushes for passage in passages):
        brushes = merged(
            run for passage in passages for run in between(passage.brushes, 0, len(passage))
        )
    return Passage(text, origins, tuple(marks) or None, brushes)


def brushed(passage: Passage, brush: Brush | None) -> Passage:
    """The same passage with one brush throughout.

    Args:
        passage: The passage.
        brush: None for none.
    """
    brushes = merged([(len(passage), brush)])
    return passage if brushes == passage.brushes else replace(passage, brushes=brushes)


def with_own_brushes(passage: Passage) -> Passage:
    """The same passage with copies of its brushes: it is not turned with the others."""
    copies = {brush: Brush(brush.own) for _, brush in passage.brushes if brush is not None}
    runs = tuple((length, brush and copies[brush]) for length, brush in passage.brushes)
    return replace(passage, brushes=runs) if runs else passage


def with_still_brushes(passage: Passage) -> Passage:
    """The same passage for a document: whatever is turned later, it stays as it is."""
    return replace(passage, brushes=still(passage.brushes)) if passage.brushes else passage


def runs_of(origins: bytes, origin: int) -> Iterator[tuple[int, int]]:
    """The maximal runs of one origin, as `(start, end)` half-open ranges, in order.

    Args:
        origins: One byte a code point.
        origin: Who wrote the text.
    """
    for run in re.finditer(re.escape(bytes([origin])) + b"+", origins):
        yield run.span()


def with_runs(origins: bytes, runs: Iterable[tuple[int, int]], origin: Origin) -> bytes:
    """The same origins with `origin` in these half-open ranges, which must lie within.

    Args:
        origins: One byte a code point.
        runs: `(start, end)` half-open ranges.
        origin: Who wrote the text.
    """
    changed = bytearray(origins)
    for start, end in runs:
        changed[start:end] = bytes([origin]) * (end - start)
    return bytes(changed)

"""The characters of a manuscript, who wrote each, and the announcement of every change.

The text is kept in chunks: a change copies the chunks that it touches, and nothing of the rest,
however long the text is.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from studio.manuscript.brush import Brush, Brushes, between, merged, split, still
from studio.manuscript.change import Change
from studio.manuscript.event_emitter import EventEmitter
from studio.manuscript.passage import NOTHING, Marks, Origin, Passage

LARGEST_CHUNK = 2048
"""Code points; what grows beyond is cut in halves or more."""

_CUT = LARGEST_CHUNK // 2
_SMALLEST = LARGEST_CHUNK // 8
"""A chunk that a change leaves smaller is joined to the one beside it."""

_WORD = re.compile(r"\S+")


class Words(NamedTuple):
    """How many words there are, and how many of them the writer typed or the model wrote.

    A word is what is set apart by white space, and it is of whoever wrote its first letter.
    """

    total: int = 0
    typed: int = 0
    generated: int = 0


def _words_of(text: str, origins: bytes) -> Words:
    total = len(text.split())
    first = origins[0]
    if origins.count(first) == len(origins):
        return Words(total, total * (first == Origin.TYPED), total * (first == Origin.GENERATED))
    firsts = bytes([origins[found.start()] for found in _WORD.finditer(text)])
    return Words(total, firsts.count(Origin.TYPED), firsts.count(Origin.GENERATED))


class _Chunk(msgspec.Struct, eq=False):
    """A stretch of the text. Only its marks and its brushes change in place.

    Attributes:
        text: Its characters.
        origins: Who wrote each.
        marks: One a character; None where there is none at all. A tuple is that of `kept` too.
        brushes: As in a `Passage`.
        words: Those that it has by itself; None until somebody asks.
        kept: All of it as it was when a document was made last, for the next one.
    """

    text: str
    origins: bytes
    marks: list[object | None] | Marks | None
    brushes: Brushes = ()
    words: Words | None = None
    kept: Passage | None = None

    def own_marks(self) -> list[object | None]:
        """The marks, to be changed in place: no document has them then."""
        self.kept = None
        if not isinstance(self.marks, list):
            self.marks = list(self.marks or (None,) * len(self.text))
        return self.marks

    def as_passage(self) -> Passage:
        """All of it for a document: the same one as before, where nothing has changed."""
        brushes, kept = still(self.brushes), self.kept
        if kept is None or kept.brushes != brushes:
            if self.marks is not None:
                self.marks = tuple(self.marks)
            kept = self.kept = Passage(self.text, self.origins, self.marks, brushes)
        return kept

    def part(self, low: int, high: int) -> Passage:
        """The same of a part of it."""
        if high - low == len(self.text):
            return self.as_passage()
        marks = tuple(self.marks[low:high]) if self.marks else None
        brushes = still(merged(between(self.brushes, low, high)))
        return Passage(self.text[low:high], self.origins[low:high], marks, brushes)


class BufferContent(msgspec.Struct, eq=False):
    """A whole text as a buffer keeps it, for `Buffer.take_up`; made new, an empty one.

    Attributes:
        length: Its code points.
    """

    chunks: list[_Chunk] = msgspec.field(default_factory=list)
    starts: list[int] = msgspec.field(default_factory=list)
    length: int = 0


class Buffer:
    """A text with provenance that can only be changed by announced changes.

    Attributes:
        changed: Announces `(position, removed_length, inserted_text, inserted_origins)` after each
            change, in code points. A listener that carries them out in order has the same text.
        copied: How many code points changes have copied so far, for those who watch that a change
            costs no more in a long text than in a short one.
    """

    def __init__(self) -> None:
        self.changed: EventEmitter[[int, int, str, bytes]] = EventEmitter()
        self.copied = 0
        self._chunks: list[_Chunk] = []
        self._starts: list[int] = []
        """Where each chunk begins."""
        self._length = 0
        self._brushed = 0
        """How many chunks have brushes."""
        self._whole: str | None = ""
        """The text in one piece, for as long as nothing changes; None until somebody asks."""
        self._emitting = False

    def __len__(self) -> int:
        return self._length

    @property
    def text(self) -> str:
        """All characters, which are put together anew after each change: see `part`."""
        if self._whole is None:
            self._whole = "".join([chunk.text for chunk in self._chunks])
        return self._whole

    def part(self, start: int, end: int) -> str:
        """The characters of a range; what of it lies outside the text is left out.

        Args:
            start: The first code point.
            end: The one behind the last.
        """
        pieces = [chunk.text[low:high] for chunk, low, high in self._between(start, end)]
        return pieces[0] if len(pieces) == 1 else "".join(pieces)

    def origins(self, start: int, end: int) -> bytes:
        """The `Origin` of each code point of a range, one byte each.

        Args:
            start: The first code point.
            end: The one behind the last.
        """
        pieces = [chunk.origins[low:high] for chunk, low, high in self._between(start, end)]
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def marks(self, start: int, end: int) -> Marks:
        """The mark of each code point of a range.

        Args:
            start: The first code point.
            end: The one behind the last.
        """
        marks: list[object | None] = []
        for chunk, low, high in self._between(start, end):
            marks += chunk.marks[low:high] if chunk.marks else [None] * (high - low)
        return tuple(marks)

    def marked(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The stretches of a range outside of which there is no mark, as half-open ranges.

        Args:
            start: The first code point.
            end: The one behind the last.
        """
        first = last = -1
        at = bisect_right(self._starts, start) - 1 if self._starts else 0
        for index in range(max(at, 0), len(self._chunks)):
            begin, chunk = self._starts[index], self._chunks[index]
            if begin >= end:
                break
            if chunk.marks is not None:
                first = max(begin, start) if first < 0 else first
                last = min(begin + len(chunk.text), end)
            elif first >= 0:
                yield first, last
                first = -1
        if first >= 0 and first < last:
            yield first, last

    def mark(self, start: int, end: int, mark: object) -> None:
        """Marks a range. No change of the text, and not announced.

        Args:
            start: The first code point.
            end: The one behind the last.
            mark: Anything; None for no mark.
        """
        for chunk, low, high in self._between(start, end):
            if chunk.marks is not None or mark is not None:
                chunk.own_marks()[low:high] = [mark] * (high - low)

    def mark_each(self, start: int, marks: Sequence[object]) -> None:
        """Marks each character from `start` on with its own: as `mark`, at once for many.

        Args:
            start: The first code point.
            marks: One a character.
        """
        done = 0
        for chunk, low, high in self._between(start, start + len(marks)):
            chunk.own_marks()[low:high] = marks[done : done + high - low]
            done += high - low

    @property
    def is_brushed(self) -> bool:
        """Whether a character has a brush."""
        return self._brushed > 0

    def brush_of(self, position: int) -> Brush | None:
        """The brush of one character; None where there is none, or no such character."""
        for chunk, low, high in self._between(position, position + 1):
            return next(between(chunk.brushes, low, high))[1]
        return None

    def brushes(self, start: int, end: int) -> Brushes:
        """The runs of a range, as in a `Passage`.

        Args:
            start: The first code point.
            end: The one behind the last.
        """
        if not self._brushed:
            return ()
        return merged(
            run
            for chunk, low, high in self._between(start, end)
            for run in between(chunk.brushes, low, high)
        )

    def brush(self, start: int, end: int, brushes: Brushes) -> None:
        """Gives a range other brushes. No change of the text, and not announced.

        Args:
            start: The first code point.
            end: The one behind the last.
            brushes: Their runs.
        """
        parts = list(self._between(start, end))
        runs = split(brushes or ((end - start, None),), [high - low for _, low, high in parts])
        for (chunk, low, high), inside in zip(parts, runs, strict=True):
            head = between(chunk.brushes, 0, low)
            tail = between(chunk.brushes, high, len(chunk.text))
            self._brushed -= bool(chunk.brushes)
            chunk.brushes = merged((*head, *between(inside, 0, high - low), *tail))
            self._brushed += bool(chunk.brushes)

    def passage(self, start: int, end: int) -> Passage:
        """A range with its provenance, its marks and its brushes.

        Args:
            start: The first code point.
            end: The one behind the last.
        """
        if start >= end:
            return NOTHING
        stretches = list(self._between(start, end))
        texts = [chunk.text[low:high] for chunk, low, high in stretches]
        origins = [chunk.origins[low:high] for chunk, low, high in stretches]
        marked = any(chunk.marks for chunk, _, _ in stretches)
        marks = self.marks(start, end) if marked else ()
        return Passage(
            "".join(texts),
            b"".join(origins),
            marks if _has_any(marks) else None,
            self.brushes(start, end),
        )

    def passages(self, start: int, end: int) -> tuple[Passage, ...]:
        """A range for a document, in pieces: what did not change since is not copied.

        Args:
            start: The first code point.
            end: The one behind the last.
        """
        return tuple([chunk.part(low, high) for chunk, low, high in self._between(start, end)])

    def words(self, most: int, start: int = 0, end: int | None = None) -> Words | None:
        """How many words a range has; at its ends, parts of words count as words.

        Args:
            most: Code points that are looked at, about; what was counted once is not looked at
                again until it changes.
            start: The first code point.
            end: The one behind the last; None for the end of the text.

        Returns:
            None where more would have to be looked at: ask again.
        """
        total = typed = generated = 0
        is_open = False
        for chunk, low, high in self._between(start, self._length if end is None else end):
            if (low, high) != (0, len(chunk.text)):
                counted = _words_of(chunk.text[low:high], chunk.origins[low:high])
            elif chunk.words is not None:
                counted = chunk.words
            elif most <= 0:
                return None
            else:
                most -= len(chunk.text)
                counted = chunk.words = _words_of(chunk.text, chunk.origins)
            # A word that goes on from one chunk into the next is one.
            joins = is_open and not chunk.text[low].isspace()
            total += counted.total - joins
            typed += counted.typed - (joins and chunk.origins[low] == Origin.TYPED)
            generated += counted.generated - (joins and chunk.origins[low] == Origin.GENERATED)
            is_open = not chunk.text[high - 1].isspace()
        return Words(total, typed, generated)

    def check_range(self, position: int, length: int) -> None:
        """Refuses a range that is not in the text.

        Args:
            position: In code points.
            length: How many code points it has.

        Raises:
            ValueError: It begins or ends outside.
        """
        if position < 0 or length < 0 or position + length > self._length:
            raise ValueError(
                f"position {position}, length {length}: outside the text; "
                f"allowed are ranges within 0 to {self._length}"
            )

    def apply(self, change: Change) -> Change:
        """Carries a change out and announces it.

        Returns:
            The change with what was really removed: the same text, with the marks it had by now.

        Raises:
            RuntimeError: A listener of `changed` tried to change the text whose change it was
                hearing of.
        """
        self._refuse_while_emitting()
        start, end = change.position, change.position + len(change.removed)
        happened = replace(change, removed=self.passage(start, end))
        self._replace(start, end, change.inserted)
        self._emit(start, end - start, change.inserted.text, change.inserted.origins)
        return happened

    def load(self, passage: Passage) -> None:
        """Replaces the whole text, of which nothing is kept, and announces it.

        Raises:
            RuntimeError: As `apply`.
        """
        self._refuse_while_emitting()
        removed = self._length
        self._chunks, self._starts, self._length, self._brushed = [], [], 0, 0
        self._replace(0, 0, passage)
        self._emit(0, removed, passage.text, passage.origins)

    @property
    def content(self) -> BufferContent:
        """The whole text, to be taken up again: this one's until another is taken up."""
        return BufferContent(self._chunks, self._starts, self._length)

    def take_up(self, content: BufferContent) -> None:
        """Has another text in place of the whole one, copies nothing of it, and announces it.

        Raises:
            RuntimeError: As `apply`.
        """
        self._refuse_while_emitting()
        removed = self._length
        self._chunks, self._starts = content.chunks, content.starts
        self._length, self._whole = content.length, None
        self._brushed = sum(bool(chunk.brushes) for chunk in self._chunks)
        self._emit(0, removed, self.text, self.origins(0, self._length))

    def _refuse_while_emitting(self) -> None:
        if self._emitting:
            raise RuntimeError("a listener of a text's changes must not change the text")

    def _emit(self, position: int, removed: int, text: str, origins: bytes) -> None:
        self._emitting = True
        try:
            self.changed(position, removed, text, origins)
        finally:
            self._emitting = False

    def _between(self, start: int, end: int) -> Iterator[tuple[_Chunk, int, int]]:
        """The chunks that hold a range, each with where in it the range begins and ends."""
        start, end = max(start, 0), min(end, self._length)
        index = bisect_right(self._starts, start) - 1
        while start < end:
            begin, chunk = self._starts[index], self._chunks[index]
            stop = min(begin + len(chunk.text), end)
            yield chunk, start - begin, stop - begin
            start, index = stop, index + 1

    def _replace(self, start: int, end: int, inserted: Passage) -> None:
        low = max(bisect_right(self._starts, start) - 1, 0)
        high = max(bisect_right(self._starts, end), min(low + 1, len(self._chunks)))
        begin = self._starts[low] if low < len(self._starts) else self._length
        growth = len(inserted) - (end - start)
        last = self._starts[high] if high < len(self._starts) else self._length
        if 0 < last - begin + growth < _SMALLEST:
            # Else a text that was mostly deleted would be left in crumbs.
            if high < len(self._chunks):
                high += 1
                last = self._starts[high] if high < len(self._starts) else self._length
            elif low > 0:
                low -= 1
                begin = self._starts[low]
        head, tail = self.passage(begin, start), self.passage(end, last)
        self.copied += len(head) + len(inserted) + len(tail)
        chunks = _cut(head + inserted + tail) if head or tail else _cut(inserted)
        self._brushed -= sum(bool(chunk.brushes) for chunk in self._chunks[low:high])
        self._brushed += sum(bool(chunk.brushes) for chunk in chunks)
        self._chunks[low:high] = chunks
        starts = []
        for chunk in chunks:
            starts.append(begin)
            begin += len(chunk.text)
        behind = self._starts[high:]
        self._starts[low:] = starts + ([known + growth for known in behind] if growth else behind)
        self._length += growth
        self._whole = None


def _cut(passage: Passage) -> list[_Chunk]:
    """The chunks of a passage, none empty."""
    text, origins, marks = passage.text, passage.origins, passage.marks
    size = len(text) if len(text) <= LARGEST_CHUNK else _CUT
    chunks = []
    for start in range(0, len(text), size or 1):
        end = start + size
        own = list(marks[start:end]) if marks else []
        chunks.append(_Chunk(text[start:end], origins[start:end], own if _has_any(own) else None))
    if passage.brushes:
        runs = split(passage.brushes, [len(chunk.text) for chunk in chunks])
        for chunk, brushes in zip(chunks, runs, strict=True):
            chunk.brushes = brushes
    return chunks


def _has_any(marks: Sequence[object | None]) -> bool:
    """Whether a character is marked."""
    # Compared in C: at each change thousands of characters without a mark may stand before one.
    return list(marks) != [None] * len(marks)

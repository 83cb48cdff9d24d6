"""Which token stands where in a manuscript: what is kept of each stays with its characters.

Follows every change of the text. An edit moves the tokens behind it and drops those it touches;
undo brings them back, for what a token is marks its characters, and marks travel with these. The
tokens of a take are placed as it grows, those of a text that was scored when they are handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.manuscript.event_emitter import EventEmitter
from studio.manuscript.followed_text import FollowedText
from studio.manuscript.manuscript import Manuscript
from studio.manuscript.manuscript_content import ManuscriptContent
from studio.manuscript.take_tokens import TakeTokens
from studio.manuscript.token_characters import characters_of
from studio.manuscript.token_groups import TokenGroup, grouped, whole_groups
from studio.manuscript.token_table import TokenTable
from studio.token_record import TokenRecord


class TokenSpan(NamedTuple):
    """A token in the text. Where several share a character, the later ones have an empty range.

    Attributes:
        start: First code point.
        end: One past the last.
        record: What is kept of it.
    """

    start: int
    end: int
    record: TokenRecord


class _Known(NamedTuple):
    """What is known of a text that is put aside."""

    table: TokenTable
    source: Hashable
    forgotten: int


class TokenSpans:
    """All tokens of a manuscript whose record is known, in order, none upon another.

    Attributes:
        changed: Announces `(first, removed, added)`: of the spans from `first` on, `removed` gave
            way to `added`, and all behind these may have moved.
        version: Another number after each such change.
        source: Whose tokens are shown, such as a model; see `set_source`.
    """

    def __init__(self, manuscript: Manuscript) -> None:
        self.changed: EventEmitter[[int, int, int]] = EventEmitter()
        self.version = 0
        self.source: Hashable = None
        self._manuscript = manuscript
        self._table = TokenTable()
        self._spans: tuple[int, list[TokenSpan]] = (-1, [])
        self._take: TakeTokens | None = None
        self._is_gone: Callable[[TokenRecord], bool] = lambda _record: False
        self._forgotten = 0
        """How often tokens were taken away."""
        self._left: int | None = None
        """How many spans the text had that was put aside just now; None where none was."""
        manuscript.putting_aside.connect(self._on_putting_aside)
        manuscript.taking_up.connect(self._on_taking_up)
        manuscript.changed.connect(self._on_text_changed)
        manuscript.remarked.connect(self._on_remarked)
        manuscript.state_changed.connect(self._on_state_changed)

    def __len__(self) -> int:
        return len(self._table)

    @property
    def all(self) -> list[TokenSpan]:
        """Every span, in order. Not to be written to."""
        if self._spans[0] != self.version:
            self._spans = (self.version, self._listed(0, len(self)))
        return self._spans[1]

    @property
    def records(self) -> Sequence[TokenRecord]:
        """What is kept of each token, aligned with `starts` and `ends`. Not to be written to."""
        return self._table.records

    @property
    def starts(self) -> NDArray[np.int64]:
        """Where each span begins. A view, true until the next change; not to be written to."""
        return self._table.starts

    @property
    def ends(self) -> NDArray[np.int64]:
        """Where each span ends: see `starts`."""
        return self._table.ends

    def at(self, position: int) -> TokenSpan | None:
        """The span that holds the character behind a position."""
        row = self._table.first_ending_after(position)
        found = self._listed(row, row + 1)
        return found[0] if found and found[0].start <= position else None

    def between(self, start: int, end: int) -> list[TokenSpan]:
        """The spans that hold a character of a range, and the empty ones that share one.

        Args:
            start: The first code point.
            end: The one behind the last.
        """
        low = self._table.first_ending_after(start)
        high = self._table.first_starting_from(end)
        return self._listed(*self._table.whole(low, high)) if low < high else []

    def before(self, position: int, count: int) -> list[TokenSpan]:
        """The last `count` spans that end at a position or before it, in order.

        Args:
            position: In code points.
            count: How many at most.
        """
        high = self._table.first_ending_after(position)
        return self._listed(max(0, high - count), high)

    def after(self, position: int, count: int) -> list[TokenSpan]:
        """The first `count` spans that begin at a position or behind it, in order.

        Args:
            position: In code points.
            count: How many at most.
        """
        low = self._table.first_starting_from(position)
        return self._listed(low, min(low + count, len(self)))

    def beside(self, span: TokenSpan, step: int) -> TokenSpan | None:
        """The span before one (-1) or behind it (+1) that has characters; None at the ends.

        Args:
            span: One of these, that has characters.
            step: -1 or +1.
        """
        starts, ends = self.starts, self.ends
        row = self._table.first_ending_after(span.start if step < 0 else span.end)
        row += min(step, 0)
        while 0 <= row < len(self) and starts[row] == ends[row]:
            row += step
        return self._listed(row, row + 1)[0] if 0 <= row < len(self) else None

    def set_source(self, source: Hashable) -> None:
        """Show the tokens of another source, and take those to come for its own.

        Those of the source before stay marked in the text, and are there again when it is.
        """
        if source == self.source:
            return
        self.source = source
        removed = len(self)
        found = self._shown(0, len(self._manuscript))
        if removed or found:
            self._emit(0, removed, self._table.replace(0, removed, found))

    def fill(
        self,
        start: int,
        records: Iterable[TokenRecord],
        text: FollowedText | None = None,
        over: tuple[int, int] = (0, 0),
    ) -> int:
        """Place tokens that spell the text from `start` on, wherever no span is yet.

        Args:
            start: In code points: where the first token begins.
            records: Tokens in order, the first and the last of them at a character's boundary.
            text: The text that they spell and that `start` is of; by default it is the present one.
            over: The range of the present text in which they take the place of the spans there.

        Returns:
            How many groups of tokens were placed. One that is not what stands there, or that
            another span touches, is left out.
        """
        placed = 0
        for group in grouped(characters_of(records), self.source):
            end = start + len(group.text)
            now = start if text is None else text.where(start, end)
            placed += now is not None and self._place(now, group, over)
            start = end
        return placed

    def forget(self, is_gone: Callable[[TokenRecord], bool]) -> int:
        """Take the tokens away whose record says nothing any more: their text is without one.

        What of them stands in undo or in takes stays away too when it comes back.

        Returns:
            How many.
        """
        self._is_gone = is_gone
        self._forgotten += 1
        table = self._table
        gone = 0
        high = len(table)
        while high > 0:
            low = high
            while low > 0 and self._has_gone(table.groups[low - 1]):
                low -= 1
            if low < high:
                self._manuscript.mark(int(table.starts[low]), int(table.ends[high - 1]), None)
                self._emit(low, high - low, table.replace(low, high, []))
                gone += high - low
            high = low - 1
        return gone

    def _has_gone(self, group: TokenGroup) -> bool:
        return any(map(self._is_gone, group.records))

    def _place(self, start: int, group: TokenGroup, over: tuple[int, int]) -> bool:
        end = start + len(group.text)
        if start < 0 or self._manuscript.part(start, end) != group.text:
            return False
        table = self._table
        low, high = table.first_ending_after(start), table.first_starting_from(end)
        if low < high:
            low, high = table.whole(low, high)
            if min(start, int(table.starts[low])) < over[0] or end > over[1]:
                return False
        self._manuscript.mark(start, end, group)
        self._emit(low, high - low, table.replace(low, high, [(start, group)]))
        return True

    def _listed(self, low: int, high: int) -> list[TokenSpan]:
        table = self._table
        return [
            TokenSpan(start, end, record)
            for start, end, record in zip(
                table.starts[low:high].tolist(),
                table.ends[low:high].tolist(),
                table.records[low:high],
                strict=True,
            )
        ]

    def _on_putting_aside(self, content: ManuscriptContent) -> None:
        content.known[self] = _Known(self._table, self.source, self._forgotten)

    def _on_taking_up(self, content: ManuscriptContent) -> None:
        self._left = len(self._table)
        known = content.known.pop(self, None)
        is_true = isinstance(known, _Known) and known[1:] == (self.source, self._forgotten)
        self._table = known.table if isinstance(known, _Known) and is_true else TokenTable()

    def _on_text_changed(self, position: int, removed: int, inserted: str, _origins: bytes) -> None:
        table = self._table
        if self._left is not None:
            left, self._left = self._left, None
            if not len(table):
                table.replace(0, 0, self._standing(0, len(inserted)))
            self._emit(0, left, len(table))
            return
        low = table.first_ending_after(position)
        high = max(low, table.first_starting_from(position + removed))
        low, high = table.whole(low, high)
        found = self._standing(position, position + len(inserted))
        table.shift(high, len(inserted) - removed)
        added = table.replace(low, high, found)
        if low < len(table) or high > low:
            self._emit(low, high - low, added)

    def _on_remarked(self, start: int, end: int) -> None:
        table = self._table
        low = table.first_ending_after(start)
        high = max(low, table.first_starting_from(end))
        low, high = table.whole(low, high)
        found = self._shown(self._joined(start, -1), self._joined(end, +1))
        self._emit(low, high - low, table.replace(low, high, found))

    def _standing(self, start: int, end: int) -> list[tuple[int, TokenGroup]]:
        """The whole groups in text that has just come, and across its edges."""
        manuscript = self._manuscript
        # A group that stands across an edge has a character of this text; or where none came, one
        # on either side of the seam.
        at_seam = start == end
        marks = (
            mark
            for low, high in manuscript.marked(
                max(0, start - at_seam), min(end + at_seam, len(manuscript))
            )
            for mark in manuscript.marks(low, high)
        )
        if not any(mark is not None for mark in marks):
            return []
        return self._shown(self._joined(start, -1), self._joined(end, +1))

    def _shown(self, start: int, end: int) -> list[tuple[int, TokenGroup]]:
        """The whole groups of a range that are of the present source, or of none."""
        manuscript = self._manuscript
        return [
            (low + offset, group)
            for low, high in manuscript.marked(start, end)
            for offset, group in whole_groups(
                manuscript.part(low, high), manuscript.marks(low, high)
            )
            if group.source in (None, self.source) and not self._has_gone(group)
        ]

    def _joined(self, seam: int, step: int) -> int:
        """The end, on one side, of a group that stands across a seam; the seam, if there is none.

        Args:
            seam: Between two code points.
            step: -1 looks to the left, +1 to the right.
        """
        if not 0 < seam < len(self._manuscript):
            return seam
        left, right = self._manuscript.marks(seam - 1, seam + 1)
        if not isinstance(left, TokenGroup) or left is not right:
            return seam
        # No further than the group can reach.
        if step < 0:
            marks = self._manuscript.marks(max(0, seam - len(left.text)), seam)
            return seam - next(
                (i for i, m in enumerate(reversed(marks)) if m is not left), len(marks)
            )
        marks = self._manuscript.marks(seam, seam + len(left.text))
        return seam + next((i for i, m in enumerate(marks) if m is not left), len(marks))

    def _on_state_changed(self) -> None:
        growing = self._manuscript.growing
        if self._take is not None:
            if self._take.is_in_text:  # not where one that was written beside it came instead
                self._place_all(self._take.standing(self._manuscript.part))
            if self._take.take is not growing:
                self._take = None
        if growing is not None and self._take is None:
            take_set = self._manuscript.growing_take_set
            assert take_set is not None, "the growing take is in a set"
            self._take = TakeTokens(growing, take_set, self.source)
            self._place_all(self._take.standing(self._manuscript.part))

    def _place_all(self, groups: Sequence[tuple[int, TokenGroup]]) -> None:
        """Place groups that stand side by side; the first may stand there already, but shorter."""
        if not groups:
            return
        start, first = groups[0]
        # At once for all: in a frame some dozens come.
        self._manuscript.mark_each(
            start, [group for _, group in groups for _ in range(len(group.text))]
        )
        low = high = self._table.first_ending_after(start)
        while high < len(self) and self._table.groups[high] is first:
            high += 1
        self._emit(low, high - low, self._table.replace(low, high, groups))

    def _emit(self, first: int, removed: int, added: int) -> None:
        self.version += 1
        self.changed(first, removed, added)

"""What of a text is still to be scored: first what is on the screen, then the rest from the top.

It follows the text while it is edited.
"""

from collections.abc import Iterable

import numpy as np

from studio.manuscript import Manuscript, TokenSpans

TextRange = tuple[int, int]
"""Start and end of a part of the text, in code points."""


class ScoringPlan:
    """The stretches that had no records when this was made, until they are read or gone.

    Args:
        manuscript: The text.
        spans: What has records.
        seen: The part that is to come first; an empty one for none.
        again: A part that has records and is to be read again, that alone; None for none.
        within: A part outside of which nothing is to be read; None for the whole text.

    Attributes:
        is_again: Whether there is such a part.
    """

    def __init__(
        self,
        manuscript: Manuscript,
        spans: TokenSpans,
        seen: TextRange = (0, 0),
        again: TextRange | None = None,
        within: TextRange | None = None,
    ) -> None:
        self._manuscript = manuscript
        self.is_again = again is not None
        gaps = [again] if again else gaps_between(spans, within or (0, len(manuscript)))
        self._stretches = [[*gap] for gap in _seen_first(gaps, seen)]
        # All words of a long text have been counted before, in pieces.
        is_part = len(spans) or again or within
        counted = None if is_part else manuscript.words(len(manuscript))
        self.words = counted.total if counted else sum(map(self._words_in, self._stretches))
        """How many words there were to read."""
        self._done = self._under_way = 0
        self._disconnect = manuscript.changed.connect(self._on_text_changed)

    def close(self) -> None:
        """Stop following the text."""
        self._disconnect()

    @property
    def done(self) -> int:
        """How many words have been read."""
        return min(self.words, self._done + self._under_way)

    @property
    def next(self) -> TextRange | None:
        """The stretch to read now; None where nothing is left."""
        return (self._stretches[0][0], self._stretches[0][1]) if self._stretches else None

    def reached(self, position: int) -> None:
        """Note that the next stretch has been read up to a position."""
        if self._stretches:
            stretch = self._stretches[0]
            end = max(stretch[0], min(position, stretch[1]))
            self._done += self._words_in([stretch[0], end])
            self._under_way = 0
            stretch[0] = end
            self._drop_empty()

    def reads(self, position: int) -> None:
        """Note that the next stretch is being read, and has been up to a position."""
        if self._stretches:
            self._under_way = self._words_in([self._stretches[0][0], position])

    def skip(self) -> None:
        """Give up the rest of the next stretch: it cannot be read."""
        del self._stretches[:1]

    def _words_in(self, stretch: list[int]) -> int:
        return len(self._manuscript.part(stretch[0], stretch[1]).split())

    def _drop_empty(self) -> None:
        self._stretches = [stretch for stretch in self._stretches if stretch[0] < stretch[1]]

    def _on_text_changed(self, position: int, removed: int, inserted: str, _origins: bytes) -> None:
        behind = position + removed
        for stretch in self._stretches:
            for side in (0, 1):
                if stretch[side] >= behind:
                    stretch[side] += len(inserted) - removed
                elif stretch[side] > position:
                    stretch[side] = position + len(inserted)  # it was within what went
        self._drop_empty()


def gaps_between(spans: TokenSpans, within: TextRange) -> list[TextRange]:
    """The stretches of a part of the text that no span covers.

    Args:
        spans: What has records.
        within: The part.
    """
    found, (reached, last) = list[TextRange](), within
    low, high = np.searchsorted(spans.ends, reached, "right"), np.searchsorted(spans.starts, last)
    for start, end in zip(
        spans.starts[low:high].tolist(), spans.ends[low:high].tolist(), strict=True
    ):
        if start > reached:
            found.append((reached, start))
        reached = max(reached, end)
    return [*found, (reached, last)] if reached < last else found


def _seen_first(gaps: Iterable[TextRange], seen: TextRange) -> list[TextRange]:
    first, rest = list[TextRange](), list[TextRange]()
    for start, end in gaps:
        low, high = max(start, seen[0]), min(end, seen[1])
        if low >= high:
            rest.append((start, end))
            continue
        first.append((low, high))
        rest += [part for part in ((start, low), (high, end)) if part[0] < part[1]]
    return first + rest

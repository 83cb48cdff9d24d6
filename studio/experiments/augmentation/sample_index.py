"""Where each sample of an augmentation stands in its journal, and which are rows: 20 bytes each."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from studio.sampling.tails.tail_stack import with_room

_NO_ROW = -1
_SAMPLE = np.dtype([("prompt", "i4"), ("number", "i4"), ("text", "i4"), ("place", "i8")])


class SampleIndex:
    """All samples in the order in which they came. Another thread may read it meanwhile.

    Attributes:
        rows: How many of them are rows.
    """

    def __init__(self) -> None:
        self.rows = 0
        self._size = 0
        self._samples = np.zeros(0, dtype=_SAMPLE)

    def add(self, prompt: int, number: int, place: int) -> int:
        """Take another sample, which is no row.

        Args:
            prompt: Its prompt.
            number: Which of that prompt's samples it is.
            place: Where it stands in the journal.

        Returns:
            Its number among all, for the other methods.
        """
        self._samples = with_room(self._samples, self._size + 1)
        self._samples[self._size] = prompt, number, _NO_ROW, place
        self._size += 1
        return self._size - 1

    def find(self, prompt: int, number: int) -> int | None:
        """A prompt's sample, by its number among all; None where it is not there.

        Args:
            prompt: The prompt.
            number: Which of its samples.
        """
        known = self._samples[: self._size]
        found = np.flatnonzero((known["prompt"] == prompt) & (known["number"] == number))
        return int(found[0]) if found.size else None

    def place(self, sample: int) -> int:
        """Where a sample stands in the journal."""
        return int(self._samples["place"][sample])

    def is_row(self, sample: int) -> bool:
        """Whether a sample is a row."""
        return bool(self._samples["text"][sample] != _NO_ROW)

    def make_row(self, sample: int, text: int) -> None:
        """Have a sample that is none be a row.

        Args:
            sample: The sample.
            text: Its number among the texts of rows.
        """
        self._samples["text"][sample] = text
        self.rows += 1

    def make_none(self, sample: int) -> None:
        """Have a row be none."""
        self._samples["text"][sample] = _NO_ROW
        self.rows -= 1

    def ordered_rows(self) -> Iterator[tuple[int, int, int, int]]:
        """Prompt, number, text and place of each row, by prompt and number."""
        known = self._samples[: self._size]
        rows = known[known["text"] != _NO_ROW]
        for row in np.sort(rows, order=("prompt", "number")):
            prompt, number, text, place = row.item()
            yield prompt, number, text, place

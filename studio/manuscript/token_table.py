"""The table behind `TokenSpans`: where each token stands, in arrays that are quick to shift."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from studio.manuscript.token_groups import TokenGroup
from studio.token_record import TokenRecord

_ROOM = 256
_START, _END = 0, 1


class TokenTable:
    """Rows of (start, end, record, group) in the order of the text.

    Neither starts nor ends ever fall from one row to the next, so both can be searched.
    """

    def __init__(self) -> None:
        self._places = np.zeros((2, _ROOM), dtype=np.int64)
        self.records: list[TokenRecord] = []
        self.groups: list[TokenGroup] = []

    def __len__(self) -> int:
        return len(self.records)

    @property
    def starts(self) -> NDArray[np.int64]:
        """Where each token begins, in code points: a view."""
        return self._places[_START, : len(self)]

    @property
    def ends(self) -> NDArray[np.int64]:
        """Where each token ends: a view."""
        return self._places[_END, : len(self)]

    def first_ending_after(self, position: int) -> int:
        """The first row whose token ends behind `position`."""
        return int(self.ends.searchsorted(position, side="right"))

    def first_starting_from(self, position: int) -> int:
        """The first row whose token begins at `position` or behind it."""
        return int(self.starts.searchsorted(position, side="left"))

    def whole(self, low: int, high: int) -> tuple[int, int]:
        """The rows `low` to `high`, with those that share a group with one of them.

        Args:
            low: The first row.
            high: The row behind the last.
        """
        if low < high:
            while low > 0 and self.groups[low - 1] is self.groups[low]:
                low -= 1
            while high < len(self) and self.groups[high] is self.groups[high - 1]:
                high += 1
        return low, high

    def shift(self, row: int, by: int) -> None:
        """Move all tokens from `row` on.

        Args:
            row: The first that moves.
            by: How many code points further.
        """
        if by:
            self._places[:, row : len(self)] += by

    def replace(self, low: int, high: int, groups: Sequence[tuple[int, TokenGroup]]) -> int:
        """Put groups, each with its start, in place of the rows `low` to `high`.

        Args:
            low: The first row.
            high: The row behind the last.
            groups: Each group with its start, in code points.

        Returns:
            How many rows that made.
        """
        places = [
            (start if index == 0 else start + len(group.text), start + len(group.text))
            for start, group in groups
            for index in range(len(group.records))
        ]
        old, new = len(self), len(self) - (high - low) + len(places)
        if new > self._places.shape[1]:
            grown = np.zeros((2, 2 * new), dtype=np.int64)
            grown[:, :old] = self._places[:, :old]
            self._places = grown
        if high < old and new != old:
            self._places[:, low + len(places) : new] = self._places[:, high:old].copy()
        if places:
            self._places[:, low : low + len(places)] = np.transpose(places)
        self.records[low:high] = [record for _, group in groups for record in group.records]
        self.groups[low:high] = [group for _, group in groups for _ in group.records]
        return len(places)

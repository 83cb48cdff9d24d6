"""Where the characters of a text as it once was stand now.

For answers that come late: what was asked about may have moved meanwhile, or be gone.
"""

from __future__ import annotations

import numpy as np

from studio.manuscript.manuscript import Manuscript

_GONE = -1


class FollowedText:
    """A part of the manuscript's text at the moment this is made, followed until `close`.

    Args:
        manuscript: The text.
        start: Where the part begins, in code points.
        end: One past its last; None for the text's end.
    """

    def __init__(self, manuscript: Manuscript, start: int = 0, end: int | None = None) -> None:
        end = len(manuscript) if end is None else end
        self._places = np.arange(start, end, dtype=np.int64)
        self._disconnect = manuscript.changed.connect(self._on_text_changed)

    def close(self) -> None:
        """Follow no longer."""
        self._disconnect()

    def where(self, start: int, end: int) -> int | None:
        """Where a range of the old text, counted from the part's beginning, begins now.

        Args:
            start: The first code point.
            end: The one behind the last.

        Returns:
            None where a character of it is gone, or another stands between them.
        """
        if not 0 <= start < end <= self._places.size:
            return None
        places = self._places[start:end]
        first, last = int(places[0]), int(places[-1])
        return first if places.min() >= 0 and last - first == end - start - 1 else None

    def behind(self, position: int) -> int | None:
        """Where what stands behind the first `position` characters of the old text begins now.

        Returns:
            None where all of these are gone.
        """
        alive = self._places[:position]
        alive = alive[alive >= 0]
        return int(alive[-1]) + 1 if alive.size else None

    def _on_text_changed(self, position: int, removed: int, inserted: str, _origins: bytes) -> None:
        places = self._places
        places[(places >= position) & (places < position + removed)] = _GONE
        places[places >= position + removed] += len(inserted) - removed

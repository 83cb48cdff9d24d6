"""The store of unpacked sketches that bars, word panel, heat and landscape read.

Each record's sketch is unpacked once, by whoever looks at it first, and stays for the others.
"""

from __future__ import annotations

import weakref

from studio.memory_budgets import UNPACKED_SKETCHES
from studio.sampling import LogitSketch, SketchError, SketchStack
from studio.token_record import TokenRecord


class SketchStore:
    """Keeps those looked at last.

    Args:
        most: How many.
    """

    def __init__(self, most: int = UNPACKED_SKETCHES) -> None:
        self._most = most
        self._kept: dict[int, tuple[weakref.ref[TokenRecord], LogitSketch]] = {}
        """By the record's identity, the one looked at last at the end."""

    def of(self, record: TokenRecord) -> LogitSketch | None:
        """Return a record's sketch; None where it has none, or that cannot be read."""
        if not record.sketch:
            return None
        kept = self._kept.pop(id(record), None)
        # The identity may have been that of another, which is gone.
        if kept is None or kept[0]() is not record:
            try:
                kept = weakref.ref(record), LogitSketch.from_bytes(record.sketch)
            except SketchError:
                return None
            if len(self._kept) >= self._most:
                del self._kept[next(iter(self._kept))]
        self._kept[id(record)] = kept
        return kept[1]

    def put(self, record: TokenRecord, *stacks: SketchStack) -> LogitSketch | None:
        """Put a record's sketch on stacks; where it cannot be read, a row without a rank.

        Args:
            record: The token that stands there.
            stacks: What it is put on.

        Returns:
            The sketch, where it was read and knows the token.
        """
        sketch = self.of(record)
        try:
            for stack in stacks:
                stack.append(sketch or UNREADABLE, record.id if sketch else None)
        except ValueError:  # it knows nothing of this token: the first stack has refused it
            sketch = None
            for stack in stacks:
                stack.append(UNREADABLE)
        return sketch


UNREADABLE = LogitSketch.of([0.0])
"""Stands where a sketch cannot be read."""

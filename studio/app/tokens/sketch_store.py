"""The store of unpacked sketches that bars, word panel, heat and landscape read.

Each record's sketch is unpacked once, by whoever looks at it first, and stays for the others.
"""

from __future__ import annotations

import weakref

from studio.memory_budgets import UNPACKED_SKETCHES
from studio.sampling import LogitSketch, SketchError, SketchStack
from studio.token_record import TokenRecord


class SketchStore:
    """Keeps the unpacked sketches that were used last.

    Args:
        most: How many.
    """

    def __init__(self, most: int = UNPACKED_SKETCHES) -> None:
        self._most = most
        self._kept: dict[int, tuple[weakref.ref[TokenRecord], LogitSketch]] = {}
        """Sketches by the identity of their records; the one used last is at the end."""

    def of(self, record: TokenRecord) -> LogitSketch | None:
        """Return a record's sketch; None where it has none or it cannot be read."""
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
        """Add a record's sketch to stacks; where it cannot be read, a row without a rank.

        Args:
            record: The recorded token.
            stacks: The stacks that it is added to.

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
"""In place of a sketch that cannot be read."""

"""Bounds the memory of recorded distributions: the oldest are forgotten.

A token whose distribution is forgotten keeps its place in takes and undo, but no longer knows the
alternatives to it.
"""

from __future__ import annotations

import weakref

import msgspec

from studio.memory_budgets import SKETCHES
from studio.token_record import TokenRecord

_AFTERWARDS = 0.75
"""The share of the budget that stays in use when room is made, so that this happens seldom."""


class _Followed(weakref.ref[TokenRecord]):
    """A record that is kept somewhere.

    Attributes:
        key: Its identity.
        size: The bytes of its sketch.
    """

    __slots__ = ("key", "size")

    key: int
    size: int


class SketchBudget:
    """Follows records for as long as they are kept elsewhere.

    Args:
        most: The most bytes of all their sketches.
    """

    def __init__(self, most: int = SKETCHES) -> None:
        self._most = most
        self._followed: dict[int, _Followed] = {}
        """The records by identity, the oldest first."""
        self._size = 0
        self._on_gone = self._let_go

    def follow(self, record: TokenRecord) -> None:
        """Count a record, once, if it has a sketch."""
        key = id(record)
        if record.sketch and key not in self._followed:
            followed = _Followed(record, self._on_gone)
            followed.key, followed.size = key, len(record.sketch)
            self._followed[key] = followed
            self._size += followed.size

    def make_room(self) -> bool:
        """Forget the oldest sketches if there are too many; returns whether any was forgotten."""
        if self._size <= self._most:
            return False
        for followed in list(self._followed.values()):
            if self._size <= _AFTERWARDS * self._most:
                break
            record = followed()
            if record is not None:
                self._let_go(followed)
                # All who keep it keep this one object: there is no other way to reach them.
                msgspec.structs.force_setattr(record, "sketch", b"")
        return True

    def _let_go(self, followed: weakref.ref[TokenRecord]) -> None:
        assert isinstance(followed, _Followed), "it follows with no others"
        # One that was forgotten is let go already.
        if self._followed.get(followed.key) is followed:
            del self._followed[followed.key]
            self._size -= followed.size

"""Bounds what the distributions of recorded tokens take: the oldest are forgotten.

A token that is forgotten keeps its place in takes and undo, but not what stood there beside it.
Knows tokens and nothing of texts; who shows them is reported.
"""

from __future__ import annotations

import weakref

import msgspec

from studio.memory_budgets import SKETCHES
from studio.token_record import TokenRecord

_AFTERWARDS = 0.75
"""Of the budget is full when room was made: it is not made anew at each token."""


class _Followed(weakref.ref[TokenRecord]):
    """A record that somebody keeps.

    Attributes:
        key: Its identity.
        size: Bytes of its sketch.
    """

    __slots__ = ("key", "size")

    key: int
    size: int


class SketchBudget:
    """Follows records for as long as somebody else keeps them.

    Args:
        most: Bytes of all their sketches.
    """

    def __init__(self, most: int = SKETCHES) -> None:
        self._most = most
        self._followed: dict[int, _Followed] = {}
        """By their identities, the oldest first."""
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
        """Forget the oldest sketches where there are too many; returns whether any was."""
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

"""Bounds what the distributions of written and scored tokens take: the oldest are forgotten.

A token that is forgotten keeps its place in takes and undo, but not what stood there beside it.
"""

import weakref
from collections import deque

import msgspec

from studio.memory_budgets import SKETCHES
from studio.token_record import TokenRecord

_AFTERWARDS = 0.75
"""Of the budget is full when room was made: it is not made anew at each token."""


class SketchBudget:
    """Follows the tokens that it is given for as long as somebody else keeps them.

    Args:
        most: Bytes of all their sketches.
    """

    def __init__(self, most: int = SKETCHES) -> None:
        self._most = most
        self._kept: deque[weakref.ref[TokenRecord]] = deque()
        self._size = 0
        """Of the sketches of all, also of those that nobody keeps any more."""

    def add(self, token: TokenRecord) -> bool:
        """Follow a token; whether others were forgotten for it."""
        self._kept.append(weakref.ref(token))
        self._size += len(token.sketch)
        return self._size > self._most and self._make_room()

    def _make_room(self) -> bool:
        alive = [token for kept in self._kept if (token := kept()) is not None]
        self._kept = deque(map(weakref.ref, alive))
        self._size = sum(len(token.sketch) for token in alive)
        if self._size <= self._most:
            return False
        for token in alive:
            if self._size <= _AFTERWARDS * self._most:
                break
            self._size -= len(token.sketch)
            self._kept.popleft()
            # All who keep the token keep this one object: there is no other way to reach them.
            msgspec.structs.force_setattr(token, "sketch", b"")
        return True

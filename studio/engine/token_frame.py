"""Tokens on their way out, a screen's frame of them at a time.

Each message wakes the window's process, which takes a core away from llama.cpp's threads. Nobody
sees the difference: the window draws no more often than this. A token waits at most for the next
one.

Knows nothing of how tokens are chosen or sent.
"""

import time
from collections.abc import Callable, Sequence

from studio.engine.messages import AnyEvent, Token

FRAME_SECONDS = 1 / 30


class TokenFrame:
    """Collects tokens and hands them on together."""

    def __init__(self, emit_together: Callable[[Sequence[AnyEvent]], None]) -> None:
        self._emit_together = emit_together
        self._waiting: list[Token] = []
        self._told_at = 0.0

    def add(self, token: Token) -> None:
        """Take a token; hand on all that wait when the frame is over."""
        self._waiting.append(token)
        if time.perf_counter() - self._told_at >= FRAME_SECONDS:
            self.tell()

    def tell(self) -> None:
        """Hand on what waits."""
        if self._waiting:
            waiting, self._waiting = self._waiting, []
            self._emit_together(waiting)
            self._told_at = time.perf_counter()

"""Asking again where a server is busy or away for a moment, later each time."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeVar

from studio.engine.server.asking import ErrorKind, ServerError

T = TypeVar("T")

TRIES = 6
BUSY: frozenset[ErrorKind] = frozenset({"busy"})
"""Where somebody waits, who had better know of anything else at once."""
FIRST, LONGEST = 0.5, 30.0
"""Seconds before the first time, and at most, where the server names none."""


def asked_again(
    ask: Callable[[], T],
    wait: Callable[[float], bool],
    retrying: Callable[[ServerError, float], object] = lambda _error, _seconds: None,
    tries: int = TRIES,
    only: Collection[ErrorKind] | None = None,
) -> T:
    """What a question brings, asked again while it fails for a reason that passes.

    Args:
        ask: The question.
        wait: Lets so many seconds pass; returns whether it was stopped meanwhile.
        retrying: Is given each such reason, and how long it waits.
        tries: How often it is asked at most.
        only: The reasons that count as passing; None for all that may.

    Raises:
        ServerError: It fails for another reason, or again and again.
    """
    seconds = FIRST
    for left in reversed(range(tries)):
        try:
            return ask()
        except ServerError as error:
            passes = error.passes if only is None else error.kind in only
            if not (passes and left):
                raise
            pause = seconds if error.wait is None else error.wait
            retrying(error, pause)
            if wait(pause):
                raise
            seconds = min(2 * seconds, LONGEST)
    raise AssertionError(tries)

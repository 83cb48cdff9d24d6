"""How many threads evaluate the next token, when other programs want the cores too.

llama.cpp's threads wait for one another several hundred times a token, by spinning. Where another
program takes a core, the thread that should have had it is waited for each time: measured on two
cores beside a compiler, 128 tokens took 15 to 70 seconds in place of one. One thread fewer leaves
that core alone, and is as fast as its share of the machine allows. The results are the same to the
bit whatever the number of threads.
"""

import time
from collections.abc import Callable

_SLOW = 2.5
"""Times the usual; a longer context or a busier memory alone do not reach it at once."""
_STRIKES = 3
"""Slow tokens in a row before a thread gives way; one alone is an accident."""
_SHORTEST_REST, _LONGEST_REST = 1.0, 16.0
"""Seconds until all threads are tried again. Each try that fails costs a slow token."""
_DRIFT = 1.01
"""The usual may rise by this from token to token, as a context grows."""


class Pace:
    """Chooses between all threads and one fewer, by how long tokens take.

    Args:
        threads: all that may be used.
        clock: seconds that only rise; for tests.
    """

    def __init__(self, threads: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._all = threads
        self._clock = clock
        self._usual: float | None = None
        self._strikes = 0
        self._rest = _SHORTEST_REST
        self._resting_until: float | None = None

    def threads(self) -> int:
        """How many threads the next token should have."""
        if self._resting_until is None:
            return self._all
        if self._clock() < self._resting_until:
            return self._all - 1
        # A try with all of them: one slow token more, and the rest is longer.
        self._resting_until = None
        self._strikes = _STRIKES - 1
        return self._all

    def add(self, seconds: float) -> None:
        """Learn how long the token took that was evaluated with `threads()`."""
        if self._all == 1 or self._resting_until is not None:
            return
        if self._usual is None or seconds <= self._usual * _SLOW:
            usual = seconds if self._usual is None else self._usual * _DRIFT
            self._usual = min(seconds, usual)
            self._strikes = 0
            self._rest = _SHORTEST_REST
            return
        self._strikes += 1
        if self._strikes >= _STRIKES:
            self._resting_until = self._clock() + self._rest
            self._rest = min(2 * self._rest, _LONGEST_REST)

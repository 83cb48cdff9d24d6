"""A share of a processor's time for work that is welcome but not owed.

After each piece of work a rest is due, the longer the more the work cost: what is dear is done
seldom, what is cheap often. No timer runs.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_SHARE = 0.04
"""Of a core: less than a model that writes on the same cores would be slowed by to be noticed."""


class Allowance:
    """Whether such work may be done now.

    Args:
        now: The clock, in seconds.
    """

    def __init__(self, now: Callable[[], float] = time.perf_counter) -> None:
        self._now = now
        self._from = 0.0

    @property
    def is_there(self) -> bool:
        """Whether the rest after the last piece of work is over."""
        return self._now() >= self._from

    @contextmanager
    def spend(self) -> Iterator[None]:
        """Do a piece of work, and measure the rest that is due after it."""
        began = self._now()
        yield
        ended = self._now()
        self._from = ended + (ended - began) / _SHARE

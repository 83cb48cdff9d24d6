"""How many threads evaluate, where other programs want the cores too.

llama.cpp's threads wait for one another several hundred times a token, by spinning. Where another
program has a core, the thread that should have had it is waited for each time, for what is left of
that program's turn: measured on two cores beside two busy programs, a token took three seconds in
place of 8 ms. With a thread for each core that is free it takes what its share of the machine
allows. The results are the same to the bit whatever the number of threads.
"""

import os
import sys
import time
from collections.abc import Callable
from typing import Any

import psutil

_SHORTEST, _LONGEST = 0.2, 1.0
"""Seconds after which it is looked again: systems count in hundredths. While all cores are free it
is ever more rarely, for in the token loop a look runs cold and takes 0.2 ms."""
_GAP = 0.05
"""Seconds from the end of one evaluation to the next, beyond which nothing was evaluated."""
_MANY = 0.5
"""Cores that others have before one is lacking: windows are painted, too."""


def usable_processors() -> list[int]:
    """The numbers of the logical processors that this process may use."""
    if sys.platform == "linux":
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def _processor_seconds() -> tuple[float, float]:
    """What all processes have had of the usable processors, and what this one has had."""
    each = psutil.cpu_times(percpu=True)
    usable = [each[number] for number in usable_processors() if number < len(each)]
    return sum(map(_busy, usable)), time.process_time()


def _busy(processor: Any) -> float:  # its fields are the system's
    waited = processor.idle + getattr(processor, "iowait", 0.0)
    # A guest's are counted twice, as its own and as what it ran in.
    guests = getattr(processor, "guest", 0.0) + getattr(processor, "guest_nice", 0.0)
    return float(sum(processor) - waited - guests)


class FreeCores:
    """Chooses a number of threads by what other programs have of the processors.

    That is measured while this process evaluates. Of the time between two evaluations it is only
    taken that the others are gone: what they had then says nothing of now.

    Args:
        threads: All that may be used.
        cores: Logical processors that this process may use; None for what the system says.
        clock: Seconds that only rise; for tests, as what follows.
        processor_seconds: What all processes have had of those, and what this one has had.
    """

    def __init__(
        self,
        threads: int,
        cores: int | None = None,
        clock: Callable[[], float] = time.monotonic,
        processor_seconds: Callable[[], tuple[float, float]] = _processor_seconds,
    ) -> None:
        self._all = self._threads = threads
        self._cores = cores or len(usable_processors())
        self._clock = clock
        self._processor_seconds = processor_seconds
        self._every = _SHORTEST
        self._ended: float | None = None
        """When the last evaluation ended."""
        self._looked, self._used = clock(), processor_seconds()

    def threads(self) -> int:
        """How many threads the evaluation that begins now should have: at least one."""
        now = self._clock()
        if self._all > 1 and (self._ended is None or now - self._ended > _GAP):
            self._every = _SHORTEST
            is_first, found = self._ended is None, self._look(now)
            self._threads = found if is_first else max(found, self._threads)
        return self._threads

    def evaluated(self) -> None:
        """Learn what others had meanwhile, where it has lasted long enough."""
        self._ended = now = self._clock()
        if self._all > 1 and now - self._looked >= self._every:
            self._threads = self._look(now)
            is_quiet = self._threads == self._all
            self._every = min(2 * self._every, _LONGEST) if is_quiet else _SHORTEST

    def _look(self, now: float) -> int:
        """For how many threads there has been room since it was looked last, if that is known."""
        seconds, used = now - self._looked, self._processor_seconds()
        system, own = (new - old for new, old in zip(used, self._used, strict=True))
        self._looked, self._used = now, used
        if seconds < _SHORTEST:
            return self._threads
        others = (system - own) / seconds
        lacking = round(self._all + others - self._cores) if others > _MANY else 0
        return max(1, self._all - max(0, lacking))

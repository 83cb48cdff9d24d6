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

_SHORTEST = 0.2
"""Seconds after which it is looked again: systems count in hundredths."""
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
        self._looked, (self._system, self._own) = clock(), processor_seconds()

    def threads(self) -> int:
        """How many threads what is evaluated next should have: at least one."""
        if self._all == 1 or (seconds := self._clock() - self._looked) < _SHORTEST:
            return self._threads
        system, own = self._processor_seconds()
        others = ((system - self._system) - (own - self._own)) / seconds
        self._looked, self._system, self._own = self._looked + seconds, system, own
        lacking = round(self._all + others - self._cores) if others > _MANY else 0
        self._threads = max(1, self._all - max(0, lacking))
        return self._threads

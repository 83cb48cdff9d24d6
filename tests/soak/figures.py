"""What a process holds: memory, descriptors, threads, children. Looked at once a second."""

import threading
import time
from dataclasses import dataclass

import psutil

_EVERY = 1.0

MOST = {"fds": 80 + 64, "threads": 40, "children": 3}
"""Of a window's process. With two models and a template it has a third of 80; an offer to restore
holds a lock on each of up to 64 texts."""


@dataclass(frozen=True)
class Sample:
    """A window at one moment.

    Attributes:
        at: When, in seconds of the run.
        window: Which.
        mib: Resident memory.
        fds: Open descriptors.
        threads: Threads.
        children: Child processes, theirs too.
    """

    at: float
    window: int
    mib: float
    fds: int
    threads: int
    children: int


class Sampler(threading.Thread):
    """Looks at the windows that run until it is reported to stop."""

    def __init__(self) -> None:
        super().__init__(name="figures", daemon=True)
        self.samples: list[Sample] = []
        self._watched: dict[int, psutil.Process] = {}
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._begun = time.monotonic()

    def watch(self, number: int, process: psutil.Process) -> None:
        """Look at this one too."""
        with self._lock:
            self._watched[number] = process

    def stop(self) -> None:
        """Look no more."""
        self._over.set()
        self.join()

    def run(self) -> None:
        """In the thread."""
        while not self._over.wait(_EVERY):
            with self._lock:
                watched = list(self._watched.items())
            for number, process in watched:
                try:
                    sample = self._look(number, process)
                except psutil.Error:
                    with self._lock:
                        self._watched.pop(number, None)
                else:
                    self.samples.append(sample)

    def _look(self, number: int, process: psutil.Process) -> Sample:
        if process.status() == psutil.STATUS_ZOMBIE:
            raise psutil.NoSuchProcess(process.pid)
        return Sample(
            at=time.monotonic() - self._begun,
            window=number,
            mib=process.memory_info().rss / 2**20,
            fds=process.num_fds(),
            threads=process.num_threads(),
            children=len(process.children(recursive=True)),
        )


def too_much(samples: list[Sample]) -> list[str]:
    """What a window held more of than it may, each once."""
    found = []
    for name, most in MOST.items():
        worst = max(samples, key=lambda sample: getattr(sample, name), default=None)
        if worst is not None and getattr(worst, name) > most:
            held = getattr(worst, name)
            found.append(f"window {worst.window} had {held} {name} at {worst.at:.0f} s")
    return found

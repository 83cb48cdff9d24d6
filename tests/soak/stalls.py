"""Finds where the event loop stood still, and what stood in its way.

Runs in the window's process. A clock ticks in the event loop; a thread looks whether it does, and
writes down what the main thread is at where the next tick is late. (Not `faulthandler`'s thread: it
reads the stack while it changes, and has ended the process by that.)
"""

import os
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from types import FrameType
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer

LIMIT = 0.25
"""Seconds."""
_TICK_MS = 20
_LOOKS = 5
"""How often it is looked within the limit."""
_DEEPEST = 14
"""Calls of a stack that are reported, the innermost first."""


@dataclass(frozen=True)
class Stall:
    """The event loop did not turn.

    Attributes:
        seconds: For how long.
        waited: How much of it the thread could have run, and had no processor: others had it.
        stolen: How much of it this machine had no processor of the one that it is a guest of.
        cpu: How much of it the thread ran.
        faults: How many pages of the process had to be read from a disk meanwhile: the system had
            taken them away.
        stack: What it was at after the limit, and which threads waited for a disk then.
    """

    seconds: float
    waited: float
    stolen: float
    cpu: float
    faults: int
    stack: tuple[str, ...]

    @property
    def own(self) -> float:
        """Seconds that are this program's own."""
        return self.seconds - self.waited - self.stolen


def reported(stall: Mapping[str, Any]) -> str:
    """How long it was, and of what: of a `Stall` as it was sent."""
    return (
        f"{stall['seconds']:.2f} s, of which {stall['waited']:.2f} for a processor, "
        f"{stall['stolen']:.2f} stolen and {stall['cpu']:.2f} run, {stall['faults']} pages read,"
    )


class StallWatch(QObject):
    """Watches the thread that makes it.

    Args:
        parent: The Qt parent, if any.
        limit: Seconds; what is longer is found.
    """

    def __init__(self, parent: QObject | None = None, limit: float = LIMIT) -> None:
        super().__init__(parent)
        self._limit = limit
        self._found: list[Stall] = []
        self._main = threading.get_ident()
        self._schedule = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
        self._beat, self._waited, self._stolen, self._cpu, self._faults = self._now()
        self._stack: tuple[float, tuple[str, ...]] = (0.0, ())
        """What it was at, and since which tick."""
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._tick)
        QTimer.singleShot(0, self, self._begin)

    def _begin(self) -> None:
        """In the event loop's first turn: what is before it is a start, and may take its second."""
        self._beat, self._waited, self._stolen, self._cpu, self._faults = self._now()
        self._timer.start()
        threading.Thread(target=self._look, name="stalls", daemon=True).start()

    def take(self) -> list[dict[str, object]]:
        """Those found since the last call."""
        found, self._found = self._found, []
        return [asdict(stall) for stall in found]

    def _tick(self) -> None:
        now, waited, stolen, cpu, faults = self._now()
        gap = now - self._beat - _TICK_MS / 1000
        if gap > self._limit:
            since, stack = self._stack
            reported = stack if since == self._beat else ()
            lost = waited - self._waited, stolen - self._stolen
            pages = faults - self._faults
            self._found.append(Stall(gap, *lost, cpu - self._cpu, pages, reported))
        self._beat, self._waited, self._stolen, self._cpu = now, waited, stolen, cpu
        self._faults = faults

    def _look(self) -> None:
        """In a thread of its own."""
        while True:
            time.sleep(self._limit / _LOOKS)
            beat = self._beat
            if time.monotonic() - beat > self._limit and self._stack[0] != beat:
                # Nothing of it is kept: a frame keeps what is in it, a painter among it, alive.
                calls = _calls(sys._current_frames().get(self._main))
                self._stack = (beat, (*calls, *_waiting_for_the_disk()))

    def _now(self) -> tuple[float, float, float, float, int]:
        faults = getrusage(RUSAGE_SELF).ru_majflt
        return time.monotonic(), self._waited_now(), _stolen_now(), time.thread_time(), faults

    def _waited_now(self) -> float:
        try:
            return int(self._schedule.read_text().split()[1]) / 1e9
        except (OSError, IndexError):  # no Linux
            return 0.0


def _stolen_now() -> float:
    """Seconds, of all processors on average, that a virtual machine was not given: `man 5 proc`."""
    try:
        with Path("/proc/stat").open() as file:
            total = int(file.readline().split()[8])
    except (OSError, IndexError):  # no Linux
        return 0.0
    return total / os.sysconf("SC_CLK_TCK") / (os.cpu_count() or 1)


def _waiting_for_the_disk() -> Iterator[str]:
    """The threads of this process that wait for a disk now, and in what the kernel does so."""
    for task in Path("/proc/self/task").glob("*"):
        try:
            name, state = (task / "stat").read_text().rpartition(")")[::2]
            if state.split()[0] == "D":
                waits_in = (task / "wchan").read_text()
                yield f"thread {name.partition('(')[2]} waits for the disk in {waits_in}"
        except OSError:  # it is gone
            continue


def _calls(frame: FrameType | None) -> tuple[str, ...]:
    """What calls what, the innermost first."""
    calls: list[str] = []
    while frame is not None and len(calls) < _DEEPEST:
        calls.append(f"{frame.f_code.co_filename}:{frame.f_lineno} {frame.f_code.co_name}")
        frame = frame.f_back
    return tuple(calls)

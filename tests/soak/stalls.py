"""Finds where the event loop stood still, and what stood in its way.

Runs in the window's process. A clock ticks in the event loop; a thread of C, which needs no
Python, writes down what the main thread is at where the next tick is late.
"""

import faulthandler
import os
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer

LIMIT = 0.25
"""Seconds."""
_TICK_MS = 20
_DEEPEST = 14
"""Calls of a stack that are told, the innermost first."""
_MOST_BYTES = 1 << 16


@dataclass(frozen=True)
class Stall:
    """The event loop did not turn.

    Attributes:
        seconds: For how long.
        waited: How much of it the thread could have run, and had no processor: others had it.
        cpu: How much of it the thread ran.
        stack: What it was at after `LIMIT`.
    """

    seconds: float
    waited: float
    cpu: float
    stack: tuple[str, ...]

    @property
    def own(self) -> float:
        """Seconds that are this program's own."""
        return self.seconds - self.waited


class StallWatch(QObject):
    """Watches the thread that makes it.

    Args:
        parent: The Qt parent, if any.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._found: list[Stall] = []
        self._stack, path = tempfile.mkstemp()
        os.unlink(path)  # noqa: PTH108  # its descriptor is all that is needed
        self._schedule = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
        self._waited = self._waited_now()
        self._cpu = time.thread_time()
        self._beat = time.monotonic()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    def take(self) -> list[dict[str, object]]:
        """Those found since the last call."""
        found, self._found = self._found, []
        return [asdict(stall) for stall in found]

    def _tick(self) -> None:
        faulthandler.cancel_dump_traceback_later()
        now, waited, cpu = time.monotonic(), self._waited_now(), time.thread_time()
        gap = now - self._beat - _TICK_MS / 1000
        if gap > LIMIT:
            lines = os.pread(self._stack, _MOST_BYTES, 0).decode("utf-8", "replace").splitlines()
            self._found.append(
                Stall(gap, waited - self._waited, cpu - self._cpu, _main_thread(lines))
            )
        if os.lseek(self._stack, 0, os.SEEK_END):
            os.ftruncate(self._stack, 0)
            os.lseek(self._stack, 0, os.SEEK_SET)
        self._beat, self._waited, self._cpu = now, waited, cpu
        faulthandler.dump_traceback_later(LIMIT + _TICK_MS / 1000, file=self._stack)

    def _waited_now(self) -> float:
        try:
            return int(self._schedule.read_text().split()[1]) / 1e9
        except (OSError, IndexError):  # no Linux
            return 0.0


def _main_thread(lines: list[str]) -> tuple[str, ...]:
    """The innermost calls of the main thread, which is told last."""
    heads = [number for number, line in enumerate(lines) if "most recent call first" in line]
    calls = lines[heads[-1] + 1 :] if heads else []
    return tuple(call.strip() for call in calls if call.strip().startswith("File"))[:_DEEPEST]

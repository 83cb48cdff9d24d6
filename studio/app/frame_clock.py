"""At most one update a frame: requests that come faster are merged into the next one.

At rest no timer runs.
"""

import time
from collections.abc import Callable

from PySide6.QtCore import QElapsedTimer, QObject, Qt

from studio.app.timers import single_shot

FRAME_MS = 33
"""About 30 frames a second: smooth to read along, and an eighth of the work of a token each."""

_LARGEST_SHARE = 0.05
"""Of a core's time. The model writes on the same cores, and waits for those that the window takes:
where a frame is dear, on a slow machine or a large screen, there are fewer of them."""

_LONGEST = 4
"""Times as long as usual a frame may last: seven a second still look like motion."""


class FrameClock(QObject):
    """Calls `update` soon after `request`, and not more often than every `interval_ms`.

    Less often where that would take too much of a core. The first request after a rest is answered
    at once, so that a keystroke or a turn of a slider is seen without delay.

    Args:
        update: What is called.
        parent: The Qt parent, if any.
        interval_ms: The shortest time between two calls, in milliseconds.
    """

    def __init__(
        self,
        update: Callable[[], None],
        parent: QObject | None = None,
        interval_ms: int = FRAME_MS,
    ) -> None:
        super().__init__(parent)
        self._update = update
        self._interval = interval_ms
        self._shortest, self._longest = interval_ms, interval_ms * _LONGEST
        self._since_last = QElapsedTimer()
        self._processor_seconds = time.thread_time()
        self._timer = single_shot(self, self.flush)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)

    @property
    def is_settled(self) -> bool:
        """Whether nothing waits to be shown."""
        return not self._timer.isActive()

    def request(self) -> None:
        """Ask for an update."""
        if self._timer.isActive():
            return
        elapsed = self._since_last.elapsed() if self._since_last.isValid() else self._interval
        self._timer.start(max(0, self._interval - elapsed))

    def flush(self) -> None:
        """Update now, whether asked for or not."""
        self._timer.stop()
        self._interval = self._next_interval()
        self._since_last.start()
        self._update()

    def _next_interval(self) -> int:
        """Return how long the frame that begins now must last, by what the last one took."""
        now = time.thread_time()
        # All that the window's thread did in it, the painting above all.
        spent_ms = 1000 * (now - self._processor_seconds)
        self._processor_seconds = now
        if not self._since_last.isValid() or self._since_last.elapsed() > 2 * self._longest:
            return self._shortest  # there was a rest
        return min(max(self._shortest, round(spent_ms / _LARGEST_SHARE)), self._longest)

"""At most one update a frame: what arrives faster is collected until the next one.

Knows nothing of what is updated. At rest no timer runs.
"""

from collections.abc import Callable

from PySide6.QtCore import QElapsedTimer, QObject, Qt, QTimer

FRAME_MS = 33
"""About 30 frames a second: smooth to read along, and an eighth of the work of a token each."""


class FrameClock(QObject):
    """Calls `update` soon after `request`, and not more often than every `interval_ms`.

    The first request after a rest is answered at once, so that a key or a turn is seen without
    delay.
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
        self._since_last = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.flush)

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
        self._since_last.start()
        self._update()

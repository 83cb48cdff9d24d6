"""Work in another thread, whose answer comes to the window's: the window waits for no disk.

A pool of Qt's waits in its destructor until all is done, and so, on a drive that is gone, for ever:
the window could not be closed. Here nobody has to wait. At rest there is no thread, and no timer
runs.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

from studio.collector import CollectorPause
from studio.low_priority import lower_priority
from studio.progress import At

Result = TypeVar("Result")

_LOOK_MS = 20
_LONGEST_WAIT = 10.0
"""Seconds. A write takes hundredths of one; a drive that is gone never answers."""
_PATIENCE = 1.0
"""Seconds that cancelled work may go on until it is given up."""


class Background(QObject):
    """Does one thing after another, in the order in which they were asked for.

    Args:
        name: What its threads are called.
        parent: The Qt parent, if any. With it goes what waits for its turn, and every answer.
        gives_way: Whether others go first, where a thread can have a priority of its own.
    """

    changed = Signal()
    """The next thing is being done, or nothing any more."""
    progressed = Signal()
    """More of it is done."""

    def __init__(
        self, name: str, parent: QObject | None = None, *, gives_way: bool = False
    ) -> None:
        super().__init__(parent)
        self._name = name
        self._gives_way = gives_way
        self._jobs: deque[tuple[_Work, Callable[[Any], object]]] = deque()
        """What is done and what waits for its turn, each with what takes the answer."""
        self._seen = 0.0
        # The other thread emits no signal: this object may be gone by then.
        self._clock = QTimer(self)
        self._clock.setInterval(_LOOK_MS)
        self._clock.timeout.connect(self._look)

    @property
    def is_busy(self) -> bool:
        """Whether something is done, waits for its turn, or has an answer that was not taken."""
        return bool(self._jobs)

    @property
    def words(self) -> str:
        """What is done now, for the writer; empty where nothing is that the writer is shown."""
        return self._jobs[0][0].words if self._jobs else ""

    @property
    def share(self) -> float:
        """How much of it is done, 0 to 1."""
        return self._jobs[0][0].share if self._jobs else 0.0

    def start(
        self,
        work: Callable[[At], Result],
        then: Callable[[Result | None], object],
        words: str = "",
    ) -> None:
        """Have something done after all that was asked for before.

        Args:
            work: Does it, in the other thread. One that takes long calls what it is given again
                and again, with the share done: it is ended there when it is cancelled.
            then: Takes the result, in the window's thread; None where the work was cancelled, or
                an error of ours ended it.
            words: What it is, where the writer is shown it: ``Reading “lanes.json”``. An error of
                ours is then reported as any other of the window's. Without words it is logged, and
                `then` says what is missing.
        """
        self._jobs.append((_Work(work, words, gives_way=self._gives_way), then))
        if len(self._jobs) == 1:
            self._begin()

    def finish(self, seconds: float | None = None) -> bool:
        """Wait until all is done, and all answers are taken.

        Args:
            seconds: How long at most; None for what is enough unless a drive does not answer.

        Returns:
            Whether nothing is left.
        """
        end = time.monotonic() + (_LONGEST_WAIT if seconds is None else seconds)
        while self._jobs:
            if not self._jobs[0][0].join(end - time.monotonic()):
                return False
            self._take()
        return True

    def cancel(self) -> None:
        """End what is done, and all that waits for its turn."""
        for work, _ in self._jobs:
            work.cancel()

    def close(self) -> None:
        """End all of it, and have no answer taken any more."""
        self.cancel()
        self._clock.stop()
        if self._jobs:
            self._jobs[0][0].join(_PATIENCE)
            self._jobs[0][0].leave()
        self._jobs.clear()

    def _begin(self) -> None:
        self._seen = 0.0
        self._clock.start()
        work, _ = self._jobs[0]
        if not work.is_cancelled:
            work.begin(self._name)
        self.changed.emit()

    def _look(self) -> None:
        work, _ = self._jobs[0]
        if work.join(0) or work.is_given_up:
            self._take()
        elif work.share != self._seen:
            self._seen = work.share
            self.progressed.emit()

    def _take(self) -> None:
        work, then = self._jobs.popleft()
        work.leave()
        if self._jobs:
            self._begin()
        else:
            self._clock.stop()
        try:
            then(None if work.is_cancelled else work.result)
        finally:
            if not self._jobs:
                self.changed.emit()
        if work.error is not None:
            sys.excepthook(type(work.error), work.error, work.error.__traceback__)


class _Cancelled(Exception):
    """Raised within work that is to end."""


class _Work:
    """What both threads know of a piece of work.

    Not who takes the answer: that may go first, and nothing of Qt's may go in another thread.
    """

    def __init__(self, work: Callable[[At], object], words: str, *, gives_way: bool) -> None:
        self._work = work
        self._gives_way = gives_way
        self._thread: threading.Thread | None = None
        self._pause: CollectorPause | None = None
        """While it goes on: no cycle of Qt's may be collected in its thread."""
        self._cancelled_at: float | None = None
        self.words = words
        self.share = 0.0
        self.result: object = None
        self.error: BaseException | None = None

    @property
    def is_cancelled(self) -> bool:
        return self._cancelled_at is not None

    @property
    def is_given_up(self) -> bool:
        """Whether it goes on though it was cancelled a while ago."""
        at = self._cancelled_at
        return at is not None and time.monotonic() - at > _PATIENCE

    def begin(self, name: str) -> None:
        # One that waits for a drive that does not answer must not keep the program from ending.
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._pause = CollectorPause()
        try:
            self._thread.start()
        except RuntimeError as error:  # none is to be had
            self._thread, self.error = None, error

    def leave(self) -> None:
        """Nobody looks at it any more: it is over, or given up."""
        if self._pause is not None:
            self._pause.end()

    def cancel(self) -> None:
        if self._cancelled_at is None:
            self._cancelled_at = time.monotonic()

    def join(self, seconds: float) -> bool:
        """Wait so long at most; whether it is over, or never began."""
        if self._thread is None:
            return True
        self._thread.join(max(0.0, seconds))
        return not self._thread.is_alive()

    def _run(self) -> None:
        """In the other thread."""
        if self._gives_way:
            lower_priority()
        try:
            self.result = self._work(self._at)
        except _Cancelled:
            pass
        except BaseException as error:
            if not self.words:
                raise  # and so logged
            self.error = error
        finally:
            assert self._pause is not None, "it has begun"
            self._pause.end()

    def _at(self, share: float) -> None:
        self.share = share
        if self.is_cancelled:
            raise _Cancelled

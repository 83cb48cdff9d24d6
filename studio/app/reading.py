"""Reads files in another thread, one after another; says how far it is, and ends when asked.

The window goes on meanwhile. At rest no timer runs.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

from studio.progress import At

Result = TypeVar("Result")
_LOOK_MS = 20
_PATIENCE = 1.0
"""Seconds that a work that was ended may go on until nobody waits for it any more."""


class ReadingEnded(Exception):
    """Raised within a work that is to end."""


@dataclass(eq=False)
class _Job:
    words: str
    work: Callable[[At], Any]
    then: Callable[[Any], None]
    share: float = 0.0
    is_ended: bool = False
    ended_at: float = 0.0
    is_over: bool = False
    result: Any = None
    error: BaseException | None = None
    thread: threading.Thread | None = field(default=None, repr=False)

    def run(self) -> None:
        """In the other thread, which touches nothing but this object."""
        try:
            self.result = self.work(self._at)
        except ReadingEnded:
            pass
        except BaseException as error:  # it is raised again where it is seen
            self.error = error
        self.is_over = True

    def _at(self, share: float) -> None:
        self.share = share
        if self.is_ended:
            raise ReadingEnded


class Reading(QObject):
    """What is read for one window.

    Args:
        parent: The Qt parent, if any.
    """

    changed = Signal()
    """Something else is read, or nothing any more."""
    progressed = Signal()
    """More of it is done."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs: deque[_Job] = deque()
        self._seen = 0.0
        self._clock = QTimer(self)
        self._clock.setInterval(_LOOK_MS)
        self._clock.timeout.connect(self._look)

    @property
    def is_busy(self) -> bool:
        """Whether something is read, or waits for its turn."""
        return bool(self._jobs)

    @property
    def words(self) -> str:
        """What is done now, for the writer; empty where nothing is."""
        return self._jobs[0].words if self._jobs else ""

    @property
    def share(self) -> float:
        """How much of it is done, 0 to 1."""
        return self._jobs[0].share if self._jobs else 0.0

    def start(
        self, words: str, work: Callable[[At], Result], then: Callable[[Result | None], None]
    ) -> None:
        """Have something done behind all that was asked for before.

        Args:
            words: What, for the writer: ``Reading “lanes.json”``.
            work: Does it, in the other thread; calls what it is given often, with the share done.
            then: Is given the result in this thread; None where the work was ended before, or an
                error of ours ended it, which is raised behind it.
        """
        self._jobs.append(_Job(words, work, then))
        if len(self._jobs) == 1:
            self._begin()

    def cancel(self) -> None:
        """End what is read, and all that waits for its turn."""
        now = time.monotonic()
        for job in self._jobs:
            if not job.is_ended:
                job.is_ended, job.ended_at = True, now

    def close(self) -> None:
        """End all of it, and let no result be seen any more."""
        self.cancel()
        self._clock.stop()
        if self._jobs and (thread := self._jobs[0].thread) is not None:
            thread.join(_PATIENCE)
        self._jobs.clear()

    def _begin(self) -> None:
        job = self._jobs[0]
        if job.is_ended:
            job.is_over = True
        else:
            # One that waits for a disk that does not answer must not keep the program from ending.
            job.thread = threading.Thread(target=job.run, name="reading", daemon=True)
            job.thread.start()
        self._clock.start()
        self.changed.emit()

    def _look(self) -> None:
        job = self._jobs[0]
        is_given_up = job.is_ended and time.monotonic() - job.ended_at > _PATIENCE
        if not (job.is_over or is_given_up):
            if job.share != self._seen:
                self._seen = job.share
                self.progressed.emit()
            return
        self._jobs.popleft()
        self._seen = 0.0
        if self._jobs:
            self._begin()
        else:
            self._clock.stop()
        try:
            job.then(None if job.is_ended else job.result)
            if job.error is not None:
                raise job.error
        finally:
            if not self._jobs:
                self.changed.emit()

"""One thing after another in a thread of its own, which nobody has to wait for.

A pool of Qt's waits in its destructor until all is done, and so, on a drive that is gone, for ever:
the window could not be closed. At rest there is no thread.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections import deque
from collections.abc import Callable

Work = Callable[[], object]


class Background:
    """Does what it is given, in that order.

    Args:
        name: Of the thread.
        gives_way: Whether everything else goes first, where the system can do that.
    """

    def __init__(self, name: str, *, gives_way: bool = False) -> None:
        self._name = name
        self._gives_way = gives_way
        self._works: deque[Work] = deque()
        self._turn = threading.Condition()
        self._is_busy = False

    @property
    def is_busy(self) -> bool:
        """Whether something is done, or waits for its turn."""
        return self._is_busy

    def start(self, work: Work) -> None:
        """Have something done behind all that was asked for before."""
        with self._turn:
            self._works.append(work)
            if not self._is_busy:
                self._begin()

    def wait(self, seconds: float) -> bool:
        """Wait until all is done; whether it is, after so many seconds at most."""
        with self._turn:
            return self._turn.wait_for(lambda: not self._is_busy, seconds)

    def _begin(self) -> None:
        # A daemon: the program ends without it.
        threading.Thread(target=self._run, name=self._name, daemon=True).start()
        self._is_busy = True

    def _run(self) -> None:
        if self._gives_way and hasattr(os, "SCHED_IDLE"):
            with contextlib.suppress(OSError):
                os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))  # of this thread alone
        try:
            while work := self._next():
                work()
        except BaseException:
            with self._turn:
                if self._works:
                    self._begin()  # the others are not to suffer for it
                else:
                    self._rest()
            raise

    def _next(self) -> Work | None:
        with self._turn:
            if self._works:
                return self._works.popleft()
            self._rest()
            return None

    def _rest(self) -> None:
        self._is_busy = False
        self._turn.notify_all()

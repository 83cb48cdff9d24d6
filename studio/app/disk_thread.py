"""One thing at a time that is written in another thread, so that the window waits for no disk.

What came of it is taken in the window's thread, once: a moment later, or when it is waited for. At
rest no thread is there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

Result = TypeVar("Result")

_LONGEST_WAIT = 10.0
"""Seconds. A write takes hundredths of one; a drive that is gone, for ever."""


class DiskThread(QObject):
    """Writes.

    Args:
        name: What its threads are called.
        parent: The Qt parent, if any.
    """

    done = Signal()
    """Something was written, or could not be, and that was taken."""
    _ended = Signal(object)
    """From the other thread: which one it is."""

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._thread: threading.Thread | None = None
        self._take: Callable[[], None] = lambda: None
        self._ended.connect(self._on_ended)

    @property
    def is_busy(self) -> bool:
        """Whether something is written, or what came of it was not taken yet."""
        return self._thread is not None

    def start(self, work: Callable[[], Result], take: Callable[[Result | None], object]) -> None:
        """Have something written. Only while nothing is.

        Args:
            work: Does it, in the other thread.
            take: Is given its result, in this thread; None where an error of ours ended it.
        """
        assert self._thread is None, "one thing at a time"
        results: list[Result] = []

        def run() -> None:
            try:
                results.append(work())
            finally:
                self._ended.emit(threading.current_thread())

        def taken() -> None:
            take(results[0] if results else None)

        self._take = taken
        # One that waits for a drive that is gone must not keep the program from ending.
        self._thread = threading.Thread(target=run, name=self._name, daemon=True)
        self._thread.start()

    def finish(self) -> bool:
        """Wait until it is written, seconds at most, and take what came of it.

        Returns:
            Whether nothing is written any more, which is so unless its drive does not answer.
        """
        if self._thread is None:
            return True
        self._thread.join(_LONGEST_WAIT)
        if self._thread.is_alive():
            return False
        self._thread = None
        self._take()
        self.done.emit()
        return True

    def _on_ended(self, thread: threading.Thread) -> None:
        # One that was waited for says so all the same, when another may be under way.
        if thread is self._thread:
            self.finish()

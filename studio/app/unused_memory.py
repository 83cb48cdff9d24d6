"""Gives unused memory back to the system after much of it was freed.

glibc keeps freed memory for later use: after a text with its takes is closed, most of what it took.
Without glibc this does nothing.
"""

import contextlib
import ctypes
import gc
from collections.abc import Callable

from PySide6.QtCore import QObject

from studio.app.timers import single_shot

_REST_MS = 1500
"""From the last time something was freed: that takes several turns of the event loop."""


class UnusedMemory(QObject):
    """Gives memory back a moment after it is asked to, while nothing is being written.

    It takes longer than a frame, and what is written needs new memory at once.

    Args:
        is_writing: Whether the model writes.
        parent: The Qt parent, if any.
    """

    def __init__(self, is_writing: Callable[[], bool], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._is_writing = is_writing
        self._rest = single_shot(self, self._give_back, _REST_MS)

    @property
    def is_settled(self) -> bool:
        """Whether nothing is waiting to be given back."""
        return not self._rest.isActive()

    def give_back_soon(self) -> None:
        """Give memory back soon: something large was freed."""
        self._rest.start()

    def _give_back(self) -> None:
        if self._is_writing():
            self._rest.start()
            return
        gc.collect()
        with contextlib.suppress(OSError, AttributeError):  # no glibc
            ctypes.CDLL(None).malloc_trim(0)

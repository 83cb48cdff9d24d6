"""Gives memory that nobody uses back to the system, after much of it was let go.

glibc keeps what was freed for the next who asks. After a text with its takes has gone, that is most
of what it took. Where there is no glibc this does nothing.
"""

import contextlib
import ctypes
import gc

from PySide6.QtCore import QObject

from studio.app.timers import single_shot

_REST_MS = 1500
"""From the last time something went: what goes, goes in several turns of the event loop."""


class UnusedMemory(QObject):
    """Waits a moment, and gives it back.

    Args:
        parent: The Qt parent, if any.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rest = single_shot(self, _give_back, _REST_MS)

    @property
    def is_settled(self) -> bool:
        """Whether nothing is to be given back any more."""
        return not self._rest.isActive()

    def give_back_soon(self) -> None:
        """Something large went."""
        self._rest.start()


def _give_back() -> None:
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):  # no glibc
        ctypes.CDLL(None).malloc_trim(0)

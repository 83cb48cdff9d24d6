"""One set-up at a time: a second one in the same folder waits for its turn.

The operating system holds the lock and frees it when its owner ends, however it ends, so that there
is no stale lock to clear.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        """Takes the lock if it is free. Windows has no wait of open length."""
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _wait_for_lock(descriptor: int) -> None:
        while not _try_lock(descriptor):
            time.sleep(0.2)

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        """Takes the lock if it is free."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _wait_for_lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)


@contextlib.contextmanager
def turn(path: Path, on_wait: Callable[[], None]) -> Iterator[None]:
    """Holds the lock of `path` while the block runs.

    Args:
        path: the lock file; it is made, and stays.
        on_wait: called once if somebody else holds it, before we wait.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        if not _try_lock(file.fileno()):
            on_wait()
            _wait_for_lock(file.fileno())
        yield  # closing the file frees the lock

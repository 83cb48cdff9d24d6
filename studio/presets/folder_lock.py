"""One process at a time changes a folder of presets."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from studio.presets.errors import PresetError
from studio.translation import tr

if sys.platform != "win32":
    import fcntl

_LONGEST_WAIT = 5.0
"""Seconds; a change takes a few thousandths of one, in a folder of thousands about one."""
_STEP = 0.01


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Hold a folder against other processes that change it through this function.

    The lock is on the folder itself: no file is left in it, and a killed process leaves none. Where
    the system has no such locks (Windows, some network drives) nothing is held; that no file is
    written over does not depend on it.

    Raises:
        PresetError: the folder cannot be read, or another process holds it for seconds.
    """
    if sys.platform == "win32":
        yield
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise PresetError(
            tr(
                "“{folder}” cannot be read: {why}. Nothing was changed.",
                folder=folder,
                why=error.strerror or error,
            )
        ) from error
    try:
        _lock(descriptor, folder)
        yield
    finally:
        os.close(descriptor)  # and the lock goes with it


if sys.platform != "win32":

    def _lock(descriptor: int, folder: Path) -> None:
        # Asked again and again, as a wait without end would stop the window with it.
        end = time.monotonic() + _LONGEST_WAIT
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > end:
                    raise PresetError(
                        tr(
                            "“{folder}” is being changed by another program. Nothing was changed; "
                            "try again.",
                            folder=folder,
                        )
                    ) from None
                time.sleep(_STEP)
            except OSError:  # no locks on this drive
                return
            else:
                return

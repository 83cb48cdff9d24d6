"""Locks between processes, which the system lets go when their holder ends, however it ends.

A lock is a small file of its own.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


class FileLock:
    """A lock that is held. Two of one file exclude each other in one process too.

    Made by `acquire`. A killed process or a crashed machine leaves the file behind, but no lock.

    Args:
        path: The lock's file.
        descriptor: The open file that holds the lock.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor: int | None = descriptor

    @classmethod
    def acquire(cls, path: Path) -> FileLock | None:
        """Take the lock without waiting; None where somebody holds it.

        Args:
            path: The lock's own file, made where it is not there. Its folder must be.

        Raises:
            OSError: The file cannot be made, or its file system knows no locks.
        """
        while True:
            # Not handed on to child processes: they would hold it when we are gone.
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                is_taken = try_lock(descriptor)
                # Whoever held it may have deleted the file between our opening and locking it.
                is_there = is_taken and _is_at(path, descriptor)
            except BaseException:
                os.close(descriptor)
                raise
            if is_there:
                return cls(path, descriptor)
            os.close(descriptor)
            if not is_taken:
                return None

    def release(self) -> None:
        """Let go, and delete the file. Again: nothing."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is None:
            return
        # An open file cannot be deleted on Windows; elsewhere it must be while it is locked still.
        if sys.platform == "win32":
            os.close(descriptor)
        with contextlib.suppress(OSError):
            self._path.unlink()
        if sys.platform != "win32":
            os.close(descriptor)


def try_lock(descriptor: int) -> bool:
    """Lock an open file without waiting; False where somebody holds it. Closed, it is free.

    Raises:
        OSError: Its file system knows no locks.
    """
    try:
        if sys.platform == "win32":
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def _is_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False

"""What a file on disk held when it was read or written, to know later whether it still does."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from studio.translation import tr


class Outside(Enum):
    """What has become of a file since."""

    SAME = "same"
    """It holds the same bytes."""
    CHANGED = "changed"
    """It holds others, or cannot be read to know."""
    GONE = "gone"
    """There is none of this name."""


class _Marks(NamedTuple):
    """What the system reports of a file without its being read. Equal: nobody has written to it."""

    size: int
    modified_ns: int
    status_changed_ns: int
    inode: int
    device: int


class FileState:
    """What a file held.

    Attributes:
        size: How many bytes.
        digest: Their SHA-256, in hexadecimal.

    Args:
        size: How many bytes.
        digest: Their SHA-256, in hexadecimal.
    """

    def __init__(self, size: int, digest: str) -> None:
        self.size = size
        self.digest = digest
        self._marks: _Marks | None = None
        """Of the file when it was last known to hold this."""

    @classmethod
    def of(cls, data: bytes, status: os.stat_result | None = None) -> FileState:
        """The state of a file that holds `data`.

        Args:
            data: All its bytes.
            status: From before they were read, or from when they were written. Without it the file
                is read once to compare.
        """
        state = cls(len(data), hashlib.sha256(data).hexdigest())
        state._marks = _marks_of(status) if status else None
        return state

    @classmethod
    def at(cls, path: Path) -> FileState:
        """The state of a file as it is now.

        Raises:
            OSError: It cannot be read.
        """
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, tr("it is no regular file"), str(path))
        state = cls(status.st_size, _digest_of(path))
        state._marks = _marks_of(status)
        return state

    def compare(self, path: Path) -> Outside:
        """What has become of the file. It is read only where the system says that it was touched.

        A link counts as the file that it leads to.
        """
        try:
            status = path.stat()
            marks = _marks_of(status)
            if marks == self._marks:
                return Outside.SAME
            if status.st_size != self.size or not stat.S_ISREG(status.st_mode):
                return Outside.CHANGED
            digest = _digest_of(path)
        except (FileNotFoundError, NotADirectoryError):
            return Outside.GONE
        except OSError:
            return Outside.CHANGED
        if digest != self.digest:
            return Outside.CHANGED
        # Touched and not changed: it need not be read again. The marks are from before the reading.
        self._marks = marks
        return Outside.SAME


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _marks_of(status: os.stat_result) -> _Marks:
    return _Marks(
        status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_dev
    )

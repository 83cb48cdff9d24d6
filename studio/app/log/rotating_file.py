"""The log's file: readable by its user alone, of bounded size, one for each window.

Imported where the first line is written, not at the program's start.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import stat
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from studio.file_lock import FileLock

MOST_BYTES = 2**20
"""Bytes of one file; then the next is begun."""
FORMER_FILES = 2
"""Older files that are kept, as `….log.1` and `….log.2`."""
_MOST_WINDOWS = 9
"""Most windows with a file of their own; further ones are not logged."""


class RotatingFile(RotatingFileHandler):
    """A `RotatingFileHandler` whose files nobody else may read, and which never raises.

    What cannot be written is dropped; the next line is tried again. A file that was deleted
    meanwhile is made again, with its folder.

    Args:
        path: Where it is; neither it nor its folder need be there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        super().__init__(
            path,
            maxBytes=MOST_BYTES,
            backupCount=FORMER_FILES,
            encoding="utf-8",
            errors="backslashreplace",
            delay=True,
        )

    def write(self, line: str) -> None:
        """Append a line, or several in one text."""
        self.emit(logging.makeLogRecord({"msg": "%s", "args": (line,)}))

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record, into a new file where the old one is no longer there."""
        if self.stream is not None and not self._is_at_path(self.stream):
            self._drop_stream()
        super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Drop the record: a full disk is no reason to disturb anybody. The next is tried again."""
        self._drop_stream()

    def _open(self) -> TextIOWrapper:
        _make_folder(self._path.parent)
        # A name that leads elsewhere is not followed; a pipe that nobody reads does not block.
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        flags |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        descriptor = os.open(self._path, flags, 0o600)
        try:
            mode = os.fstat(descriptor).st_mode
            if not stat.S_ISREG(mode):
                raise OSError(errno.EINVAL, "no regular file")
            if hasattr(os, "fchmod") and mode & 0o077:
                os.fchmod(descriptor, 0o600)
            return open(descriptor, "a", encoding=self.encoding, errors=self.errors)  # noqa: PTH123
        except BaseException:
            os.close(descriptor)
            raise

    def _is_at_path(self, stream: TextIOWrapper) -> bool:
        try:
            return os.path.samestat(self._path.stat(), os.fstat(stream.fileno()))
        except (OSError, ValueError):
            return False

    def _drop_stream(self) -> None:
        stream, self.stream = self.stream, None
        if stream is not None:
            with contextlib.suppress(OSError, ValueError):
                stream.close()


class OwnFile:
    """The file of this process, chosen at the first line: two windows never write the same one.

    The first window has `kelvin-studio.log`, one that is opened beside it `kelvin-studio-2.log`,
    as long as the first holds its lock.

    Args:
        folder: Where they are.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: RotatingFile | None = None
        self._lock: FileLock | None = None

    @property
    def path(self) -> Path | None:
        """The path of the newest file; None where nothing could be written yet."""
        return Path(self._file.baseFilename) if self._file else None

    def write(self, line: str) -> None:
        """Append a line; does nothing where that fails."""
        if self._file is None:
            self._choose()
        if self._file is not None:
            self._file.write(line)

    def close(self) -> None:
        """Close the file, and free its name for another window."""
        if self._file is not None:
            self._file.close()
        if self._lock is not None:
            self._lock.release()
        self._file = self._lock = None

    def _choose(self) -> None:
        for number in range(1, _MOST_WINDOWS + 1):
            name = "kelvin-studio" if number == 1 else f"kelvin-studio-{number}"
            try:
                _make_folder(self._folder)
                self._lock = FileLock.acquire(self._folder / f".{name}.lock")
            except OSError:
                return
            if self._lock is not None:
                self._file = RotatingFile(self._folder / f"{name}.log")
                return


def _make_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if stat.S_IMODE(folder.stat().st_mode) & 0o077:
        with contextlib.suppress(OSError):
            folder.chmod(0o700)

"""Reads a file that may be anything at all: bounded, and without waiting for anybody."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from studio.translation import tr


class NotRegularError(OSError):
    """It is a pipe, socket or device."""


class TooLargeError(OSError):
    """It has more bytes than are read.

    Attributes:
        size: How many it has.

    Args:
        size: How many bytes it has.
        most: How many are read at most.
    """

    def __init__(self, size: int, most: int) -> None:
        why = tr("it has %n bytes; at most {most:,} are read", "", size, most=most)
        super().__init__(errno.EFBIG, why)
        self.size = size


def read_regular_file(path: Path, most: int) -> tuple[bytes, os.stat_result]:
    """All bytes of a file, and its status from before they were read.

    Args:
        path: The file, or a link to it.
        most: Bytes that it may have.

    Raises:
        OSError: It cannot be read; a `NotRegularError`, a `TooLargeError`, or the system's own.
    """
    with open_regular_file(path) as (file, status):
        if status.st_size > most:
            raise TooLargeError(status.st_size, most)
        # One byte more, for the file may have grown since it was measured; not at once as many as
        # are allowed, for so much memory would be taken whatever the file holds.
        data = file.read(status.st_size + 1)
        if len(data) > status.st_size:
            data += file.read(most + 1 - len(data))
        if len(data) > most:
            raise TooLargeError(max(status.st_size, len(data)), most)
        return data, status


@contextlib.contextmanager
def open_regular_file(path: Path) -> Iterator[tuple[io.BufferedReader, os.stat_result]]:
    """A file to be read in parts, and its status.

    Args:
        path: The file, or a link to it.

    Raises:
        OSError: It cannot be opened; a `NotRegularError`, or the system's own.
    """
    # Without O_NONBLOCK, opening a FIFO would wait for somebody to write into it.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        status = os.fstat(file.fileno())
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not stat.S_ISREG(status.st_mode):
            raise NotRegularError(errno.EINVAL, tr("it is a pipe, socket or device"))
        yield file, status

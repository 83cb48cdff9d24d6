"""The newest lines of the log, as they are read on the screen."""

from __future__ import annotations

import contextlib
from pathlib import Path

from studio.regular_file import read_regular_file
from studio.visible_text import visible_lines

_MOST_READ = 2**22
"""Most bytes of a file that are read; one of the program's own has a quarter of that."""
_MOST_SHOWN = 2**17
"""Bytes: the last thousand lines. Twice as many take 30 ms to be shown anew."""


def last_part(path: Path, most: int = _MOST_SHOWN) -> str:
    """The newest whole lines of a log, of the file before it too where the new one is short.

    Args:
        path: The newest file; the one before it has `.1` after its name.
        most: The most bytes to return.

    Returns:
        Lines, with characters that steer a terminal written out; empty where there are none.
    """
    data = b""
    for file in (path, path.with_name(f"{path.name}.1")):
        if len(data) < most:
            with contextlib.suppress(OSError):
                data = read_regular_file(file, _MOST_READ)[0] + data
    if len(data) > most:
        _, _, data = data[-most:].partition(b"\n")
    return visible_lines(data.decode("utf-8", "backslashreplace"))

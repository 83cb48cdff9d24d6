"""A line for each text that a window has had, written so that a kill does not take it away.

The window's process writes, another one reads after it has died.
"""

import os
import time
import zlib
from dataclasses import dataclass
from pathlib import Path


def mark_of(text: str) -> str:
    """Says texts apart, in a few characters."""
    return f"{zlib.crc32(text.encode('utf-8', 'surrogatepass')):08x}-{len(text)}"


class TextLog:
    """Writes.

    Args:
        path: The file; lines are added.
    """

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._last = ""

    def write(self, text: str, is_modified: bool) -> None:
        """Note what there is now, if it is another."""
        line = f"{mark_of(text)} {int(is_modified)}"
        if line != self._last:
            self._last = line
            os.write(self._descriptor, f"{time.monotonic():.4f} {line}\n".encode())


@dataclass(frozen=True)
class Moment:
    """From `since` on a window had the text of that mark."""

    since: float
    mark: str
    is_modified: bool


def read(path: Path) -> list[Moment]:
    """All moments of a window, in order."""
    moments = []
    for line in path.read_text().splitlines():
        since, mark, is_modified = line.split()
        moments.append(Moment(float(since), mark, is_modified == "1"))
    return moments

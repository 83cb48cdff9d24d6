"""A line for each text that a window has had, written so that a kill does not take it away.

The window's process writes, another one reads after it has died.
"""

import os
import time
import zlib
from dataclasses import dataclass
from pathlib import Path

import msgspec

from studio.manuscript import Document, Passage


def mark_of(text: str) -> str:
    """Says texts apart, in a few characters."""
    return f"{zlib.crc32(text.encode('utf-8', 'surrogatepass')):08x}-{len(text)}"


def document_mark(document: Document) -> str:
    """Says documents apart: by the text, by all else that is known of it, and by the caret.

    Three parts, one behind the other: a text file keeps the first, a document's own the first two.
    """
    takes = [
        (
            one.place,
            [
                (take.seed, take.name, _said(take.passage), [record.id for record in take.records])
                for take in one.takes
            ],
        )
        for one in document.take_sets
    ]
    passage = document.passage
    known = msgspec.msgpack.encode((_said(passage), takes, document.brief, document.plan))
    return f"{mark_of(passage.text)}/{zlib.crc32(known):08x}/{document.caret}"


def _said(passage: Passage) -> tuple[str, bytes, list[object]]:
    """A text, who wrote it, and what its parts have of their own."""
    brushes = [(length, brush and brush.own) for length, brush in passage.brushes]
    return passage.text, passage.origins, [*brushes]


class TextLog:
    """Writes.

    Args:
        path: The file; lines are added.
    """

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._last = ""

    def write(self, mark: str, is_modified: bool) -> None:
        """Note what there is now, if it is another."""
        line = f"{mark} {int(is_modified)}"
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

"""Which model files have ended the engine, remembered over sessions.

A failed check inside llama.cpp ends its process, and the same file would end the next one too: at
each start, if it was the last one open. A file is known by its contents, not by its name: one that
was downloaded again or repaired counts as another.
"""

from __future__ import annotations

import hashlib
import os
from datetime import date
from pathlib import Path

import msgspec

from studio.atomic_write import atomic_write
from studio.engine.model_files.model_file import ModelFileError, open_regular
from studio.regular_file import read_regular_file
from studio.visible_text import visible_line

_MOST = 64
"""Files that are remembered; the oldest are forgotten first."""
_MOST_BYTES = 64 << 10
"""Most bytes of the list; a longer file was not written by this program."""
_PIECE = 64 << 10
"""Bytes of a model file's beginning and end that its fingerprint is made of."""
_LONGEST_CAUSE = 200


class ModelDeath(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model file that ended the engine."""

    size: int
    mtime_ns: int
    fingerprint: str
    """The fingerprint of its beginning and its end."""
    day: str
    """The day, as ISO 8601 writes it."""
    cause: str
    """What happened, for the writer: "SIGABRT: llama.cpp gave up on a failed check"."""


class ModelDeaths:
    """The list, in a file of its own that windows share.

    Args:
        file: Where it is; None keeps it for this session only.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._unwritten: list[ModelDeath] | None = [] if file is None else None

    def of(self, path: str) -> ModelDeath | None:
        """What is remembered of the file now at `path`; None for nothing."""
        looked = stamp(path)
        for death in self._read():
            # Almost always the answer is no, and nothing of the model is read for it.
            if looked == (death.size, death.mtime_ns) and death.fingerprint == _fingerprint(path):
                return death
        return None

    def remember(self, path: str, cause: str) -> None:
        """Remember that the file at `path` has ended the engine.

        Args:
            path: The model's file.
            cause: What happened, for the writer.
        """
        looked, fingerprint = stamp(path), _fingerprint(path)
        if looked is None or not fingerprint:
            return
        death = ModelDeath(
            size=looked[0],
            mtime_ns=looked[1],
            fingerprint=fingerprint,
            day=date.today().isoformat(),
            cause=visible_line(cause, _LONGEST_CAUSE),
        )
        others = [other for other in self._read() if other.fingerprint != fingerprint]
        self._write([death, *others][:_MOST])

    def forget(self, path: str) -> None:
        """Forget the file at `path`: it was loaded and used after all."""
        death = self.of(path)
        if death is not None:
            self._write([other for other in self._read() if other != death])

    def _read(self) -> list[ModelDeath]:
        """Read the list; damaged entries are left out."""
        if self._unwritten is not None or self._file is None:
            return self._unwritten or []
        try:
            data, _ = read_regular_file(self._file, _MOST_BYTES)
            rows = msgspec.json.decode(data, type=list[msgspec.Raw])
        except (OSError, ValueError, RecursionError):
            return []
        deaths = []
        for row in rows[:_MOST]:
            try:
                death = msgspec.json.decode(row, type=ModelDeath)
            except (ValueError, RecursionError):
                continue
            deaths.append(
                msgspec.structs.replace(
                    death,
                    day=visible_line(death.day, 10),
                    cause=visible_line(death.cause, _LONGEST_CAUSE),
                )
            )
        return deaths

    def _write(self, deaths: list[ModelDeath]) -> None:
        if self._file is None:
            self._unwritten = deaths
            return
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            rows = b",\n".join(msgspec.json.encode(death) for death in deaths)
            atomic_write(self._file, b"[" + rows + b"]\n", is_private=True)
        except OSError:
            self._unwritten = deaths  # for this session it is remembered all the same
        else:
            self._unwritten = None


def stamp(path: str) -> tuple[int, int] | None:
    """A file's size and the time of its last change; None where there is none."""
    try:
        status = Path(path).stat()
    except (OSError, ValueError):
        return None
    return status.st_size, status.st_mtime_ns


def _fingerprint(path: str) -> str:
    """The fingerprint of a regular file's first and last bytes; "" where they cannot be read."""
    try:
        stream, status = open_regular(Path(path))
        with stream:
            digest = hashlib.sha256(stream.read(_PIECE))
            stream.seek(max(0, status.st_size - _PIECE), os.SEEK_SET)
            digest.update(stream.read(_PIECE))
    except (ModelFileError, OSError):
        return ""
    return digest.hexdigest()[:32]

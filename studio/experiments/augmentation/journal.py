"""All samples of an augmentation, a line of JSON each, as they come: what a kill leaves.

The first line says of which plan they are. A line is written whole by one call, and flushed to the
disk with those of a second; what a power failure tears off at the end is taken off.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from studio.disk_writes import sync_folder, write_all
from studio.engine.messages import FinishReason
from studio.experiments.augmentation.errors import AugmentationError
from studio.experiments.augmentation.plan import differences
from studio.file_lock import FileLock
from studio.model_record import ModelRecord
from studio.regular_file import open_regular_file
from studio.sampling import MAX_SEED
from studio.translation import tr
from studio.visible_text import visible_name

FORMAT = "kelvin-studio augmentation"
FORMAT_VERSION = 1

Verdict = Literal[
    "row",
    "duplicate",  # a row all the same, as such are marked
    "near_duplicate",  # the same
    "dropped_duplicate",
    "dropped_near_duplicate",
    "empty",
    "length",
    "pattern",
    "slow_pattern",  # a pattern would have taken too long
    "schema",
    "no_room",  # the context has none for its prompt
]
"""What became of a sample."""

ROWS: tuple[Verdict, ...] = ("row", "duplicate", "near_duplicate")
"""Verdicts of those that are rows."""

_LONGEST_LINE = 16 * 2**20
_SYNC_SECONDS = 1.0

_Place = Annotated[int, msgspec.Meta(ge=0, le=2**31)]
_encoder = msgspec.json.Encoder()

Sync = Callable[[int], object]
"""Flushes an open file to the disk, by its descriptor."""


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The first line."""

    format: str
    format_version: int
    identity: dict[str, str]
    """See `Plan.identity`."""
    seed: Annotated[int, msgspec.Meta(ge=0, le=MAX_SEED)]
    """Of the plan, which is new where none was given."""
    model: ModelRecord


class Entry(msgspec.Struct, frozen=True, kw_only=True, tag="text"):
    """A sample; infinite numbers are null."""

    row: _Place
    """Its prompt, by its place in the file."""
    sample: _Place
    """Which of that prompt's samples."""
    verdict: Verdict
    text: str
    temperature: float | None
    seed: Annotated[int, msgspec.Meta(ge=0, le=MAX_SEED)]
    preset: str
    logprob_t1: float | None
    logprob_t: float | None
    tokens: _Place
    reason: FinishReason
    unseen_characters: _Place = 0


class Choice(msgspec.Struct, frozen=True, kw_only=True, tag="choice"):
    """What somebody decided of a sample, whatever its verdict."""

    row: _Place
    sample: _Place
    is_row: bool


class Journal:
    """An augmentation's samples on the disk.

    One process has it at a time. Made by `open`; close it.

    Args:
        path: The file.
        descriptor: The file, open.
        lock: Held until it is closed.
        head: Its first line.
        sync: Flushes a file to the disk; where that may wait for nobody, in another thread.
    """

    def __init__(self, path: Path, descriptor: int, lock: FileLock, head: Head, sync: Sync) -> None:
        self.head = head
        self._flush = sync
        self._path = path
        self._descriptor = descriptor
        self._lock = lock
        self._synced = time.monotonic()

    @classmethod
    def open(cls, path: Path, head: Head, sync: Sync = os.fsync) -> Journal:
        """Open a journal, or begin one.

        Args:
            path: The file.
            head: What its first line is to be.
            sync: Flushes a file to the disk.

        Raises:
            AugmentationError: Another process has it, it is of another plan, or it is no journal.
            OSError: The system failed.
        """
        lock = FileLock.acquire(path.with_name(f"{path.name}.lock"))
        if lock is None:
            name = visible_name(path.name)
            raise AugmentationError(tr("another program is writing “{name}”", name=name))
        try:
            found = found_head(path)
            if found is not None:
                others = differences(found.identity, head.identity)
                if others:
                    raise AugmentationError(_of_another(path, others))
            flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
            descriptor = os.open(path, flags, 0o666)
            journal = cls(path, descriptor, lock, found or head, sync)
            if found is None:
                os.ftruncate(descriptor, 0)
                journal._write(_encoder.encode(head))
                sync_folder(path.parent)
            else:
                os.ftruncate(descriptor, _whole_length(path))
        except BaseException:
            lock.release()
            raise
        return journal

    def append(self, entry: Entry | Choice) -> int:
        """Write a line; a kill loses it no more.

        Returns:
            Its place, for `entry`.

        Raises:
            OSError: The system failed.
        """
        place = os.lseek(self._descriptor, 0, os.SEEK_END)
        self._write(_encoder.encode(entry))
        if time.monotonic() - self._synced >= _SYNC_SECONDS:
            self._flush(self._descriptor)
            self._synced = time.monotonic()
        return place

    def entries(self) -> Iterator[tuple[int, Entry | Choice]]:
        """All lines in the order in which they came, each with its place for `entry`.

        Raises:
            AugmentationError: A line is none; says which.
            OSError: The system failed.
        """
        decoder = msgspec.json.Decoder(Entry | Choice)
        for number, (place, line) in enumerate(_lines(self._path), 1):
            if number > 1:
                try:
                    yield place, decoder.decode(line)
                except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
                    raise AugmentationError(_broken(self._path, number, str(error))) from error

    def entry(self, place: int) -> Entry:
        """The sample at a place.

        Raises:
            OSError: The system failed.
        """
        with self._path.open("rb") as file:
            file.seek(place)
            return msgspec.json.decode(file.readline(), type=Entry)

    def close(self) -> None:
        """Flush it to the disk, and let another process have it."""
        try:
            os.fsync(self._descriptor)
        finally:
            os.close(self._descriptor)
            self._lock.release()

    def _write(self, line: bytes) -> None:
        write_all(self._descriptor, line + b"\n")


def found_head(path: Path) -> Head | None:
    """The first line of a journal; None where there is no file, or nothing whole in it.

    Raises:
        AugmentationError: It is no journal, or a newer program's.
        OSError: The system failed.
    """
    try:
        line = next((line for _, line in _lines(path)), b"")
    except FileNotFoundError:
        return None
    if not line:
        _check_torn(path)
        return None
    try:
        head = msgspec.json.decode(line, type=Head)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise AugmentationError(_broken(path, 1, str(error))) from error
    if head.format != FORMAT:
        raise AugmentationError(_broken(path, 1, head.format))
    if head.format_version > FORMAT_VERSION:
        words = tr("“{name}” was begun by a newer version", name=visible_name(path.name))
        raise AugmentationError(words)
    return head


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """The whole lines of a file, each with where it begins.

    Raises:
        AugmentationError: One is too long for a journal's.
        OSError: The file cannot be read.
    """
    with open_regular_file(path) as (file, _):
        place = 0
        while line := file.readline(_LONGEST_LINE + 1):
            if len(line) > _LONGEST_LINE:
                words = tr("a line of more than {most:,} bytes", most=_LONGEST_LINE)
                raise AugmentationError(_broken(path, 0, words))
            if not line.endswith(b"\n"):
                return  # torn off
            yield place, line
            place += len(line)


def _check_torn(path: Path) -> None:
    """Refuse a file without a whole line that is not the beginning of a journal.

    Raises:
        AugmentationError: It is none.
        OSError: It cannot be read.
    """
    beginning = _encoder.encode({"format": FORMAT})[:-1]
    with open_regular_file(path) as (file, _):
        if not beginning.startswith(file.read(len(beginning))):
            raise AugmentationError(_broken(path, 1, FORMAT))


def _whole_length(path: Path) -> int:
    """How many bytes the whole lines of a file have."""
    return max((place + len(line) for place, line in _lines(path)), default=0)


def _broken(path: Path, line: int, why: str) -> str:
    return tr(
        "“{name}”, line {line}: this is no journal of an augmentation ({why}). Choose another "
        "output, or take the file away.",
        name=visible_name(path.name),
        line=line,
        why=why,
    )


def _of_another(path: Path, others: list[str]) -> str:
    return tr(
        "“{name}” was begun with other settings: {others}. Give those again to go on, choose "
        "another output, or take the file away to begin anew.",
        name=visible_name(path.name),
        others=", ".join(others),
    )

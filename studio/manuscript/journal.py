"""The folder of recovery records: one for each program that runs, and those of programs that died.

Each has a folder of its own with a lock that the system lets go when the program ends, so that the
record of one that runs is nobody else's. This module does not know what a record says.
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from studio.atomic_write import atomic_write
from studio.file_lock import FileLock
from studio.manuscript.recovery import LARGEST, NewerRecordError, RecoveryError, RecoveryRecord
from studio.path_checks import is_file
from studio.regular_file import read_regular_file
from studio.visible_text import visible_path

_RECORD, _LOCK, _DAMAGED = "record", "lock", "damaged"
_MOST = 64
"""Of leftovers that are read at once; others wait until these are gone."""


class Journal:
    """The record of this program. Nothing is on the disk until the first is written.

    Args:
        root: The folder of all; need not be there.

    Attributes:
        root: That folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._folder: Path | None = None
        self._lock: FileLock | None = None

    def write(self, record: RecoveryRecord) -> None:
        """Keep a record in place of the one before, whole or not at all.

        Raises:
            OSError: It could not be written; the one before is still there.
        """
        data = record.to_bytes()
        if self._folder is None or not self._folder.is_dir():  # somebody tidied up
            self._begin()
        assert self._folder is not None, "a folder was made"
        # The writer's texts are nobody else's.
        atomic_write(self._folder / _RECORD, data, is_private=True)

    def clear(self) -> None:
        """Forget the record: all is saved, or given up."""
        if self._folder is not None:
            with contextlib.suppress(OSError):
                (self._folder / _RECORD).unlink(missing_ok=True)

    def close(self) -> None:
        """Forget the record, and leave nothing behind."""
        folder, self._folder = self._folder, None
        if folder is not None:
            _remove(folder, self._lock)

    def _begin(self) -> None:
        if self._lock is not None:
            self._lock.release()
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = None
        while lock is None:
            # Where somebody who looks for leftovers is quicker than we are, another one.
            folder = self.root / secrets.token_hex(8)
            folder.mkdir(mode=0o700)
            with contextlib.suppress(FileNotFoundError):
                lock = FileLock.acquire(folder / _LOCK)
        self._folder, self._lock = folder, lock


@dataclass(frozen=True, slots=True)
class Leftover:
    """What a program that died has left. It is held: no other program offers it meanwhile.

    Attributes:
        record: What it had kept.
        folder: Where.
        lock: Held until `discard` or `leave`.
    """

    record: RecoveryRecord
    folder: Path
    lock: FileLock

    def discard(self) -> None:
        """Delete it."""
        _remove(self.folder, self.lock)

    def leave(self) -> None:
        """Keep it for a later start."""
        self.lock.release()


def leftovers(root: Path) -> tuple[list[Leftover], list[str]]:
    """What programs that died have left, the latest first.

    Returns:
        Those that can be read, and a sentence for the writer about each that cannot. A damaged one
        is set aside and told once; one of a later version stays, for that version.
    """
    found: list[Leftover] = []
    problems: list[str] = []
    try:
        folders = sorted(folder for folder in root.iterdir() if folder.is_dir())
    except OSError:
        return [], []
    for folder in folders:
        if len(found) == _MOST:
            break
        path = folder / _RECORD
        try:
            lock = FileLock.acquire(folder / _LOCK)
        except OSError as error:
            if is_file(path):
                problems.append(
                    f"A text that was not saved is in “{visible_path(path)}” and cannot be "
                    f"offered: {error.strerror or error}. It stays there; a text editor may show "
                    "it."
                )
            continue
        if lock is None:
            continue  # of a program that runs
        try:
            record = RecoveryRecord.of_bytes(read_regular_file(path, LARGEST)[0])
            found.append(Leftover(record, folder, lock))
            continue
        except FileNotFoundError:
            # Of one that had nothing to keep.
            if (folder / _DAMAGED).exists():
                lock.release()
            else:
                _remove(folder, lock)
            continue
        except NewerRecordError as error:
            problems.append(
                f"A text that was not saved is in “{visible_path(path)}”: {error}. It stays there."
            )
        except (RecoveryError, OSError) as error:
            aside = folder / _DAMAGED
            with contextlib.suppress(OSError):
                path.replace(aside)
                path = aside
            why = error.strerror if isinstance(error, OSError) else error
            problems.append(
                f"A text that was not saved could not be recovered: {why}. What there is of it is "
                f"in “{visible_path(path)}”; a text editor may show it."
            )
        lock.release()
    found.sort(key=lambda leftover: -leftover.record.written_at)
    return found, problems


def _remove(folder: Path, lock: FileLock | None) -> None:
    # The record first: without it, what may stay behind is nothing to recover.
    with contextlib.suppress(OSError):
        (folder / _RECORD).unlink(missing_ok=True)
    if lock is not None:
        lock.release()
    shutil.rmtree(folder, ignore_errors=True)

"""The folder of recovery records: of the documents of programs that run, and of those that died.

Each has a folder of its own with a lock that the system lets go when the program ends, so that the
record of one that runs is nobody else's.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from studio.atomic_write import atomic_write
from studio.file_lock import FileLock
from studio.manuscript.document import Document
from studio.manuscript.recovery import LARGEST, NewerRecordError, RecoveryError, RecoveryRecord
from studio.manuscript.text_shape import BITE
from studio.path_checks import is_file, size_of
from studio.progress import At
from studio.regular_file import read_regular_file
from studio.translation import tr
from studio.visible_text import visible_path

if TYPE_CHECKING:  # not at every start: see `Journal._write_document`
    import sqlite3

    from studio.manuscript.document_tables import DocumentTables

_log = logging.getLogger(__name__)

_RECORD, _LOCK, _DAMAGED = "record", "lock", "damaged"
_DOCUMENT = "document"
"""The same text with its takes and tokens: the tables of a `.kelvin` file, of which each record
writes what is new alone."""
_MOST = 64
"""Of leftovers that are offered at once; others wait until these are gone."""
_BEFORE, _BEHIND = 8_000, 2_000
"""Characters before and behind the caret that an offer holds of a text."""
_BEGINNING = 240


class Journal:
    """The record of one document. Nothing is on the disk until the first is written.

    Args:
        root: The folder of all; need not be there.

    Attributes:
        root: That folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._folder: Path | None = None
        self._lock: FileLock | None = None
        self._connection: sqlite3.Connection | None = None
        self._tables: DocumentTables | None = None

    def write(self, record: RecoveryRecord) -> None:
        """Keep a record in place of the one before, whole or not at all.

        Raises:
            OSError: It could not be written; the one before is still there.
        """
        data = record.to_bytes()
        if self._folder is None or not self._folder.is_dir():  # somebody tidied up
            self._begin()
        assert self._folder is not None, "a folder was made"
        # First: where only one of the two is written, it is the one that says more.
        self._write_document(self._folder / _DOCUMENT, record.document)
        # The writer's texts are nobody else's.
        atomic_write(self._folder / _RECORD, data, is_private=True)

    def _write_document(self, path: Path, document: Document | None) -> None:
        """Keep takes and tokens too, where there are any. The text alone is safe without it."""
        if document is None or not document.says_more:
            self._forget_document(path)
            return
        import sqlite3

        from studio.manuscript.document_schema import empty_database
        from studio.manuscript.document_tables import DocumentTables

        try:
            if self._tables is None or not path.exists():
                self._forget_document(path)
                # With what is written into it at once it comes to the disk.
                flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
                with os.fdopen(os.open(path, flags, 0o600), "wb") as new:
                    new.write(empty_database())
                # The thread that writes is another one each time, never two at once.
                self._connection = sqlite3.connect(path, check_same_thread=False)
                self._tables = DocumentTables(self._connection)
            self._tables.write(document)
        except (sqlite3.Error, OSError):
            _log.warning("recovery: takes and tokens cannot be put in safety", exc_info=True)
            self._forget_document(path)

    def _forget_document(self, path: Path) -> None:
        self._tables = None
        if self._connection is not None:
            self._connection.close()
            self._connection = None
            # SQLite's own too: beside another database it would be undone in that.
            for one in (path, path.with_name(f"{path.name}-journal")):
                with contextlib.suppress(OSError):
                    one.unlink(missing_ok=True)

    def close(self) -> None:
        """Forget the record, and leave nothing behind: all is saved, or given up."""
        folder, self._folder = self._folder, None
        if folder is not None:
            self._forget_document(folder / _DOCUMENT)
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


class Glance(msgspec.Struct, frozen=True):
    """As much of a record as shows the writer which it is, however long its text.

    Attributes:
        path: The document's file; None where it was never saved.
        written_at: Seconds since 1970.
        begins: The text's first characters, or the brief's where there is no text.
        before: Those before the caret.
        behind: Those behind it.
        words: How many the text has.
        has_brief: Whether there is a brief.
    """

    path: Path | None
    written_at: float
    begins: str
    before: str
    behind: str
    words: int
    has_brief: bool

    @classmethod
    def of(cls, record: RecoveryRecord) -> Glance:
        """Of a whole record."""
        shown, caret = record.text or record.brief, record.caret
        return cls(
            path=record.path,
            written_at=record.written_at,
            begins=shown[:_BEGINNING],
            before=shown[max(0, caret - _BEFORE) : caret],
            behind=shown[caret : caret + _BEHIND],
            words=_count_words(record.text),
            has_brief=bool(record.brief),
        )


class Leftover(msgspec.Struct, frozen=True):
    """What a program that died has left. It is held: no other program offers it meanwhile.

    Attributes:
        glance: What the writer is shown of it. The text stays on the disk until it is wanted.
        folder: Where.
        lock: Held until `discard` or `leave`.
    """

    glance: Glance
    folder: Path
    lock: FileLock

    @property
    def size(self) -> int:
        """Bytes of what is read."""
        return size_of(self.folder / _RECORD) + size_of(self.folder / _DOCUMENT)

    def read(self) -> RecoveryRecord:
        """What it had kept.

        Raises:
            RecoveryError: It is damaged since it was looked at.
            OSError: It cannot be read any more.
        """
        path, beside = self.folder / _RECORD, self.folder / _DOCUMENT
        record, document = _read(path), _read_document(beside)
        if document is None:
            return record
        if document.text != record.text and beside.stat().st_mtime_ns < path.stat().st_mtime_ns:
            return record  # it could not be written any more
        return replace(
            record,
            file=record.file.with_text(document.text),
            brief=document.brief,
            caret=document.caret,
            document=document,
        )

    def discard(self) -> None:
        """Delete it."""
        _remove(self.folder, self.lock)

    def leave(self) -> None:
        """Keep it for a later start."""
        self.lock.release()


def leftovers_size(root: Path) -> int:
    """About how many bytes `leftovers` reads, those of programs that run among them."""
    try:
        return sum(size_of(folder / _RECORD) for folder in root.iterdir())
    except OSError:
        return 0


def leftovers(
    root: Path,
    is_saved: Callable[[RecoveryRecord], bool] = lambda _record: False,
    at: At = lambda _share: None,
) -> tuple[list[Leftover], list[str]]:
    """What programs that died have left, the latest first.

    One after another is read whole, to see that it is, and no text is kept in memory.

    Args:
        root: The folder of all.
        is_saved: Says of a record that nothing would be lost with it: then it is deleted. The
            program died between its save and the end of its record.
        at: Is given what share of them is looked through.

    Returns:
        Those that can be read, and a sentence for the writer about each that cannot. A damaged one
        is set aside and reported once; one of a later version stays, for that version.
    """
    found: list[Leftover] = []
    problems: list[str] = []
    try:
        folders = sorted(folder for folder in root.iterdir() if folder.is_dir())
    except OSError:
        return [], []
    try:
        for number, folder in enumerate(folders):
            if len(found) == _MOST:
                break
            at(number / len(folders))
            _take_in(folder, is_saved, found, problems)
        at(1.0)
    except BaseException:  # nobody hears of them
        for leftover in found:
            leftover.leave()
        raise
    found.sort(key=lambda leftover: -leftover.glance.written_at)
    return found, problems


def _take_in(
    folder: Path,
    is_saved: Callable[[RecoveryRecord], bool],
    found: list[Leftover],
    problems: list[str],
) -> None:
    """Have what is left in one folder, or why it cannot be read, among those of the others."""
    path = folder / _RECORD
    try:
        lock = FileLock.acquire(folder / _LOCK)
    except OSError as error:
        if is_file(path):
            problems.append(
                tr(
                    "A text that was not saved is in “{file}” and cannot be offered: {why}. It "
                    "stays there; a text editor may show it.",
                    file=visible_path(path),
                    why=error.strerror or error,
                )
            )
        return
    if lock is None:
        return  # of a program that runs
    try:
        record = _read(path)
    except FileNotFoundError:
        # Of one that had nothing to keep.
        if (folder / _DAMAGED).exists():
            lock.release()
        else:
            _remove(folder, lock)
    except NewerRecordError as error:
        lock.release()
        problems.append(
            tr(
                "A text that was not saved is in “{file}”: {why}. It stays there.",
                file=visible_path(path),
                why=error,
            )
        )
    except (RecoveryError, OSError) as error:
        aside = folder / _DAMAGED
        with contextlib.suppress(OSError):
            path.replace(aside)
            path = aside
        lock.release()
        why = error.strerror if isinstance(error, OSError) else error
        problems.append(
            tr(
                "A text that was not saved could not be recovered: {why}. What there is of it is "
                "in “{file}”; a text editor may show it.",
                why=why,
                file=visible_path(path),
            )
        )
    else:
        # What stands beside it may say more: it is looked at where the record alone says nothing.
        if is_saved(record) and is_saved(_with_document(record, folder)):
            _remove(folder, lock)
        else:
            found.append(Leftover(Glance.of(record), folder, lock))


def _read(path: Path) -> RecoveryRecord:
    return RecoveryRecord.of_bytes(read_regular_file(path, LARGEST)[0])


def _read_document(path: Path) -> Document | None:
    """What is known beside the text; None where nothing is, or it cannot be read."""
    if not is_file(path):
        return None
    import sqlite3

    from studio.manuscript.document_file import DocumentError, read_database

    try:
        # Not its bytes: what a write that was cut off has left beside them undoes it.
        with closing(sqlite3.connect(path)) as connection:
            return read_database(connection)
    except (DocumentError, sqlite3.Error):
        _log.warning("recovery: takes and tokens cannot be read", exc_info=True)
        return None


def _with_document(record: RecoveryRecord, folder: Path) -> RecoveryRecord:
    return replace(record, document=_read_document(folder / _DOCUMENT))


def _count_words(text: str) -> int:
    """In bites: another thread may want its turn, and a list of all of them takes memory."""
    count, is_within = 0, False
    for start in range(0, len(text), BITE):
        bite = text[start : start + BITE]
        # A word that goes on from the bite before was counted there.
        count += len(bite.split()) - (is_within and not bite[0].isspace())
        is_within = not bite[-1].isspace()
    return count


def _remove(folder: Path, lock: FileLock | None) -> None:
    # The record first: without it, what may stay behind is nothing to recover.
    with contextlib.suppress(OSError):
        (folder / _RECORD).unlink(missing_ok=True)
    if lock is not None:
        lock.release()
    shutil.rmtree(folder, ignore_errors=True)

"""Writes over a file that must stay the file it is, with a backup that outlives a kill.

A backup is one file in a folder of the program's own: a line of JSON that says whose it is, and
what the file held before. It is there, whole and flushed, before the first byte is written, and
goes when the last one is.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import stat
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import msgspec

from studio.disk_writes import sync_folder, write_all
from studio.file_lock import FileLock
from studio.percent_encoding import percent_decoded, percent_encoded
from studio.platform_places import state_place
from studio.translation import mark, tr
from studio.visible_text import visible_name, visible_path

_FORMAT = "kelvin-studio backup"
_SUFFIX = ".backup"
_STEM = "[0-9a-f]" * 16
"""As a pattern of names: what is kept for the writer begins so too, but does not end there."""
_PIECE = 2**20
_LONGEST_LINE = 65_536
"""Bytes of the line that says whose a backup is: of a path, and little more."""
_MOST = 256
"""Backups that are looked at in one start."""
_LONGEST_WRITE = 600.0
"""Seconds. A file that was changed so long after its backup was made was not changed by the write
that was killed, but by somebody who has seen what was left of it."""


class TornFileError(OSError):
    """A file could neither be written nor be brought back; says where what it held is kept."""


def backup_folder() -> Path:
    """Where backups are, for as long as a file is being written."""
    return state_place() / "backups"


def write_in_place(
    target: Path, data: bytes, former: os.stat_result, *, is_private: bool = False
) -> os.stat_result:
    """Writes over a file: it keeps its names, owner, permissions and attributes.

    Where writing fails it gets back what it held. Where the program is killed meanwhile,
    `restore_torn` does the same at the next start.

    Args:
        target: The file, no link.
        data: All that it is to hold.
        former: Its status, by which it is known.
        is_private: Whether nobody but its owner may read it from now on.

    Returns:
        Its status once all is on the disk.

    Raises:
        TornFileError: It could be neither written nor brought back.
        OSError: It could not be written, and is as it was.
    """
    flags = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    descriptor = os.open(target, flags | getattr(os, "O_BINARY", 0))
    try:
        status = os.fstat(descriptor)
        if not os.path.samestat(status, former) or not stat.S_ISREG(status.st_mode):
            why = tr("another program has replaced it meanwhile")
            raise OSError(errno.EBUSY, why, str(target))
        if is_private and hasattr(os, "fchmod"):
            os.fchmod(descriptor, 0o600)
        with _backup(target, descriptor, hashlib.sha256(data).hexdigest()) as backup:
            try:
                _claim_room(descriptor, status.st_size, len(data))
                _write(descriptor, data)
            except BaseException as error:
                _bring_back(descriptor, backup, error)
                raise
        _settle(target, status.st_ino)
        return os.fstat(descriptor)
    finally:
        os.close(descriptor)


def restore_torn() -> list[str]:
    """Gives files back what they held where a program died while it wrote them.

    What stands in them now, half of it new, is kept too: nobody knows who wrote it last. A file
    that was changed long after stays as it is, and what it held before is put beside the backups.

    Returns:
        A sentence for the writer about each.
    """
    folder = backup_folder()
    for path in folder.glob(f"{_STEM}.lock"):  # of one that was killed before it had a backup
        with contextlib.suppress(OSError):
            if not path.with_suffix(_SUFFIX).exists() and (lock := FileLock.acquire(path)):
                lock.release()
    reported = []
    for path in sorted(folder.glob(f"{_STEM}{_SUFFIX}"))[:_MOST]:
        with contextlib.suppress(OSError), _alone_with(path) as is_there:
            if is_there and (sentence := _restore(path)):
                reported.append(sentence)
    return reported


@contextlib.contextmanager
def _alone_with(path: Path) -> Iterator[bool]:
    """Hold others off a backup; whether it is there and nobody writes its file.

    Raises:
        OSError: The folder's file system knows no locks.
    """
    lock = FileLock.acquire(path.with_suffix(".lock"))
    try:
        yield lock is not None and path.exists()
    finally:
        if lock is not None:
            lock.release()


class _Head(msgspec.Struct):
    format: str
    path: str
    inode: int
    sha256: str
    new_sha256: str


class _Backup(msgspec.Struct, frozen=True):
    """What a file held.

    Attributes:
        path: Where it is kept.
        target: Whose it is.
        inode: By which that file is known.
        start: Where in the backup it begins.
        sha256: Of what the file held.
        new_sha256: Of what was to be written.
    """

    path: Path
    target: Path
    inode: int
    start: int
    sha256: str
    new_sha256: str

    @classmethod
    def read(cls, path: Path) -> _Backup:
        """What a backup says of itself.

        Raises:
            OSError: It cannot be read, or is damaged.
        """
        with path.open("rb") as file:
            line = file.readline(_LONGEST_LINE)
        try:
            head = msgspec.json.decode(line, type=_Head)
            target = percent_decoded(head.path)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise OSError(errno.EINVAL, tr("it is damaged"), str(path)) from error
        if head.format != _FORMAT or not target.is_absolute():
            raise OSError(errno.EINVAL, tr("it is of another form"), str(path))
        return cls(path, target, head.inode, len(line), head.sha256, head.new_sha256)

    def pieces(self) -> Iterator[bytes]:
        """What the file held."""
        with self.path.open("rb") as file:
            file.seek(self.start)
            while piece := file.read(_PIECE):
                yield piece


@contextlib.contextmanager
def _backup(target: Path, descriptor: int, new_sha256: str) -> Iterator[_Backup]:
    """The backup of an open file; gone afterwards, but where the file is torn."""
    folder = backup_folder()
    path = folder / f"{secrets.token_hex(8)}{_SUFFIX}"
    lock = None
    try:
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = FileLock.acquire(path.with_suffix(".lock"))
            backup = _written_backup(path, target, descriptor, new_sha256)
        except OSError as error:
            raise OSError(
                error.errno,
                tr(
                    "no backup of it can be kept in “{folder}” ({why})",
                    folder=folder,
                    why=error.strerror,
                ),
            ) from error
        try:
            yield backup
        except TornFileError:
            raise
        except BaseException:
            with contextlib.suppress(OSError):
                path.unlink()
            raise
        # The text is written: that its backup stays would be no failure of that.
        with contextlib.suppress(OSError):
            path.unlink()
    finally:
        if lock is not None:
            lock.release()


def _settle(target: Path, inode: int) -> None:
    """A file is whole: what is kept of a former write of it is not to be brought back any more."""
    for path in islice(backup_folder().glob(f"{_STEM}{_SUFFIX}"), _MOST):
        with contextlib.suppress(OSError), _alone_with(path) as is_there:
            if is_there:
                backup = _Backup.read(path)
                if (backup.target, backup.inode) == (target, inode):
                    path.unlink()


def _written_backup(path: Path, target: Path, descriptor: int, new_sha256: str) -> _Backup:
    sha256 = _digest_of(descriptor)
    inode = os.fstat(descriptor).st_ino
    head = _Head(_FORMAT, percent_encoded(target), inode, sha256, new_sha256)
    line = msgspec.json.encode(head) + b"\n"
    _write_private(path, line, _pieces_of(descriptor))
    return _Backup(path, target, inode, len(line), sha256, new_sha256)


def _write_private(path: Path, line: bytes, pieces: Iterator[bytes]) -> None:
    """A file that has its name once it is whole and on the disk."""
    temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        with os.fdopen(os.open(temporary, flags, 0o600), "wb") as file:
            file.write(line)
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    sync_folder(path.parent)


def _claim_room(descriptor: int, size: int, new_size: int) -> None:
    """Have a full disk refuse before anything is written, where the system can say."""
    if new_size <= size or not hasattr(os, "posix_fallocate"):
        return
    try:
        os.posix_fallocate(descriptor, size, new_size - size)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise


def _write(descriptor: int, data: bytes) -> None:
    os.lseek(descriptor, 0, os.SEEK_SET)
    write_all(descriptor, data)
    os.ftruncate(descriptor, len(data))
    os.fsync(descriptor)


def _bring_back(descriptor: int, backup: _Backup, error: BaseException) -> None:
    try:
        _write_pieces(descriptor, backup)
    except OSError as second:
        raise TornFileError(
            second.errno,
            tr(
                "{why}. What it held before is in “{backup}”, below a line of the program's",
                why=getattr(error, "strerror", None) or error,
                backup=backup.path,
            ),
        ) from error


def _write_pieces(descriptor: int, backup: _Backup) -> None:
    """Write what a file held."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    size = 0
    for piece in backup.pieces():
        write_all(descriptor, piece)
        size += len(piece)
    os.ftruncate(descriptor, size)
    os.fsync(descriptor)


def _pieces_of(descriptor: int) -> Iterator[bytes]:
    os.lseek(descriptor, 0, os.SEEK_SET)
    while piece := os.read(descriptor, _PIECE):
        yield piece


def _digest_of(descriptor: int) -> str:
    digest = hashlib.sha256()
    for piece in _pieces_of(descriptor):
        digest.update(piece)
    return digest.hexdigest()


def _restore(path: Path) -> str:
    """Do what a backup is for, and delete it; what is to be said of that, if anything."""
    try:
        backup = _Backup.read(path)
    except OSError:
        path.rename(path.with_suffix(".damaged"))
        return tr(
            "A file was being written when the program ended, and the backup of it is damaged: "
            "“{backup}”.",
            backup=path.with_suffix(".damaged"),
        )
    name = visible_name(backup.target.name)
    kept = path.with_name(f"{path.stem}-{_short(backup.target.name)}")
    try:
        flags = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        descriptor = os.open(backup.target, flags | getattr(os, "O_BINARY", 0))
    except OSError as error:
        _write_private(kept, b"", backup.pieces())
        path.unlink()
        return tr(
            "“{name}” was being written when the program ended, and cannot be opened now ({why}). "
            "What it held before is in “{kept}”.",
            name=name,
            why=error.strerror,
            kept=visible_path(kept),
        )
    try:
        status = os.fstat(descriptor)
        is_another = status.st_ino != backup.inode or not stat.S_ISREG(status.st_mode)
        if not is_another and _digest_of(descriptor) in (backup.sha256, backup.new_sha256):
            path.unlink()
            return ""
        if is_another or status.st_mtime > path.stat().st_mtime + _LONGEST_WRITE:
            _write_private(kept, b"", backup.pieces())
            path.unlink()
            words = _ANOTHER if is_another else _CHANGED
            return tr(words, name=name, kept=visible_path(kept))
        try:
            _write_private(kept, b"", _pieces_of(descriptor))
            _write_pieces(descriptor, backup)
        except OSError as error:
            return tr(
                "“{name}” was being written when the program ended, and cannot be brought back "
                "({why}). The next start tries again; what it held before is in “{backup}”, below "
                "a line of the program's.",
                name=name,
                why=error.strerror,
                backup=visible_path(path),
            )
        path.unlink()
        return tr(
            "“{name}” was being written when the program ended. It holds again what it held "
            "before; what stood in it, partly new, is in “{kept}”.",
            name=name,
            kept=visible_path(kept),
        )
    finally:
        os.close(descriptor)


_ANOTHER = mark(
    "“{name}” was being written when the program ended, and is another file now. What it held "
    "before is in “{kept}”."
)
_CHANGED = mark(
    "“{name}” was being written when the program ended, and was changed since. What it held before "
    "is in “{kept}”."
)


def _short(name: str) -> str:
    """The end of a name, short enough to stand behind ours."""
    return os.fsdecode(os.fsencode(name)[-100:])

"""Writes files so that at every moment either the old or the new file can be had whole."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from studio.disk_writes import sync_folder, write_all
from studio.file_lock import try_lock
from studio.in_place import write_in_place
from studio.translation import tr


def atomic_write(path: Path, data: bytes, *, is_private: bool = False) -> os.stat_result:
    """Writes a file anew: temporary file beside it, write, flush to disk, rename over, flush.

    A symbolic link stays a link, and the file it leads to is replaced. Owner, permission bits and
    extended attributes are those of the file that is replaced, from before the first byte is
    written; a new file has the process's usual ones. What a new file cannot be given, that is
    another's owner, further names (hard links) and a place in a folder that cannot be written to,
    keeps a file in its place: it is written there, with a backup, see `write_in_place`.

    Whatever fails, the old file is as it was and no temporary file stays.

    Args:
        path: The file, whether it is there yet or not.
        data: All that it is to hold.
        is_private: Whether nobody but its owner may read it, whatever stood there before.

    Returns:
        The status of the new file, taken before anybody else could find it under its name.

    Raises:
        OSError: The target is no regular file, is read-only, or the system failed; a full disk is
            `ENOSPC`.
    """
    target = Path(os.path.realpath(path))
    former = _replaceable(target)
    if former is None:
        with _written_beside(target, data, 0o600 if is_private else 0o666) as (temporary, status):
            temporary.replace(target)
    elif former.st_nlink > 1:
        status = write_in_place(target, data, former, is_private=is_private)
    else:
        try:
            with _written_beside(target, data, 0o600, former, is_private) as (temporary, status):
                temporary.replace(target)
        except OSError as error:
            if not (isinstance(error, _UnlikeError) or error.errno in _KEEPS_ITS_PLACE):
                raise
            status = write_in_place(target, data, former, is_private=is_private)
    sync_folder(target.parent)
    return status


_KEEPS_ITS_PLACE = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY})
"""Why a file cannot be replaced that perhaps can be written: its folder cannot, it is another's in
a folder where each may delete but their own, it is mounted."""


class _UnlikeError(OSError):
    """A new file cannot have the owner or the attributes of the old one."""


def write_new(path: Path, data: bytes, *, is_private: bool = False) -> None:
    """Writes a file that does not exist yet, whole or not at all; never over another one.

    Of several processes that write the same path at once one succeeds.

    Args:
        path: The file.
        data: All that it is to hold.
        is_private: Whether nobody but its owner may read it.

    Raises:
        FileExistsError: Something of this name is there, be it a link that leads nowhere.
        OSError: The system failed; no temporary file stays.
    """
    with _written_beside(path, data, 0o600 if is_private else 0o666) as (temporary, _):
        move_new(temporary, path)
    sync_folder(path.parent)


def move_new(former: Path, path: Path) -> None:
    """Calls a file otherwise, as `Path.rename` does, but never over another one.

    Args:
        former: The file.
        path: Its new name.

    Raises:
        FileExistsError: Something of the new name is there.
        OSError: The system failed.
    """
    if os.name == "nt":
        former.rename(path)  # which refuses there
        return
    try:
        # Not the rename: that would replace in silence.
        os.link(former, path, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # A file system without hard links, a memory stick's: the name is taken first.
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
        with _removed_on_failure(path):  # the empty file that kept the name
            former.replace(path)
        return
    former.unlink()


_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})


@contextlib.contextmanager
def _written_beside(
    target: Path,
    data: bytes,
    mode: int,
    former: os.stat_result | None = None,
    is_private: bool = False,
) -> Iterator[tuple[Path, os.stat_result]]:
    """A temporary file in the target's folder, written to the disk, and its status."""
    temporary, descriptor = _new_beside(target, mode)
    is_open = True
    with _removed_on_failure(temporary):
        try:
            if former is not None:
                # Before there is anything to read: until then it is ours alone.
                _make_alike(descriptor, target, former, is_private)
            write_all(descriptor, data)
            if former is not None and former.st_mode & (stat.S_ISUID | stat.S_ISGID):
                _set_mode(descriptor, former, is_private)  # the write has cleared these bits
            os.fsync(descriptor)
            status = os.fstat(descriptor)
            if sys.platform == "win32":
                os.close(descriptor)  # an open file cannot be moved there
                is_open = False
            yield temporary, status
        finally:
            if is_open:
                os.close(descriptor)


def _new_beside(target: Path, mode: int) -> tuple[Path, int]:
    """An empty temporary file, locked for as long as it is open where the system has locks.

    `stale_files` knows it by its name.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    while True:
        # A short name of its own: the target's may already be as long as the file system allows.
        temporary = target.with_name(f".{secrets.token_hex(8)}.tmp")
        descriptor = os.open(temporary, flags, mode)
        if sys.platform == "win32":
            return temporary, descriptor
        is_ours = True
        with contextlib.suppress(OSError):  # no locks on this drive
            # Who looks for stale files may have been quicker between the two calls.
            is_ours = try_lock(descriptor) and os.fstat(descriptor).st_nlink > 0
        if is_ours:
            return temporary, descriptor
        os.close(descriptor)


@contextlib.contextmanager
def _removed_on_failure(path: Path) -> Iterator[None]:
    """Deletes a file of ours where what is done with it fails."""
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            path.unlink()
        raise


def _replaceable(target: Path) -> os.stat_result | None:
    """The status of the file to replace, None where there is none yet."""
    try:
        # Not through links: realpath leaves one in place only where links run in a circle.
        status = target.lstat()
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
    if stat.S_ISLNK(status.st_mode):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(target))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, tr("not a regular file"), str(target))
    if not os.access(target, os.W_OK):
        # The rename would succeed all the same: it asks for permission on the folder alone.
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(target))
    return status


def _make_alike(descriptor: int, target: Path, former: os.stat_result, is_private: bool) -> None:
    """Gives a new file the owner, the extended attributes and the permissions of the old one.

    Raises:
        _UnlikeError: It cannot have them.
    """
    if not hasattr(os, "fchmod"):  # Windows
        return
    try:
        created = os.fstat(descriptor)
        if (created.st_uid, created.st_gid) != (former.st_uid, former.st_gid):
            os.fchown(descriptor, former.st_uid, former.st_gid)
        if sys.platform == "linux":
            _copy_attributes(target, descriptor)
        # Last: the owner's change clears some of the bits, and access control lists are attributes.
        _set_mode(descriptor, former, is_private)
    except OSError as error:
        raise _UnlikeError(error.errno, error.strerror, str(target)) from error


def _set_mode(descriptor: int, former: os.stat_result, is_private: bool) -> None:
    os.fchmod(descriptor, 0o600 if is_private else stat.S_IMODE(former.st_mode))


if sys.platform == "linux":

    def _copy_attributes(target: Path, descriptor: int) -> None:
        try:
            names = os.listxattr(target, follow_symlinks=False)
        except OSError as error:
            if error.errno in _NO_ATTRIBUTES:
                return
            raise
        wanted = {name: os.getxattr(target, name, follow_symlinks=False) for name in names}
        found = {name: os.getxattr(descriptor, name) for name in os.listxattr(descriptor)}
        for name in found.keys() - wanted.keys():
            # A folder can have lists that its new files begin with; the old file had none.
            with contextlib.suppress(OSError):
                os.removexattr(descriptor, name)
        for name, value in wanted.items():
            if found.get(name) != value:
                os.setxattr(descriptor, name, value)


_NO_ATTRIBUTES = frozenset({errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})

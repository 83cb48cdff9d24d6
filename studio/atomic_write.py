"""Writes files so that at every moment either the old or the new file is whole.

This module does not know what the bytes mean.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path


def atomic_write(path: Path, data: bytes, mode: int = 0o666) -> os.stat_result:
    """Writes a file anew: temporary file beside it, write, flush to disk, rename over, flush.

    A symbolic link stays a link, and the file it leads to is replaced. Permission bits, and as far
    as the system allows the owner, stay those of the file that is replaced; a new file has the
    process's usual ones. Whatever fails, the old file is as it was and no temporary file stays.

    Args:
        path: The file, whether it is there yet or not.
        data: All that it is to hold.
        mode: Permission bits of a new file, before the process's mask.

    Returns:
        The status of the new file, taken before anybody else could find it under its name.

    Raises:
        OSError: The target is no regular file, is read-only, or the system failed; a full disk is
            `ENOSPC`.
    """
    target = Path(os.path.realpath(path))
    former = _replaceable(target)
    temporary, status = _written_beside(target, data, mode, former)
    with _removed_on_failure(temporary):
        temporary.replace(target)
    _sync_folder(target.parent)
    return status


def write_new(path: Path, data: bytes) -> None:
    """Writes a file that does not exist yet, whole or not at all; never over another one.

    Of several processes that write the same path at once one succeeds.

    Raises:
        FileExistsError: Something of this name is there, be it a link that leads nowhere.
        OSError: The system failed; no temporary file stays.
    """
    temporary, _ = _written_beside(path, data)
    with _removed_on_failure(temporary):
        move_new(temporary, path)
    _sync_folder(path.parent)


def move_new(former: Path, path: Path) -> None:
    """Calls a file otherwise, as `Path.rename` does, but never over another one.

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


def _written_beside(
    target: Path, data: bytes, mode: int = 0o666, former: os.stat_result | None = None
) -> tuple[Path, os.stat_result]:
    """A temporary file in the target's folder, written to the disk, and its status."""
    # A short name of its own: the target's may already be as long as the file system allows.
    temporary = target.with_name(f".{secrets.token_hex(8)}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(temporary, flags, mode)
    with _removed_on_failure(temporary):
        try:
            _write_all(descriptor, data)
            if former is not None:
                _keep_owner_and_mode(descriptor, former)
            os.fsync(descriptor)
            status = os.fstat(descriptor)
        finally:
            os.close(descriptor)
    return temporary, status


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
        raise OSError(errno.EINVAL, "not a regular file", str(target))
    if not os.access(target, os.W_OK):
        # The rename would succeed all the same: it asks for permission on the folder alone.
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(target))
    return status


def _write_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        # One write may take less than it was given: on a full disk, and above 2 GiB.
        rest = rest[os.write(descriptor, rest) :]


def _keep_owner_and_mode(descriptor: int, former: os.stat_result) -> None:
    if not hasattr(os, "fchmod"):  # Windows
        return
    with contextlib.suppress(PermissionError):
        os.fchown(descriptor, former.st_uid, former.st_gid)
    # After the owner, whose change would clear some of the bits.
    os.fchmod(descriptor, stat.S_IMODE(former.st_mode))


def _sync_folder(folder: Path) -> None:
    """Makes the rename itself last.

    The new file is in place already, so failing here is no loss of text; and some systems cannot
    open or flush a folder at all.
    """
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

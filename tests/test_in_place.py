"""Files that are written where they stand, with kills and full disks in the middle of it."""

from __future__ import annotations

import errno
import hashlib
import os
import signal
import stat
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio import in_place
from studio.atomic_write import atomic_write
from studio.file_lock import FileLock
from studio.in_place import TornFileError, backup_folder, restore_torn, write_in_place

ROOT = Path(__file__).parents[1]
NOBODY = 65_534

as_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="another user is needed"
)


def left() -> list[str]:
    """What lies in the folder of backups."""
    return sorted(path.name for path in backup_folder().glob("*")) + sorted(
        path.name for path in backup_folder().glob(".*")
    )


def linked(tmp_path: Path, data: bytes = b"old") -> tuple[Path, Path]:
    """A file with two names, in two folders."""
    first, second = tmp_path / "one" / "story.txt", tmp_path / "two" / "story.txt"
    for path in (first, second):
        path.parent.mkdir()
    first.write_bytes(data)
    second.hardlink_to(first)
    return first, second


@pytest.mark.parametrize("new", [b"", b"n", b"longer than before" * 1000])
def test_a_file_with_two_names_keeps_both(tmp_path: Path, new: bytes) -> None:
    first, second = linked(tmp_path)
    first.chmod(0o640)
    before = first.stat()
    reported = atomic_write(first, new)
    after = first.stat()
    assert first.read_bytes() == second.read_bytes() == new
    assert (after.st_ino, after.st_nlink, after.st_mode) == (before.st_ino, 2, before.st_mode)
    assert (reported.st_ino, reported.st_size, reported.st_mtime_ns) == (
        after.st_ino,
        len(new),
        after.st_mtime_ns,
    )
    assert left() == []
    atomic_write(second, b"again", is_private=True)
    assert first.read_bytes() == b"again"
    assert stat.S_IMODE(first.stat().st_mode) == 0o600


def test_the_backup_is_whole_and_private_before_the_first_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = linked(tmp_path, b"old text")
    seen: list[tuple[str, bytes, int]] = []
    write = os.write

    def look(descriptor: int, data: memoryview) -> int:
        for path in backup_folder().glob("*.backup"):
            assert first.read_bytes() == b"old text"
            seen.append((path.name, path.read_bytes(), stat.S_IMODE(path.stat().st_mode)))
        return write(descriptor, data)

    former = os.umask(0)
    monkeypatch.setattr(os, "write", look)
    try:
        atomic_write(first, b"new")
    finally:
        os.umask(former)
    [(_, held, mode)] = seen
    assert held.endswith(b"}\nold text")
    assert mode == 0o600
    assert stat.S_IMODE(backup_folder().stat().st_mode) == 0o700


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("failing", ["write", "fsync", "ftruncate"])
def test_what_fails_leaves_what_it_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str, number: int
) -> None:
    first, second = linked(tmp_path, b"old" * 100)
    call = getattr(os, failing)
    state = {"left": 1}

    def fail_once(descriptor: int, *rest: object) -> object:
        if os.fstat(descriptor).st_ino == first.stat().st_ino and state["left"]:
            state["left"] = 0
            if failing == "write":
                call(descriptor, b"half")
            raise OSError(number, os.strerror(number))
        return call(descriptor, *rest)

    with monkeypatch.context() as failures:
        failures.setattr(os, failing, fail_once)
        with pytest.raises(OSError, match=os.strerror(number)) as caught:
            atomic_write(first, b"new")
    assert not isinstance(caught.value, TornFileError)
    assert state["left"] == 0
    assert first.read_bytes() == second.read_bytes() == b"old" * 100
    assert left() == []


def test_a_full_disk_refuses_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = linked(tmp_path)

    def refuse(*_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", refuse)
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        atomic_write(first, b"much longer")
    assert first.read_bytes() == b"old"
    assert left() == []


def test_where_nothing_can_be_brought_back_the_backup_stays_and_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = linked(tmp_path, b"old text")
    write = os.write

    def broken(descriptor: int, data: bytes) -> int:
        if os.fstat(descriptor).st_ino == first.stat().st_ino:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return write(descriptor, data)

    with monkeypatch.context() as failures:
        failures.setattr(os, "write", broken)
        with pytest.raises(TornFileError) as caught:
            atomic_write(first, b"new")
    [name] = [name for name in left() if name.endswith(".backup")]
    assert str(backup_folder() / name) in str(caught.value)
    first.write_bytes(b"torn")
    [reported] = restore_torn()
    assert "story.txt" in reported
    assert first.read_bytes() == b"old text"


def test_where_no_backup_can_be_kept_nothing_is_written(tmp_path: Path) -> None:
    first, _ = linked(tmp_path)
    backup_folder().parent.mkdir(parents=True)
    backup_folder().write_bytes(b"in the way")
    with pytest.raises(OSError, match="no backup of it") as caught:
        atomic_write(first, b"new")
    assert str(backup_folder()) in str(caught.value)
    assert first.read_bytes() == b"old"


def test_a_file_that_was_replaced_meanwhile_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "story.txt"
    path.write_bytes(b"old")
    former = path.stat()
    (tmp_path / "other").write_bytes(b"theirs")
    (tmp_path / "other").replace(path)
    with pytest.raises(OSError, match="another program"):
        write_in_place(path, b"new", former)
    assert path.read_bytes() == b"theirs"
    assert left() == []


KILLED = """
import os, signal, sys
from pathlib import Path
from studio.atomic_write import atomic_write

target, new, after = Path(sys.argv[1]), sys.stdin.buffer.read(), int(sys.argv[2])
inode, written, write, truncate = os.stat(target).st_ino, 0, os.write, os.ftruncate

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def dying_write(descriptor, data):
    global written
    if os.fstat(descriptor).st_ino != inode:
        return write(descriptor, data)
    if after == -1:
        die()
    piece = bytes(data)[: max(after - written, 0)] if after < len(new) else bytes(data)
    written += write(descriptor, piece)
    if after < len(new) and written >= after:
        die()
    return len(piece)

def dying_truncate(descriptor, size):
    if os.fstat(descriptor).st_ino == inode and after == len(new):
        die()
    truncate(descriptor, size)

os.write, os.ftruncate = dying_write, dying_truncate
atomic_write(target, new)
"""


def killed_while_writing(target: Path, new: bytes, after: int) -> int:
    """Write in another process that is killed after so many bytes; its exit status.

    -1 is before the first, the length before the end is cut off, more than that not at all.
    """
    done = subprocess.run(
        [sys.executable, "-P", "-c", KILLED, str(target), str(after)],
        input=new,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=60,
        check=False,
        capture_output=True,
    )
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode


@pytest.mark.parametrize("after", [-1, 0, 1, 7, 12, 13])
@pytest.mark.parametrize("old", [b"old", b"old text, longer than the new one\n"])
def test_a_kill_in_the_middle_loses_nothing(tmp_path: Path, old: bytes, after: int) -> None:
    first, second = linked(tmp_path, old)
    new = b"new text, NEW"[:12]
    status = killed_while_writing(first, new, after)
    torn = first.read_bytes()
    (backup_folder() / "0123456789abcdef.lock").touch()  # of one that was killed a little sooner
    reported = restore_torn()
    assert restore_torn() == [], "once"
    if status == 0:
        assert (first.read_bytes(), reported) == (new, [])
        return
    if torn in (old, new):
        assert (first.read_bytes(), reported) == (torn, [])
    else:
        assert first.read_bytes() == second.read_bytes() == old
        assert len(reported) == 1
        [kept] = [path for path in backup_folder().iterdir() if "story.txt" in path.name]
        assert kept.read_bytes() == torn
        assert str(kept) in reported[0]
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert not list(backup_folder().glob("*.backup"))
    assert not list(backup_folder().glob("*.lock"))


def leave_backup(path: Path, new_sha256: str) -> None:
    """What a kill leaves: the backup of a file, and nobody who holds it."""
    descriptor = os.open(path, os.O_RDWR)
    with in_place._backup(path, descriptor, new_sha256) as backup:
        held = backup.path.read_bytes()
    os.close(descriptor)
    backup.path.write_bytes(held)


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(old=st.binary(max_size=40), new=st.binary(max_size=40), at=st.integers(0, 40))
def test_whatever_is_half_written_is_brought_back(
    tmp_path: Path, old: bytes, new: bytes, at: int
) -> None:
    """As a kill leaves it: the backup, and a file of which the beginning is new."""
    path = tmp_path / "file"
    path.write_bytes(old)
    leave_backup(path, hashlib.sha256(new).hexdigest())
    torn = new[:at] + old[at:]
    path.write_bytes(torn)
    reported = restore_torn()
    assert path.read_bytes() == (torn if torn in (old, new) else old)
    assert bool(reported) is (torn not in (old, new))
    assert not list(backup_folder().glob("*.backup"))


@pytest.mark.parametrize("name", ["story.lock", "story.backup", ".tmp"])
def test_what_is_kept_stays_whatever_the_file_is_called(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"old")
    leave_backup(path, "0" * 64)
    path.write_bytes(b"half")
    assert len(restore_torn()) == 1
    assert restore_torn() == []
    [kept] = backup_folder().iterdir()
    assert kept.read_bytes() == b"half"


def test_a_file_that_was_mended_since_keeps_what_it_holds(tmp_path: Path) -> None:
    """The kill was yesterday, and another program has written the file today."""
    path = tmp_path / "story.txt"
    path.write_bytes(b"old text")
    leave_backup(path, "0" * 64)
    path.write_bytes(b"mended by hand")
    later = path.stat().st_mtime + 3600
    os.utime(path, (later, later))
    [reported] = restore_torn()
    [kept] = backup_folder().iterdir()
    assert path.read_bytes() == b"mended by hand"
    assert kept.read_bytes() == b"old text"
    assert "changed since" in reported
    assert str(kept) in reported
    assert restore_torn() == []


def test_what_is_saved_again_after_a_kill_is_not_taken_back(tmp_path: Path) -> None:
    """By a window that was open beside the one that was killed, or that could not save at first."""
    first, second = linked(tmp_path, b"old text")
    leave_backup(first, "0" * 64)
    first.write_bytes(b"half")
    other = tmp_path / "other.txt"
    other.write_bytes(b"of another file")
    leave_backup(other, "1" * 64)
    other.write_bytes(b"half")
    atomic_write(first, b"newest")
    assert len(restore_torn()) == 1, "the other one"
    assert first.read_bytes() == second.read_bytes() == b"newest"
    assert other.read_bytes() == b"of another file"


def test_a_backup_of_one_that_is_being_written_is_left_alone(tmp_path: Path) -> None:
    first, _ = linked(tmp_path)
    descriptor = os.open(first, os.O_RDWR)
    with in_place._backup(first, descriptor, "0" * 64) as backup:
        first.write_bytes(b"half")
        assert restore_torn() == []
        assert backup.path.exists()
    os.close(descriptor)
    assert first.read_bytes() == b"half"


@pytest.mark.parametrize("target", ["gone", "folder", "link", "another", "another's name"])
def test_a_file_that_is_gone_or_another_thing_gives_its_text_to_a_file(
    tmp_path: Path, target: str
) -> None:
    path = tmp_path / "story.txt"
    path.write_bytes(b"old text")
    leave_backup(path, "0" * 64)
    inode = path.stat().st_ino
    path.rename(tmp_path / "elsewhere")  # so that its number is not given again
    precious = tmp_path / "precious"
    precious.write_bytes(b"precious")
    if target == "folder":
        path.mkdir()
    if target == "link":
        path.symlink_to(precious)
    if target == "another":
        path.write_bytes(b"not ours")
        assert path.stat().st_ino != inode
    if target == "another's name":
        path.hardlink_to(precious)
    [reported] = restore_torn()
    [kept] = backup_folder().iterdir()
    assert kept.read_bytes() == b"old text"
    assert str(kept) in reported
    assert precious.read_bytes() == b"precious"
    assert restore_torn() == []


@pytest.mark.parametrize("data", [b"", b"{}\n", b"nonsense", b'{"format": 1}\n', b"[" * 100_000])
def test_a_backup_that_is_none_is_reported_once(data: bytes) -> None:
    backup_folder().mkdir(parents=True)
    (backup_folder() / "0123456789abcdef.backup").write_bytes(data)
    [reported] = restore_torn()
    assert "damaged" in reported
    assert restore_torn() == []
    assert (backup_folder() / "0123456789abcdef.damaged").read_bytes() == data


def as_nobody(act: Callable[[], None], folder: Path) -> None:
    """Run in a child process that is no root's; `folder` is its home."""
    folder.chmod(0o777)
    for parent in folder.parents:
        if parent != Path("/tmp") and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o055)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            os.environ["XDG_STATE_HOME"] = str(folder / "state")
            act()
            status = 0
        except BaseException as error:
            print(repr(error), file=sys.stderr, flush=True)
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@as_root
def test_a_file_in_a_folder_that_cannot_be_written_to_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    path = folder / "story.txt"
    path.write_bytes(b"old")
    path.chmod(0o666)
    folder.chmod(0o755)
    inode = path.stat().st_ino

    def act() -> None:
        with pytest.raises(PermissionError):
            (folder / "new.txt").touch()
        atomic_write(path, b"new text")
        assert not list(backup_folder().iterdir())

    as_nobody(act, tmp_path)
    assert (path.read_bytes(), path.stat().st_ino) == (b"new text", inode)
    assert list(folder.iterdir()) == [path]


@as_root
def test_another_users_file_stays_theirs(tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o777)
    path = folder / "story.txt"
    path.write_bytes(b"old")
    os.chown(path, 12_345, 12_346)
    path.chmod(0o646)

    as_nobody(lambda: (atomic_write(path, b"new text"), None)[1], tmp_path)
    status = path.stat()
    assert path.read_bytes() == b"new text"
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (12_345, 12_346, 0o646)


@as_root
def test_a_file_that_may_not_be_written_or_reached_is_refused_clearly(tmp_path: Path) -> None:
    from studio.manuscript import ManuscriptFileError, TextFile, write_text_file

    closed, folder = tmp_path / "closed", tmp_path / "open"
    for made in (closed, folder):
        made.mkdir()
    (closed / "story.txt").write_bytes(b"old")
    (folder / "story.txt").write_bytes(b"old")
    (folder / "story.txt").chmod(0o644)
    folder.chmod(0o777)
    closed.chmod(0o700)

    def act() -> None:
        for path in (closed / "story.txt", folder / "story.txt"):
            with pytest.raises(ManuscriptFileError) as caught:
                write_text_file(path, TextFile("new"))
            assert str(path) in str(caught.value)
            assert "Permission denied; the file is unchanged" in str(caught.value)
            assert "check the permissions" in str(caught.value)

    as_nobody(act, tmp_path)
    assert (folder / "story.txt").read_bytes() == (closed / "story.txt").read_bytes() == b"old"
    assert list(folder.iterdir()) == [folder / "story.txt"]


# -- what a new file is given ----------------------------------------------------------------------


def access_list(user: int) -> bytes:
    """A POSIX access control list that lets one more user read and write."""
    entries = [(1, 6, -1), (2, 6, user), (4, 0, -1), (0x10, 6, -1), (0x20, 0, -1)]
    packed = [struct.pack("<HHI", tag, may, who & 0xFFFFFFFF) for tag, may, who in entries]
    return struct.pack("<I", 2) + b"".join(packed)


ACL = "system.posix_acl_access"
DEFAULT_ACL = "system.posix_acl_default"


@pytest.fixture
def with_attributes(tmp_path: Path) -> Path:
    path = tmp_path / "story.txt"
    path.write_bytes(b"old")
    path.chmod(0o640)
    try:
        os.setxattr(path, "user.origin", b"a library")
        os.setxattr(path, ACL, access_list(1234))
    except (AttributeError, OSError):
        pytest.skip("no extended attributes here")
    return path


def test_attributes_and_access_lists_are_kept(with_attributes: Path) -> None:
    path = with_attributes
    before = path.stat()
    atomic_write(path, b"new")
    assert path.read_bytes() == b"new"
    assert os.getxattr(path, "user.origin") == b"a library"
    assert os.getxattr(path, ACL) == access_list(1234)
    assert path.stat().st_mode == before.st_mode
    assert path.stat().st_ino != before.st_ino, "it is a new file all the same"


def test_what_a_folder_gives_its_new_files_is_not_given(with_attributes: Path) -> None:
    folder = with_attributes.parent
    path = folder / "plain.txt"
    path.write_bytes(b"old")
    path.chmod(0o640)
    os.setxattr(folder, DEFAULT_ACL, access_list(4321))
    atomic_write(path, b"new")
    assert ACL not in os.listxattr(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_an_attribute_that_cannot_be_copied_keeps_the_file(
    with_attributes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = with_attributes
    inode = path.stat().st_ino

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "no room for attributes")

    monkeypatch.setattr(os, "setxattr", refuse)
    atomic_write(path, b"new")
    assert (path.read_bytes(), path.stat().st_ino) == (b"new", inode)
    assert os.getxattr(path, "user.origin") == b"a library"
    assert list(path.parent.glob(".*")) == []


def test_a_temporary_file_is_the_old_one_from_its_first_byte(
    with_attributes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = with_attributes
    if os.geteuid() == 0:
        os.chown(path, 12_345, 12_346)
    path.chmod(0o400 | 0o200)
    wanted = path.stat()
    modes: list[int] = []
    first: list[os.stat_result] = []
    opened, write = os.open, os.write

    def look(name: Path, flags: int, mode: int = 0o777) -> int:
        descriptor = opened(name, flags, mode)
        if str(name).endswith(".tmp"):
            modes.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
        return descriptor

    def look_on(descriptor: int, data: bytes) -> int:
        first.append(os.fstat(descriptor))
        assert os.getxattr(descriptor, "user.origin") == b"a library"
        return write(descriptor, data)

    former = os.umask(0)
    monkeypatch.setattr(os, "open", look)
    monkeypatch.setattr(os, "write", look_on)
    try:
        atomic_write(path, b"secret")
    finally:
        os.umask(former)
    assert modes == [0o600]
    [found] = first
    assert found.st_size == 0
    assert (found.st_mode, found.st_uid, found.st_gid) == (
        wanted.st_mode,
        wanted.st_uid,
        wanted.st_gid,
    )


def test_a_lock_is_no_obstacle_to_what_is_written_next(tmp_path: Path) -> None:
    lock = FileLock.acquire(tmp_path / "lock")
    assert lock is not None
    atomic_write(tmp_path / "file", b"x")
    atomic_write(tmp_path / "file", b"y")
    lock.release()
    assert (tmp_path / "file").read_bytes() == b"y"

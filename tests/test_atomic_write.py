from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from studio.atomic_write import atomic_write, move_new, write_new


def test_a_new_file_gets_the_usual_permissions(tmp_path: Path) -> None:
    former = os.umask(0o027)
    try:
        atomic_write(tmp_path / "new", b"x")
    finally:
        os.umask(former)
    assert (tmp_path / "new").read_bytes() == b"x"
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640


def test_a_new_file_can_be_its_owners_alone(tmp_path: Path) -> None:
    former = os.umask(0)
    try:
        atomic_write(tmp_path / "new", b"x", is_private=True)
    finally:
        os.umask(former)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o600


def test_the_status_is_that_of_the_new_file(tmp_path: Path) -> None:
    for data in (b"old", b"newer"):
        reported, found = atomic_write(tmp_path / "file", data), (tmp_path / "file").stat()
        assert os.path.samestat(reported, found)
        assert (reported.st_size, reported.st_mtime_ns) == (found.st_size, found.st_mtime_ns)


def test_permission_bits_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(0o604)
    atomic_write(path, b"new")
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"new", 0o604)


def test_a_symbolic_link_stays_and_its_target_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    target = tmp_path / "elsewhere" / "file"
    target.write_bytes(b"old")
    link = tmp_path / "link"
    link.symlink_to(target)
    atomic_write(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_links_in_a_circle_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(OSError, match=os.strerror(errno.ELOOP)):
        atomic_write(tmp_path / "a", b"x")
    assert (tmp_path / "a").is_symlink()


def test_short_writes_are_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:3]))
    atomic_write(tmp_path / "file", b"0123456789")
    assert (tmp_path / "file").read_bytes() == b"0123456789"


@pytest.mark.parametrize("failing", ["write", "fsync", "replace"])
def test_a_failure_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def fail(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(Path if failing == "replace" else os, failing, fail)
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        atomic_write(path, b"new")
    monkeypatch.undo()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_name_as_long_as_the_system_allows(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 255)
    atomic_write(path, b"x")
    assert path.read_bytes() == b"x"


def test_a_read_only_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(0o444)
    # Root may write everywhere; the answer that anybody else gets:
    monkeypatch.setattr(os, "access", lambda file, mode: mode != os.W_OK)
    with pytest.raises(PermissionError):
        atomic_write(path, b"new")
    assert path.read_bytes() == b"old"


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        atomic_write(tmp_path / "none" / "file", b"x")


def test_a_move_that_fails_without_hard_links_leaves_no_empty_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, "no hard links here")

    monkeypatch.setattr("os.link", refuse)
    path = tmp_path / "new.txt"
    write_new(path, b"first")
    assert path.read_bytes() == b"first"
    with pytest.raises(FileExistsError):
        write_new(path, b"second")
    former = tmp_path / "folder"
    former.mkdir()
    with pytest.raises(OSError, match="Not a directory"):
        move_new(former, tmp_path / "called otherwise")  # a folder replaces no file
    assert sorted(it.name for it in tmp_path.iterdir()) == ["folder", "new.txt"]


def test_a_new_file_is_never_written_over_another(tmp_path: Path) -> None:
    path = tmp_path / "new.txt"
    write_new(path, b"first")
    with pytest.raises(FileExistsError):
        write_new(path, b"second")
    (tmp_path / "link.txt").symlink_to(tmp_path / "nowhere.txt")
    with pytest.raises(FileExistsError):
        write_new(tmp_path / "link.txt", b"second")
    assert path.read_bytes() == b"first"
    assert sorted(it.name for it in tmp_path.iterdir()) == ["link.txt", "new.txt"]

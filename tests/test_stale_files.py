"""What is deleted as stale, and all that only looks like it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from studio.file_lock import try_lock
from studio.stale_files import remove_stale

ROOT = Path(__file__).parents[1]
NAME = ".0123456789abcdef.tmp"


def put(path: Path, seconds_ago: float = 3600) -> Path:
    path.write_bytes(b"half a text")
    then = time.time() - seconds_ago
    os.utime(path, (then, then))
    return path


KILLED = """
import os, signal, sys
from pathlib import Path
from studio.atomic_write import atomic_write
os.fsync = lambda descriptor: os.kill(os.getpid(), int(sys.argv[2]))
atomic_write(Path(sys.argv[1]), b"new")
"""


def killed_while_writing(path: Path, by: signal.Signals) -> "subprocess.Popen[bytes]":
    """A process that writes a file and is stopped or killed when it is to be flushed."""
    return subprocess.Popen(
        [sys.executable, "-P", "-c", KILLED, str(path), str(int(by))],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def test_what_a_killed_program_left_is_deleted(tmp_path: Path) -> None:
    story = put(tmp_path / "story.txt")
    child = killed_while_writing(story, signal.SIGKILL)
    assert child.wait(60) == -signal.SIGKILL
    [left] = tmp_path.glob(".*")
    assert remove_stale([tmp_path]) == 0, "it may be another machine's, a moment old"
    then = time.time() - 61
    os.utime(left, (then, then))
    assert remove_stale([tmp_path, tmp_path]) == 1
    assert list(tmp_path.iterdir()) == [story]
    assert story.read_bytes() == b"half a text"


def test_what_a_program_still_writes_is_left(tmp_path: Path) -> None:
    child = killed_while_writing(tmp_path / "story.txt", signal.SIGSTOP)
    try:
        os.waitid(os.P_PID, child.pid, os.WSTOPPED | os.WNOWAIT)
        [left] = tmp_path.glob(".*")
        os.utime(left, (0, 0))
        assert remove_stale([tmp_path]) == 0
    finally:
        child.kill()
        child.wait(60)
    assert remove_stale([tmp_path]) == 1


@pytest.mark.parametrize(
    "name",
    [
        "0123456789abcdef.tmp",
        ".0123456789abcde.tmp",
        ".0123456789abcdef0.tmp",
        ".0123456789ABCDEF.tmp",
        ".0123456789abcdef.tmp.txt",
        ".0123456789abcdef.tmp\n",
        "story.tmp",
    ],
)
def test_other_names_are_left(tmp_path: Path, name: str) -> None:
    put(tmp_path / name)
    assert remove_stale([tmp_path]) == 0


def test_what_is_no_file_of_ours_is_left(tmp_path: Path) -> None:
    names = [f".{number:016x}.tmp" for number in range(5)]
    (tmp_path / names[0]).mkdir()
    os.mkfifo(tmp_path / names[1])
    precious = put(tmp_path / "precious.txt")
    (tmp_path / names[2]).symlink_to(precious)
    twice = put(tmp_path / "twice")
    (tmp_path / names[3]).hardlink_to(twice)
    if os.geteuid() == 0:
        os.chown(put(tmp_path / names[4]), 12_345, 12_345)
    before = sorted(tmp_path.iterdir())
    assert remove_stale([tmp_path, tmp_path / "none", precious]) == 0
    assert sorted(tmp_path.iterdir()) == before


def test_without_locks_it_is_a_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: int) -> bool:
        raise OSError("no locks on this drive")

    monkeypatch.setattr("studio.stale_files.try_lock", refuse)
    put(tmp_path / NAME, 23 * 3600)
    assert remove_stale([tmp_path]) == 0
    put(tmp_path / NAME, 25 * 3600)
    assert remove_stale([tmp_path]) == 1


def test_a_writer_whose_file_is_taken_for_stale_makes_another_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who cleans up comes between the making of a file and its lock."""
    from studio import atomic_write

    taken: list[Path] = []

    def late(descriptor: int) -> bool:
        if not taken:
            [found] = tmp_path.glob(".*")
            taken.append(found)
            found.unlink()
        return try_lock(descriptor)

    monkeypatch.setattr("studio.atomic_write.try_lock", late)
    atomic_write.atomic_write(tmp_path / "story.txt", b"text")
    assert (tmp_path / "story.txt").read_bytes() == b"text"
    assert len(taken) == 1

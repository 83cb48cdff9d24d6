from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from studio.file_lock import FileLock

ROOT = Path(__file__).parents[1]
HOLDER = """
import sys, time
from pathlib import Path
from studio.file_lock import FileLock
lock = FileLock.acquire(Path(sys.argv[1]))
print("held" if lock else "refused", flush=True)
time.sleep(600)
"""


def start_holder(path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def test_one_at_a_time_in_one_process_too(tmp_path: Path) -> None:
    first = FileLock.acquire(tmp_path / "lock")
    assert first is not None
    assert FileLock.acquire(tmp_path / "lock") is None
    first.release()
    first.release()
    second = FileLock.acquire(tmp_path / "lock")
    assert second is not None
    first.release()
    assert FileLock.acquire(tmp_path / "lock") is None, "released once, it is nobody's twice"
    second.release()
    assert list(tmp_path.iterdir()) == []


def test_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with start_holder(path) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        assert FileLock.acquire(path) is None
        holder.kill()
        holder.wait()
    assert path.exists(), "the file stays, and is no lock"
    lock = FileLock.acquire(path)
    assert lock is not None
    lock.release()


def test_a_child_process_does_not_inherit_it(tmp_path: Path) -> None:
    lock = FileLock.acquire(tmp_path / "lock")
    assert lock is not None
    with subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE
    ) as child:
        lock.release()
        again = FileLock.acquire(tmp_path / "lock")
        assert again is not None
        again.release()
        child.communicate()


def test_a_lock_without_a_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        FileLock.acquire(tmp_path / "none" / "lock")

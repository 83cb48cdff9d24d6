"""One at a time changes a folder: who waits, for how long, and what is reported."""

from __future__ import annotations

import contextlib
import errno
import sys
from pathlib import Path

import pytest

from studio.presets import PresetError, folder_lock
from studio.presets.folder_lock import alone_in

if sys.platform == "win32":
    pytest.skip("nothing is held there", allow_module_level=True)


class Clock:
    """Time that passes when somebody sleeps."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        self.slept: list[float] = []
        self.lets_go: contextlib.ExitStack | None = None
        monkeypatch.setattr(folder_lock, "time", self)

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        if self.lets_go is not None and len(self.slept) == 3:
            self.lets_go.close()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def descriptors() -> int:
    return len([*Path("/dev/fd").iterdir()])


def test_one_after_the_other_waits_for_nobody(tmp_path: Path, clock: Clock) -> None:
    before = descriptors()
    for _ in range(2):
        with alone_in(tmp_path):
            assert descriptors() == before + 1
    assert clock.slept == []
    with pytest.raises(KeyError), alone_in(tmp_path):
        raise KeyError
    with alone_in(tmp_path):
        pass
    assert clock.slept == [], "it is let go of whatever went wrong"
    assert descriptors() == before
    assert list(tmp_path.iterdir()) == [], "and no file is left"


def test_who_comes_second_waits_until_the_first_lets_go(tmp_path: Path, clock: Clock) -> None:
    with contextlib.ExitStack() as first:
        first.enter_context(alone_in(tmp_path))
        clock.lets_go = first
        with alone_in(tmp_path):
            assert len(clock.slept) == 3
            assert 0.0 < sum(clock.slept) < 0.1, "often enough not to be noticed"


def test_nobody_waits_for_ever(tmp_path: Path, clock: Clock) -> None:
    before = descriptors()
    with alone_in(tmp_path):
        with (
            pytest.raises(PresetError, match="is being changed by another program") as caught,
            alone_in(tmp_path),
        ):
            pytest.fail("the other has it")
        assert f"“{tmp_path}”" in str(caught.value)
        assert 4.9 < sum(clock.slept) < 5.2
    assert descriptors() == before


def test_a_folder_that_is_not_there_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for name, why in [("none", "No such file or directory"), ("file", "Not a directory")]:
        with (
            pytest.raises(PresetError, match=f"{name}” cannot be read: {why}. Nothing was"),
            alone_in(tmp_path / name),
        ):
            pytest.fail("there is none")


def test_where_there_are_no_locks_it_goes_on(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: object) -> None:
        raise OSError(errno.ENOTSUP, "Operation not supported")

    monkeypatch.setattr("fcntl.flock", none)
    with alone_in(tmp_path), alone_in(tmp_path):
        assert clock.slept == []

"""The log's files on a real disk."""

import os
import stat
import sys
from pathlib import Path

import pytest

from studio.app.log import rotating_file
from studio.app.log.rotating_file import OwnFile, RotatingFile

posix = pytest.mark.skipif(sys.platform == "win32", reason="modes and links are POSIX's")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@posix
def test_nobody_else_can_read_it_from_its_first_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes = []
    opened = os.open

    def open_and_look(path: str | Path, flags: int, mode: int = 0o777) -> int:
        descriptor = opened(path, flags, mode)
        modes.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
        return descriptor

    former = os.umask(0)
    monkeypatch.setattr(os, "open", open_and_look)
    try:
        file = RotatingFile(tmp_path / "log" / "a.log")
        file.write("first")
    finally:
        os.umask(former)
        monkeypatch.undo()
    file.close()
    assert modes == [0o600]
    assert mode(tmp_path / "log") == 0o700


@posix
def test_a_file_and_folder_that_others_could_read_are_closed_to_them(tmp_path: Path) -> None:
    folder = tmp_path / "log"
    folder.mkdir(mode=0o755)
    path = folder / "a.log"
    path.touch(mode=0o644)
    file = RotatingFile(path)
    file.write("line")
    file.close()
    assert mode(path) == 0o600
    assert mode(folder) == 0o700


def test_its_size_is_bounded_and_the_newest_lines_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotating_file, "MOST_BYTES", 1000)
    file = RotatingFile(tmp_path / "a.log")
    for number in range(200):
        file.write(f"line {number:<20}")
    file.close()
    files = sorted(tmp_path.iterdir())
    assert [path.name for path in files] == ["a.log", "a.log.1", "a.log.2"]
    assert all(path.stat().st_size <= 1000 for path in files)
    if sys.platform != "win32":
        assert {mode(path) for path in files} == {0o600}
    lines = [line.rstrip() for path in reversed(files) for line in path.read_text().splitlines()]
    assert lines == [f"line {number}" for number in range(200 - len(lines), 200)]


@posix
def test_it_follows_no_link_and_waits_for_no_pipe(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.write_text("theirs")
    link = tmp_path / "link.log"
    link.symlink_to(theirs)
    pipe = tmp_path / "pipe.log"
    os.mkfifo(pipe)
    for path in (link, pipe, tmp_path):
        file = RotatingFile(path)
        file.write("line")
        file.close()
    assert theirs.read_text() == "theirs"


@posix
def test_on_a_full_disk_nothing_is_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = RotatingFile(tmp_path / "a.log")
    file.write("before")
    opened = os.open
    full = opened("/dev/full", os.O_WRONLY)
    with monkeypatch.context() as patch:
        # The real device of that kind stands for the file.
        patch.setattr(file, "_open", lambda: os.fdopen(os.dup(full), "a", encoding="utf-8"))
        patch.setattr(file, "_is_at_path", lambda _stream: False)
        file.write("lost")
        file.write("lost")
    os.close(full)
    file.write("after")
    file.close()
    assert (tmp_path / "a.log").read_text().splitlines() == ["before", "after"]


def test_deleted_with_its_folder_it_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "log" / "a.log"
    file = RotatingFile(path)
    file.write("before")
    path.unlink()
    path.parent.rmdir()
    file.write("after")
    file.close()
    assert path.read_text() == "after\n"


def test_half_characters_are_written_out(tmp_path: Path) -> None:
    file = RotatingFile(tmp_path / "a.log")
    file.write("a \ud800")
    file.close()
    assert (tmp_path / "a.log").read_bytes() == b"a \\ud800\n"


def test_two_windows_never_write_one_file(tmp_path: Path) -> None:
    first, second, third = OwnFile(tmp_path), OwnFile(tmp_path), OwnFile(tmp_path)
    first.write("first")
    second.write("second")
    first.close()
    third.write("third, after the first has ended")
    second.write("second")
    for file in (second, third):
        file.close()
    written = {path.name: path.read_text().split() for path in tmp_path.glob("*.log")}
    assert set(written) == {"kelvin-studio.log", "kelvin-studio-2.log"}
    assert written["kelvin-studio-2.log"] == ["second", "second"]
    assert written["kelvin-studio.log"][:2] == ["first", "third,"]
    assert list(tmp_path.glob(".*")) == [], "no lock stays behind"


def test_a_file_in_the_folders_place_is_tried_again(tmp_path: Path) -> None:
    folder = tmp_path / "log"
    folder.write_text("in the way")
    file = OwnFile(folder)
    file.write("lost")
    folder.unlink()
    file.write("after")
    file.close()
    assert (folder / "kelvin-studio.log").read_text() == "after\n"

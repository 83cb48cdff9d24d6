from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from studio.manuscript import FileState, Outside, TextFile, open_text_file, write_text_file


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "story.txt"
    path.write_text("The sea.")
    return path


def in_place(path: Path) -> None:
    """As large as before, written into the same file, its time put back."""
    before = path.stat()
    with path.open("r+b") as file:
        file.write(b"The ice.")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def replaced(path: Path) -> None:
    before = path.stat()
    other = path.with_name("other")
    other.write_text("The ice.")
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(path)


def made_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda path: None, Outside.SAME),
        (lambda path: os.utime(path, (1, 1)), Outside.SAME),
        (lambda path: path.chmod(0o600), Outside.SAME),
        (lambda path: path.write_text("The sea."), Outside.SAME),
        (lambda path: path.write_text("The sea. "), Outside.CHANGED),
        (lambda path: path.write_text(""), Outside.CHANGED),
        (in_place, Outside.CHANGED),
        (replaced, Outside.CHANGED),
        (made_a_folder, Outside.CHANGED),
        (lambda path: path.unlink(), Outside.GONE),
        (lambda path: path.rename(path.with_name("moved")), Outside.GONE),
    ],
)
def test_what_became_of_a_file(
    path: Path, change: Callable[[Path], object], expected: Outside
) -> None:
    states = [
        open_text_file(path)[1],
        write_text_file(path, TextFile("The sea.")),
        FileState.at(path),
        FileState.of(b"The sea."),
    ]
    assert [state.compare(path) for state in states] == [Outside.SAME] * 4
    change(path)
    assert [state.compare(path) for state in states] == [expected] * 4


def test_a_link_counts_as_its_target(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.txt"
    link.symlink_to(path)
    state = open_text_file(link)[1]
    assert state.compare(link) is Outside.SAME
    path.write_text("Other.")
    assert state.compare(link) is Outside.CHANGED
    path.unlink()
    assert state.compare(link) is Outside.GONE


def test_an_untouched_file_is_not_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = FileState.of(path.read_bytes())
    state.compare(path)  # from here on it is known by its marks
    monkeypatch.setattr(Path, "open", lambda *_: pytest.fail("it was read"))
    assert state.compare(path) is Outside.SAME


def test_a_folder_that_became_a_file_has_no_file_in_it(path: Path, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    inner = path.rename(tmp_path / "folder" / "story.txt")
    state = FileState.at(inner)
    inner.unlink()
    (tmp_path / "folder").rmdir()
    (tmp_path / "folder").write_text("")
    assert state.compare(inner) is Outside.GONE

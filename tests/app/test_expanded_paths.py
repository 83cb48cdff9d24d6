"""What was dropped or chosen: the files, and in place of a folder those in it."""

from pathlib import Path

import pytest

from studio.app import expanded_paths
from studio.app.expanded_paths import expand_folders


def test_a_folder_stands_for_the_files_in_it_by_name(tmp_path: Path) -> None:
    for name in ("b.txt", "a.json", ".hidden"):
        (tmp_path / name).write_text("x")
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "deeper.txt").write_text("x")
    gone = tmp_path / "gone.txt"
    found = expand_folders([gone, tmp_path])
    assert found.files == [gone, tmp_path / "a.json", tmp_path / "b.txt"]
    assert found.skipped == []
    empty = tmp_path / "empty"
    empty.mkdir()
    assert expand_folders([empty]).skipped == ["“empty” has no files in it."]


def test_a_folder_that_cannot_be_read_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_folder: Path) -> list[Path]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(expanded_paths, "_files_in", refuse)
    assert expand_folders([tmp_path]).skipped == [
        f"“{tmp_path.name}” cannot be read: Permission denied."
    ]


def test_of_very_many_the_first_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expanded_paths, "MOST_FILES", 3)
    paths = [tmp_path / f"{number}.txt" for number in range(5)]
    found = expand_folders(paths)
    assert found.files == paths[:3]
    assert found.skipped == ["The first 3 of 5 files are looked at. Bring the others after them."]

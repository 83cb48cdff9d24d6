"""The temporary files of the tests lie in memory while they run, and nowhere afterwards."""

import os
from pathlib import Path

import pytest
from bootstrapping import temporary_files
from bootstrapping.temporary_files import in_memory


def test_a_folder_of_their_own_that_is_gone_afterwards(tmp_path: Path) -> None:
    with in_memory({"HOME": "/home/ada"}, tmp_path) as env:
        made = Path(env["TMPDIR"])
        assert made.parent == tmp_path
        assert os.name != "posix" or made.stat().st_mode & 0o777 == 0o755, "others may pass through"
        assert env == {"HOME": "/home/ada", "TMPDIR": str(made)}
        (made / "deep").mkdir()
        (made / "deep" / "text.txt").write_text("a word", encoding="utf-8")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_named_stays_it(tmp_path: Path) -> None:
    with in_memory({"TMPDIR": "/elsewhere"}, tmp_path) as env:
        assert env == {"TMPDIR": "/elsewhere"}
        assert list(tmp_path.iterdir()) == []


def test_without_one_or_without_room_the_systems_own_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with in_memory({}, tmp_path / "none") as env:
        assert env == {}
    monkeypatch.setattr(temporary_files, "LEAST_FREE", 2**80)
    with in_memory({}, tmp_path) as env:
        assert env == {}

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.manuscript import (
    NO_PLAN,
    BriefError,
    BriefFolder,
    Note,
    PromptPassage,
    PromptPlan,
)

FORM = b'{"format":"kelvin-studio brief","version":%d,"document":"","sha256":"","brief":%s}'
characters = st.characters(exclude_categories=["Cs"])


@pytest.fixture
def briefs(tmp_path: Path) -> BriefFolder:
    return BriefFolder(tmp_path / "data" / "briefs")


@settings(max_examples=25)  # each is flushed to the disk
@given(text=st.text(characters))
def test_a_brief_comes_back(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.mktemp("briefs")
    BriefFolder(folder).save(Path("/stories/sea.txt"), text)
    assert BriefFolder(folder).load(Path("/stories/sea.txt")) == text
    assert BriefFolder(folder).load(Path("/stories/ice.txt")) == ""


def test_each_document_has_its_own_by_whatever_way_it_is_reached(
    briefs: BriefFolder, tmp_path: Path
) -> None:
    story, link = tmp_path / "story.txt", tmp_path / "link.txt"
    story.write_text("")
    link.symlink_to(story)
    briefs.save(link, "Short.")
    briefs.save(tmp_path / "other.txt", "Long.")
    assert briefs.load(story) == "Short."
    assert briefs.load(tmp_path / "folder" / ".." / "story.txt") == "Short."
    assert {path.name for path in tmp_path.iterdir()} == {"story.txt", "link.txt", "data"}


def test_an_empty_one_leaves_no_file(briefs: BriefFolder, tmp_path: Path) -> None:
    briefs.save(tmp_path / "a.txt", "")
    assert not (tmp_path / "data").exists()
    briefs.save(tmp_path / "a.txt", "Short.")
    (file,) = (tmp_path / "data" / "briefs").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    briefs.save(tmp_path / "a.txt", "")
    assert list((tmp_path / "data" / "briefs").iterdir()) == []


def test_a_name_that_is_no_text_has_a_brief_too(briefs: BriefFolder) -> None:
    path = Path(os.fsdecode(b"/stories/\xff.txt"))
    briefs.save(path, "Short.")
    assert briefs.load(path) == "Short."


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "damaged"),
        (b"{}", "damaged"),
        (b"\xff\xfe", "damaged"),
        (FORM % (1, b"3"), "damaged"),
        (FORM % (2, b'""'), "later version"),
    ],
)
def test_a_damaged_one_is_reported_and_stays(
    briefs: BriefFolder, tmp_path: Path, data: bytes, why: str
) -> None:
    briefs.save(tmp_path / "a.txt", "Short.")
    (file,) = (tmp_path / "data" / "briefs").iterdir()
    file.write_bytes(data)
    with pytest.raises(BriefError, match=why) as reported:
        briefs.load(tmp_path / "a.txt")
    assert "a.txt" in str(reported.value)
    assert str(file) in str(reported.value)
    assert file.read_bytes() == data


def test_without_a_folder_there_is_no_brief_and_nothing_to_report(tmp_path: Path) -> None:
    (tmp_path / "in the way").write_text("")
    briefs = BriefFolder(tmp_path / "in the way" / "briefs")
    assert briefs.load(tmp_path / "sea.txt") == ""
    briefs.save(tmp_path / "sea.txt", "")
    with pytest.raises(BriefError, match="Not a directory"):
        briefs.save(tmp_path / "sea.txt", "Short.")


def test_where_it_cannot_be_kept_it_is_reported(briefs: BriefFolder, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file in the way")
    with pytest.raises(BriefError, match=r"“a\.txt” could not be saved"):
        briefs.save(tmp_path / "a.txt", "Short.")


def test_a_document_that_was_moved_is_known_by_what_it_holds(
    briefs: BriefFolder, tmp_path: Path
) -> None:
    story, other = tmp_path / "Untitled.txt", tmp_path / "other.txt"
    story.write_text("The sea.")
    other.write_text("The ice.")
    briefs.save(story, "Short.")
    briefs.save(other, "Long.")
    (tmp_path / "copy.txt").write_text("The sea.")
    assert briefs.load(tmp_path / "copy.txt") == "", "that it was written for is still there"
    (tmp_path / "novels").mkdir()
    moved = story.rename(tmp_path / "novels" / "The Sea.txt")
    for _ in range(2):
        assert briefs.load(moved) == "Short."
    again = moved.rename(tmp_path / "sea.txt")
    assert briefs.load(again) == "Short."
    briefs.save(again, "")
    assert briefs.load(again) == "", "emptied is emptied"
    assert briefs.load(other) == "Long."


def test_an_empty_document_is_not_taken_for_another(briefs: BriefFolder, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("")
    briefs.save(tmp_path / "a.txt", "Short.")
    (tmp_path / "a.txt").rename(tmp_path / "b.txt")
    assert briefs.load(tmp_path / "b.txt") == ""
    (tmp_path / "data" / "briefs" / "bad.json").write_text("damaged")
    (tmp_path / "c.txt").write_text("The sea.")
    assert briefs.load(tmp_path / "c.txt") == "", "of others no word"


def test_notes_are_kept_with_it(briefs: BriefFolder, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("The sea.")
    plan = PromptPlan(notes=(Note(name="Mara", text="His daughter."),), most_text=90)
    pinned = plan.with_passage(PromptPassage(0, 3, is_pinned=True))
    briefs.save(path, "", pinned)
    assert (briefs.load(path), briefs.plan(path)) == ("", pinned)
    path.write_text("A sea.")
    assert briefs.plan(path) == plan, "another text has other passages"
    briefs.save(path, "", NO_PLAN)
    assert briefs.plan(path) == NO_PLAN
    assert not list((tmp_path / "data" / "briefs").iterdir())

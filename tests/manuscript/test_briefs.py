from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.manuscript import BriefError, BriefFolder

characters = st.characters(exclude_categories=["Cs"])


@pytest.fixture
def briefs(tmp_path: Path) -> BriefFolder:
    return BriefFolder(tmp_path / "data" / "briefs")


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
        (b'{"format":"kelvin-studio brief","version":1,"document":"","brief":3}', "damaged"),
        (b'{"format":"kelvin-studio brief","version":2,"document":"","brief":""}', "later version"),
    ],
)
def test_a_damaged_one_is_told_and_stays(
    briefs: BriefFolder, tmp_path: Path, data: bytes, why: str
) -> None:
    briefs.save(tmp_path / "a.txt", "Short.")
    (file,) = (tmp_path / "data" / "briefs").iterdir()
    file.write_bytes(data)
    with pytest.raises(BriefError, match=why) as told:
        briefs.load(tmp_path / "a.txt")
    assert "a.txt" in str(told.value)
    assert str(file) in str(told.value)
    assert file.read_bytes() == data


def test_where_it_cannot_be_kept_it_is_told(briefs: BriefFolder, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file in the way")
    with pytest.raises(BriefError, match=r"“a\.txt” could not be saved"):
        briefs.save(tmp_path / "a.txt", "Short.")

"""The files that were open are remembered as a text, whatever they are called."""

import os
from pathlib import Path

import pytest

from studio.app.settings import OPEN_FILES
from studio.app.writing.remembered_files import of_text, to_text


def test_they_come_back_in_order() -> None:
    files = [
        (Path("/stories/The Sea.txt"), 7),
        (Path("/two\nlines.md"), 0),
        (Path(os.fsdecode(b"/no \xff unicode")), 3),
    ]
    assert list(of_text(to_text(files)).items()) == files
    assert OPEN_FILES.allows(to_text(files))
    assert of_text(to_text([])) == {}


def test_of_many_the_first_are_remembered() -> None:
    files = [(Path(f"/{'folder' * 200}/{number}.txt"), number) for number in range(150)]
    assert list(of_text(to_text(files)).items()) == files[:100]
    assert OPEN_FILES.allows(to_text(files))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "{}",
        "[" * 100_000,
        '["/a"]',
        '[["/a"]]',
        '[[1, "/a"], ["", 1], ["/a\\u0000", 1], ["/a", "1"], ["/a", 1.5], ["/a", 1, 1]]',
    ],
)
def test_what_cannot_be_used_counts_as_absent(text: str) -> None:
    assert of_text(text) == {}


def test_a_caret_is_a_place_that_a_text_may_have() -> None:
    assert of_text('[["/a", -3], ["/b", 99999999999999999999]]') == {
        Path("/a"): 0,
        Path("/b"): 2**31,
    }

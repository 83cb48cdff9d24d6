"""A text that no page holds: what was found of it, and what is offered."""

from pathlib import Path

import pytest

from studio.app.writing.large_texts import (
    FIRST,
    SPLIT,
    WRAP,
    FoundText,
    look_at,
    offer,
    read_text,
    split_names,
)
from studio.manuscript import ManuscriptFileError, TextFile, text_shape
from studio.manuscript.text_shape import TextShape, fits, shape_of

SMALL = TextShape(characters=40, paragraphs=4, longest=20)
"""A page for these tests."""


@pytest.fixture(autouse=True)
def small_page(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (text_shape, "studio.app.writing.large_texts"):
        name = module if isinstance(module, str) else module.__name__
        monkeypatch.setattr(f"{name}.LIMITS", SMALL)


def found(text: str) -> FoundText:
    return look_at(TextFile(text), None)


def test_a_file_is_read_with_its_shape_and_its_reader_hears_how_far_it_is(tmp_path: Path) -> None:
    path = tmp_path / "sea.txt"
    path.write_bytes(b"The sea.\r\nIt was calm.\r\n")
    shares: list[float] = []
    read = read_text(path, shares.append)
    assert isinstance(read, FoundText)
    assert (read.file.text, read.shape) == ("The sea.\nIt was calm.\n", TextShape(22, 3, 12))
    assert read.fits
    assert read.parts == ()
    assert read.held is not None
    assert shares == sorted(shares)
    assert 0.0 <= shares[0] <= shares[-1] <= 1.0


def test_why_a_file_cannot_be_read_is_the_answer(tmp_path: Path) -> None:
    assert isinstance(read_text(tmp_path / "gone.txt"), ManuscriptFileError)
    (tmp_path / "nul.txt").write_bytes(b"a\0b")
    assert isinstance(read_text(tmp_path / "nul.txt"), ManuscriptFileError)


@pytest.mark.parametrize(
    ("text", "parts", "answers"),
    [
        ("word " * 7, 1, [(WRAP,), (WRAP,)]),
        ("a\n" * 12, 4, [(SPLIT, FIRST), (FIRST,)]),
        ("word " * 30, 4, [(SPLIT, FIRST), (FIRST,)]),
    ],
)
def test_what_no_page_holds_is_offered_in_parts_that_one_does(
    text: str, parts: int, answers: list[tuple[str, ...]]
) -> None:
    large = found(text)
    assert not large.fits
    assert len(large.parts) == parts
    assert all(fits(shape_of(part)) for part in large.parts)
    assert "".join(large.parts).split() == text.split(), "nothing is lost but spaces"
    for is_file, expected in zip((True, False), answers, strict=True):
        sentences, offered = offer(large, is_file=is_file)
        assert offered == expected
        assert all(answer in sentences for answer in expected)
        is_cut = "paragraphs are cut" in sentences
        assert is_cut is (large.shape.longest > SMALL.longest)


def test_parts_stand_beside_the_whole_in_their_order() -> None:
    names = split_names(Path("/books/The Sea.txt"), 12)
    assert [name.name for name in names[:2]] == ["The Sea 01 of 12.txt", "The Sea 02 of 12.txt"]
    assert len(set(names)) == 12
    assert names == sorted(names)
    assert {name.parent for name in names} == {Path("/books")}

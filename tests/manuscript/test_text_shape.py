"""How large a text is, and how it is made to fit, in bites of any size."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.manuscript import TextFile, TextShape, fitting_parts, shape_of, text_shape
from studio.manuscript.text_shape import fits, wrapped

texts = st.text(st.sampled_from("aaab  \n\u0301😀\u200d"), max_size=60)
small = pytest.fixture(autouse=True)


@small
def small_bites(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text of some characters takes several bites, and no page holds it."""
    monkeypatch.setattr(text_shape, "BITE", 7)
    monkeypatch.setattr("studio.manuscript.files.BITE", 5)
    monkeypatch.setattr(text_shape, "LIMITS", TextShape(20, 4, 6))


@given(texts)
def test_the_shape_is_counted_over_the_bites(text: str) -> None:
    paragraphs = text.split("\n")
    assert shape_of(text) == (len(text), len(paragraphs), max(map(len, paragraphs)))


@given(texts, st.integers(2, 9))
def test_wrapping_cuts_long_paragraphs_and_loses_no_letter(text: str, longest: int) -> None:
    cut = wrapped(text, longest)
    assert max(map(len, cut.split("\n"))) <= longest
    assert cut.replace("\n", "").replace(" ", "") == text.replace("\n", "").replace(" ", "")
    # A line end comes in place of a space, or between two characters, and nowhere else.
    at = 0
    for sign in cut:
        if at < len(text) and (sign == text[at] or (sign == "\n" and text[at] == " ")):
            at += 1
        else:
            assert sign == "\n"
    assert at == len(text)
    assert wrapped(cut, longest) == cut


@given(texts)
def test_parts_fit_and_are_the_text(text: str) -> None:
    parts = list(fitting_parts(text, shape_of(text)))
    long = shape_of(text).longest > 6
    assert "".join(parts) == (wrapped(text, 6) if long else text)
    assert all(fits(shape_of(part)) for part in parts)
    assert all(part.endswith("\n") for part in parts[:-1])


def test_letters_stay_with_their_marks() -> None:
    assert wrapped("aaaae\u0301\u0301e", 6) == "aaaa\ne\u0301\u0301e"
    assert wrapped("aaaa👩\u200d👧a", 6) == "aaaa\n👩\u200d👧a"
    assert wrapped("one two three", 8) == "one two\nthree"


@settings(max_examples=300)
@given(
    st.binary(max_size=24)
    | st.tuples(
        st.sampled_from([b"", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"]),
        st.lists(st.sampled_from(["a", "é", "鱼", "😀", "\r\n", "\n", "\r"]), max_size=12),
    ).map(
        lambda parts: (
            parts[0]
            + "".join(parts[1]).encode(
                {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}.get(parts[0], "utf-8")
            )
        )
    )
)
def test_a_file_is_read_in_bites_as_it_is_in_one_piece(data: bytes) -> None:
    codec, skipped = "utf-8", 0
    for mark, name in (
        (b"\xef\xbb\xbf", codec),
        (b"\xff\xfe", "utf-16-le"),
        (b"\xfe\xff", "utf-16-be"),
    ):
        if data.startswith(mark):
            codec, skipped = name, len(mark)
    whole, start = "", -1
    try:
        whole = data[skipped:].decode(codec)
    except UnicodeDecodeError as error:
        start = error.start + skipped
    if start >= 0 or "\0" in whole:
        with pytest.raises(UnicodeDecodeError) as found:
            TextFile.of_bytes(data)
        assert start in (-1, found.value.start)
        return
    file = TextFile.of_bytes(data)
    assert file.to_bytes() == data
    assert file.text.replace("\n", file.newline.value) == whole

"""What is written before other text is joined to it by one space, or by none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.manuscript import begun, joined, word_end

texts = st.text("ab.,!“”\"'’- \n\u00a0é漢", max_size=8)


@pytest.mark.parametrize(
    ("text", "after", "expected"),
    [
        # Before a space, a line's end, the end of the text.
        (" fisherman", " man", " fisherman"),
        (" fisherman ", " man", " fisherman"),
        (" sea.\n\n", "\n\nThen", " sea."),
        (" sea.\n", "", " sea.\n"),
        (" sea ", "", " sea "),
        # Before a word.
        ("fisherman", "man", "fisherman "),
        ("fisherman ", "man", "fisherman "),
        ("fisherman  ", "man", "fisherman "),
        ("He left.", "Then", "He left. "),
        ("He left.\n\n", "Then", "He left.\n\n"),
        (" 3", "4", " 3 "),
        # Before marks.
        (" there", ", and", " there"),
        (" there ", ", and", " there"),
        (" there\n", ".", " there"),
        (" said", "“No”", " said "),
        (" said", '"No"', " said "),
        (" no", '", he said', " no"),
        (" no", '"', " no"),
        (" the dogs’", "house", " the dogs’ "),
        (" he", "—no", " he"),
        (" he—", "no", " he—"),
        (" he –", "no", " he – "),
        (" (", "no", " ("),
        (' he said "', "No", ' he said "'),
        (' he said, "No."', "Then", ' he said, "No." '),
        # In scripts without spaces.
        ("漁師は", "海", "漁師は"),
        ("the sea", "海", "the sea"),
        # Nothing.
        ("", "man", ""),
        (" \n", "man", ""),
        ("", "", ""),
    ],
)
def test_where_a_space_belongs(text: str, after: str, expected: str) -> None:
    assert joined(text, after) == expected


@given(texts, texts)
def test_only_the_white_space_at_its_end_is_changed(text: str, after: str) -> None:
    result = joined(text, after)
    assert result.rstrip() == text.rstrip()
    assert joined(result, after) == result
    assert joined(text, "") == text


@given(texts, texts)
def test_no_space_is_doubled_and_no_word_glued(text: str, after: str) -> None:
    result = joined(text, after)
    if result and after:
        assert not (result[-1].isspace() and after[0].isspace())
        assert not result.endswith("  ")
        both = result[-1] + after[0]
        assert not (both.isalnum() and both.isascii())


@pytest.mark.parametrize(
    ("text", "before", "expected"),
    [
        (" and rowed", "He left", " and rowed"),
        (" and rowed", "He left ", "and rowed"),
        ("\n\nThen", "", "Then"),
        ("\n\nThen", "He left.", "\n\nThen"),
        ("Then", "He left.", " Then"),
        ("then", "he", " then"),
        (", then", "he", ", then"),
        ("漁師", "海", "漁師"),
        ("", "he", ""),
        (" ", "he", ""),
    ],
)
def test_how_a_text_begins_behind_another(text: str, before: str, expected: str) -> None:
    assert begun(text, before) == expected


@pytest.mark.parametrize(
    ("text", "start", "end", "expected"),
    [
        ("a fisherman’s", 1, 8, 11),
        ("a fisherman", 1, 11, 11),
        ("a fish, man", 1, 6, 6),
        ("a fish,man", 1, 7, 7),
        ("in 1984", 2, 5, 5),
        ("漁師は海", 0, 2, 2),
        ("abc", 1, 1, 1),
    ],
)
def test_where_a_word_ends(text: str, start: int, end: int, expected: int) -> None:
    assert word_end(text, start, end) == expected

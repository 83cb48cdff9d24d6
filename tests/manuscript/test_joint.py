"""What is written before other text is joined to it by one space, or by none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.manuscript import joined

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

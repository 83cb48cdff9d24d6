"""What of a line of Markdown looks otherwise than plain."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.app.writing.markdown_looks import LONGEST_CODE, Look, code_after, looks_of

SIGN, ITALIC, BOLD, CODE = Look.SIGN, Look.ITALIC, Look.BOLD, Look.CODE


def shown(line: str) -> list[tuple[str, Look]]:
    return [(line[low:high], look) for low, high, look in looks_of(line)]


@pytest.mark.parametrize(
    "line", ["", "Plain prose, as ever; 1 - 2 = 3.", "snake_case and 5 * 3", "1984 was a year."]
)
def test_prose_is_plain(line: str) -> None:
    assert shown(line) == []


@pytest.mark.parametrize(
    ("line", "looks"),
    [
        ("an *i* and **b**", [("*", SIGN), ("i", ITALIC), ("*", SIGN), ("**", SIGN), ("b", BOLD),
                              ("**", SIGN)]),
        ("***x***", [("***", SIGN), ("x", ITALIC | BOLD), ("***", SIGN)]),
        ("* * *", [("* * *", SIGN)]),
        ("- an _i_", [("-", SIGN | BOLD), ("_", SIGN), ("i", ITALIC), ("_", SIGN)]),
        ("12. x", [("12.", SIGN | BOLD)]),
        ("a `*c*` b", [("`*c*`", SIGN | CODE), ("*c*", CODE)]),
        ("``a ` b``", [("``a ` b``", SIGN | CODE), ("a ` b", CODE)]),
        ("a ` b", []),
        (r"\*no\*", [("\\", SIGN), ("\\", SIGN)]),
        ("> said", [("> ", SIGN), ("said", Look.QUOTE)]),
        ("### A *b* #", [("### ", SIGN | BOLD), ("A ", BOLD), ("*", SIGN | BOLD),
                         ("b", BOLD | ITALIC), ("*", SIGN | BOLD), (" #", SIGN)]),
        ("# A", [("# ", SIGN | BOLD | Look.CHAPTER), ("A", BOLD | Look.CHAPTER)]),
        ("## A", [("## ", SIGN | BOLD | Look.SECTION), ("A", BOLD | Look.SECTION)]),
    ],
)  # fmt: skip
def test_signs_and_what_they_mean(line: str, looks: list[tuple[str, Look]]) -> None:
    assert shown(line) == looks


def test_a_block_of_code_ends_at_its_sign_or_after_so_many_lines() -> None:
    numbers, number = [], -1
    for line in ("a", "```py", "x = 1", "~~~ not", "```", "b", "~~~"):
        number = code_after(line, number)
        numbers.append(number)
    assert numbers == [0, 1, 2, 3, -1, 0, 1]
    for _ in range(LONGEST_CODE - 1):
        number = code_after("x", number)
    assert number == LONGEST_CODE
    assert code_after("x", number) == -1


@given(st.text("*_`#> -1.\\ab😀", max_size=60))
def test_stretches_lie_within_their_line(line: str) -> None:
    for low, high, look in looks_of(line):
        assert 0 <= low < high <= len(line)
        assert look

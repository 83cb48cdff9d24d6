"""A piece of text in a text: where it is, the next one, and those of a range."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.app.writing.text_search import (
    matches,
    matches_between,
    next_match,
    previous_match,
)

TEXT = "The sea, the SEA and\u00a0the sea"


@pytest.mark.parametrize(
    ("query", "match_case", "found"),
    [
        ("sea", False, [(4, 7), (13, 16), (25, 28)]),
        ("sea", True, [(4, 7), (25, 28)]),
        ("and the", True, [(17, 24)]),
        (".", True, []),
        ("", True, []),
    ],
)
def test_what_is_found(query: str, match_case: bool, found: list[tuple[int, int]]) -> None:
    assert list(matches(TEXT, query, match_case)) == found


def test_past_the_end_it_goes_on_at_the_beginning() -> None:
    found = [(4, 7), (13, 16), (25, 28)]
    assert [next_match(found, position) for position in (0, 4, 5, 25, 26)] == [0, 0, 1, 2, 0]
    assert [previous_match(found, position) for position in (0, 4, 5, 25, 26)] == [2, 2, 0, 1, 2]
    assert next_match([], 0) is previous_match([], 0) is None


@given(st.text("ab", max_size=30), st.integers(0, 30), st.integers(0, 30))
def test_of_a_range_all_that_have_a_character_in_it(text: str, one: int, other: int) -> None:
    start, end = sorted((one, other))
    found = list(matches(text, "ab", True))
    inside = [match for match in found if match[0] < end and match[1] > start]
    assert matches_between(found, start, end) == inside

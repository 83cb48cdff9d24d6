"""A piece of text in a text, or what fits a pattern: where it is, and what comes instead."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.app.writing.text_search import (
    PatternError,
    Query,
    matches,
    matches_between,
    next_match,
    previous_match,
    replacements,
)

TEXT = "The sea, the SEA and\u00a0the sea"


def found(text: str, query: str, match_case: bool = True) -> list[tuple[int, int]]:
    return list(matches(text, Query(query, match_case)))


def replaced(text: str, query: Query, instead: str) -> str:
    made, reached = "", 0
    for start, end, new in replacements(text, query, instead):
        made += text[reached:start] + new
        reached = end
    return made + text[reached:]


def test_matches_are_code_points_and_do_not_overlap() -> None:
    assert found("😀aaaa", "aa") == [(1, 3), (3, 5)]
    assert found("x😀y😀", "😀") == [(1, 2), (3, 4)]
    assert found("a.b", ".") == [(1, 2)]
    assert found("İI i", "i", False) == [(0, 1), (1, 2), (3, 4)]
    assert found("a\u00a0b a b", "a b") == [(0, 3), (4, 7)]
    assert found("abc", "") == []


@pytest.mark.parametrize(
    ("query", "match_case", "places"),
    [
        ("sea", False, [(4, 7), (13, 16), (25, 28)]),
        ("sea", True, [(4, 7), (25, 28)]),
        ("and the", True, [(17, 24)]),
        (".", True, []),
    ],
)
def test_what_is_found(query: str, match_case: bool, places: list[tuple[int, int]]) -> None:
    assert found(TEXT, query, match_case) == places


def test_next_and_previous_wrap() -> None:
    found = [(2, 3), (5, 6)]
    assert [next_match(found, n) for n in (0, 2, 3, 6)] == [0, 0, 1, 0]
    assert [previous_match(found, n) for n in (0, 2, 3, 6)] == [1, 1, 0, 1]
    assert next_match([], 0) is previous_match([], 0) is None


def test_whole_words_have_no_letter_beside_them() -> None:
    text = "sea seas deep-sea sea_ Sea über über2"
    assert [text[a:b] for a, b in matches(text, Query("sea", whole_words=True))] == [
        "sea",
        "sea",
        "Sea",
    ]
    assert len(list(matches(text, Query("über", whole_words=True)))) == 1
    assert list(matches("a sea.", Query("sea.", whole_words=True))) == [(2, 6)]


def test_a_pattern_counts_code_points_and_leaves_out_what_has_no_character() -> None:
    text = "😀 a1\n😀😀 b22 \U0010ffff c"
    query = Query(r"[a-z]\d*", is_pattern=True)
    assert list(matches(text, query)) == [(2, 4), (8, 11), (14, 15)]
    assert list(matches(text, Query(r"\d*", is_pattern=True))) == [(3, 4), (9, 11)]
    assert list(matches(text, Query("^😀", is_pattern=True))) == [(0, 1), (5, 6)]
    assert list(matches(text, Query("[a-z]", whole_words=True, is_pattern=True))) == [(14, 15)]
    assert list(matches("A a", Query("a", True, is_pattern=True))) == [(2, 3)]


def test_a_replacement_knows_groups_line_ends_and_backslashes() -> None:
    query = Query(r"(\w+) (\w+)", is_pattern=True)
    assert replaced("one two", query, r"\2 \1") == "two one"
    assert replaced("one two", query, r"[\0]\n\t\\1") == "[one two]\n\t\\1"
    assert replaced("one two", Query("one"), r"\1") == r"\1 two", "it is no pattern"
    assert replaced("ab", Query("(a)|(b)", is_pattern=True), r"<\1\2>") == "<a><b>"
    for instead in (r"\3", "\\", r"\x"):
        with pytest.raises(PatternError, match="stands for nothing here"):
            list(replacements("one two", query, instead))


@pytest.mark.parametrize("pattern", ["(", "[a", "(?<x", "*", ")a("])
def test_what_is_no_pattern_is_refused_with_why(pattern: str) -> None:
    with pytest.raises(PatternError, match="no regular expression"):
        list(matches("text", Query(pattern, is_pattern=True)))
    with pytest.raises(PatternError, match="no regular expression"):
        list(matches("text", Query(pattern, whole_words=True, is_pattern=True)))


def test_a_pattern_that_would_search_for_hours_is_given_up() -> None:
    with pytest.raises(PatternError, match="takes too long"):
        list(matches("a" * 60 + "b", Query(r"(a+)+$", is_pattern=True)))


@given(st.text("aé😀 \n", max_size=30), st.sampled_from(["a", "é+", "😀.", "[^a]", "a|é"]))
def test_patterns_find_what_another_program_finds(text: str, pattern: str) -> None:
    mine = list(matches(text, Query(pattern, True, is_pattern=True)))
    assert mine == [match.span() for match in re.finditer(pattern, text, re.MULTILINE)]


@given(st.text("ab", max_size=30), st.sampled_from(["a", "ab", "bb"]), st.integers(0, 30))
def test_of_all_matches_those_in_view_are_found_without_looking_at_each(
    text: str, query: str, start: int
) -> None:
    places = list(matches(text, Query(query, True)))
    for end in range(start, len(text) + 2):
        in_view = [match for match in places if match[1] > start and match[0] < end]
        assert matches_between(places, start, end) == in_view

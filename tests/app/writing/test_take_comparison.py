"""Two takes: the words that one has alone, and where and from what they drew differently."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.app.tokens.next_token import NextToken
from studio.app.writing import take_comparison
from studio.app.writing.take_comparison import own_words, params_at, parting
from studio.manuscript import Take
from studio.sampling import SamplingParams
from tests.helpers.token_records import tokens


def alone(first: str, second: str) -> tuple[list[str], list[str]]:
    ranges = own_words(first, second)
    return (
        [first[start:end] for start, end in ranges[0]],
        [second[start:end] for start, end in ranges[1]],
    )


def test_words_that_both_have_are_in_common_whatever_space_is_before_them() -> None:
    assert alone("the sea was calm", "the bay was  calm") == ([" sea"], [" bay"])
    assert alone("one two", "one two") == ([], [])
    assert alone("", "one") == ([], ["one"])
    assert alone("one two three", "three") == (["one two"], [])
    assert alone("a\nb", "a b") == ([], [])


words = st.text("ab \n😀", max_size=30)


@given(words, words)
def test_what_is_not_alone_is_the_same_words(first: str, second: str) -> None:
    rests = []
    for text, ranges in zip((first, second), own_words(first, second), strict=True):
        rest, reached = "", 0
        for start, end in ranges:
            assert reached <= start < end <= len(text)
            rest, reached = rest + text[reached:start] + " ", end
        rests.append((rest + text[reached:]).split())
    # A range begins before a space and ends behind a word, so that words stay apart.
    assert rests[0] == rests[1]


def test_a_long_take_costs_no_more_than_its_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    many = 300
    monkeypatch.setattr(take_comparison, "MOST_WORDS", many)
    long = "a " * (many + 50)
    assert own_words(long, "a " * many) == ([], [])


def take(*texts: str, ending: str = "", ids: tuple[int, ...] = ()) -> Take:
    made = Take(seed=7, temperatures=[0.5], ending=ending)
    made.turns = [(0, SamplingParams(temperature=0.5)), (2, SamplingParams(temperature=0.9))]
    records = tokens(*texts)
    made.records = [
        msgspec.structs.replace(record, id=number)
        for record, number in zip(records, ids or range(len(records)), strict=True)
    ]
    return made


def test_takes_part_at_the_first_token_that_differs() -> None:
    found = parting(take("a", "b", "c"), take("a", "b", "d", ids=(0, 1, 9)), None)
    assert found is not None
    assert found.number == 3
    assert (found.first.word, found.second.word) == ("c", "d")
    assert (found.first.temperature, found.first.seed) == (0.9, 7)
    assert found.first.likely == ()
    assert parting(take("a", "b"), take("a", "b", "c"), None) is None, "it was cut short"
    found = parting(take("a", "b", ending="end_of_text"), take("a", "b", "c"), None)
    assert found is not None
    assert (found.number, found.first.word, found.second.word) == (3, "", "c")
    assert parting(Take(), Take(), NextToken(SamplingParams())) is None


def test_what_a_token_was_drawn_with_is_the_last_turn_before_it() -> None:
    one = take("a", "b", "c")
    assert [params_at(one, at).temperature for at in range(4)] == [0.5, 0.5, 0.9, 0.9]  # type: ignore[union-attr]
    assert params_at(Take(), 0) is None

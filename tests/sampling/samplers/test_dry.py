from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.sampling import SamplingParams
from studio.sampling.samplers import dry

A, B, C, Y, COLON = range(5)


def losses(
    history: Sequence[int],
    breakers: dict[int, list[tuple[int, ...]]] | None = None,
    *,
    multiplier: float = 1.0,
    base: float = 2.0,
    allowed: int = 1,
    last_n: int = -1,
) -> dict[int, float]:
    params = SamplingParams(
        dry_multiplier=multiplier,
        dry_base=base,
        dry_allowed_length=allowed,
        dry_penalty_last_n=last_n,
    )
    return dry.losses(params, history, breakers or {})


def test_by_hand() -> None:
    # After "a b c" came "c", after "b c" "y", after "c" also "b".
    history = [A, B, C, C, B, C, Y, A, B, C]
    assert losses(history) == pytest.approx({C: -4.0, Y: -2.0, B: -1.0})
    assert losses(history, allowed=2) == pytest.approx({C: -2.0, Y: -1.0})
    assert losses(history, allowed=3) == pytest.approx({C: -1.0})
    assert losses(history, allowed=4) == {}
    assert losses(history, multiplier=0.5, base=3.0) == pytest.approx({C: -4.5, Y: -1.5, B: -0.5})


def test_the_longest_of_several_repetitions_counts() -> None:
    assert losses([A, B, Y, C, B, Y, A, B]) == pytest.approx({Y: -2.0})


def test_only_the_last_n_tokens_are_searched() -> None:
    history = [A, B, C, Y, Y, A, B]
    assert losses(history) == pytest.approx({C: -2.0})
    assert losses(history, last_n=6) == pytest.approx({C: -1.0})
    assert losses(history, last_n=5) == {}


def test_no_repetition_is_followed_over_a_breaker() -> None:
    history = [A, COLON, B, Y, A, COLON, B]
    assert losses(history) == pytest.approx({Y: -4.0})
    assert losses(history, {COLON: [()]}) == pytest.approx({Y: -1.0})
    assert losses([A, B, COLON, A, B, COLON], {COLON: [()]}) == {}


def test_a_breaker_itself_is_free() -> None:
    history = [A, B, COLON, Y, A, B]
    assert losses(history) == pytest.approx({COLON: -2.0})
    assert losses(history, {COLON: [()]}) == {}


def test_a_breaker_of_two_tokens_breaks_where_both_stand() -> None:
    history = [A, C, B, Y, A, C, B]
    assert losses(history, {A: [(C,)]}) == pytest.approx({Y: -1.0})
    assert losses(history, {A: [(Y,)]}) == pytest.approx({Y: -4.0})
    # The longest that matches counts, though a shorter one leaves more.
    assert losses(history, {A: [(), (C, B)]}, allowed=0) == pytest.approx(
        {Y: -1.0, C: -1.0, B: -1.0}
    )


def test_off_or_too_little_text_is_nothing() -> None:
    assert not dry.is_on(SamplingParams())
    assert not dry.is_on(SamplingParams(dry_multiplier=1.0, dry_penalty_last_n=0))
    assert dry.is_on(SamplingParams(dry_multiplier=1.0))
    assert losses([]) == losses([A]) == losses([A, A], allowed=2) == {}


def test_a_repetition_beyond_float32_counts_as_the_longest_that_is_not() -> None:
    history = [A] * 400
    # 88.7 / ln 2 = 127.9
    assert losses(history) == pytest.approx({A: -(2.0**127)})
    assert losses(history, base=1e300, multiplier=1e300) == {A: -1e300}


def longest_repetitions(history: list[int], allowed: int) -> dict[int, int]:
    """Every earlier end against the text's own, one token at a time."""
    found: dict[int, int] = {}
    for end in range(1, len(history)):
        length = 0
        while length < end and history[end - 1 - length] == history[-1 - length]:
            length += 1
        if length >= allowed:
            found[history[end]] = max(length, found.get(history[end], 0))
    return found


@given(st.lists(st.integers(0, 3), max_size=60), st.integers(0, 4))
def test_it_finds_what_looking_at_every_place_finds(history: list[int], allowed: int) -> None:
    longest = longest_repetitions(history, allowed) if len(history) > allowed else {}
    found = losses(history, allowed=allowed)
    assert found == pytest.approx({t: -(2.0 ** (n - allowed)) for t, n in longest.items()})

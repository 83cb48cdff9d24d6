import math

import pytest

from studio.app.word.words import bits, flip_sentence, ordinal, probabilities, ranks


@pytest.mark.parametrize(
    ("rank", "text"),
    [
        (0, "1st"),
        (1, "2nd"),
        (2, "3rd"),
        (3, "4th"),
        (10, "11th"),
        (12, "13th"),
        (20, "21st"),
        (110, "111th"),
        (1011, "1,012th"),
        (1022, "1,023rd"),
    ],
)
def test_ranks_are_counted_from_one(rank: int, text: str) -> None:
    assert ordinal(rank) == text


def test_bits() -> None:
    assert bits(3.25) == "3.2 bits"
    assert bits(math.inf) == "∞ bits"


def test_probabilities() -> None:
    assert probabilities(0.031, False, 0.042, 0.8) == (
        "will be used at T 0.80: 3.1\u202f%; the model’s own 4.2\u202f%"
    )
    assert probabilities(0.0, True, 0.042, math.inf) == (
        "cut by a filter at T ∞; the model’s own 4.2\u202f%"
    )
    assert probabilities(math.nan, False, 0.042, 1.0) == "the model’s own 4.2\u202f%"


def test_a_rank_says_whose_it_is_where_two_differ() -> None:
    assert ranks(1, 1) == "2nd"
    assert ranks(0, 4) == "1st (own 5th)"
    assert ranks(None, 4) == "none (own 5th)"
    assert ranks(None, 20, is_least=True) == "21st at best"


def test_blame() -> None:
    assert flip_sentence(0.6178, "␣sea", 1.0) == (
        "Below T 0.62 the same draw would have taken “␣sea” instead."
    )
    assert flip_sentence(0.6178, "␣sea", 0.5) == (
        "Below T 0.62 the same draw would have taken “␣sea” instead, as they would now."
    )
    assert flip_sentence(None, "␣sea", 1.0).startswith("The favourite:")
    assert flip_sentence(0.0, "␣sea", 1.0) == "Only T 0 would have chosen “␣sea” instead."
    assert "at any T" in flip_sentence(math.inf, "␣sea", 1.0)

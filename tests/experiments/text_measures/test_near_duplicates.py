"""Resemblance by hand, and what is found by it."""

import pytest

from studio.experiments.text_measures.near_duplicates import (
    near_duplicates,
    shingles,
    similarity,
)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("a b c d e", "A B C D E", 1.0),
        ("a b c d e", "a b c d f", 2 / 4),  # abc and bcd, of these and cde and cdf
        ("a b c", "d e f", 0.0),
        ("a", "a", 1.0),
        ("", "", 1.0),
        ("", "a", 0.0),
    ],
)
def test_resemblance(first: str, second: str, expected: float) -> None:
    assert similarity(shingles(first), shingles(second)) == pytest.approx(expected)


def test_the_later_of_two_is_the_duplicate() -> None:
    texts = [
        "The cat sat on the mat and slept",
        "Dogs bark at night when nobody is there",
        "the cat sat on the mat, and slept",
        "The cat sat on the mat and slept",
        "",
        "",
    ]
    assert near_duplicates(texts) == [False, False, False, True, False, True]
    # They have four runs in common, of nine.
    assert near_duplicates(texts[:3], 0.5) == [False, False, False]
    assert near_duplicates(["a b c d e", "a b c d f"], 0.5) == [False, True]


def test_none_is_missed_that_a_comparison_of_all_finds() -> None:
    texts = [f"{'word ' * (n % 3)}the old man {n % 5} looked out over the sea" for n in range(60)]
    sets = [shingles(text) for text in texts]
    all_pairs = [
        any(similarity(own, other) >= 0.6 for other in sets[:place])
        for place, own in enumerate(sets)
    ]
    assert near_duplicates(texts, 0.6) == all_pairs
    assert 0 < sum(all_pairs) < len(texts)

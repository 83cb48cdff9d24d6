"""Loops at the end and repeated runs, by hand."""

import pytest

from studio.experiments.text_measures.repetition import ends_in_loop, repeated_share


@pytest.mark.parametrize(
    ("tokens", "is_loop"),
    [
        ([], False),
        ([1], False),
        ([9, 1, 2, 3, 1, 2, 3], True),
        ([9, 1, 2, 3, 1, 2, 3, 4], False),  # it went on
        ([1, 2, 1, 2, 1, 2], False),  # two tokens are no phrase
        ([1, 2] * 51, True),  # but so often they are
        ([1, 2] * 50, False),
        ([7] * 51, True),
        ([7] * 50, False),  # one token stands more often than three of them in a row
        (list(range(91)) * 2, False),  # longer than is looked for
        (list(range(90)) * 2, True),
    ],
)
def test_a_text_that_ends_in_a_loop(tokens: list[int], is_loop: bool) -> None:
    assert ends_in_loop(tokens) is is_loop


def test_runs_of_four_that_were_there_before() -> None:
    # 1234 2341 3412 4123 1234
    assert repeated_share([1, 2, 3, 4, 1, 2, 3, 4]) == pytest.approx(1 / 5)
    assert repeated_share([1, 2, 3, 4, 5]) == 0.0
    assert repeated_share([1, 2, 3]) == 0.0
    assert repeated_share([1, 1, 1], n=2) == pytest.approx(1 / 2)

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.app.explain.place import STEP, Place, example, quoted
from studio.sampling import LogitSketch


def place(*logits: float) -> Place:
    return Place(LogitSketch.of(np.array(logits, np.float32)), {}, "the")


def test_the_example_is_a_real_distribution_and_says_so() -> None:
    recorded = example()
    assert recorded.is_example
    assert recorded.model == "SmolLM2-135M-Instruct Q4_1"
    assert recorded.before == "…fisherman looked out over the"
    assert recorded.sketch.vocabulary_size == 49_152
    assert all(recorded.text(rank).kind == "text" for rank in range(8))
    assert recorded.text(0).text.startswith("␣")


def test_the_gap_is_between_the_two_best_logits() -> None:
    assert place(1.0, 3.5, 2.0).gap == 1.5
    assert not place(1.0, 3.5, 2.0).is_near_tie
    assert place(3.5, 3.5).is_near_tie
    assert place(3.0).gap == math.inf


def test_the_favourites_probability_is_softmax() -> None:
    here = place(1.0, 2.0)
    assert here.favourite(1.0) == pytest.approx(1 / (1 + math.exp(-1)))
    assert here.favourite(0.5) == pytest.approx(1 / (1 + math.exp(-2)))
    assert here.favourite(0.0) == 1.0


def test_the_steepest_step_is_where_the_favourite_falls_most() -> None:
    here = place(5.0, 2.0, 1.0)

    def fall(start: float) -> float:
        return here.favourite(start) - here.favourite(start + STEP)

    assert 0.5 < here.steepest < 1.5
    assert all(fall(here.steepest) >= fall(start) for start in np.arange(0, 2.9, 0.05))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("  \n ", ""),
        ("The sea", "The sea"),
        ("The old fisherman looked out over the", "…fisherman looked out over the"),
        ("over\n\nthe  sea", "over the sea"),
        ("one two three four five six", "…two three four five six"),
    ],
)
def test_the_last_words_are_quoted(text: str, shown: str) -> None:
    assert quoted(text) == shown


@given(st.text(max_size=300))
def test_a_quotation_is_one_short_line(text: str) -> None:
    shown = quoted(text)
    assert len(shown) <= 33
    assert len(shown.splitlines()) <= 1
    assert bool(shown) == bool(text[-128:].strip())

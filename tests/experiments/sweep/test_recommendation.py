"""What a criterion chooses, how sure that is, and what stays unknown."""

from __future__ import annotations

import pytest

from studio.experiments.sweep.figures import figures_of
from studio.experiments.sweep.measures import MEASURES
from studio.experiments.sweep.plan import Sweep
from studio.experiments.sweep.recommendation import (
    Recommendation,
    not_shown,
    recommendation,
    shown_interval,
    value_words,
)
from studio.experiments.sweep.texts import SweepText
from studio.experiments.text_measures.intervals import Interval
from tests.helpers.small_sweep import swept, text

SAMPLES = 100
Hits = tuple[float, float, float]
"""At each value the share of texts in which the pattern is."""


def sweep_with(criterion: str, samples: int = SAMPLES) -> Sweep:
    return swept(
        f"""
        prompts = ["a"]
        samples = {samples}
        pattern = "x"
        measures = ["tokens", "pattern", "distinct_1"]
        criterion = {criterion}
        [vary]
        temperature = [0.5, 1, 2]
        """
    )


def texts(sweep: Sweep, hits: Hits) -> list[SweepText]:
    """Longer at each value; a share of them has the pattern."""
    return [
        text(0, value, number, ("x " if number < share * SAMPLES else "") + "w " * (4 + 4 * value))
        for value, share in enumerate(hits)
        for number in range(sweep.plan.samples)
    ]


def chosen(
    criterion: str, hits: tuple[float, float, float], samples: int = SAMPLES
) -> Recommendation:
    sweep = sweep_with(criterion, samples)
    found = recommendation(sweep, figures_of(sweep, texts(sweep, hits)))
    assert found is not None
    return found


LONGEST = '{highest = "tokens", at_least = {pattern = 0.9}}'


def test_the_best_within_the_limits_is_chosen() -> None:
    found = chosen(LONGEST, (1.0, 1.0, 0.5))
    assert found.value == 1
    assert found.criterion == "highest “Length” with “Pattern found” at least 90 %"
    assert found.shares == (0.0, 1.0, 0.0)
    length, limit, resamples = found.sentences
    assert length == "T 1: “Length” is 9 (9 to 9)."
    assert limit == "“Pattern found” is 100 % (96 % to 100 %): the limit of 90 % is held."
    assert "chooses T 1 in 100 %" in resamples


def test_a_limit_that_few_texts_do_not_show_is_said_to_be_open() -> None:
    found = chosen(LONGEST, (1.0, 1.0, 0.0), samples=8)
    assert found.value == 1
    assert (
        "(68 % to 100 %): it is within the limit of 90 %, but the interval is not"
        in (found.sentences[1])
    )


def test_a_share_near_its_limit_is_chosen_in_some_resamples_only() -> None:
    found = chosen(LONGEST, (1.0, 0.9, 0.5))
    assert found.value == 1
    assert 0.3 < found.shares[0] < 0.7
    assert found.shares[0] + found.shares[1] == pytest.approx(1.0)
    assert "T 0.5 in" in found.sentences[-1]


def test_where_none_is_within_the_limits_the_nearest_is_named() -> None:
    found = chosen(LONGEST, (0.4, 0.6, 0.2))
    assert found.value is None
    assert found.sentences[0] == "No value is within the limits."
    assert "comes nearest to 90 % at T 1, with 60 % (50 % to 69 %)" in found.sentences[1]
    assert "none in 100 %" in found.sentences[2]


def test_the_lowest_under_a_limit() -> None:
    found = chosen('{lowest = "tokens", at_most = {pattern = 0.5}}', (1.0, 0.2, 0.2))
    assert found.value == 1
    assert found.criterion == "lowest “Length” with “Pattern found” at most 50 %"


def test_one_text_at_each_value_is_sure_of_nothing() -> None:
    found = chosen('{highest = "tokens"}', (1.0, 1.0, 1.0), samples=1)
    assert found.value == 2
    assert found.sentences[0] == "T 2: “Length” is 13."
    assert "says nothing" in found.sentences[1]


def test_nothing_is_chosen_where_nothing_asks() -> None:
    sweep = swept()
    assert recommendation(sweep, figures_of(sweep, [text(0, 0, 0, "a")])) is None
    sweep = sweep_with(LONGEST)
    assert recommendation(sweep, figures_of(sweep, [])) is None


def test_what_is_not_shown() -> None:
    sweep = sweep_with(LONGEST)
    some = texts(sweep, (1.0, 1.0, 1.0))[:150]
    some[0] = text(0, 0, 0, "w", unseen_characters=3)
    said = not_shown(sweep, figures_of(sweep, some), "Tiny")
    for part in (
        "150 of 300 texts", "0 to 100 texts stand behind a value", "One prompt", "Tiny",
        "Only these values", "No measure reads", "5 to 9 tokens", "One text is of a prompt",
    ):  # fmt: skip
        assert any(part in sentence for sentence in said), part
    whole = not_shown(sweep, figures_of(sweep, texts(sweep, (1, 1, 1))), "Tiny")
    assert any("100 texts stand behind each value." in sentence for sentence in whole)
    assert not any("stopped" in sentence or "no room" in sentence for sentence in whole)


def test_values_and_figures_in_words() -> None:
    assert value_words(swept(), 0) == "T 0.5"
    presets = swept('prompts = ["a"]\n[vary]\npreset = ["Code"]')
    assert value_words(presets, 0) == "“Code”"
    other = swept('prompts = ["a"]\n[vary]\ntop_p = [0.9]')
    assert value_words(other, 0) == "top_p 0.9"
    nan = float("nan")
    perplexity, ended = MEASURES["perplexity"], MEASURES["ended"]
    assert shown_interval(perplexity, Interval(1234.5, 2.0, 30000.4)) == "1,234 (2 to 30,000)"
    assert shown_interval(ended, Interval(0.256, 0.1, 1.0)) == "26 % (10 % to 100 %)"
    assert shown_interval(perplexity, Interval(3.14159, nan, nan)) == "3.14"
    assert shown_interval(perplexity, Interval(nan, nan, nan)) == "–"

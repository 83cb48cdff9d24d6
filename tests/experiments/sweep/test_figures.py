"""Figures of a few texts, by hand."""

from __future__ import annotations

import csv
import io
import math

import pytest

from studio.experiments.sweep.figures import SweepFigures, figures_of, to_csv
from studio.experiments.sweep.recommendation import not_shown
from tests.helpers.small_sweep import PLAN, swept, text, written

WORDS = ["one two three", "one two four", "five six", "seven eight nine ten"]


def words(prompt: int, value: int, number: int) -> str:
    """The same at all values but the last, where both texts of a prompt are one."""
    return WORDS[2 * prompt + (0 if value == 2 else number)]


def figures(source: str = PLAN) -> SweepFigures:
    sweep = swept(source)
    return figures_of(sweep, written(sweep, words))


def test_sums_over_all_texts_are_divided_by_one_another() -> None:
    found = figures()
    assert found.pooled["perplexity"][0].figure == pytest.approx(4.0)
    assert found.pooled["entropy"][0].figure == pytest.approx(0.5)
    # Lengths 3, 3, 2 and 4; at the last value 3, 3, 2 and 2.
    assert [it.figure for it in found.pooled["tokens"]] == pytest.approx([3.0, 3.0, 2.5])
    # Of the first prompt one, two, three and four, of six; of the other six of six.
    assert found.by_prompt["distinct_1"][0][0].figure == pytest.approx(4 / 6)
    assert found.pooled["distinct_1"][0].figure == pytest.approx(10 / 12)
    assert found.pooled["near_duplicates"][2].figure == pytest.approx(1 / 2)
    assert found.pooled["self_bleu"][2].figure == pytest.approx(1.0)
    assert found.pooled["ended"][0].figure == 0.0
    assert found.counts.tolist() == [[2, 2, 2], [2, 2, 2]]


def test_texts_of_unequal_likelihood_weigh_by_their_tokens() -> None:
    sweep = swept(PLAN.replace('"The sea was", ', ""))
    likely = text(0, 0, 0, "a b c", nats_t1=3.0)
    unlikely = text(0, 0, 1, "d", nats_t1=5.0)
    found = figures_of(sweep, [likely, unlikely]).pooled["perplexity"]
    assert found[0].figure == pytest.approx(math.exp(8.0 / 4))
    # A resample has the first twice, the second twice, or both.
    assert (found[0].low, found[0].high) == pytest.approx((math.exp(1.0), math.exp(5.0)))
    assert math.isnan(found[1].figure), "nothing was written there"


def test_what_a_server_leaves_open_is_in_the_interval() -> None:
    sweep = swept(PLAN.replace('"The sea was", ', ""))
    texts = [
        text(0, 0, 0, "a b c", entropy=3.0, entropy_open=0.6),
        text(0, 0, 1, "d e f", entropy=3.0, entropy_open=0.3),
        text(0, 1, 0, "a", nats_t1=1.0, nats_t1_open=0.5),
        text(0, 1, 1, "b", nats_t1=1.0, nats_t1_open=0.5),
    ]
    found = figures_of(sweep, texts)
    # Resamples have the first twice, the second twice, or both.
    assert found.pooled["entropy"][0] == pytest.approx((1.0, 0.8, 1.2))
    assert found.by_prompt["entropy"][0][0] == pytest.approx((1.0, 0.8, 1.2))
    ends = math.exp(0.5), math.exp(1.5)
    assert found.pooled["perplexity"][1] == pytest.approx((math.e, *ends))
    assert any("two bounds" in it for it in not_shown(sweep, found, "m"))
    alone = swept(PLAN.replace('"The sea was", ', "").replace("samples = 2", "samples = 1"))
    one = figures_of(alone, texts[:1]).pooled["entropy"][0]
    assert one == pytest.approx((1.0, 0.8, 1.2))


def test_values_are_resampled_together() -> None:
    found = figures().resampled["tokens"]
    assert (found[0] == found[1]).all(), "the same texts at both"
    assert not (found[0] == found[2]).all()


def test_what_was_stopped_has_figures_of_what_there_is() -> None:
    sweep = swept()
    some = [one for one in written(sweep, words) if (one.value, one.number) != (2, 1)]
    found = figures_of(sweep, some[1:])
    assert found.counts.tolist() == [[1, 2, 1], [2, 2, 1]]
    assert found.pooled["tokens"][2].figure == pytest.approx(2.5)
    assert math.isnan(found.by_prompt["self_bleu"][0][2].figure), "a text alone resembles none"
    # Nor has it a spread, as long as it is the first of those to come.
    assert found.by_prompt["tokens"][0][2].figure == 3.0
    assert math.isnan(found.by_prompt["tokens"][0][2].low)


def test_one_text_of_each_prompt_is_resampled_over_prompts() -> None:
    found = figures(PLAN.replace("samples = 2", "samples = 1"))
    assert found.pooled["tokens"][0] == pytest.approx((2.5, 2.0, 3.0))
    assert math.isnan(found.by_prompt["tokens"][0][0].low)


def test_one_text_alone_has_no_interval() -> None:
    source = PLAN.replace("samples = 2", "samples = 1").replace('"The sea was", ', "")
    (interval, *_) = figures(source).pooled["tokens"]
    assert interval.figure == 3.0
    assert math.isnan(interval.low)


def test_the_table_has_a_line_for_each_measure_value_and_prompt() -> None:
    sweep = swept(PLAN.replace("samples = 2", 'samples = 2\nmeasures = ["tokens", "self_bleu"]'))
    table = to_csv(sweep, figures_of(sweep, [text(0, 0, 0, "a b")]))
    rows = list(csv.DictReader(io.StringIO(table)))
    assert len(rows) == 2 * 3 * (1 + 2)
    first = rows[0]
    assert first["temperature"] == "0.5"
    assert (first["prompt"], first["measure"]) == ("", "self_bleu")
    assert (first["figure"], first["low"], first["texts"]) == ("", "", "1")
    tokens = [row for row in rows if row["measure"] == "tokens"]
    assert (tokens[0]["figure"], tokens[1]["prompt"], tokens[2]["prompt"]) == ("2", "1", "rain")

"""What a sweep has written, and a plan that a form makes."""

from __future__ import annotations

import math

from studio.experiments.sweep.plan_text import plan_text
from studio.experiments.sweep.writing import samples_of
from tests.helpers.small_sweep import PLAN, swept


def test_every_text_is_written_once_and_values_stay_even() -> None:
    sweep = swept(PLAN.replace("samples = 2", "samples = 10"))
    samples = list(samples_of(sweep))
    assert len({sample.key for sample in samples}) == len(samples) == sweep.texts
    half = [sample.key for sample in samples[:30]]
    counts = [sum(value == place for _, value, _ in half) for place in range(3)]
    assert counts == [10, 10, 10]
    first, *_ = samples
    assert (first.prompt.manuscript, first.max_tokens) == ("The sea was", 5)
    seeds = {(key[0], key[2]): sample.params.seed for sample in samples for key in [sample.key]}
    assert len(set(seeds.values())) == 20
    assert all(it.params.seed == seeds[it.key[0], it.key[2]] for it in samples)


def test_what_a_form_makes_is_read_as_it_was_meant() -> None:
    hostile = 'A "quoted" \\ line\nand 🐟 \x7f \u202e \t end'
    sweep = swept(
        plan_text(
            {
                "title": None,
                "prompts": [{"text": hostile, "brief": ""}],
                "vary": {"temperature": [0.5, math.inf, 1]},
                "samples": 3,
                "ignore_eos": True,
                "stop": ["\n\n"],
                "sampling": {"top_p": 0.9},
                "criterion": {"highest": "distinct_2", "at_most": {"loops": 0.05}},
            }
        )
    )
    assert sweep.prompts[0].text == hostile
    assert [value.number for value in sweep.values] == [0.5, math.inf, 1.0]
    assert sweep.plan.ignore_eos
    assert sweep.values[0].stop == ("\n\n",)
    assert sweep.values[0].params.top_p == 0.9
    assert sweep.plan.criterion is not None
    assert sweep.plan.criterion.at_most == {"loops": 0.05}

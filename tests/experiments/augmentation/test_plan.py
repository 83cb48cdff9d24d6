"""Plans and templates: what is written follows from them alone."""

from __future__ import annotations

import math
import re
from typing import Any

import msgspec
import pytest

from studio.experiments.augmentation.errors import AugmentationError
from studio.experiments.augmentation.plan import Plan, Prompts, Temperatures, temperatures_of
from studio.experiments.augmentation.prompt_table import PromptTable
from studio.experiments.augmentation.templates import Template
from studio.presets import Preset
from studio.sampling import SamplingParams

TABLE = PromptTable([{"prompt": f"Prompt {number}", "style": "plain"} for number in range(4)], "x")


def plan(**values: Any) -> Plan:
    values = {"samples": 3, "tries": 12, "seed": 7, "presets": (Preset(name="Neutral"),), **values}
    return Plan(**values)


def test_fields_stand_in_their_places() -> None:
    template = Template("{{{a}}}: {b c} and {a}", "--template")
    assert template.fields == ("a", "b c")
    assert template.filled({"a": "{b c}", "b c": "x"}, 1) == "{{b c}}: x and {b c}"


@pytest.mark.parametrize("text", ["{", "}", "{}", "{a!r}", "{a:>10}", "{ }", "{a"])
def test_what_is_no_template(text: str) -> None:
    with pytest.raises(AugmentationError, match=r"--template.*written twice"):
        Template(text, "--template")


def test_a_place_reaches_nothing_but_fields() -> None:
    with pytest.raises(AugmentationError, match=r"place for “a\.__class__”, which prompt 3 lacks"):
        Template("{a.__class__}", "--template").filled({"a": "x"}, 3)


def test_samples_are_the_same_each_time_and_all_different() -> None:
    one, other = plan(), plan()
    prompts = Prompts(TABLE, one)
    samples = [one.sample(prompts, row, number) for row in range(4) for number in range(50)]
    assert samples[17] == other.sample(Prompts(TABLE, other), 0, 17)
    assert len({it.params.seed for it in samples}) == len(samples)
    assert samples[60].key == (1, 10)
    assert samples[60].prompt.manuscript == "Prompt 1"
    assert msgspec.structs.replace(one, seed=8).sample(prompts, 0, 0).params != samples[0].params


def test_presets_and_temperatures_are_taken_in_turn() -> None:
    presets = (
        Preset(name="A", sampling=SamplingParams(top_k=5), max_tokens=3, stop=("x",)),
        Preset(name="B", prompt_format="chat", system_message="Be kind."),
    )
    found = plan(presets=presets, temperatures=Temperatures(values=(0.5, 1.0, math.inf)))
    prompts = Prompts(TABLE, found)
    samples = [found.sample(prompts, 0, number) for number in range(7)]
    assert [it.params.temperature for it in samples] == [0.5, 0.5, 1, 1, math.inf, math.inf, 0.5]
    assert [found.preset_name(number) for number in range(3)] == ["A", "B", "A"]
    assert (samples[0].params.top_k, samples[0].max_tokens, samples[0].stop) == (5, 3, ("x",))
    assert (samples[1].prompt.format, samples[1].prompt.system) == ("chat", "Be kind.")


def test_a_range_is_drawn_from_evenly() -> None:
    found = plan(temperatures=temperatures_of("0.7..1.3"))
    prompts = Prompts(TABLE, found)
    drawn = [found.sample(prompts, 0, number).params.temperature for number in range(600)]
    assert 0.7 <= min(drawn) < 0.72
    assert 1.28 < max(drawn) <= 1.3
    for third in range(3):
        assert 150 < sum(0.7 + 0.2 * third <= it < 0.9 + 0.2 * third for it in drawn) < 250


@pytest.mark.parametrize("text", ["", "x", "1..", "..1", "2..1", "0..inf", "-1", "nan", "1,,2"])
def test_what_is_no_temperature(text: str) -> None:
    with pytest.raises(AugmentationError, match="--temperature: found"):
        temperatures_of(text)


def test_temperatures_as_they_are_written() -> None:
    assert temperatures_of("0.7") == Temperatures(values=(0.7,))
    assert temperatures_of("0, 1,inf") == Temperatures(values=(0.0, 1.0, math.inf))
    assert temperatures_of("0.7 .. 1.4") == Temperatures(low=0.7, high=1.4)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"template": "{name}"}, "prompt 1 lacks; that has “prompt”, “style”"),
        ({"template": "", "brief": " "}, "prompt 1 is empty"),
        ({"samples": 300_000}, "4 prompts of 300,000 rows each"),
        ({"template": "{prompt}" + "a" * 1_000_000}, "1,000,008 characters"),
    ],
)
def test_prompts_that_are_refused(values: dict[str, Any], said: str) -> None:
    with pytest.raises(AugmentationError, match=re.escape(said)):
        Prompts(TABLE, plan(**values))


def test_how_many_rows_are_wanted_is_no_part_of_what_they_are() -> None:
    one = plan().identity("model", "prompts")
    assert plan(samples=9, tries=90).identity("model", "prompts") == one
    for values in ({"seed": 8}, {"template": "{style}"}, {"ignore_eos": True}):
        assert plan(**values).identity("model", "prompts") != one

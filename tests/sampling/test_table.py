"""The table of parameters: that it is whole, and that what is derived of it holds."""

from __future__ import annotations

import msgspec
import pytest

from studio.sampling import (
    DEFAULT_SAMPLERS,
    NUMBERS,
    PARAMETERS,
    STEPS,
    SWITCHES,
    SamplingParams,
    active_steps,
)
from studio.sampling.facts import Number, Step
from studio.sampling.params import with_later_steps


def test_every_field_is_in_it_with_its_name_and_its_default() -> None:
    fields = msgspec.structs.fields(SamplingParams)
    assert tuple(PARAMETERS) == tuple(entry.name for entry in fields)
    for entry in fields:
        facts = PARAMETERS[entry.name]
        assert (facts.name, facts.neutral) == (entry.name, entry.default)
        assert isinstance(facts, Number) == isinstance(entry.default, int | float)
        assert facts.help.endswith(".")
        assert facts.plain.endswith(".")


def test_options_and_names_are_distinguished() -> None:
    for names in (
        [facts.flag for facts in PARAMETERS.values()],
        [facts.program_flag for facts in NUMBERS.values() if facts.program_flag],
        [facts.server_name for facts in PARAMETERS.values() if facts.server_name],
        [step.chain_name for step in STEPS if step.chain_name],
        [step.letter for step in STEPS if step.letter],
        [step.title for step in STEPS],
    ):
        assert len(names) == len(set(names))


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_each_of_its_switches_turns_a_step_on_and_nothing_else_does(step: Step) -> None:
    name = step.name
    assert SWITCHES[name]
    off = SamplingParams(samplers=(name,))
    assert active_steps(off) == ()
    for facts in NUMBERS.values():
        if facts.step != name:
            continue
        least = max(facts.least, -1.0)
        value = least + facts.stride if least + facts.stride != facts.neutral else least
        params = msgspec.structs.replace(off, **{facts.name: value})
        assert active_steps(params) == ((name,) if facts.is_switch else ()), facts.name


def test_a_steps_parameters_name_a_step_that_there_is() -> None:
    assert {facts.step for facts in PARAMETERS.values()} == {None, *DEFAULT_SAMPLERS}


def test_an_order_of_before_a_step_was_known_gets_it_in_its_place() -> None:
    later = {step.name for step in STEPS if step.is_later}
    before = tuple(name for name in DEFAULT_SAMPLERS if name not in later)
    known = {name for name, facts in PARAMETERS.items() if facts.step not in later}
    assert with_later_steps(before, known) == DEFAULT_SAMPLERS
    assert with_later_steps(before, PARAMETERS) == before, "its writer knew them, and left them out"
    assert with_later_steps(("top_k",), PARAMETERS) == ("top_k",)

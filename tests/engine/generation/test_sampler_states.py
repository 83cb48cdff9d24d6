"""What accompanies the samplers through a generation."""

import math

import msgspec
import pytest

from studio.engine.generation.sampler_states import SamplerStates
from studio.engine.llama.model import Model
from studio.engine.messages import EngineError
from studio.sampling import NO_STATE, SamplingParams, chance, choose

XTC = SamplingParams(xtc_probability=0.5)
MIROSTAT = SamplingParams(mirostat=2)


def test_most_samplers_need_nothing(byte_level: Model) -> None:
    states = SamplerStates(7, byte_level.vocabulary)
    crowded = SamplingParams(top_k=4, presence_penalty=1.0, logit_bias=((0, -math.inf),))
    assert states.at(crowded, 12) is NO_STATE
    off = SamplingParams(dry_multiplier=1.0, samplers=("top_k",))
    assert states.at(off, 12) is NO_STATE


def test_xtcs_draw_is_that_of_seed_and_position(byte_level: Model) -> None:
    states = SamplerStates(7, byte_level.vocabulary)
    assert [states.at(XTC, n).chance for n in range(3)] == [chance(7, n) for n in range(3)]


def test_mirostats_mu_goes_on_from_what_was_chosen(byte_level: Model) -> None:
    states = SamplerStates(7, byte_level.vocabulary)
    first = states.at(MIROSTAT, 0)
    assert first.mu is None
    choice = choose([1.0, 2.0], MIROSTAT, (), 0.5, state=first)
    states.advance(choice)
    assert states.at(MIROSTAT, 1).mu == choice.mu
    # Turned off and on again it begins anew.
    states.advance(choose([1.0, 2.0], XTC, (), 0.5))
    assert states.at(MIROSTAT, 2).mu is None


def test_breakers_are_those_of_the_parameters_in_force(byte_level: Model) -> None:
    vocabulary = byte_level.vocabulary
    states = SamplerStates(7, vocabulary)
    (colon,) = vocabulary.tokenize(":")
    (star,) = vocabulary.tokenize("*")
    dry = SamplingParams(dry_multiplier=1.0, dry_sequence_breakers=(":",))
    found = states.at(dry, 0).breakers
    assert dict(found) == {colon: [()]}
    assert states.at(msgspec.structs.replace(dry, dry_base=2.0), 1).breakers is found
    other = msgspec.structs.replace(dry, dry_sequence_breakers=("*",))
    assert dict(states.at(other, 2).breakers) == {star: [()]}


def test_a_bias_for_a_token_that_the_model_lacks_is_refused(byte_level: Model) -> None:
    states = SamplerStates(7, byte_level.vocabulary)
    size = byte_level.vocabulary.size
    states.at(SamplingParams(logit_bias=((size - 1, 1.0),)), 0)
    with pytest.raises(EngineError, match=rf"logit_bias: found token {size}.*0 to {size - 1}"):
        states.at(SamplingParams(logit_bias=((0, 1.0), (size, 1.0))), 0)

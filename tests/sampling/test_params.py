from __future__ import annotations

import math
from typing import Any

import msgspec
import numpy as np
import pytest

from studio.sampling import DEFAULT_SAMPLERS, STEPS, ParameterError, SamplingParams


def test_defaults_are_neutral() -> None:
    params = SamplingParams()
    assert (params.temperature, params.top_k, params.top_p, params.min_p) == (1.0, 0, 1.0, 0.0)
    assert (params.repeat_penalty, params.repeat_last_n, params.seed) == (1.0, 64, -1)
    assert params.samplers == DEFAULT_SAMPLERS
    assert (params.dynatemp_range, params.dynatemp_exponent, params.min_keep) == (0.0, 1.0, 0)
    assert (params.typical_p, params.top_n_sigma, params.xtc_probability) == (1.0, -1.0, 0.0)
    assert (params.frequency_penalty, params.presence_penalty) == (0.0, 0.0)
    assert (params.dry_multiplier, params.mirostat, params.logit_bias) == (0.0, 0, ())


def test_what_is_no_switch_stands_as_in_llama_cpp() -> None:
    params = SamplingParams()
    assert (params.xtc_threshold, params.mirostat_tau, params.mirostat_eta) == (0.1, 5.0, 0.1)
    assert (params.dry_base, params.dry_allowed_length, params.dry_penalty_last_n) == (1.75, 2, -1)
    assert params.dry_sequence_breakers == ("\n", ":", '"', "*")
    assert tuple(step.name for step in STEPS if step.chain_name and step.is_by_default) == (
        "penalties", "dry", "top_n_sigma", "top_k", "typical_p", "top_p", "min_p", "xtc",
        "temperature",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("temperature", -0.1),
        ("temperature", math.nan),
        ("temperature", "hot"),
        ("temperature", True),
        ("temperature", None),
        ("temperature", 10**400),
        ("top_k", -1),
        ("top_k", 2.0),
        ("top_k", True),
        ("top_k", 2**31),
        ("top_p", 0.0),
        ("top_p", 1.01),
        ("top_p", math.nan),
        ("min_p", -0.01),
        ("min_p", 1.01),
        ("min_p", math.nan),
        ("repeat_penalty", 0.0),
        ("repeat_penalty", math.inf),
        ("repeat_penalty", math.nan),
        ("repeat_last_n", -2),
        ("repeat_last_n", 1.5),
        ("seed", -2),
        ("seed", 2**32),
        ("seed", False),
        ("samplers", ("top_k", "top_k")),
        ("samplers", ("top_k", "heat")),
        ("samplers", "top_k"),
        ("samplers", ([],)),
        ("samplers", ("typ_p", "typical_p")),
        ("dynatemp_range", -0.1),
        ("dynatemp_range", math.inf),
        ("dynatemp_range", math.nan),
        ("dynatemp_exponent", -1.0),
        ("dynatemp_exponent", "1"),
        ("typical_p", 0.0),
        ("typical_p", 1.5),
        ("typical_p", math.nan),
        ("top_n_sigma", -0.5),
        ("top_n_sigma", math.inf),
        ("top_n_sigma", math.nan),
        ("top_n_sigma", None),
        ("xtc_probability", 1.1),
        ("xtc_probability", True),
        ("xtc_threshold", -0.1),
        ("xtc_threshold", math.nan),
        ("min_keep", -1),
        ("min_keep", 1.0),
        ("min_keep", 2**31),
        ("frequency_penalty", math.inf),
        ("frequency_penalty", -math.inf),
        ("frequency_penalty", math.nan),
        ("presence_penalty", math.nan),
        ("presence_penalty", 10**400),
        ("presence_penalty", False),
        ("dry_multiplier", -1.0),
        ("dry_multiplier", math.inf),
        ("dry_base", 0.99),
        ("dry_base", math.nan),
        ("dry_allowed_length", -1),
        ("dry_allowed_length", 2.5),
        ("dry_penalty_last_n", -2),
        ("dry_sequence_breakers", "\n"),
        ("dry_sequence_breakers", ("",)),
        ("dry_sequence_breakers", (1,)),
        ("dry_sequence_breakers", ("a\0b",)),
        ("dry_sequence_breakers", ("x" * 41,)),
        ("mirostat", 3),
        ("mirostat", -1),
        ("mirostat", True),
        ("mirostat", 2.0),
        ("mirostat_tau", -1.0),
        ("mirostat_tau", math.inf),
        ("mirostat_eta", math.nan),
        ("logit_bias", 3),
        ("logit_bias", "12"),
        ("logit_bias", ((1, math.inf),)),
        ("logit_bias", ((1, math.nan),)),
        ("logit_bias", ((-1, 1.0),)),
        ("logit_bias", ((2**31, 1.0),)),
        ("logit_bias", ((1.0, 1.0),)),
        ("logit_bias", ((True, 1.0),)),
        ("logit_bias", ((1, 2.0), (1, 3.0))),
        ("logit_bias", ((1, 2.0, 3.0),)),
        ("logit_bias", (7,)),
    ],
)
def test_what_is_out_of_range_is_refused_by_name(field: str, value: Any) -> None:
    with pytest.raises(ParameterError) as caught:
        SamplingParams(**{field: value})
    assert caught.value.field == field
    message = str(caught.value)
    assert message.startswith(f"{field}: found {value!r}; allowed is ")


@pytest.mark.parametrize("temperature", [0, 0.0, -0.0, 1e-320, 1, 100.0, math.inf])
def test_every_temperature_from_zero_to_infinity_is_taken(temperature: float) -> None:
    taken = SamplingParams(temperature=temperature).temperature
    assert isinstance(taken, float)
    assert taken == temperature
    assert math.copysign(1.0, taken) == 1.0


def test_numbers_settle_on_plain_python_types() -> None:
    found: dict[str, Any] = {
        "temperature": np.float32(0.5),
        "top_k": np.int64(3),
        "samplers": ["top_k"],
    }
    params = SamplingParams(**found)
    assert type(params.temperature) is float
    assert type(params.top_k) is int
    assert params.samplers == ("top_k",)
    assert params == SamplingParams(temperature=0.5, top_k=3, samplers=("top_k",))


def test_it_survives_json_and_refuses_what_it_does_not_know() -> None:
    params = SamplingParams(temperature=0.7, seed=3, samplers=("temperature", "min_p"))
    assert msgspec.json.decode(msgspec.json.encode(params), type=SamplingParams) == params
    with pytest.raises(msgspec.ValidationError, match="heat"):
        msgspec.json.decode(b'{"heat": 1}', type=SamplingParams)
    with pytest.raises(msgspec.ValidationError, match="temperature: found -1"):
        msgspec.json.decode(b'{"temperature": -1}', type=SamplingParams)


def test_a_bias_is_given_by_pairs_or_a_mapping_and_settles_in_order_of_token() -> None:
    settled = ((1, 2.0), (3, -math.inf))
    for given in ({3: -math.inf, 1: 2}, [[3, None], [1, 2.0]], settled):
        found: Any = given
        params = SamplingParams(logit_bias=found)
        assert params.logit_bias == params.biases == settled
        assert hash(params) == hash(SamplingParams(logit_bias=settled))
    # JSON has no infinity, and writes null for it.
    assert msgspec.json.decode(msgspec.json.encode(params), type=SamplingParams) == params
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(params), type=SamplingParams) == params


def test_llama_cpps_own_name_for_typical_is_taken() -> None:
    assert SamplingParams(samplers=("typ_p", "top_k")).samplers == ("typical_p", "top_k")


def test_zero_and_minus_one_both_leave_top_n_sigma_off() -> None:
    assert SamplingParams(top_n_sigma=0.0) == SamplingParams(top_n_sigma=-1) == SamplingParams()


def test_breakers_are_kept_once_each_in_their_order() -> None:
    found: Any = ["\n", "ä", "\n"]
    assert SamplingParams(dry_sequence_breakers=found).dry_sequence_breakers == ("\n", "ä")
    assert SamplingParams(dry_sequence_breakers=()).dry_sequence_breakers == ()


def test_it_is_frozen() -> None:
    with pytest.raises(AttributeError):
        SamplingParams().temperature = 2.0  # type: ignore[misc]  # the point of the test

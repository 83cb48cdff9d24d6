from __future__ import annotations

import math
from typing import Any

import msgspec
import numpy as np
import pytest

from studio.sampling import DEFAULT_SAMPLERS, ParameterError, SamplingParams


def test_defaults_are_neutral() -> None:
    params = SamplingParams()
    assert (params.temperature, params.top_k, params.top_p, params.min_p) == (1.0, 0, 1.0, 0.0)
    assert (params.repeat_penalty, params.repeat_last_n, params.seed) == (1.0, 64, -1)
    assert params.samplers == DEFAULT_SAMPLERS


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


def test_it_is_frozen() -> None:
    with pytest.raises(AttributeError):
        SamplingParams().temperature = 2.0  # type: ignore[misc]  # the point of the test

import math
from typing import Any

import pytest

from studio.app.parameters.sampling_summary import summary
from studio.sampling import SamplingParams


def test_the_summary_reports_what_is_not_neutral() -> None:
    assert summary(SamplingParams()) == "no filter, no penalty"
    params = SamplingParams(top_p=0.95, min_p=0.05, repeat_penalty=1.05, seed=7)
    assert summary(params) == "top-p 0.95   min-p 0.05   repeat 1.05   seed 7"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"typical_p": 0.9}, "typical-p 0.9"),
        ({"top_n_sigma": 1.5}, "top-nσ 1.5"),
        ({"xtc_probability": 0.5}, "XTC 0.5"),
        ({"frequency_penalty": 0.2, "presence_penalty": -0.1}, "frequency 0.2   presence -0.1"),
        ({"dry_multiplier": 0.8}, "DRY 0.8"),
        ({"dynatemp_range": 0.5}, "T ±0.5"),
        ({"top_p": 0.9, "min_keep": 5}, "top-p 0.9   min-keep 5"),
        ({"logit_bias": ((3, -math.inf),)}, "no filter, no penalty   1 bias"),
        (
            {"top_k": 4, "logit_bias": ((3, 1.0), (4, 1.0)), "seed": 7},
            "top-k 4   2 biases   seed 7",
        ),
        ({"mirostat": 2, "top_k": 4}, "Mirostat 2 at 5 bits"),
    ],
)
def test_the_summary_does_not_hide_what_has_no_field(values: dict[str, Any], said: str) -> None:
    assert summary(SamplingParams(**values)) == said


@pytest.mark.parametrize(
    "values",
    [
        {"xtc_probability": 0.5, "xtc_threshold": 0.6},
        {"dry_multiplier": 0.8, "samplers": ("top_k",)},
        {"presence_penalty": 1.0, "repeat_last_n": 0},
        {"repeat_penalty": 1.1, "repeat_last_n": 0},
        {"repeat_penalty": 1.1, "top_k": 4, "top_p": 0.9, "min_p": 0.1, "samplers": ()},
        {"min_keep": 5},
        {"dynatemp_exponent": 2.0, "mirostat_tau": 3.0, "dry_base": 2.0},
    ],
)
def test_the_summary_does_not_report_what_has_no_effect(values: dict[str, Any]) -> None:
    assert summary(SamplingParams(**values)) == "no filter, no penalty"

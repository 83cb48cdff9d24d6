"""text-generation-webui's presets: YAML of what differs from neutral; the name is the file's."""

from __future__ import annotations

import json
from collections.abc import Mapping

from studio.presets.foreign.orders import from_webui, to_webui
from studio.presets.foreign.quirks import (
    carry_breakers,
    carry_dynamic_temperature,
    give_dynamic_temperature,
    text_list,
    without_neutral,
)
from studio.presets.foreign.source import Imported, Source
from studio.presets.foreign.target import Exported, Target
from studio.presets.foreign.yaml_reading import write_yaml
from studio.presets.preset import Preset

PROGRAM = "text-generation-webui"

_KEYS = {
    "dynatemp_exponent": "dynatemp_exponent",
    "top_k": "top_k",
    "top_p": "top_p",
    "min_p": "min_p",
    "typical_p": "typical_p",
    "top_n_sigma": "top_n_sigma",
    "xtc_probability": "xtc_probability",
    "xtc_threshold": "xtc_threshold",
    "repetition_penalty": "repeat_penalty",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
    "dry_multiplier": "dry_multiplier",
    "dry_base": "dry_base",
    "dry_allowed_length": "dry_allowed_length",
    "mirostat_mode": "mirostat",
    "mirostat_tau": "mirostat_tau",
    "mirostat_eta": "mirostat_eta",
    "seed": "seed",
}
_RANGE = "repetition_penalty_range"
_NEUTRAL: Mapping[str, object] = {
    "temperature": 1.0,
    "dynatemp_exponent": 1.0,
    "top_k": 0,
    "top_p": 1.0,
    "min_p": 0.0,
    "typical_p": 1.0,
    "top_n_sigma": 0.0,
    "xtc_probability": 0.0,
    "xtc_threshold": 0.1,
    "repetition_penalty": 1.0,
    "frequency_penalty": 0.0,
    "presence_penalty": 0.0,
    "dry_multiplier": 0.0,
    "dry_base": 1.75,
    "dry_allowed_length": 2,
    "mirostat_mode": 0,
    "mirostat_tau": 5.0,
    "mirostat_eta": 0.1,
    "seed": -1,
    "tfs": 1.0,
    "top_a": 0.0,
    "epsilon_cutoff": 0.0,
    "eta_cutoff": 0.0,
    "smoothing_factor": 0.0,
    "smoothing_curve": 1.0,
    "guidance_scale": 1.0,
    "penalty_alpha": 0.0,
    "encoder_repetition_penalty": 1.0,
    "no_repeat_ngram_size": 0,
    "num_beams": 1,
    "length_penalty": 1.0,
    "min_length": 0,
    "early_stopping": False,
}

MARKS = frozenset({"temperature", "do_sample", "temperature_last", "sampler_priority", *_NEUTRAL})
"""Keys by which such a file is known."""


def read(values: Mapping[str, object], name: str) -> Imported:
    """The preset in such a mapping.

    Raises:
        PresetError: a value is not allowed.
    """
    source = Source(values, _NEUTRAL)
    carry_dynamic_temperature(
        source, "dynamic_temperature", "temperature", "dynatemp_low", "dynatemp_high"
    )
    source.carry(_KEYS)
    last_n = source.number(_RANGE, is_whole=True)
    if last_n is not None:
        source.set("repeat_last_n", last_n or -1, _RANGE)  # 0 is all of it there
    carry_breakers(source, "dry_sequence_breakers")
    source.carry_max_tokens("max_new_tokens", "max_tokens")
    if source.flag("do_sample") is False:
        source.set("temperature", 0.0, "do_sample")
    priority = source.take("sampler_priority")
    names = None if priority is None else text_list("sampler_priority", priority)
    last = bool(source.flag("temperature_last"))
    source.set("samplers", from_webui(names, temperature_last=last), "sampler_priority")
    return source.imported(name, PROGRAM)


def write(preset: Preset) -> Exported:
    """The preset as such a file."""
    target = Target(preset)
    params = preset.sampling
    values: dict[str, object] = give_dynamic_temperature(
        target, "dynamic_temperature", "temperature", "dynatemp_low", "dynatemp_high"
    )
    if params.temperature == 0:
        values |= {"temperature": 1.0, "do_sample": False}
    values |= {key: target.give(field) for key, field in _KEYS.items()}
    if params.top_n_sigma < 0:
        values["top_n_sigma"] = 0.0
    values = without_neutral(values, _NEUTRAL)
    if params.repeat_last_n != 0:  # there is no word for none of it
        values[_RANGE] = max(0, params.repeat_last_n)
        target.carried({"repeat_last_n"})
    values["dry_sequence_breakers"] = json.dumps(
        target.give("dry_sequence_breakers"), ensure_ascii=False
    )[1:-1]
    names = to_webui(params.samplers)
    target.order_is(from_webui(names, temperature_last=False))
    values["sampler_priority"] = "\n".join(names)
    return target.exported(write_yaml(values), ".yaml")

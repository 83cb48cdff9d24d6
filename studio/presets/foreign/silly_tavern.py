"""SillyTavern's text-completion presets: one flat JSON object; the name is the file's."""

from __future__ import annotations

import json
from collections.abc import Mapping

from studio.presets.foreign.orders import from_llama_names, from_webui, to_llama_names
from studio.presets.foreign.quirks import (
    carry_biases,
    carry_breakers,
    carry_dynamic_temperature,
    give_biases,
    give_dynamic_temperature,
    text_list,
)
from studio.presets.foreign.source import Imported, Source
from studio.presets.foreign.target import Exported, Target
from studio.presets.preset import Preset

PROGRAM = "SillyTavern"

_KEYS = {
    "dynatemp_exponent": "dynatemp_exponent",
    "top_k": "top_k",
    "top_p": "top_p",
    "min_p": "min_p",
    "typical_p": "typical_p",
    "nsigma": "top_n_sigma",
    "xtc_probability": "xtc_probability",
    "xtc_threshold": "xtc_threshold",
    "min_keep": "min_keep",
    "rep_pen": "repeat_penalty",
    "rep_pen_range": "repeat_last_n",
    "freq_pen": "frequency_penalty",
    "presence_pen": "presence_penalty",
    "dry_multiplier": "dry_multiplier",
    "dry_base": "dry_base",
    "dry_allowed_length": "dry_allowed_length",
    "dry_penalty_last_n": "dry_penalty_last_n",
    "mirostat_mode": "mirostat",
    "mirostat_tau": "mirostat_tau",
    "mirostat_eta": "mirostat_eta",
    "seed": "seed",
}

_NEUTRAL: Mapping[str, object] = {
    "tfs": 1,
    "top_a": 0,
    "epsilon_cutoff": 0,
    "eta_cutoff": 0,
    "smoothing_factor": 0,
    "smoothing_curve": 1,
    "no_repeat_ngram_size": 0,
    "encoder_rep_pen": 1,
    "rep_pen_slope": 0,
    "rep_pen_decay": 0,
    "guidance_scale": 1,
    "penalty_alpha": 0,
    "num_beams": 1,
    "length_penalty": 1,
    "min_length": 0,
    "skew": 0,
    "speculative_ngram": False,
    "early_stopping": False,
    "ignore_eos_token": False,
    "ban_eos_token": False,
    "add_bos_token": True,
    "skip_special_tokens": True,
}

MARKS = frozenset(
    {"temp", "rep_pen", "freq_pen", "presence_pen", "typical_p", "dynatemp", "min_temp", "max_temp"}
    | {"temperature_last", "samplers", "sampler_priority", "epsilon_cutoff", "smoothing_factor"}
    | {"mirostat_mode", "rep_pen_range", "rep_pen_slope", "genamt", "tfs", "top_a", "nsigma"}
)
"""Keys by which such a file is known."""


def read(values: Mapping[str, object], name: str) -> Imported:
    """The preset in such an object.

    Raises:
        PresetError: a value is not allowed.
    """
    source = Source(values, _NEUTRAL)
    carry_dynamic_temperature(source, "dynatemp", "temp", "min_temp", "max_temp")
    source.carry(_KEYS)
    carry_breakers(source, "dry_sequence_breakers")
    carry_biases(source, "logit_bias")
    source.carry_max_tokens("genamt")
    do_sample = source.flag("do_sample")
    if do_sample is False:
        source.set("temperature", 0.0, "do_sample")
    _carry_order(source)
    return source.imported(name, PROGRAM)


def _carry_order(source: Source) -> None:
    """llama.cpp's order where there is one; else that of text-generation-webui."""
    if "samplers" in source:
        order, unknown = from_llama_names(text_list("samplers", source.take("samplers")))
        source.set("samplers", order, "samplers")
        for name in unknown:
            # Of these the file has no parameters, or they are told by their own keys.
            source.lose("samplers", name, had_effect=False)
        last = source.flag("temperature_last")
        is_last = bool(order) and order[-1] == "temperature"
        if last is not None and last != is_last:
            source.lose("temperature_last", last, had_effect=False)
    elif "sampler_priority" in source or "temperature_last" in source:
        priority = source.take("sampler_priority")
        names = None if priority is None else text_list("sampler_priority", priority)
        last = bool(source.flag("temperature_last"))
        source.set("samplers", from_webui(names, temperature_last=last), "sampler_priority")


def write(preset: Preset) -> Exported:
    """The preset as such a file."""
    target = Target(preset)
    values: dict[str, object] = give_dynamic_temperature(
        target, "dynatemp", "temp", "min_temp", "max_temp"
    )
    values.setdefault("dynatemp", False)
    values |= {key: target.give(field) for key, field in _KEYS.items()}
    if preset.sampling.top_n_sigma < 0:
        values["nsigma"] = 0
    values["dry_sequence_breakers"] = json.dumps(
        target.give("dry_sequence_breakers"), ensure_ascii=False
    )
    values["logit_bias"] = [
        {"text": f"[{token}]", "value": bias} for token, bias in give_biases(target).items()
    ]
    values["genamt"] = target.give("max_tokens")
    target.carried({"samplers"})
    order = preset.sampling.samplers
    values["samplers"] = to_llama_names(order)
    values["temperature_last"] = bool(order) and order[-1] == "temperature"
    text = json.dumps(values, indent=4, ensure_ascii=False) + "\n"
    return target.exported(text, ".json")

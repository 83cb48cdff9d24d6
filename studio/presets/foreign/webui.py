"""text-generation-webui's presets: YAML of what differs from neutral; the name is the file's."""

from __future__ import annotations

import json
from collections.abc import Mapping

from studio.presets.foreign.keys import SHARED, KeyTable, carried, same, without_place
from studio.presets.foreign.orders import WEBUI_ORDER, from_webui, to_webui
from studio.presets.foreign.quirks import (
    NONE_HERE,
    carry_bans,
    carry_breakers,
    carry_dynamic_temperature,
    carry_webui_order,
    give_dynamic_temperature,
    text_list,
    without_neutral,
)
from studio.presets.foreign.source import Imported, Source
from studio.presets.foreign.target import Exported, Target
from studio.presets.preset import Preset
from studio.translation import mark, tr

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
_DEFAULT_RANGE = 1024
"""Tokens back, for penalties and DRY, where a preset does not say it."""
_WHOLE_TEXT = mark(
    "0 is the whole text with Transformers and ExLlama; the llama.cpp loader takes 0 for none."
)
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
}

ABSENT: Mapping[str, object] = {
    "samplers": WEBUI_ORDER,
    "repeat_last_n": _DEFAULT_RANGE,
    "dry_penalty_last_n": _DEFAULT_RANGE,
}
"""What it has where a preset is silent, where it is another than the neutral value."""

KEYS: KeyTable = {
    **same(_KEYS),
    "temperature": carried(
        "temperature", words=mark("While `dynamic_temperature` is off. Below 0 is greedy: T 0.")
    ),
    "dynamic_temperature": carried(
        "temperature",
        "dynatemp_range",
        words=mark(
            "T moves between `dynatemp_low` and `dynatemp_high`, each 1 where it is missing: "
            "their middle and half their distance."
        ),
    ),
    "dynatemp_low": carried(
        "temperature", "dynatemp_range", words=mark("With `dynamic_temperature`.")
    ),
    "dynatemp_high": carried(
        "temperature", "dynatemp_range", words=mark("With `dynamic_temperature`.")
    ),
    "do_sample": carried("temperature", words=mark("false is greedy: T 0.")),
    _RANGE: carried(
        "repeat_last_n",
        "dry_penalty_last_n",
        words=mark("For penalties, and for DRY where it is on; 0 is all tokens: -1."),
    ),
    "dry_sequence_breakers": carried(
        "dry_sequence_breakers", words=mark("JSON inside a text, with or without its brackets.")
    ),
    "dry_multiplier": carried(
        "dry_multiplier",
        "dry_penalty_last_n",
        words=mark("Over `repetition_penalty_range` tokens."),
    ),
    "sampler_priority": carried(
        "samplers",
        words=mark(
            "A line each; what is missing runs first. Steps unknown here are reported "
            "by their own keys."
        ),
    ),
    "temperature_last": carried("samplers", words=mark("Puts T last, whatever the order says.")),
    "max_new_tokens": carried("max_tokens", words=mark("Below 1 is no limit, and listed.")),
    "max_tokens": carried("max_tokens", words=mark("The same, as its interface calls it.")),
    "custom_token_bans": carried("logit_bias", words=mark("Token ids: a bias of -inf each.")),
    **SHARED,
    "tfs": without_place(
        mark("Tail-free sampling: cuts where the curve of probabilities flattens."), 1
    ),
    "top_a": without_place(mark("Cuts below a share of the best token's squared probability."), 0),
    "adaptive_target": without_place(mark("Adaptive-p: draws near a probability."), 0),
    "adaptive_decay": without_place(mark("How fast adaptive-p adapts."), 0.9),
    "encoder_repetition_penalty": without_place(mark("Favours tokens of the prompt."), 1),
    "grammar_string": without_place(mark("A grammar that the text must follow.")),
    "negative_prompt": without_place(mark("What guidance leads away from.")),
}


def read(values: Mapping[str, object], name: str, *, absent: bool) -> Imported:
    """The preset in such a mapping.

    Args:
        values: The mapping.
        name: What to call it.
        absent: Whether what the file is silent on is as text-generation-webui has it.

    Raises:
        PresetError: a value is not allowed.
    """
    source = Source(values, KEYS, absent=ABSENT if absent else None)
    carry_dynamic_temperature(
        source, "dynamic_temperature", "temperature", "dynatemp_low", "dynatemp_high", missing=1.0
    )
    source.carry(_KEYS)
    _carry_range(source)
    carry_bans(source, "custom_token_bans", has_texts=False)
    carry_breakers(source, "dry_sequence_breakers")
    source.carry_max_tokens("max_new_tokens", "max_tokens")
    if source.flag("do_sample") is False:
        source.set("temperature", 0.0, "do_sample")
    priority = source.consume("sampler_priority")
    names = None if priority is None else text_list("sampler_priority", priority)
    if names is not None or "temperature_last" in source:
        carry_webui_order(source, names)
    return source.imported(name, PROGRAM)


def _carry_range(source: Source) -> None:
    """How far back penalties and DRY look: one key for both."""
    given = source.number(_RANGE, is_whole=True)
    if given is None:
        return
    if given == 0:
        source.note(_RANGE, tr(_WHOLE_TEXT))
    source.set("repeat_last_n", given or -1, _RANGE)  # 0 is all of it there
    if source.get("dry_multiplier"):
        source.set("dry_penalty_last_n", given or -1, _RANGE)


def _give_range(target: Target, values: dict[str, object]) -> None:
    params = target.params
    if params.repeat_last_n != 0:
        values[_RANGE] = max(0, params.repeat_last_n)
        target.carried({"repeat_last_n"})
    else:
        target.lose("repeat_last_n", tr(NONE_HERE))
    if params.dry_multiplier:
        if params.dry_penalty_last_n == params.repeat_last_n != 0:
            target.carried({"dry_penalty_last_n"})
        else:
            words = tr("There {key} says it for penalties and DRY alike.", key=_RANGE)
            target.lose("dry_penalty_last_n", words)


def write(preset: Preset) -> Exported:
    """The preset as such a file."""
    target = Target(preset, PROGRAM)
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
    _give_range(target, values)
    # In ASCII: YAML takes some characters, such as U+0085, for line ends.
    values["dry_sequence_breakers"] = json.dumps(target.give("dry_sequence_breakers"))[1:-1]
    names = to_webui(params.samplers)
    target.order_is(from_webui(names, temperature_last=False))
    values["sampler_priority"] = "\n".join(names)
    # Here and not above: the library takes 20 ms of the program's start.
    from studio.presets.foreign.yaml_reading import write_yaml

    return target.exported(write_yaml(values), ".yaml")

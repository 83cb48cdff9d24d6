"""text-generation-webui's presets: YAML of what differs from neutral; the name is the file's."""

from __future__ import annotations

import json

from studio.presets.foreign import quirks, reasons
from studio.presets.foreign.format import Format, Values
from studio.presets.foreign.keys import SHARED, KeyTable, among, apart, carried, itself, same
from studio.presets.foreign.orders import WEBUI_ORDER, from_webui, to_webui, with_adaptive
from studio.presets.foreign.source import Source
from studio.presets.foreign.target import Exported, Target
from studio.presets.preset import Preset
from studio.sampling import SamplingParams
from studio.translation import mark, tr

PROGRAM = "text-generation-webui"

_KEYS = {
    **itself(
        *("dynatemp_exponent", "top_k", "top_p", "min_p", "typical_p", "top_n_sigma"),
        *("xtc_probability", "xtc_threshold", "frequency_penalty", "presence_penalty"),
        *("dry_multiplier", "dry_base", "dry_allowed_length", "mirostat_tau"),
        *("mirostat_eta", "adaptive_target", "adaptive_decay", "seed"),
    ),
    "repetition_penalty": "repeat_penalty",
    "mirostat_mode": "mirostat",
}
_RANGE = "repetition_penalty_range"
_DEFAULT_RANGE = 1024
"""Tokens back, for penalties and DRY, where a preset does not say it."""
_WHOLE_TEXT = mark(
    "0 is the whole text with Transformers and ExLlama; the llama.cpp loader takes 0 for none."
)
_NEUTRAL: Values = {
    "temperature": 1.0,
    **{key: getattr(SamplingParams(), field) for key, field in _KEYS.items()},
    "top_n_sigma": 0.0,
    "adaptive_target": 0.0,
}

ABSENT: Values = {
    "samplers": WEBUI_ORDER,
    "repeat_last_n": _DEFAULT_RANGE,
    "dry_penalty_last_n": _DEFAULT_RANGE,
}
"""What it has where a preset is silent, where it is another than the neutral value."""


def _carry_range(source: Source, key: str) -> None:
    """How far back penalties and DRY look: one key for both."""
    given = source.number(key, is_whole=True)
    if given is None:
        return
    if given == 0:
        source.note(key, tr(_WHOLE_TEXT))
    source.set("repeat_last_n", given or -1, key)  # 0 is all of it there
    if source.get("dry_multiplier"):
        source.set("dry_penalty_last_n", given or -1, key)


KEYS: KeyTable = {
    **same(_KEYS),
    "temperature": apart(
        "temperature", words=mark("While `dynamic_temperature` is off. Below 0 is greedy: T 0.")
    ),
    "dynamic_temperature": apart(
        "temperature",
        "dynatemp_range",
        words=mark(
            "T moves between `dynatemp_low` and `dynatemp_high`, each 1 where it is missing: "
            "their middle and half their distance."
        ),
    ),
    **dict.fromkeys(
        ("dynatemp_low", "dynatemp_high"),
        apart("temperature", "dynatemp_range", words=mark("With `dynamic_temperature`.")),
    ),
    "dry_multiplier": carried(
        "dry_multiplier",
        "dry_penalty_last_n",
        words=mark("Over `repetition_penalty_range` tokens."),
    ),
    _RANGE: carried(
        "repeat_last_n",
        "dry_penalty_last_n",
        words=mark("For penalties, and for DRY where it is on; 0 is all tokens: -1."),
        carry=_carry_range,
    ),
    "adaptive_target": carried(
        "adaptive_target", words=reasons.OFF_AT_ZERO, carry=quirks.carry_target
    ),
    "custom_token_bans": carried(
        "logit_bias", words=mark("Token ids: a bias of -inf each."), carry=quirks.carry_bans
    ),
    "dry_sequence_breakers": carried(
        "dry_sequence_breakers", words=mark("JSON inside a text, with or without its brackets.")
    ),
    "max_new_tokens": carried("max_tokens"),
    "max_tokens": carried("max_tokens", words=mark("The same, as its interface calls it.")),
    "do_sample": carried(
        "temperature", words=mark("false is greedy: T 0."), carry=quirks.carry_switched_sampling
    ),
    "sampler_priority": apart(
        "samplers",
        words=mark(
            "A line each; what is missing runs first. Steps unknown here are reported "
            "by their own keys."
        ),
    ),
    "temperature_last": apart("samplers", words=mark("Puts T last, whatever the order says.")),
    **SHARED,
    **among("tfs", "top_a", "encoder_repetition_penalty", "grammar_string", "negative_prompt"),
}


def _carry(source: Source) -> None:
    quirks.carry_dynamic_temperature(
        source, "dynamic_temperature", "temperature", "dynatemp_low", "dynatemp_high", missing=1.0
    )
    quirks.carry_all(source)
    quirks.carry_webui_order(source)
    quirks.run_adaptive(source, "adaptive_target")


def _give_range(target: Target, values: dict[str, object]) -> None:
    params = target.params
    if params.repeat_last_n != 0:
        values[_RANGE] = max(0, params.repeat_last_n)
        target.carried({"repeat_last_n"})
    else:
        target.lose("repeat_last_n", tr(quirks.NONE_HERE))
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
    values: dict[str, object] = quirks.give_dynamic_temperature(
        target, "dynamic_temperature", "temperature", "dynatemp_low", "dynatemp_high"
    )
    if params.temperature == 0:
        values |= {"temperature": 1.0, "do_sample": False}
    values |= {key: target.give(field) for key, field in _KEYS.items()}
    for key in ("top_n_sigma", "adaptive_target"):
        values[key] = max(0.0, getattr(params, key))
    quirks.lose_zero_target(target)
    values = {key: value for key, value in values.items() if value != _NEUTRAL.get(key)}
    _give_range(target, values)
    # In ASCII: YAML takes some characters, such as U+0085, for line ends.
    values["dry_sequence_breakers"] = json.dumps(target.give("dry_sequence_breakers"))[1:-1]
    names = to_webui(params.samplers)
    theirs = from_webui(names, temperature_last=False)
    target.order_is(with_adaptive(theirs, params.adaptive_target))
    values["sampler_priority"] = "\n".join(names)
    # Here and not above: the library takes 20 ms of the program's start.
    from studio.presets.foreign.yaml_reading import write_yaml

    return target.exported(write_yaml(values), ".yaml")


FORMAT = Format(program=PROGRAM, keys=KEYS, absent=ABSENT, carry=_carry, write=write)

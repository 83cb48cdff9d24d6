"""Request bodies of the OpenAI style; llama-server's further keys where a preset needs them."""

from __future__ import annotations

import json
from collections.abc import Mapping

from studio.presets.foreign.orders import from_llama_names, to_llama_names
from studio.presets.foreign.quirks import carry_biases, carry_breakers, give_biases, text_list
from studio.presets.foreign.source import Imported, Source
from studio.presets.foreign.target import Exported, Target
from studio.presets.preset import Preset
from studio.sampling import DEFAULT_SAMPLERS, SamplingParams

PROGRAM = "OpenAI-style request"

_KEYS = ("temperature", "top_p", "frequency_penalty", "presence_penalty", "seed")
_FURTHER = (
    "dynatemp_range",
    "dynatemp_exponent",
    "top_k",
    "min_p",
    "typical_p",
    "top_n_sigma",
    "xtc_probability",
    "xtc_threshold",
    "min_keep",
    "repeat_penalty",
    "repeat_last_n",
    "dry_multiplier",
    "dry_base",
    "dry_allowed_length",
    "dry_penalty_last_n",
    "mirostat",
    "mirostat_tau",
    "mirostat_eta",
)
_NEUTRAL: Mapping[str, object] = {
    "n": 1,
    "stream": False,
    "ignore_eos": False,
    "cache_prompt": True,
}

CERTAIN = frozenset({"messages", "model", "max_tokens", "max_completion_tokens", "n_predict"})
"""Keys that no other program's presets have."""

MARKS = frozenset({*CERTAIN, *_KEYS})
"""Keys by which such a body is known, where nothing speaks for another."""


def read(values: Mapping[str, object], name: str) -> Imported:
    """The preset in such a body.

    Raises:
        PresetError: a value is not allowed.
    """
    source = Source(values, _NEUTRAL)
    source.carry({key: key for key in (*_KEYS, *_FURTHER)})
    source.carry_max_tokens("max_completion_tokens", "max_tokens", "n_predict")
    source.carry_stops("stop")
    carry_biases(source, "logit_bias")
    carry_breakers(source, "dry_sequence_breakers")
    if "samplers" in source:
        order, unknown = from_llama_names(text_list("samplers", source.take("samplers")))
        source.set("samplers", order, "samplers")
        for step in unknown:
            source.lose("samplers", step)
    _carry_messages(source)
    return source.imported(name, PROGRAM)


def _carry_messages(source: Source) -> None:
    """The system message; what users said is a prompt and no setting."""
    messages = source.take("messages")
    if not isinstance(messages, list):
        if messages is not None:
            source.lose("messages", messages)
        return
    system = [
        message["content"]
        for message in messages
        if isinstance(message, dict)
        and message.get("role") in ("system", "developer")
        and isinstance(message.get("content"), str)
    ]
    source.set_system_message("\n\n".join(system))
    rest = [
        message
        for message in messages
        if not (isinstance(message, dict) and message.get("content") in system)
    ]
    if rest:
        source.lose("messages", rest, had_effect=False)


def write(preset: Preset) -> Exported:
    """The preset as a body without a model and without a prompt."""
    target = Target(preset)
    params, neutral = preset.sampling, SamplingParams()
    values: dict[str, object] = {}
    for key in (*_KEYS, *_FURTHER):
        value = target.give(key)
        is_needed = key in ("temperature", "top_p") or value != getattr(neutral, key)
        if value is not None and is_needed:
            values[key] = value
    values["max_tokens"] = target.give("max_tokens")
    target.carried({"stop", "dry_sequence_breakers", "samplers"})
    if preset.stop:
        values["stop"] = list(preset.stop)
    biases = give_biases(target)
    if biases:
        values["logit_bias"] = {str(token): bias for token, bias in biases.items()}
    if params.dry_sequence_breakers != neutral.dry_sequence_breakers:
        values["dry_sequence_breakers"] = list(params.dry_sequence_breakers)
    if params.samplers != DEFAULT_SAMPLERS:
        values["samplers"] = to_llama_names(params.samplers)
    if preset.prompt_format == "chat" and preset.system_message:
        target.carried({"system_message", "prompt_format"})
        values["messages"] = [{"role": "system", "content": preset.system_message}]
    return target.exported(json.dumps(values, indent=2, ensure_ascii=False) + "\n", ".json")

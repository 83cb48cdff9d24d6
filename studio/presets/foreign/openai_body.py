"""Request bodies of the OpenAI style; llama-server's further keys where a preset needs them."""

from __future__ import annotations

import json
from collections.abc import Mapping

from studio.presets.foreign.keys import KeyTable, carried, same, without_place
from studio.presets.foreign.llama_args import ABSENT
from studio.presets.foreign.orders import (
    from_letters,
    from_llama_names,
    is_llama_default,
    to_llama_names,
)
from studio.presets.foreign.quirks import (
    BELOW_ZERO,
    carry_biases,
    carry_breakers,
    carry_messages,
    give_biases,
    settle_adaptive,
    text_list,
)
from studio.presets.foreign.source import Imported, Source
from studio.presets.foreign.target import Exported, Target
from studio.presets.preset import Preset
from studio.sampling import NUMBERS, SamplingParams
from studio.translation import mark, tr

PROGRAM = mark("OpenAI-style request")

_KEYS = ("temperature", "top_p", "frequency_penalty", "presence_penalty", "seed")
_FURTHER = tuple(
    number.server_name
    for number in NUMBERS.values()
    if number.server_name and number.name not in _KEYS
)
assert all(NUMBERS[key].server_name == key for key in (*_KEYS, *_FURTHER))
_LLAMA_SERVER = frozenset({*_FURTHER, "n_predict", "samplers", "n_probs"}) - {"top_k", "min_p"}
"""Keys that speak of llama-server, and of no other server."""
_SERVER = mark("How a server answers, and no setting.")
_SPEED = mark("Speed and memory: see Model options.")
KEYS: KeyTable = {
    **same({key: key for key in (*_KEYS, *_FURTHER)}),
    "repetition_penalty": carried("repeat_penalty", words=mark("As vLLM and others call it.")),
    "max_completion_tokens": carried(
        "max_tokens", words=mark("Counts before the older `max_tokens`.")
    ),
    "max_tokens": carried("max_tokens", words=mark("Below 1 is no limit, and listed.")),
    "n_predict": carried("max_tokens", words=mark("The same, as llama-server calls it.")),
    "stop": carried("stop", words=mark("A list, or one text.")),
    "logit_bias": carried(
        "logit_bias", words=mark("By token id or text; -100 and less, and false, ban it.")
    ),
    "dry_sequence_breakers": carried("dry_sequence_breakers", words=mark("A list.")),
    "samplers": carried("samplers", words=mark("llama-server's names, or a text of its letters.")),
    "messages": carried(
        "system_message",
        "prompt_format",
        words=mark("Those of the system and the developer; others are a prompt, and listed."),
    ),
    "model": without_place(mark("The model: see Model › Open model.")),
    "prompt": without_place(mark("A prompt, and no setting.")),
    "n": without_place(mark("Several answers at once; the studio has takes."), 1),
    "best_of": without_place(mark("Several answers at once; the studio has takes."), 1),
    "stream": without_place(_SERVER, True, False),
    "stream_options": without_place(_SERVER),
    "logprobs": without_place(_SERVER, True, False),
    "top_logprobs": without_place(_SERVER),
    "n_probs": without_place(_SERVER, 0),
    "user": without_place(_SERVER),
    "store": without_place(_SERVER, False),
    "metadata": without_place(_SERVER),
    "service_tier": without_place(_SERVER),
    "echo": without_place(_SERVER, False),
    "cache_prompt": without_place(_SPEED, True, False),
    "id_slot": without_place(_SPEED),
    "n_keep": without_place(mark("What of the prompt stays where the context is full."), 0),
    "ignore_eos": without_place(mark("Writes on where the model would end."), False),
    "grammar": without_place(mark("A grammar that the text must follow.")),
    "json_schema": without_place(mark("A JSON schema that the text must follow.")),
    "response_format": without_place(mark("A form that the text must follow."), {"type": "text"}),
    "tools": without_place(mark("Tools that the model may call.")),
    "tool_choice": without_place(mark("Tools that the model may call."), "none"),
    "parallel_tool_calls": without_place(mark("Tools that the model may call."), True, False),
    "reasoning_effort": without_place(mark("How long the model thinks.")),
}

CERTAIN = frozenset({"messages", "model", "max_tokens", "max_completion_tokens", "n_predict"})
"""Keys that no other program's presets have."""

MARKS = frozenset({*CERTAIN, *_KEYS})
"""Keys by which such a body is known, where nothing speaks for another."""


def read(values: Mapping[str, object], name: str, *, absent: bool) -> Imported:
    """The preset in such a body.

    Args:
        values: The body.
        name: What to call it.
        absent: Whether what it is silent on is as llama-server has it, where it has a key that only
            llama-server knows; the style's own values are the neutral ones.

    Raises:
        PresetError: a value is not allowed.
    """
    is_llama_server = bool(values.keys() & _LLAMA_SERVER)
    source = Source(values, KEYS, absent=ABSENT if absent and is_llama_server else None)
    source.carry_temperature("temperature", below_zero=tr(BELOW_ZERO))
    source.carry({"repetition_penalty": "repeat_penalty"})
    source.carry({key: key for key in (*_KEYS, *_FURTHER)})
    source.carry_max_tokens("max_completion_tokens", "max_tokens", "n_predict")
    source.carry_stops("stop")
    carry_biases(source, "logit_bias")
    carry_breakers(source, "dry_sequence_breakers")
    if "samplers" in source:
        names = source.consume("samplers")
        if isinstance(names, str):
            order, unknown = from_letters(names)
        else:
            order, unknown = from_llama_names(text_list("samplers", names))
        source.set("samplers", order, "samplers")
        for step in unknown:
            source.lose("samplers", step, why=tr("The studio has no such step."))
    settle_adaptive(source, "adaptive_target")
    carry_messages(source)
    return source.imported(name, PROGRAM)


def write(preset: Preset) -> Exported:
    """The preset as a body without a model and without a prompt."""
    target = Target(preset, PROGRAM)
    params, neutral = preset.sampling, SamplingParams()
    values: dict[str, object] = {}
    # What llama-server alone knows wakes its own defaults, which are no neutral ones.
    is_llama_server = not is_llama_default(params) or any(
        getattr(params, key) != getattr(neutral, key) for key in _FURTHER
    )
    always = {"temperature", "top_p", *(("top_k", "min_p") if is_llama_server else ())}
    for key in (*_KEYS, *_FURTHER):
        value = target.give(key)
        is_needed = key in always or value != getattr(neutral, key)
        if value is not None and is_needed:
            values[key] = value
    values["max_tokens"] = target.give("max_tokens")
    target.carried({"stop", "dry_sequence_breakers"})
    target.order_by_llama_names()
    if preset.stop:
        values["stop"] = list(preset.stop)
    biases = give_biases(target)
    if biases:
        values["logit_bias"] = {str(token): bias for token, bias in biases.items()}
    if params.dry_sequence_breakers != neutral.dry_sequence_breakers:
        values["dry_sequence_breakers"] = list(params.dry_sequence_breakers)
    if not is_llama_default(params):
        values["samplers"] = to_llama_names(params)
    if preset.prompt_format == "chat" and preset.system_message:
        target.carried({"system_message", "prompt_format"})
        values["messages"] = [{"role": "system", "content": preset.system_message}]
    return target.exported(json.dumps(values, indent=2, ensure_ascii=False) + "\n", ".json")

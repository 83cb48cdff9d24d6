"""Request bodies of the OpenAI style; llama-server's further keys where a preset needs them."""

from __future__ import annotations

from studio.presets.foreign import quirks, reasons
from studio.presets.foreign.format import Format, Values
from studio.presets.foreign.keys import KeyTable, alike, among, carried, same, without_place
from studio.presets.foreign.llama_args import ABSENT
from studio.presets.foreign.orders import is_llama_default, to_llama_names
from studio.presets.foreign.source import Source
from studio.presets.foreign.target import Exported, Target
from studio.presets.preset import Preset
from studio.sampling import NUMBERS, SamplingParams
from studio.translation import mark

PROGRAM = mark("OpenAI-style request")

_KEYS = ("temperature", "top_p", "frequency_penalty", "presence_penalty", "seed")
_FURTHER = tuple(
    facts.server_name for facts in NUMBERS.values() if facts.server_name and facts.name not in _KEYS
)
assert all(NUMBERS[key].server_name == key for key in (*_KEYS, *_FURTHER))
_LLAMA_SERVER = frozenset({*_FURTHER, "n_predict", "samplers", "n_probs"}) - {"top_k", "min_p"}
"""Keys that speak of llama-server, and of no other server."""


def _carry_samplers(source: Source, key: str) -> None:
    if isinstance(source.value(key), str):
        quirks.carry_order(source, key, str(source.consume(key)))
    elif (names := source.names(key)) is not None:
        quirks.carry_order(source, key, names)


KEYS: KeyTable = {
    "repetition_penalty": carried("repeat_penalty", words=mark("As vLLM and others call it.")),
    **same({key: key for key in (*_KEYS, *_FURTHER)}),
    "max_completion_tokens": carried(
        "max_tokens", words=mark("Counts before the older `max_tokens`.")
    ),
    "max_tokens": carried("max_tokens"),
    "n_predict": carried("max_tokens", words=mark("The same, as llama-server calls it.")),
    "stop": carried("stop"),
    "logit_bias": carried(
        "logit_bias", words=mark("By token id or text; -100 and less, and false, ban it.")
    ),
    "dry_sequence_breakers": carried("dry_sequence_breakers"),
    "samplers": carried(
        "samplers",
        words=mark("llama-server's names, or a text of its letters."),
        carry=_carry_samplers,
    ),
    "messages": carried(
        "system_message",
        words=mark("Those of the system and the developer; others are a prompt, and listed."),
        carry=quirks.carry_messages,
    ),
    **among("model", "prompt", "n"),
    "best_of": without_place(reasons.SEVERAL, 1),
    **alike(reasons.ANSWER, "stream", "logprobs", idle=(True, False)),
    **alike(reasons.ANSWER, "stream_options", "top_logprobs", "user", "metadata", "service_tier"),
    "n_probs": without_place(reasons.ANSWER, 0),
    **alike(reasons.ANSWER, "store", "echo", idle=(False,)),
    "cache_prompt": without_place(reasons.SPEED, True, False),
    "id_slot": without_place(reasons.SPEED),
    "ignore_eos": without_place(reasons.NO_END, False),
    **among("n_keep", "grammar", "json_schema", "tools"),
    "response_format": without_place(mark("A form that the text must follow."), {"type": "text"}),
    "tool_choice": without_place(reasons.TOOLS, "none"),
    "parallel_tool_calls": without_place(reasons.TOOLS, True, False),
    "reasoning_effort": without_place(reasons.THINKS_LONG),
}

CERTAIN = frozenset({"messages", "model", "max_tokens", "max_completion_tokens", "n_predict"})
"""Keys that no other program's presets have."""

MARKS = frozenset({*CERTAIN, *_KEYS})
"""Keys by which such a body is known, where nothing speaks for another."""


def _absent(values: Values) -> Values:
    """llama-server's own where a key speaks of it; the style's own values are the neutral ones."""
    return ABSENT if values.keys() & _LLAMA_SERVER else {}


def _carry(source: Source) -> None:
    quirks.carry_all(source)
    quirks.settle_adaptive(source, "adaptive_target")


def write(preset: Preset) -> Exported:
    """The preset as a body without a model and without a prompt."""
    target = Target(preset, PROGRAM)
    params, neutral = preset.sampling, SamplingParams()
    # What llama-server alone knows wakes its own defaults, which are no neutral ones.
    is_llama_server = not is_llama_default(params) or any(
        getattr(params, key) != getattr(neutral, key) for key in _FURTHER
    )
    always = {"temperature", "top_p", *(("top_k", "min_p") if is_llama_server else ())}
    values = quirks.give_numbers(target, {key: key for key in (*_KEYS, *_FURTHER)}, always)
    values["max_tokens"] = target.give("max_tokens")
    target.carried({"stop", "dry_sequence_breakers"})
    target.order_by_llama_names()
    if preset.stop:
        values["stop"] = list(preset.stop)
    biases = quirks.give_biases(target)
    if biases:
        values["logit_bias"] = {str(token): bias for token, bias in biases.items()}
    if params.dry_sequence_breakers != neutral.dry_sequence_breakers:
        values["dry_sequence_breakers"] = list(params.dry_sequence_breakers)
    if not is_llama_default(params):
        values["samplers"] = to_llama_names(params)
    if text := quirks.give_chat(target):
        values["messages"] = [{"role": "system", "content": text}]
    return target.exported_json(values)


FORMAT = Format(program=PROGRAM, keys=KEYS, absent_of=_absent, carry=_carry, write=write)

"""LM Studio's older presets: `inference_params`, before the lists of fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from studio.presets.credentials import without_secrets
from studio.presets.errors import refused
from studio.presets.foreign.keys import (
    LLAMA_CPP_NAMES,
    KeyTable,
    carried,
    same,
    without_place,
)
from studio.presets.foreign.lm_studio import ABSENT
from studio.presets.foreign.quirks import BELOW_ZERO, carry_biases
from studio.presets.foreign.source import Imported, NotCarried, Source
from studio.translation import mark, tr

PROGRAM = mark("LM Studio (older form)")

_KEYS = {
    "temp": "temperature",
    **LLAMA_CPP_NAMES,
}

_SPEED = mark("Speed and memory: see Model options.")

KEYS: KeyTable = {
    **same(_KEYS),
    "pre_prompt": carried(
        "system_message", "prompt_format", words=mark("The preset is then for a chat.")
    ),
    "antiprompt": carried("stop", words=mark("A list.")),
    "n_predict": carried("max_tokens", words=mark("Below 1 is no limit, and listed.")),
    "logit_bias": carried("logit_bias", words=mark("By token id.")),
    "tfs_z": without_place(
        mark("Tail-free sampling: cuts where the curve of probabilities flattens."), 1
    ),
    **dict.fromkeys(
        ("input_prefix", "input_suffix", "pre_prompt_prefix", "pre_prompt_suffix"),
        without_place(mark("A part of a chat template; the studio takes the model's own.")),
    ),
    "grammar": without_place(mark("A grammar that the text must follow.")),
    "penalize_nl": without_place(
        mark("Whether penalties count for line ends; here they do."), True
    ),
    "n_threads": without_place(_SPEED),
    "n_keep": without_place(mark("What of the prompt stays where the context is full."), 0),
    "multiline_input": without_place(mark("How the console reads a prompt."), True, False),
    "memory_f16": without_place(_SPEED, True),
    "lora_adapter": without_place(mark("A LoRA beside the model.")),
    "lora_base": without_place(mark("A LoRA's base.")),
}
"""Of `inference_params`."""


def read(values: Mapping[str, object], name: str, *, absent: bool) -> Imported:
    """The preset in an object of the older form.

    Args:
        values: The object.
        name: What to call it where it has no name.
        absent: Whether what the file is silent on is as LM Studio has it.

    Raises:
        PresetError: a value is not allowed.
    """
    params = values.get("inference_params")
    if not isinstance(params, dict):
        raise refused("inference_params", params, tr("an object with the parameters"))
    source = Source(params, KEYS, "inference_params.", ABSENT if absent else None)
    source.carry_temperature("temp", below_zero=tr(BELOW_ZERO))
    source.carry(_KEYS)
    source.carry_system_message("pre_prompt")
    source.carry_stops("antiprompt")
    source.carry_max_tokens("n_predict")
    carry_biases(source, "logit_bias")
    named = ("name", values["name"]) if "name" in values else None
    imported = source.imported(name, PROGRAM, named)
    rest = tuple(
        NotCarried(key, without_secrets(key, value), why=tr(_SPEED))
        for key, value in values.items()
        if key not in ("name", "inference_params")
    )
    return replace(imported, not_carried=imported.not_carried + rest)

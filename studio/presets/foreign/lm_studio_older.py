"""LM Studio's older presets: `inference_params`, before the lists of fields."""

from __future__ import annotations

from msgspec.structs import replace

from studio.presets.credentials import without_secrets
from studio.presets.foreign import quirks, reasons
from studio.presets.foreign.format import Format, Values
from studio.presets.foreign.keys import (
    LLAMA_CPP_NAMES,
    KeyTable,
    alike,
    among,
    carried,
    same,
    without_place,
)
from studio.presets.foreign.lm_studio import ABSENT
from studio.presets.foreign.source import Imported, NotCarried, object_in
from studio.translation import mark, tr

PROGRAM = mark("LM Studio (older form)")

KEYS: KeyTable = {
    **same({"temp": "temperature", **LLAMA_CPP_NAMES}),
    "pre_prompt": carried("system_message"),
    "antiprompt": carried("stop"),
    "n_predict": carried("max_tokens"),
    "logit_bias": carried("logit_bias", words=mark("By token id.")),
    **among("tfs_z", "grammar", "n_keep"),
    **alike(
        reasons.TEMPLATE_PART,
        "input_prefix",
        "input_suffix",
        "pre_prompt_prefix",
        "pre_prompt_suffix",
    ),
    "penalize_nl": without_place(reasons.LINE_ENDS, True),
    "n_threads": without_place(reasons.SPEED),
    "multiline_input": without_place(mark("How the console reads a prompt."), True, False),
    "memory_f16": without_place(reasons.SPEED, True),
    "lora_adapter": without_place(mark("A LoRA beside the model.")),
    "lora_base": without_place(mark("A LoRA's base.")),
}
"""Of `inference_params`."""


def _read(values: Values, name: str, *, absent: bool) -> Imported:
    params = object_in(values, "inference_params", mark("an object with the parameters"))
    source = FORMAT.opened(params, absent=absent, prefix="inference_params.")
    quirks.carry_all(source)
    if "name" in values:
        source.named = "name", values["name"]
    imported = source.imported(name, PROGRAM)
    rest = tuple(
        NotCarried(key, without_secrets(key, value), why=tr(reasons.SPEED))
        for key, value in values.items()
        if key not in ("name", "inference_params")
    )
    return replace(imported, not_carried=imported.not_carried + rest)


FORMAT = Format(program=PROGRAM, keys=KEYS, absent=ABSENT, reader=_read)

"""LM Studio's presets: `.preset.json` with lists of fields, and the older `inference_params`."""

from __future__ import annotations

import json
from collections.abc import Mapping

from studio.presets.errors import PresetError, refused
from studio.presets.foreign.quirks import carry_biases
from studio.presets.foreign.source import WHOLE, Imported, Source
from studio.presets.foreign.target import Exported, Target
from studio.presets.preset import Preset
from studio.sampling import DEFAULT_SAMPLERS

PROGRAM = "LM Studio"
OLDER = "LM Studio (older form)"

_PREFIX = "llm.prediction."
_KEYS = {
    "temperature": "temperature",
    "topKSampling": "top_k",
    "topPSampling": "top_p",
    "minPSampling": "min_p",
    "repeatPenalty": "repeat_penalty",
    "seed": "seed",
    "llama.frequencyPenalty": "frequency_penalty",
    "llama.presencePenalty": "presence_penalty",
    "llama.xtcProbability": "xtc_probability",
    "llama.xtcThreshold": "xtc_threshold",
}
_BARE = frozenset({"temperature", "topKSampling"})
"""Those that it writes without a switch."""

_OLDER_KEYS = {
    "temp": "temperature",
    "top_k": "top_k",
    "top_p": "top_p",
    "min_p": "min_p",
    "typical_p": "typical_p",
    "repeat_penalty": "repeat_penalty",
    "repeat_last_n": "repeat_last_n",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
    "mirostat": "mirostat",
    "mirostat_tau": "mirostat_tau",
    "mirostat_eta": "mirostat_eta",
    "seed": "seed",
}


def read(values: Mapping[str, object], name: str) -> Imported:
    """The preset in such an object.

    Raises:
        PresetError: a value is not allowed.
    """
    fields: dict[str, object] = {}
    switched_off: dict[str, object] = {}
    _gather(values, "operation", fields, switched_off)
    _gather(values, "load", fields, switched_off)
    source = Source(fields)
    source.carry({_PREFIX + key: field for key, field in _KEYS.items()})
    source.carry_max_tokens(f"{_PREFIX}maxPredictedTokens")
    source.carry_system_message(f"{_PREFIX}systemPrompt")
    source.carry_stops(f"{_PREFIX}stopStrings")
    for key, value in switched_off.items():
        source.lose(key, value, had_effect=False)
    own_name = values.get("name", name)
    for key in values.keys() - {"name", "operation", "load"}:
        source.lose(key, values[key], had_effect=False)
    return source.imported(own_name, PROGRAM)


def _gather(
    values: Mapping[str, object],
    part: str,
    fields: dict[str, object],
    switched_off: dict[str, object],
) -> None:
    """Put the fields of one part where their keys say, those that are off beside them."""
    found = values.get(part, {})
    if not isinstance(found, dict) or not isinstance(found.get("fields", []), list):
        raise refused(f"{part}.fields", found, "a list of { key, value }")
    for index, entry in enumerate(found.get("fields", [])):
        where = f"{part}.fields[{index}]"
        if not isinstance(entry, dict) or not isinstance(entry.get("key"), str):
            raise refused(where, entry, "an object with key and value")
        key, value = entry["key"], entry.get("value")
        if key in fields or key in switched_off:
            raise PresetError(f"{where}: “{key}” is there twice; allowed is once.", key)
        if isinstance(value, dict) and value.keys() <= {"checked", "value"} and "checked" in value:
            if not isinstance(value["checked"], bool):
                raise refused(f"{key}.checked", value["checked"], "true or false")
            if not value["checked"]:
                switched_off[key] = value.get("value")
                continue
            value = value.get("value")
        fields[key] = value


def read_older(values: Mapping[str, object], name: str) -> Imported:
    """The preset in an object of the older form.

    Raises:
        PresetError: a value is not allowed.
    """
    params = values.get("inference_params")
    if not isinstance(params, dict):
        raise refused("inference_params", params, "an object with the parameters")
    source = Source(params, {"tfs_z": 1.0}, "inference_params.")
    source.carry(_OLDER_KEYS)
    source.carry_system_message("pre_prompt")
    source.carry_stops("antiprompt")
    source.carry_max_tokens("n_predict")
    carry_biases(source, "logit_bias")
    outer = Source({k: v for k, v in values.items() if k not in ("name", "inference_params")})
    imported = source.imported(values.get("name", name), OLDER)
    rest = outer.imported(imported.preset.name, OLDER).not_carried
    return Imported(imported.document, OLDER, imported.not_carried + rest)


def write(preset: Preset) -> Exported:
    """The preset as a `.preset.json`."""
    target = Target(preset)
    fields: list[dict[str, object]] = []

    def add(key: str, value: object, *, is_bare: bool) -> None:
        entry = value if is_bare else {"checked": True, "value": value}
        fields.append({"key": _PREFIX + key, "value": entry})

    for key, field in _KEYS.items():
        value = target.give(field)
        if field == "seed" and value == -1:
            continue
        if value is not None:
            add(key, value, is_bare=key in _BARE)
    add("maxPredictedTokens", target.give("max_tokens"), is_bare=False)
    target.carried({"stop"})
    if preset.stop:
        add("stopStrings", list(preset.stop), is_bare=True)
    if preset.prompt_format == "chat" and preset.system_message:
        target.carried({"system_message", "prompt_format"})
        add("systemPrompt", preset.system_message, is_bare=True)
    target.order_is(DEFAULT_SAMPLERS)
    slug = "-".join(preset.name.lower().split())
    whole = {
        "identifier": f"@local:{slug}",
        "name": preset.name,
        "changed": False,
        "operation": {"fields": fields},
        "load": {"fields": []},
    }
    text = json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
    return target.exported(text, ".preset.json")


assert set(_KEYS.values()) & WHOLE == {"top_k", "seed"}

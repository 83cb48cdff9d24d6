"""LM Studio's presets: `.preset.json` with lists of fields."""

from __future__ import annotations

import json
from collections.abc import Mapping

from studio.presets.errors import PresetError, refused
from studio.presets.foreign.keys import KeyTable, carried, same, without_place
from studio.presets.foreign.quirks import BELOW_ZERO, carry_biases, give_biases
from studio.presets.foreign.source import WHOLE, Imported, Source
from studio.presets.foreign.target import Exported, Target
from studio.presets.preset import Preset
from studio.sampling import DEFAULT_SAMPLERS, SamplingParams
from studio.translation import mark, tr

PROGRAM = "LM Studio"
MODEL_YAML = "LM Studio model.yaml"

ABSENT: Mapping[str, object] = {
    "temperature": 0.8,
    "top_k": 40,
    "top_p": 0.95,
    "min_p": 0.05,
    "repeat_penalty": 1.1,
}
"""What LM Studio begins with, where it is another than the neutral value."""
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
    "llama.locallyTypicalSampling": "typical_p",
}
_BARE = frozenset({"temperature", "topKSampling"})
"""Those that it writes without a switch."""

_MIROSTAT = "llama.mirostatSampling"
_MIROSTAT_PARTS = {
    "version": "mirostat",
    "targetEntropy": "mirostat_tau",
    "learningRate": "mirostat_eta",
}
_NEUTRAL_MIROSTAT = {
    part: getattr(SamplingParams(), field) for part, field in _MIROSTAT_PARTS.items()
}
_PARTS = ("operation", "load")
_SPEED = mark("Speed and memory: see Model options.")
_DRAFT = mark("Speed: speculation with a draft model.")
_TOOLS = mark("Tools that the model may call.")

KEYS: KeyTable = {
    **{_PREFIX + key: entry for key, entry in same(_KEYS).items()},
    _PREFIX + "maxPredictedTokens": carried("max_tokens", words=""),
    _PREFIX + "systemPrompt": carried(
        "system_message", "prompt_format", words=mark("The preset is then for a chat.")
    ),
    _PREFIX + "stopStrings": carried("stop", words=mark("A list.")),
    _PREFIX + _MIROSTAT: carried(
        *_MIROSTAT_PARTS.values(),
        words=mark("An object of `version`, `targetEntropy`, `learningRate`."),
    ),
    _PREFIX + "llama.logitBias": carried(
        "logit_bias",
        words=mark("Pairs of token id and bias; `-inf`, and -100 and less, ban the token."),
    ),
    _PREFIX + "llama.tailFreeSampling": without_place(
        mark("Tail-free sampling: cuts where the curve of probabilities flattens."), 1
    ),
    _PREFIX + "contextOverflowPolicy": without_place(
        mark("What is cut where the context is full.")
    ),
    _PREFIX + "toolCallStopStrings": without_place(_TOOLS),
    _PREFIX + "tools": without_place(_TOOLS, {"type": "none"}),
    _PREFIX + "toolChoice": without_place(_TOOLS),
    _PREFIX + "toolNaming": without_place(_TOOLS),
    _PREFIX + "structured": without_place(
        mark("A schema that the text must follow."), {"type": "none"}
    ),
    _PREFIX + "promptTemplate": without_place(
        mark("Another chat template; the studio takes the model's own.")
    ),
    _PREFIX + "contextPrefill": without_place(mark("Messages before the first one.")),
    _PREFIX + "logProbs": without_place(
        mark("How many probabilities are sent; the studio shows all.")
    ),
    _PREFIX + "llama.cpuThreads": without_place(_SPEED),
    _PREFIX + "reasoning.enableThinking": without_place(mark("Whether the model thinks first.")),
    _PREFIX + "reasoning.budgetTokens": without_place(mark("How long it thinks.")),
    _PREFIX + "reasoning.parsing": without_place(
        mark("How thoughts are set apart from the answer.")
    ),
    _PREFIX + "speculativeDecoding.draftModel": without_place(_DRAFT),
    "llm.load.contextLength": without_place(mark("The size of the context: see Model options.")),
    "llm.load.seed": without_place(
        mark("A seed for the whole model; the studio has one a preset.")
    ),
    "model": without_place(mark("The model: see Model › Open model.")),
    "base": without_place(mark("Where the model's files are.")),
    "metadataOverrides": without_place(mark("What a catalogue shows of the model.")),
    "customFields": without_place(mark("Switches of the model's own chat template.")),
    "suggestions": without_place(mark("What LM Studio advises.")),
    "tags": without_place(mark("How the model is found.")),
    "identifier": without_place(mark("LM Studio's own name for the file.")),
    "changed": without_place(mark("Whether it was changed in the window."), True, False),
}
"""Of the fields in `operation` and `load`, and beside them."""


def read(values: Mapping[str, object], name: str, *, absent: bool) -> Imported:
    """The preset in such an object.

    Args:
        values: The object.
        name: What to call it where it has no name.
        absent: Whether what the file is silent on is as LM Studio has it.

    Raises:
        PresetError: a value is not allowed.
    """
    rest = {key: value for key, value in values.items() if key not in _PARTS}
    named = ("name", rest.pop("name")) if "name" in rest else None
    return _read(values, rest, absent=absent).imported(name, PROGRAM, named)


def read_model(values: Mapping[str, object], name: str, *, absent: bool) -> Imported:
    """The preset in a `model.yaml`: what its `config` bakes in.

    Args:
        values: The file's mapping.
        name: What to call it where the model has no name.
        absent: Whether what the file is silent on is as LM Studio has it.

    Raises:
        PresetError: a value is not allowed.
    """
    config = values.get("config", {})
    if not isinstance(config, dict):
        raise refused("config", config, tr("an object with operation and load"))
    rest = {key: value for key, value in values.items() if key != "config"}
    rest |= {f"config.{key}": value for key, value in config.items() if key not in _PARTS}
    model = values.get("model")
    own_name = model.rpartition("/")[2] if isinstance(model, str) else ""
    return _read(config, rest, absent=absent).imported(own_name or name, MODEL_YAML)


def _read(values: Mapping[str, object], rest: Mapping[str, object], *, absent: bool) -> Source:
    """The fields of `operation` and `load`, carried over; what stands beside them is reported."""
    fields: dict[str, object] = {}
    switched_off: dict[str, object] = {}
    _gather(values, "operation", fields, switched_off)
    _gather(values, "load", fields, switched_off)
    # What is switched off is off, and not as it is by default.
    off = {_KEYS.get(key.removeprefix(_PREFIX)) for key in switched_off}
    own = {field: value for field, value in ABSENT.items() if field not in off}
    source = Source(fields, KEYS, absent=own if absent else None)
    source.carry_temperature(f"{_PREFIX}temperature", below_zero=tr(BELOW_ZERO))
    source.carry({_PREFIX + key: field for key, field in _KEYS.items()})
    _carry_mirostat(source)
    carry_biases(source, f"{_PREFIX}llama.logitBias")
    source.carry_max_tokens(f"{_PREFIX}maxPredictedTokens")
    source.carry_system_message(f"{_PREFIX}systemPrompt")
    source.carry_stops(f"{_PREFIX}stopStrings")
    for key, value in switched_off.items():
        source.lose(key, value, had_effect=False, why=tr("It is switched off."))
    for key, value in rest.items():
        source.lose(key, value, had_effect=False)
    return source


def _carry_mirostat(source: Source) -> None:
    key = _PREFIX + _MIROSTAT
    found = source.consume(key)
    if found is None:
        return
    if not isinstance(found, dict):
        allowed = tr("an object with version, targetEntropy and learningRate")
        raise refused(key, found, allowed)
    parts = Source(found, same(_MIROSTAT_PARTS), f"{key}.")
    parts.carry(_MIROSTAT_PARTS)
    source.take_over(parts, key)


def _gather(
    values: Mapping[str, object],
    part: str,
    fields: dict[str, object],
    switched_off: dict[str, object],
) -> None:
    """Put the fields of one part where their keys say, those that are off beside them."""
    found = values.get(part, {})
    if not isinstance(found, dict) or not isinstance(found.get("fields", []), list):
        raise refused(f"{part}.fields", found, tr("a list of { key, value }"))
    for index, entry in enumerate(found.get("fields", [])):
        where = f"{part}.fields[{index}]"
        if not isinstance(entry, dict) or not isinstance(entry.get("key"), str):
            raise refused(where, entry, tr("an object with key and value"))
        key, value = entry["key"], entry.get("value")
        if key in fields or key in switched_off:
            words = tr("{place}: “{key}” is there twice; allowed is once.", place=where, key=key)
            raise PresetError(words, key)
        if isinstance(value, dict) and value.keys() <= {"checked", "value"} and "checked" in value:
            if not isinstance(value["checked"], bool):
                raise refused(f"{key}.checked", value["checked"], tr("true or false"))
            if not value["checked"]:
                switched_off[key] = value.get("value")
                continue
            value = value.get("value")
        fields[key] = value


def write(preset: Preset) -> Exported:
    """The preset as a `.preset.json`."""
    target = Target(preset, PROGRAM)
    fields: list[dict[str, object]] = []

    def add(key: str, value: object, *, is_bare: bool) -> None:
        entry = value if is_bare else {"checked": True, "value": value}
        fields.append({"key": _PREFIX + key, "value": entry})

    for key, field in _KEYS.items():
        value = target.give(field)
        if (field == "seed" and value == -1) or (field == "typical_p" and value == 1):
            continue
        if value is not None:
            add(key, value, is_bare=key in _BARE)
    mirostat = {part: target.give(field) for part, field in _MIROSTAT_PARTS.items()}
    if mirostat != _NEUTRAL_MIROSTAT:
        add(_MIROSTAT, mirostat, is_bare=True)
    biases = give_biases(target)
    if biases:
        add("llama.logitBias", [[token, bias] for token, bias in biases.items()], is_bare=True)
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

"""LM Studio's presets: `.preset.json` with lists of fields."""

from __future__ import annotations

from studio.presets.errors import PresetError, refused
from studio.presets.foreign import quirks, reasons
from studio.presets.foreign.format import Format, Values
from studio.presets.foreign.keys import KeyTable, alike, among, carried, same, without_place
from studio.presets.foreign.source import WHOLE, Imported, Source, object_in
from studio.presets.foreign.target import Exported, Target
from studio.presets.preset import Preset
from studio.sampling import DEFAULT_SAMPLERS, SamplingParams
from studio.translation import mark, tr

PROGRAM = "LM Studio"
MODEL_YAML = "LM Studio model.yaml"

ABSENT: Values = {
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


def _carry_mirostat(source: Source, key: str) -> None:
    found = source.consume(key)
    if found is None:
        return
    if not isinstance(found, dict):
        allowed = tr("an object with version, targetEntropy and learningRate")
        raise refused(key, found, allowed)
    parts = Source(found, same(_MIROSTAT_PARTS), f"{key}.")
    quirks.carry_all(parts)
    source.take_over(parts, key)


_PREDICTION: KeyTable = {
    **same(_KEYS),
    _MIROSTAT: carried(
        *_MIROSTAT_PARTS.values(),
        words=mark("An object of `version`, `targetEntropy`, `learningRate`."),
        carry=_carry_mirostat,
    ),
    "llama.logitBias": carried(
        "logit_bias",
        words=mark("Pairs of token id and bias; `-inf`, and -100 and less, ban the token."),
    ),
    "maxPredictedTokens": carried("max_tokens"),
    "systemPrompt": carried("system_message"),
    "stopStrings": carried("stop"),
    "llama.tailFreeSampling": without_place(reasons.TAIL_FREE, 1),
    "contextOverflowPolicy": without_place(mark("What is cut where the context is full.")),
    **alike(reasons.TOOLS, "toolCallStopStrings", "toolChoice", "toolNaming"),
    "tools": without_place(reasons.TOOLS, {"type": "none"}),
    "structured": without_place(mark("A schema that the text must follow."), {"type": "none"}),
    "promptTemplate": without_place(reasons.TEMPLATE),
    "contextPrefill": without_place(mark("Messages before the first one.")),
    "logProbs": without_place(reasons.SHOWS_ALL),
    "llama.cpuThreads": without_place(reasons.SPEED),
    "reasoning.enableThinking": without_place(reasons.THINKS_FIRST),
    "reasoning.budgetTokens": without_place(mark("How long it thinks.")),
    "reasoning.parsing": without_place(reasons.THOUGHTS),
    "speculativeDecoding.draftModel": without_place(reasons.DRAFT),
}
KEYS: KeyTable = {
    **{_PREFIX + key: entry for key, entry in _PREDICTION.items()},
    "llm.load.contextLength": without_place(reasons.CONTEXT),
    "llm.load.seed": without_place(
        mark("A seed for the whole model; the studio has one a preset.")
    ),
    **among("model"),
    "base": without_place(mark("Where the model's files are.")),
    "metadataOverrides": without_place(mark("What a catalogue shows of the model.")),
    "customFields": without_place(mark("Switches of the model's own chat template.")),
    "suggestions": without_place(mark("What LM Studio advises.")),
    "tags": without_place(mark("How the model is found.")),
    "identifier": without_place(mark("LM Studio's own name for the file.")),
    "changed": without_place(mark("Whether it was changed in the window."), True, False),
}
"""Of the fields in `operation` and `load`, and beside them."""


def _read_preset(values: Values, name: str, *, absent: bool) -> Imported:
    rest = {key: value for key, value in values.items() if key not in _PARTS}
    named = ("name", rest.pop("name")) if "name" in rest else None
    source = _read(values, rest, absent=absent)
    source.named = named
    return source.imported(name, PROGRAM)


def _read_model(values: Values, name: str, *, absent: bool) -> Imported:
    """What the `config` of a `model.yaml` bakes in."""
    config = object_in(
        {"config": {}, **values}, "config", mark("an object with operation and load")
    )
    rest = {key: value for key, value in values.items() if key != "config"}
    rest |= {f"config.{key}": value for key, value in config.items() if key not in _PARTS}
    model = values.get("model")
    own_name = model.rpartition("/")[2] if isinstance(model, str) else ""
    return _read(config, rest, absent=absent).imported(own_name or name, MODEL_YAML)


def _read(values: Values, rest: Values, *, absent: bool) -> Source:
    """The fields of `operation` and `load`, carried over; what stands beside them is reported."""
    fields: dict[str, object] = {}
    switched_off: dict[str, object] = {}
    for part in _PARTS:
        _gather(values, part, fields, switched_off)
    # What is switched off is off, and not as it is by default.
    off = {_KEYS.get(key.removeprefix(_PREFIX)) for key in switched_off}
    own = {field: value for field, value in ABSENT.items() if field not in off}
    source = Source(fields, KEYS, absent=own if absent else None)
    quirks.carry_all(source)
    for key, value in switched_off.items():
        source.lose(key, value, had_effect=False, why=tr("It is switched off."))
    for key, value in rest.items():
        source.lose(key, value, had_effect=False)
    return source


def _gather(
    values: Values,
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
    biases = quirks.give_biases(target)
    if biases:
        add("llama.logitBias", [[token, bias] for token, bias in biases.items()], is_bare=True)
    add("maxPredictedTokens", target.give("max_tokens"), is_bare=False)
    target.carried({"stop"})
    if preset.stop:
        add("stopStrings", list(preset.stop), is_bare=True)
    if text := quirks.give_chat(target):
        add("systemPrompt", text, is_bare=True)
    target.order_is(DEFAULT_SAMPLERS)
    slug = "-".join(preset.name.lower().split())
    whole = {
        "identifier": f"@local:{slug}",
        "name": preset.name,
        "changed": False,
        "operation": {"fields": fields},
        "load": {"fields": []},
    }
    return target.exported_json(whole, ".preset.json")


FORMAT = Format(program=PROGRAM, keys=KEYS, absent=ABSENT, reader=_read_preset, write=write)
MODEL_FORMAT = Format(program=MODEL_YAML, keys=KEYS, absent=ABSENT, reader=_read_model)
assert set(_KEYS.values()) & WHOLE == {"top_k", "seed"}

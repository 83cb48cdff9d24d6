"""KoboldCpp's and Kobold Lite's presets, and the settings inside a story file."""

from __future__ import annotations

import json
from collections.abc import Mapping

from studio.presets.errors import refused
from studio.presets.foreign.orders import KOBOLD_NUMBERS, from_kobold, to_kobold
from studio.presets.foreign.quirks import carry_breakers
from studio.presets.foreign.source import Imported, Source
from studio.presets.foreign.target import Exported, Target
from studio.presets.preset import Preset

PROGRAM = "KoboldCpp"
STORY = "Kobold Lite story"

_KEYS = {
    "dynatemp_range": "dynatemp_range",
    "dynatemp_exponent": "dynatemp_exponent",
    "top_k": "top_k",
    "top_p": "top_p",
    "min_p": "min_p",
    "typical": "typical_p",
    "nsigma": "top_n_sigma",
    "xtc_probability": "xtc_probability",
    "xtc_threshold": "xtc_threshold",
    "rep_pen": "repeat_penalty",
    "rep_pen_range": "repeat_last_n",
    "presence_penalty": "presence_penalty",
    "dry_multiplier": "dry_multiplier",
    "dry_base": "dry_base",
    "dry_allowed_length": "dry_allowed_length",
    "dry_penalty_last_n": "dry_penalty_last_n",
    "mirostat": "mirostat",
    "mirostat_tau": "mirostat_tau",
    "mirostat_eta": "mirostat_eta",
    "sampler_seed": "seed",
}
_STORY_KEYS = {
    "typ_s": "typical_p",
    "miro_type": "mirostat",
    "miro_tau": "mirostat_tau",
    "miro_eta": "mirostat_eta",
}
_NEUTRAL: Mapping[str, object] = {
    "tfs": 1,
    "tfs_s": 1,
    "top_a": 0,
    "rep_pen_slope": 1,
    "smoothing_factor": 0,
    "smoothing_curve": 1,
    "adaptive_target": -1,
}
_BETWEEN_STOPS = "||$||"

MARKS = frozenset(
    {"preset", "title", "temp", "dynatemp_range", "typical", "tfs", "top_a", "rep_pen"}
    | {"rep_pen_range", "rep_pen_slope", "presence_penalty", "sampler_order", "sampler_seed"}
    | {"typ_s", "tfs_s", "miro_type", "miro_tau", "miro_eta"}
)
"""Keys by which such a file is known."""


def read(values: Mapping[str, object], name: str) -> Imported:
    """The preset in a preset's object.

    Raises:
        PresetError: a value is not allowed.
    """
    return _read(values, name, PROGRAM, "")


def read_story(story: Mapping[str, object], name: str) -> Imported:
    """The settings in a story file. The story itself is not looked at.

    Raises:
        PresetError: a value is not allowed.
    """
    settings = story.get("savedsettings")
    if not isinstance(settings, dict):
        raise refused("savedsettings", settings, "an object with the settings")
    return _read(settings, name, STORY, "savedsettings.")


def _read(values: Mapping[str, object], name: str, program: str, prefix: str) -> Imported:
    source = Source(values, _NEUTRAL, prefix)
    own_name: object = name
    name_key = "name"
    for key in ("preset", "title"):
        if isinstance(values.get(key), str):
            own_name, name_key = source.take(key), prefix + key
            break
    for key in ("temp", "temperature"):
        value = source.number(key)
        if value is not None:
            # Its engine takes anything from 0 down for greedy.
            source.set("temperature", max(0.0, float(value)), key)
    source.carry(_STORY_KEYS if prefix else {})
    source.carry(_KEYS)
    if not prefix:
        source.carry({key: field for key, field in _STORY_KEYS.items() if key in source})
    carry_breakers(source, "dry_sequence_breakers")
    source.carry_stops("stop_sequence")
    extra = source.take("extrastopseq")
    if isinstance(extra, str) and extra:
        source.set_stops([stop for stop in extra.split(_BETWEEN_STOPS) if stop], "extrastopseq")
    source.carry_max_tokens("max_length", "genamt")
    if "description" in source:
        source.set_text("description", source.take("description"), "description")
    if "sampler_order" in source:
        numbers = source.take("sampler_order")
        is_order = isinstance(numbers, list) and all(
            isinstance(number, int) and not isinstance(number, bool) and number in KOBOLD_NUMBERS
            for number in numbers
        )
        if not is_order:
            allowed = "a list of numbers from 0 to 6"
            raise refused(f"{prefix}sampler_order", numbers, allowed)
        assert isinstance(numbers, list)
        source.set("samplers", from_kobold(numbers), "sampler_order")
    return source.imported(own_name, program, name_key)


def write(preset: Preset) -> Exported:
    """The preset as a preset's file."""
    target = Target(preset)
    values: dict[str, object] = {"preset": preset.name}
    if preset.description:
        values["description"] = target.give("description")
    temperature = target.give("temperature")
    if temperature is not None:
        values["temp"] = temperature
    if preset.sampling.repeat_last_n < 0:  # there is no word for all of it
        keys = {key: field for key, field in _KEYS.items() if field != "repeat_last_n"}
    else:
        keys = _KEYS
    values |= {key: target.give(field) for key, field in keys.items()}
    if preset.sampling.top_n_sigma < 0:
        values["nsigma"] = 0
    values["dry_sequence_breakers"] = list(preset.sampling.dry_sequence_breakers)
    values["stop_sequence"] = list(preset.stop)
    values["max_length"] = target.give("max_tokens")
    order = to_kobold(preset.sampling.samplers)
    values["sampler_order"] = order
    target.order_is(from_kobold(order))
    target.carried({"dry_sequence_breakers", "stop"})
    return target.exported(json.dumps(values, indent=2, ensure_ascii=False) + "\n", ".json")

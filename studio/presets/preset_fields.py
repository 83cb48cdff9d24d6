"""What each field of a preset may be, said of values as a JSON file gives them.

One place for the checks of our own files and of what is carried over from other programs'.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import cast

import msgspec

from studio.presets.errors import PresetError, parameter_refused, refused
from studio.presets.preset import (
    FORMAT_VERSION,
    LONGEST_STOP,
    LONGEST_TEXT,
    MOST_STOPS,
    MOST_TOKENS,
    PROMPT_FORMATS,
    TASKS,
    Preset,
)
from studio.presets.preset_name import checked_name
from studio.sampling import PARAMETERS, ParameterError, SamplingParams
from studio.sampling.params import with_later_steps
from studio.translation import mark, tr

SAMPLING_FIELDS = tuple(PARAMETERS)
_IN_ORDER = tuple(entry.name for entry in msgspec.structs.fields(Preset))
PRESET_FIELDS = ("format_version", *_IN_ORDER[:-1])
"""In the order in which they are written."""

_REMOVE = mark("Correct it, or leave the line out: then it is what it is by default.")


class Read(msgspec.Struct, frozen=True):
    """A preset, and the keys beside it that this program does not know.

    Attributes:
        preset: All that is known.
        unknown: Keys beside the known ones, with their values.
        unknown_sampling: The same within `sampling`.
    """

    preset: Preset
    unknown: Mapping[str, object] = msgspec.field(default_factory=dict)
    unknown_sampling: Mapping[str, object] = msgspec.field(default_factory=dict)


def read_preset(values: Mapping[str, object]) -> Read:
    """The preset that a JSON object describes.

    Raises:
        PresetError: a field is missing or has a value that is not allowed.
    """
    if "name" not in values:
        raise PresetError(
            tr('name: it is missing; allowed is a text. Add "name": "…".'), "name", tr("a text")
        )
    known = {
        field: _checked(field, values[field], field)
        for field in PRESET_FIELDS
        if field in values and field != "sampling"
    }
    sampling, unknown_sampling = SamplingParams(), dict[str, object]()
    if "sampling" in values:
        sampling, unknown_sampling = _sampling(values["sampling"])
    unknown = {key: value for key, value in values.items() if key not in PRESET_FIELDS}
    return Read(Preset(**known, sampling=sampling), unknown, unknown_sampling)  # type: ignore[arg-type]  # each checked above


def sampling_params(values: Mapping[str, object], names: Mapping[str, str]) -> SamplingParams:
    """The parameters with these `values`, the others neutral.

    Args:
        values: By the names of `SamplingParams`.
        names: What the file calls each of them, for what is refused.

    Raises:
        PresetError: a value is not allowed.
    """
    try:
        if all(value is not None or field == "logit_bias" for field, value in values.items()):
            return SamplingParams(**values)  # type: ignore[arg-type]  # it checks them itself
    except ParameterError:
        pass
    for field, value in values.items():
        # One by one: a refusal is to show what was found there.
        checked_parameter(field, value, names.get(field, field))
    return SamplingParams(**values)  # type: ignore[arg-type]


def checked_parameter(field: str, value: object, name: str) -> None:
    """Refuse a value that a sampling parameter cannot have.

    Args:
        field: The parameter.
        value: What it is to be.
        name: What the file calls it.

    Raises:
        PresetError: it is not allowed.
    """
    if value is None and field != "logit_bias":
        raise refused(name, value, tr("a value"), tr(_REMOVE))
    try:
        SamplingParams(**{field: value})  # type: ignore[arg-type]  # it checks it itself
    except ParameterError as error:
        raise parameter_refused(error, name, value) from None


def _sampling(found: object) -> tuple[SamplingParams, dict[str, object]]:
    if not isinstance(found, dict):
        allowed = tr("an object with the sampling parameters")
        raise refused("sampling", found, allowed, tr(_REMOVE))
    known = {field: found[field] for field in SAMPLING_FIELDS if field in found}
    if known.get("temperature", 1.0) is None:
        known["temperature"] = math.inf  # JSON has no infinity
    names = {field: f"sampling.{field}" for field in known}
    order = known.get("samplers")
    if isinstance(order, (list, tuple)) and all(isinstance(step, str) for step in order):
        known["samplers"] = with_later_steps(tuple(order), known)
    unknown = {key: value for key, value in found.items() if key not in SAMPLING_FIELDS}
    return sampling_params(known, names), unknown


def checked_text(field: str, value: object) -> str:
    """`value` as a text of any length that a preset may have.

    Args:
        field: What the value is called in a message.
        value: What was found.

    Raises:
        PresetError: it is none, or longer.
    """
    return cast(str, _checked("notes", value, field))


def checked_stops(field: str, value: object) -> tuple[str, ...]:
    """`value` as stop strings, each once.

    Args:
        field: What the value is called in a message.
        value: What was found.

    Raises:
        PresetError: it is no list of texts, or they are too many, or one is empty or too long.
    """
    return cast("tuple[str, ...]", _checked("stop", value, field))


def checked_max_tokens(field: str, value: object) -> int:
    """`value` as a number of tokens.

    Args:
        field: What the value is called in a message.
        value: What was found.

    Raises:
        PresetError: it is no whole number, or out of range.
    """
    return cast(int, _checked("max_tokens", value, field))


def _checked(field: str, value: object, called: str) -> object:
    """A value as `Preset` has it in this field, or refused under the name `called`."""
    if field == "name":
        return checked_name(value, called)
    try:
        found = msgspec.convert(value, _KINDS[field])
    except msgspec.ValidationError as error:
        if (entry := _ENTRY.search(str(error))) and isinstance(value, (list, tuple)):
            called, value = f"{called}[{entry[1]}]", value[int(entry[1])]
        advice = "" if field == "format_version" else tr(_REMOVE)
        raise refused(called, value, _allowed(field), advice) from None
    return tuple(dict.fromkeys(found)) if field == "stop" else found


_KINDS = {entry.name: entry.type for entry in msgspec.structs.fields(Preset)}
_ENTRY = re.compile(r"`\$\[(\d+)\]")
"""Where msgspec says which entry of a list is at fault."""


def _allowed(field: str) -> str:
    """What a field of a preset may be, in words."""
    match field:
        case "format_version":
            return tr("a whole number from 1; this program's is {version}", version=FORMAT_VERSION)
        case "task":
            return tr("one of {names}", names=", ".join(TASKS))
        case "prompt_format":
            return tr("one of {names}", names=", ".join(PROMPT_FORMATS))
        case "stop":
            return tr(
                "a list of at most {most} texts, each of 1 to {longest} characters",
                most=MOST_STOPS,
                longest=LONGEST_STOP,
            )
        case "max_tokens":
            return tr("a whole number from 1 to {most:,}", most=MOST_TOKENS)
    return tr("a text of at most {most:,} characters", most=LONGEST_TEXT)

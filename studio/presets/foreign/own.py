"""Kelvin Studio's own files as they come from elsewhere: read leniently, every key reported."""

from __future__ import annotations

import math
from collections.abc import Mapping

from studio.presets.credentials import NEVER, is_secret, without_secrets
from studio.presets.document import PresetDocument, is_newer_words
from studio.presets.errors import PresetError
from studio.presets.foreign.idle import why_idle
from studio.presets.foreign.source import Carried, Imported, NotCarried, left_out, renamed
from studio.presets.preset import FORMAT_VERSION
from studio.presets.preset_fields import PRESET_FIELDS, SAMPLING_FIELDS, read_preset
from studio.presets.preset_name import checked_name, safe_name
from studio.translation import mark, tr

PROGRAM = "Kelvin Studio"

_UNKNOWN = mark("The studio does not know it; it stays in the file and does nothing.")


def is_own(values: Mapping[str, object]) -> bool:
    """Whether an object is a file of the studio's own: other programs' have such keys too."""
    sampling = values.get("sampling")
    if isinstance(sampling, dict) and sampling:
        return bool(sampling.keys() & set(SAMPLING_FIELDS))
    return "name" in values and ("format_version" in values or "sampling" in values)


def read(values: Mapping[str, object], stem: str) -> Imported:
    """The preset in such an object.

    Args:
        values: The object.
        stem: What to call it where it has no name.

    Raises:
        PresetError: a value is of a kind that its field cannot have.
    """
    lost: list[NotCarried] = []
    notes: dict[str, str] = {}
    known = {key: value for key, value in values.items() if key in PRESET_FIELDS}
    known.setdefault("name", stem)
    known["name"] = _named(known["name"], notes)
    for key in ("max_tokens", "format_version"):
        if key in known and not _is_allowed({key: known[key]}, key, known[key], lost):
            del known[key]
    unknown = _unknown(values, PRESET_FIELDS, "", lost)
    sampling = known.get("sampling")
    if isinstance(sampling, dict):
        inside = {key: value for key, value in sampling.items() if key in SAMPLING_FIELDS}
        known["sampling"] = {
            key: value
            for key, value in inside.items()
            if _is_allowed({"sampling": {key: value}}, f"sampling.{key}", value, lost)
        } | _unknown(sampling, SAMPLING_FIELDS, "sampling.", lost)
    document = PresetDocument.of({**known, **unknown})
    if document.is_newer:
        version = document.preset.format_version
        kept = tr("It is kept as version {version}.", version=FORMAT_VERSION)
        notes["format_version"] = f"{is_newer_words(version)} {kept}"
    return Imported(document, PROGRAM, tuple(lost), tuple(_carried(document, known, notes)))


def _named(name: object, notes: dict[str, str]) -> object:
    try:
        return checked_name(name)
    except PresetError:
        if not isinstance(name, str):
            return name  # and is refused with the rest
    safe = safe_name(name)
    notes["name"] = renamed(safe)
    return safe


def _is_allowed(
    part: Mapping[str, object], key: str, value: object, lost: list[NotCarried]
) -> bool:
    """Whether a number is in range; one that is not is left out and reported."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not math.isfinite(float(value)):  # type: ignore[arg-type]  # a number
        return True
    try:
        read_preset({"name": "-", **part})
    except PresetError as error:
        lost.append(NotCarried(key, value, why=left_out(error)))
        return False
    return True


def _unknown(
    values: Mapping[str, object], known: tuple[str, ...], prefix: str, lost: list[NotCarried]
) -> dict[str, object]:
    """The keys that nobody here knows, without those that hold a secret."""
    kept: dict[str, object] = {}
    for key, value in values.items():
        if key in known:
            continue
        shown = without_secrets(key, value)
        if not is_secret(key):
            kept[key] = shown
        why = tr(NEVER if is_secret(key) else _UNKNOWN)
        lost.append(NotCarried(prefix + key, shown, had_effect=False, why=why))
    return kept


def _carried(
    document: PresetDocument, known: Mapping[str, object], notes: Mapping[str, str]
) -> list[Carried]:
    params = document.preset.sampling
    entries = [
        Carried(key, value, (key,), why=notes.get(key, ""))
        for key, value in known.items()
        if key != "sampling"
    ]
    inside = known.get("sampling")
    for key, value in inside.items() if isinstance(inside, dict) else ():
        if key in SAMPLING_FIELDS:
            why = why_idle(key, params)
            entries.append(Carried(f"sampling.{key}", value, (key,), not why, why))
    return entries

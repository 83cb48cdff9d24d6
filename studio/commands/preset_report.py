"""What `presets` prints of a preset and of an import: as JSON, and in words. Reads no file."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

import msgspec

from studio.presets import Preset
from studio.presets.document import sampling_values
from studio.presets.foreign import Carried, Imported, NotCarried
from studio.visible_text import LONGEST_LINE, visible_line


def as_json(preset: Preset, not_carried: Sequence[NotCarried] = ()) -> dict[str, object]:
    """A preset as one JSON object.

    Args:
        preset: The preset.
        not_carried: What has no place there.
    """
    return {
        "name": preset.name,
        "sampling": sampling_values(preset),
        "prompt_format": preset.prompt_format,
        "system_message": preset.system_message,
        "stop": preset.stop,
        "max_tokens": preset.max_tokens,
        "not_carried": [
            {"key": entry.key, "value": _sayable(entry.value)} for entry in not_carried
        ],
    }


def import_as_json(
    imported: Imported, preset: Preset, path: Path, file: str, *, is_dry: bool
) -> dict[str, object]:
    """An import as one JSON object: the preset, and what became of every key of its file.

    Args:
        imported: What was read.
        preset: The same, called as it is here.
        path: Its file here.
        file: The file that it comes from.
        is_dry: Whether nothing was written.
    """
    entries: list[Carried | NotCarried] = [*imported.carried, *imported.not_carried]
    return {
        **as_json(preset, imported.not_carried),
        "file": file,
        "program": imported.program,
        "path": str(path),
        "dry_run": is_dry,
        "keys": [
            {
                "key": entry.key,
                "value": _sayable(entry.value),
                "fate": entry.fate,
                "to": list(entry.to) if isinstance(entry, Carried) else [],
                "why": entry.why,
            }
            for entry in entries
        ],
        "absent": [{"field": field, "value": _sayable(value)} for field, value in imported.absent],
    }


def print_json(values: dict[str, object]) -> None:
    """Print an object in one line."""
    print(msgspec.json.encode(values).decode())


def print_import(imported: Imported, stream: TextIO) -> None:
    """Print what became of a file's keys, of those that are not simply carried over.

    Args:
        imported: The preset, and what became of the file's keys.
        stream: Where it is printed.
    """
    print_lost(imported.not_carried, stream)
    _print_entries(
        "carried over, and to be known",
        [entry for entry in imported.carried if entry.is_of_note],
        stream,
    )
    if imported.absent:
        print(f"  as in {imported.program}, where the file is silent:", file=stream)
        for field, value in imported.absent:
            print(f"    {field}: {_shown(value)}", file=stream)


def print_lost(not_carried: Sequence[NotCarried], stream: TextIO) -> None:
    """Print what has no place on the other side: what had an effect, then what had none.

    Args:
        not_carried: What has no place there.
        stream: Where it is printed.
    """
    for had_effect, heading in ((True, "not carried over"), (False, "left out; it did nothing")):
        entries = [entry for entry in not_carried if entry.had_effect == had_effect]
        _print_entries(heading, entries, stream)


def _print_entries(heading: str, entries: Sequence[NotCarried | Carried], stream: TextIO) -> None:
    if entries:
        print(f"  {heading}:", file=stream)
    for entry in entries:
        why = f"  ({visible_line(entry.why, 2 * LONGEST_LINE)})" if entry.why else ""
        print(f"    {visible_line(entry.key)}: {_shown(entry.value)}{why}", file=stream)


def _shown(value: object) -> str:
    return visible_line(msgspec.json.encode(_sayable(value)).decode())


def _sayable(value: object) -> object:
    """JSON has no infinity."""
    return None if isinstance(value, float) and not math.isfinite(value) else value

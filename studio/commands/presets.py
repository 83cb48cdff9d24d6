"""`python -m studio presets`: list, show, import and export presets, without a window.

Knows the folder and the formats, and how to print them.
"""

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from studio.commands.command_parser import CommandParser
from studio.presets import Preset, PresetDocument, PresetError, PresetFolder, preset_folder
from studio.presets.document import newer_words, sampling_values
from studio.presets.foreign import FORMAT_WORDS, WRITERS, NotCarried, export, import_file
from studio.presets.preset import FORMAT_VERSION
from studio.sampling import SamplingParams


def main(arguments: Sequence[str]) -> int:
    """Run the command; 0 when all went well, 1 where a preset was refused, 2 on a wrong call."""
    given = _parser().parse_args(arguments)
    folder = PresetFolder(Path(given.folder) if given.folder else preset_folder())
    try:
        match given.action:
            case "list":
                return _list(folder, as_json=given.json)
            case "show":
                return _show(folder, given.name, as_json=given.json)
            case "import":
                return _import(folder, given.files, given.name, as_json=given.json)
            case _:
                return _export(folder, given.name, given.format)
    except PresetError as error:
        _complain(error)
        return 1


def _list(folder: PresetFolder, *, as_json: bool) -> int:
    listing = folder.listing()
    own = {stored.preset.name for stored in listing.presets}
    for preset in folder.all_presets():
        if as_json:
            _print_json(_values(preset, ()))
        else:
            kind = "yours" if preset.name in own else "built in"
            print(f"{preset.name}  ({kind})\n    {_plain(preset.description) or _words(preset)}")
    for problem in listing.problems:
        _complain(problem.message)
    return 1 if listing.problems else 0


def _show(folder: PresetFolder, name: str, *, as_json: bool) -> int:
    preset = folder.find(name)
    if as_json:
        _print_json(_values(preset, ()))
    else:
        sys.stdout.write(PresetDocument(preset).to_bytes().decode())
    if preset.format_version > FORMAT_VERSION:
        _complain(newer_words(preset.format_version))
    return 0


def _import(folder: PresetFolder, files: Sequence[str], name: str | None, *, as_json: bool) -> int:
    if name is not None and len(files) > 1:
        raise PresetError("--name is for one file; give one at a time.", "name")
    status = 0
    for file in files:
        try:
            imported = import_file(Path(file), name)
            stored = folder.add_free(imported.preset, imported.document)
        except PresetError as error:
            # The others are imported all the same.
            _complain(error)
            status = 1
            continue
        if as_json:
            _print_json(_values(stored.preset, imported.not_carried))
            continue
        print(f"“{stored.preset.name}” from {imported.program}: {stored.path}")
        _print_lost(imported.not_carried, sys.stdout)
    return status


def _export(folder: PresetFolder, name: str, format_name: str) -> int:
    exported = export(folder.find(name), format_name)
    sys.stdout.write(exported.text)
    # The file goes to where the output goes; what is not in it is for the eye.
    _print_lost(exported.not_carried, sys.stderr)
    return 0


def _values(preset: Preset, not_carried: Sequence[NotCarried]) -> dict[str, object]:
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


def _sayable(value: object) -> object:
    """JSON has no infinity."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _print_json(values: dict[str, object]) -> None:
    print(msgspec.json.encode(values).decode())


def _print_lost(not_carried: Sequence[NotCarried], stream: object) -> None:
    for had_effect, heading in ((True, "not carried over"), (False, "left out; it did nothing")):
        entries = [entry for entry in not_carried if entry.had_effect == had_effect]
        if entries:
            print(f"  {heading}:", file=stream)  # type: ignore[call-overload]  # a text stream
        for entry in entries:
            value = msgspec.json.encode(_sayable(entry.value)).decode()
            shown = value if len(value) <= 200 else f"{value[:200]}…"
            why = f"  ({entry.why})" if entry.why else ""
            print(f"    {_plain(entry.key)}: {shown}{why}", file=stream)  # type: ignore[call-overload]  # a text stream


def _plain(text: str) -> str:
    """`text` in one line, and without signs that would steer the terminal."""
    return text if text.isprintable() else repr(text)


def _words(preset: Preset) -> str:
    """What a preset without a description sets."""
    neutral = SamplingParams()
    changed = [
        f"{field} {value}"
        for field, value in sampling_values(preset).items()
        if value != sampling_values(Preset(name="-", sampling=neutral))[field]
    ]
    return ", ".join(changed) or "neutral"


def _complain(problem: object) -> None:
    print(f"studio presets: {problem}", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(
        prog="studio presets",
        description="The built-in presets and yours: list, show, import, export.",
    )
    common = CommandParser(add_help=False)
    common.add_argument(
        "--folder", metavar="DIR", help=f"another folder of presets (default: {preset_folder()})"
    )
    json = CommandParser(add_help=False)
    json.add_argument("--json", action="store_true", help="one JSON object a line")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    actions.add_parser("list", parents=[common, json], help="all presets, and files that are none")
    show = actions.add_parser("show", parents=[common, json], help="one preset's values")
    show.add_argument("name", metavar="NAME")
    bring = actions.add_parser(
        "import",
        parents=[common, json],
        help="take files of any known program in, under names that are free",
    )
    bring.add_argument("files", metavar="FILE", nargs="+")
    bring.add_argument("--name", metavar="NAME", help="what to call the preset of the one file")
    give = actions.add_parser(
        "export", parents=[common], help="write a preset as another program's file, to the output"
    )
    give.add_argument("name", metavar="NAME")
    words = ", ".join(f"{name} ({FORMAT_WORDS[name]})" for name in WRITERS)
    give.add_argument("--format", metavar="F", required=True, help=words)
    return parser

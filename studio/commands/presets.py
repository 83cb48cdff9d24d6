"""`python -m studio presets`: list, show, import, export, rename and delete, without a window.

Knows the folder and the formats; what an import says is the report's.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from studio.atomic_write import atomic_write, write_new
from studio.commands.command_parser import CommandParser
from studio.commands.preset_report import (
    as_json,
    import_as_json,
    print_import,
    print_json,
    print_lost,
)
from studio.presets import Preset, PresetDocument, PresetError, PresetFolder, preset_folder
from studio.presets.document import newer_words, sampling_values
from studio.presets.foreign import (
    FORMAT_WORDS,
    MOST_BYTES,
    WRITERS,
    Imported,
    export,
    import_bytes,
    import_file,
)
from studio.presets.preset import FORMAT_VERSION
from studio.sampling import SamplingParams
from studio.standard_input import STANDARD_STREAM, standard_input
from studio.visible_text import visible_line


def main(arguments: Sequence[str]) -> int:
    """Run the command; 0 when all went well, 1 where something was refused, 2 on a wrong call."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.action == "import" and given.name is not None and len(given.files) > 1:
        parser.error("--name is for one file; give one at a time")
    folder = PresetFolder(Path(given.folder) if given.folder else preset_folder())
    try:
        match given.action:
            case "list":
                return _list(folder, is_json=given.json)
            case "show":
                return _show(folder, given.name, is_json=given.json)
            case "import":
                return _import(folder, given)
            case "delete":
                return _delete(folder, given.names)
            case "rename":
                renamed = folder.rename(given.name, given.new_name)
                print(f"“{renamed.preset.name}”: {renamed.path}")
                return 0
            case _:
                return _export(folder, given)
    except PresetError as error:
        _complain(error)
        return 1


def _list(folder: PresetFolder, *, is_json: bool) -> int:
    listing = folder.listing()
    own = {stored.preset.name for stored in listing.presets}
    for preset in folder.all_presets():
        if is_json:
            print_json(as_json(preset))
        else:
            kind = "yours" if preset.name in own else "built in"
            print(f"{preset.name}  ({kind})\n    {_begins(preset.description) or _words(preset)}")
    for problem in listing.problems:
        _complain(problem.message)
    return 1 if listing.problems else 0


def _show(folder: PresetFolder, name: str, *, is_json: bool) -> int:
    preset = folder.find(name)
    if is_json:
        print_json(as_json(preset))
    else:
        sys.stdout.write(PresetDocument(preset).to_bytes().decode())
    if preset.format_version > FORMAT_VERSION:
        _complain(newer_words(preset.format_version))
    return 0


def _import(folder: PresetFolder, given: argparse.Namespace) -> int:
    status = 0
    planned: list[str] = []
    for file in given.files:
        try:
            found = _read(file, given.name, absent=given.absent == "source")
        except PresetError as error:
            # The others are imported all the same.
            _complain(error)
            status = 1
            continue
        for imported in found:
            try:
                preset, path = _taken_in(folder, imported, planned, is_dry=given.dry_run)
            except PresetError as error:
                _complain(error)
                status = 1
                continue
            if given.json:
                print_json(import_as_json(imported, preset, path, file, is_dry=given.dry_run))
                continue
            would = " would be" if given.dry_run else ""
            print(f"“{preset.name}”{would} from {imported.program}: {path}")
            print_import(imported, sys.stdout)
    return status


def _read(file: str, name: str | None, *, absent: bool) -> tuple[Imported, ...]:
    if file != STANDARD_STREAM:
        return import_file(Path(file), name, absent=absent)
    try:
        data = standard_input().read(MOST_BYTES + 1)
    except ValueError as error:
        raise PresetError(f"Nothing can be imported: {error}.") from None
    if len(data) > MOST_BYTES:
        raise PresetError(f"The input has more than {MOST_BYTES:,} bytes, as many as are allowed.")
    return import_bytes(data, "Imported", name, absent=absent)


def _taken_in(
    folder: PresetFolder, imported: Imported, planned: list[str], *, is_dry: bool
) -> tuple[Preset, Path]:
    """The preset as it is called here, and its file; nothing is written where that is asked."""
    if not is_dry:
        stored = folder.add_free(imported.preset, imported.document)
        return stored.preset, stored.path
    name, path = folder.planned(imported.preset.name, planned)
    planned.append(name)
    return imported.document.called(name).preset, path


def _delete(folder: PresetFolder, names: Sequence[str]) -> int:
    status = 0
    for name in names:
        try:
            deleted = folder.delete(name)
        except PresetError as error:
            _complain(error)
            status = 1
            continue
        print(f"deleted “{deleted.name}”: {deleted.path}")
    return status


def _export(folder: PresetFolder, given: argparse.Namespace) -> int:
    exported = export(folder.find(given.name), given.format)
    if given.output in (None, STANDARD_STREAM):
        sys.stdout.write(exported.text)
    else:
        path = Path(given.output)
        try:
            write = atomic_write if given.force else write_new
            write(path, exported.text.encode())
        except FileExistsError:
            raise PresetError(
                f"“{path}” is there already. Choose another name, or write over it with --force."
            ) from None
        except OSError as error:
            raise PresetError(f"“{path}”: {error.strerror or error}.") from error
    # The file goes to where the output goes; what is not in it is for the eye.
    print_lost(exported.not_carried, sys.stderr)
    return 0


def _begins(text: str) -> str:
    """A text's beginning, in a line."""
    return visible_line(text.strip())


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
        description="The built-in presets and yours: list, show, import, export, rename, delete. "
        "Exit status: 0 when all went well, 1 where something was refused, 2 on a wrong call.",
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
        description="Take presets of other programs in, recognised by content, under names that "
        "are free; nothing is written over. Every key is reported: carried, idle (it did nothing "
        "there, or does nothing here), or lost, and why. With --json: one object a preset, with "
        "program, path, keys (key, value, fate, to, why) and absent.",
    )
    bring.add_argument("files", metavar="FILE", nargs="+", help="a file, or - for the input")
    bring.add_argument("--name", metavar="NAME", help="what to call the preset of the one file")
    bring.add_argument(
        "--absent",
        choices=("source", "neutral"),
        default="source",
        help="what a file is silent on: as the program it comes from has it (source, the default), "
        "or neutral",
    )
    bring.add_argument(
        "--dry-run", action="store_true", help="say what would be imported, and write nothing"
    )
    remove = actions.add_parser("delete", parents=[common], help="delete presets of yours")
    remove.add_argument("names", metavar="NAME", nargs="+")
    call = actions.add_parser("rename", parents=[common], help="call a preset of yours otherwise")
    call.add_argument("name", metavar="OLD")
    call.add_argument("new_name", metavar="NEW")
    give = actions.add_parser(
        "export", parents=[common], help="write a preset as another program's file"
    )
    give.add_argument("name", metavar="NAME")
    words = ", ".join(f"{name} ({FORMAT_WORDS[name]})" for name in WRITERS)
    give.add_argument("--format", metavar="F", required=True, help=words)
    give.add_argument(
        "-o", "--output", metavar="FILE", help="where to, never over a file (default: the output)"
    )
    give.add_argument("--force", action="store_true", help="write over FILE where it is there")
    return parser

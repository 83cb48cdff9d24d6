"""Imports files of presets into their folder, one after another, in another thread."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from studio.app.expanded_paths import expand_folders
from studio.presets import PresetError, PresetFolder
from studio.progress import At
from studio.visible_text import visible_name

if TYPE_CHECKING:
    from studio.presets.foreign import Imported

_TOGETHER = 20
"""Presets saved in one go: the folder is read and locked once for all of them."""


class Refused(msgspec.Struct, frozen=True):
    """A file that was not imported.

    Attributes:
        file: Its name.
        why: The reason, beginning with its name.
    """

    file: str
    why: str


class PresetImport(msgspec.Struct):
    """What came of some files until now.

    Attributes:
        files: How many there are, once that is known.
        done: How many of them were imported or refused.
        taken: What was saved, under its new name.
        refused: The files that were not.
        skipped: Sentences on what was not looked at.
    """

    files: int = 0
    done: int = 0
    taken: list[Imported] = msgspec.field(default_factory=list)
    refused: list[Refused] = msgspec.field(default_factory=list)
    skipped: list[str] = msgspec.field(default_factory=list)


def import_presets(
    paths: Sequence[Path],
    folder: PresetFolder,
    progress: PresetImport,
    at: At,
    *,
    absent: bool = True,
) -> PresetImport:
    """Import presets from files of any known programs.

    Args:
        paths: The files; of a folder, those in it.
        folder: Where the presets go; a name that is taken gets a number.
        progress: Collects what came of them, a batch at a time.
        at: Is given the share done; where it raises, nothing more is read or saved.
        absent: Whether settings that a file does not mention are as in its program; else neutral.

    Returns:
        `progress`.
    """
    # Here and not above: other programs' formats take 20 ms of the program's start.
    from studio.presets.foreign import import_file

    expanded = expand_folders(paths)
    files = expanded.files
    progress.files = len(files)
    progress.skipped += expanded.skipped
    found: list[tuple[Path, Imported]] = []
    for number, path in enumerate(files, 1):
        at((number - 1) / len(files))
        try:
            found += [(path, imported) for imported in import_file(path, absent=absent)]
        except PresetError as error:
            progress.refused.append(Refused(path.name, str(error)))
        if len(found) >= _TOGETHER or number == len(files):
            _save(found, folder, progress)
            found.clear()
            progress.done = number
    return progress


def _save(
    found: Sequence[tuple[Path, Imported]], folder: PresetFolder, progress: PresetImport
) -> None:
    if not found:
        return
    try:
        saved = folder.add_several([imported.document for _, imported in found])
    except PresetError as error:
        saved = [error] * len(found)
    for (path, imported), stored in zip(found, saved, strict=True):
        if isinstance(stored, PresetError):
            progress.refused.append(Refused(path.name, f"“{visible_name(path.name)}”: {stored}"))
        else:
            document = imported.document.with_preset(stored.preset)
            progress.taken.append(msgspec.structs.replace(imported, document=document))

"""Files that a writer brings, one or many, and those that are in a folder. Opens none of them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from studio.path_checks import is_folder
from studio.ui.counted import counted
from studio.visible_text import visible_name

MOST_FILES = 2_000
"""That are looked at in one go."""
_MOST_ENTRIES = 100_000
"""Of a folder that are put in order."""


@dataclass(frozen=True)
class Brought:
    """What is to be looked at.

    Attributes:
        files: In the order in which they came, a folder's by name.
        told: Sentences on what is not among them.
    """

    files: list[Path]
    told: list[str]


def brought(paths: Sequence[Path]) -> Brought:
    """The files, and in place of each folder those in it; not what is hidden, or deeper."""
    files: list[Path] = []
    told: list[str] = []
    for path in paths:
        if not is_folder(path):
            files.append(path)
            continue
        name = visible_name(path.name)
        try:
            inside = _files_in(path)
        except OSError as error:
            told.append(f"“{name}” cannot be read: {error.strerror or error}.")
            continue
        if not inside:
            told.append(f"“{name}” has no files in it.")
        files += inside
    if len(files) > MOST_FILES:
        told.append(
            f"The first {MOST_FILES:,} of {counted(len(files), 'file')} are looked at. Bring the "
            "others after them."
        )
    return Brought(files[:MOST_FILES], told)


def _files_in(folder: Path) -> list[Path]:
    with os.scandir(folder) as entries:
        names = [
            entry.name
            for entry in islice(entries, _MOST_ENTRIES)
            if not entry.name.startswith(".") and entry.is_file()
        ]
    return [folder / name for name in sorted(names)]

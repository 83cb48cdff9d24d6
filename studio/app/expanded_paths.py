"""Paths that were dropped, chosen or typed: the files, and in place of a folder those in it.

Opens none of them.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import msgspec

from studio.path_checks import is_folder
from studio.translation import tr
from studio.visible_text import visible_name

MOST_FILES = 2_000
"""Files that are looked at in one go."""
_MOST_ENTRIES = 100_000
"""Entries of a folder that are read; of a larger one the rest is left out."""


class ExpandedPaths(msgspec.Struct, frozen=True):
    """What is to be looked at.

    Attributes:
        files: In the order given; those of a folder by name.
        skipped: Sentences on what was left out.
    """

    files: list[Path]
    skipped: list[str]


def expand_folders(paths: Sequence[Path]) -> ExpandedPaths:
    """Replace each folder by the files in it, without hidden ones and those in its own folders."""
    files: list[Path] = []
    skipped: list[str] = []
    for path in paths:
        if not is_folder(path):
            files.append(path)
            continue
        name = visible_name(path.name)
        try:
            inside = _files_in(path)
        except OSError as error:
            skipped.append(
                tr("“{name}” cannot be read: {why}.", name=name, why=error.strerror or error)
            )
            continue
        if not inside:
            skipped.append(tr("“{name}” has no files in it.", name=name))
        files += inside
    if len(files) > MOST_FILES:
        skipped.append(
            tr(
                "The first {most:,} of %n files are looked at. Bring the others after them.",
                "",
                len(files),
                most=MOST_FILES,
            )
        )
    return ExpandedPaths(files[:MOST_FILES], skipped)


def _files_in(folder: Path) -> list[Path]:
    with os.scandir(folder) as entries:
        names = [
            entry.name
            for entry in islice(entries, _MOST_ENTRIES)
            if not entry.name.startswith(".") and entry.is_file()
        ]
    return [folder / name for name in sorted(names)]

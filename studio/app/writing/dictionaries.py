"""Where spelling dictionaries lie on this machine: pairs of files that Hunspell reads."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

from studio.app.user_folders import data_folder

_PATTERN = "[a-z][a-z]*"
_MOST_FOLDERS = 500
_LARGEST = 64 * 2**20
"""Bytes of a file; the largest known have a tenth of that."""
_OFFICE = (
    "/usr/lib/libreoffice/share/extensions",
    "/usr/lib64/libreoffice/share/extensions",
    "/Applications/LibreOffice.app/Contents/Resources/extensions",
    r"C:\Program Files\LibreOffice\share\extensions",
)
"""Each language has a folder of its own there, ``dict-en``."""


def own_folder() -> Path:
    """Where a writer may put further dictionaries."""
    return data_folder() / "dictionaries"


def usual_folders() -> Iterator[Path]:
    """The folders in which dictionaries may be, those first whose dictionaries are preferred."""
    yield own_folder()
    for folder in os.environ.get("DICPATH", "").split(os.pathsep):
        if folder:
            yield Path(folder)
    if sys.platform == "darwin":
        yield Path.home() / "Library" / "Spelling"
        yield Path("/Library/Spelling")
    elif sys.platform != "win32":
        shares = os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
        for share in [str(Path.home() / ".local/share"), *shares.split(":")]:
            for name in ("hunspell", "myspell", "myspell/dicts"):
                if share:
                    yield Path(share) / name
    for office in map(Path, _OFFICE):
        yield from sorted(office.glob("dict-*"))
    # The library that reads them has one for English.
    library = find_spec("hunspell")
    if library is not None and library.origin is not None:
        yield Path(library.origin).parent / "dictionaries"


def found_dictionaries(folders: Iterable[Path]) -> Mapping[str, Path]:
    """Each language as its files call it, ``en_US``, and its ``.dic`` file, the first of several.

    Args:
        folders: Where to look; those that are not there are passed over.
    """
    found: dict[str, Path] = {}
    for number, folder in enumerate(folders):
        if number == _MOST_FOLDERS:
            break
        try:
            files = sorted(folder.glob(f"{_PATTERN}.dic"))
        except OSError:
            continue
        for file in files:
            if _is_usable(file) and _is_usable(file.with_suffix(".aff")):
                found.setdefault(file.stem, file)
    return found


def _is_usable(file: Path) -> bool:
    try:
        return file.is_file() and file.stat().st_size <= _LARGEST
    except OSError:
        return False


def nearest(languages: Iterable[str], wanted: str) -> str:
    """The language that comes nearest to a wanted one; "" where none is of the same tongue.

    Args:
        languages: Those that there are.
        wanted: As ``de_AT``.
    """
    ordered = sorted(languages)
    if wanted in ordered:
        return wanted
    tongue = wanted.split("_")[0]
    # Of several the one that is most itself: de_DE before de_AT, pt_PT before pt_BR.
    same = [name for name in ordered if name.replace("-", "_").split("_")[0] == tongue]
    own = [name for name in same if name.lower() == f"{tongue}_{tongue}"]
    return next(iter([*own, *same]), "")

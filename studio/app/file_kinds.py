"""What a file is that was dropped on the window or given to it, and what is done with several.

Sorts them by their names and by how they begin; whoever opens one says why not, where that fails.
"""

import codecs
import re
from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import NamedTuple

import msgspec

from studio.experiments.comparison import FORMAT
from studio.interchange import DOCUMENT_SUFFIXES
from studio.manuscript import SUFFIX
from studio.path_checks import is_file, size_of
from studio.progress import At
from studio.translation import tr
from studio.visible_text import visible_names

TEXT_SUFFIXES = frozenset({".txt", ".md", ".markdown", ".text", SUFFIX})
_PRESET_SUFFIXES = frozenset(
    {".json", ".yaml", ".yml", ".modelfile", ".args", ".preset", ".settings", ".ini", ".kcpps"}
)
_PRESET_BEGINS = (b"{", b"-")
"""An object, and an argument."""
_COMPARISON_BEGINS = re.compile(rb'\s*\{\s*"format"\s*:\s*"' + re.escape(FORMAT.encode()) + b'"')
_MODEL_SUFFIX = ".gguf"
_MODEL_BEGINS = b"GGUF"
_LONGEST_PRESET = 4 * 2**20
"""Bytes of a file without a known name that may be a preset still; larger ones are some model."""


class FileKind(Enum):
    """What a file is; its value says it."""

    MODEL = "model"
    COMPARISON = "comparison"
    MANUSCRIPT = "manuscript"
    PRESET = "preset"


_OPENED = {FileKind.MODEL: 1, FileKind.COMPARISON: 1, FileKind.MANUSCRIPT: 20}
"""How many of a kind are opened at a time. The model first: what follows is the later hand, and its
own preset gives way to it."""


class Opened(NamedTuple):
    """The files of a kind that are opened.

    Attributes:
        kind: The kind.
        paths: The files.
        others: A sentence on the other files of that kind, where there are any.
    """

    kind: FileKind
    paths: tuple[Path, ...]
    others: tuple[str, ...]


class SortedFiles(msgspec.Struct, frozen=True):
    """What is done with files.

    Attributes:
        opened: Those that are opened, in that order.
        presets: Those that are imported, in the order in which they came.
        skipped: Sentences on what was not looked at.
    """

    opened: tuple[Opened, ...]
    presets: tuple[Path, ...]
    skipped: tuple[str, ...]

    @property
    def chooses_preset(self) -> bool:
        """Whether the preset is put in force: a single one is, of several none."""
        return len(self.presets) == 1


def kind_of(path: Path) -> FileKind:
    """What a file most likely is; whoever opens it says why not, where it is none."""
    suffix = path.suffix.lower()
    if suffix in TEXT_SUFFIXES or suffix in DOCUMENT_SUFFIXES:
        return FileKind.MANUSCRIPT
    begins = _beginning(path)
    if _COMPARISON_BEGINS.match(begins):
        return FileKind.COMPARISON
    if suffix in _PRESET_SUFFIXES or path.name == "Modelfile":
        return FileKind.PRESET
    if suffix == _MODEL_SUFFIX or begins.startswith(_MODEL_BEGINS):
        return FileKind.MODEL
    if not begins:
        # A text that is to be begun; what cannot be read, a model's message says best.
        return FileKind.MODEL if size_of(path) or not is_file(path) else FileKind.MANUSCRIPT
    if begins.lstrip()[:1] not in _PRESET_BEGINS and _is_text(begins):
        return FileKind.MANUSCRIPT
    return FileKind.PRESET if size_of(path) <= _LONGEST_PRESET else FileKind.MODEL


def sort_files(paths: Sequence[Path], at: At = lambda _share: None) -> SortedFiles:
    """Sort files of any kinds; of a folder, those in it. Each is looked into: many take a while.

    Args:
        paths: The files.
        at: Is given how far it is; may raise, to end it.
    """
    from studio.app.expanded_paths import expand_folders  # not before there are paths

    found = expand_folders(paths)
    by_kind: dict[FileKind, list[Path]] = {}
    for number, path in enumerate(found.files):
        at(number / len(found.files))
        by_kind.setdefault(kind_of(path), []).append(path)
    opened = [(kind, by_kind[kind], most) for kind, most in _OPENED.items() if kind in by_kind]
    return SortedFiles(
        tuple(
            Opened(kind, tuple(paths[:most]), _left_closed(kind, paths[most:], most))
            for kind, paths, most in opened
        ),
        tuple(by_kind.get(FileKind.PRESET, ())),
        tuple(found.skipped),
    )


def _is_text(begins: bytes) -> bool:
    """Whether a file that begins so is a text, in an encoding that manuscripts have."""
    if begins.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return True
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        return "\0" not in decoder.decode(begins)
    except UnicodeDecodeError:
        return False


def _left_closed(kind: FileKind, paths: Sequence[Path], most: int) -> tuple[str, ...]:
    if not paths:
        return ()
    count, names = len(paths), visible_names([path.name for path in paths])
    match kind:
        case FileKind.MODEL:
            reported = tr(
                "{names} were not opened: one model is open at a time.",
                "",
                count,
                one="{names} was not opened: one model is open at a time.",
                names=names,
            )
        case FileKind.COMPARISON:
            reported = tr(
                "{names} were not opened: one comparison is open at a time.",
                "",
                count,
                one="{names} was not opened: one comparison is open at a time.",
                names=names,
            )
        case _:
            reported = tr(
                "{names} were not opened: {most} manuscripts are opened at a time.",
                "",
                count,
                one="{names} was not opened: {most} manuscripts are opened at a time.",
                names=names,
                most=most,
            )
    return (reported,)


def _beginning(path: Path) -> bytes:
    """How a file begins; nothing of what cannot be read, or of what is no file."""
    try:
        if not path.is_file():  # a pipe would keep us waiting
            return b""
        with path.open("rb") as file:
            return file.read(4096)
    except OSError:
        return b""

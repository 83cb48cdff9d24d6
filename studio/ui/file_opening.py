"""Where a file goes that is dropped on the window or given to it: every kind at once, if need be.

Sorts files by their names and by how they begin; opening them is others' business. What can be open
once only (manuscript, comparison, model) is taken once, and of the rest it is reported.
"""

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject

from studio.app.background import Background
from studio.app.model.state import ModelState
from studio.experiments.comparison import FORMAT
from studio.interchange import DOCUMENT_SUFFIXES
from studio.path_checks import is_file, is_folder, size_of
from studio.progress import At
from studio.translation import tr
from studio.ui.compare.compare import Compare
from studio.ui.presets.actions import PresetActions
from studio.ui.writing.document_files import TEXT_SUFFIXES, DocumentFiles
from studio.visible_text import visible_name, visible_names

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


class FileOpening(QObject):
    """Opens what was brought.

    Args:
        model: Opens models.
        files: Opens manuscripts.
        compare: Opens comparisons.
        presets: Takes presets in, and says what came of all.
        reading: Looks at many while the window goes on.
        parent: The Qt parent, if any.
    """

    def __init__(
        self,
        model: ModelState,
        files: DocumentFiles,
        compare: Compare,
        presets: PresetActions,
        reading: Background,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._reading = reading
        self._files, self._compare, self._presets = files, compare, presets
        self._open = {
            # The model first: what follows is the later hand, and its own preset gives way to it.
            FileKind.MODEL: lambda path: model.open(str(path)),
            FileKind.COMPARISON: compare.open,
            FileKind.MANUSCRIPT: files.open,
        }

    def open(self, paths: Sequence[Path], *, shows: bool = False) -> None:
        """Open files of any kinds; of a folder, those in it.

        A single preset is put in force, several are taken in alone. Many are looked at while the
        window goes on, and all of them are reported once.

        Args:
            paths: The files.
            shows: Whether the library is opened at a preset that is taken in.
        """
        if len(paths) == 1 and not is_folder(paths[0]):
            found = _Sorted({kind_of(paths[0]): list(paths)})
            self._open_sorted(found, is_reported=False, shows=shows)
            return
        what = (
            f"“{visible_name(paths[0].name)}”"
            if len(paths) == 1
            else tr("%n files", "", len(paths))
        )

        def go_on(found: _Sorted | None) -> None:
            if found is not None:
                self._open_sorted(found, is_reported=True, shows=shows)

        self._reading.start(partial(_sorted, paths), go_on, tr("Looking at {what}", what=what))

    def _open_sorted(self, found: "_Sorted", *, is_reported: bool, shows: bool) -> None:
        """Open the first of each kind and take all presets in.

        Args:
            found: The files.
            is_reported: Whether all of them are reported together.
            shows: As for `open`.
        """
        reported = list(found.reported)
        failing = (self._files.failed, self._compare.failed) if is_reported else ()
        for signal in failing:
            signal.connect(reported.append)  # a message of presets would hide it
        for kind, act in self._open.items():
            if paths := found.by_kind.get(kind):
                first, *others = paths
                act(first)
                reported += _left_closed(kind, others)

        def also() -> list[str]:
            for signal in failing:
                signal.disconnect(reported.append)
            return reported

        presets = found.by_kind.get(FileKind.PRESET, [])
        if presets or is_reported:
            # Behind the comparison that is read: by then it has failed, or not.
            self._presets.import_paths(presets, choose=len(presets) == 1, also=also, shows=shows)


@dataclass(frozen=True)
class _Sorted:
    """Files by their kinds, in the order in which they came, and sentences on others."""

    by_kind: dict[FileKind, list[Path]]
    reported: tuple[str, ...] = ()


def _sorted(paths: Sequence[Path], at: At) -> _Sorted:
    """In another thread: each file is looked into."""
    from studio.app.expanded_paths import expand_folders  # not before there are paths

    found = expand_folders(paths)
    by_kind: dict[FileKind, list[Path]] = {}
    for number, path in enumerate(found.files):
        at(number / len(found.files))
        by_kind.setdefault(kind_of(path), []).append(path)
    return _Sorted(by_kind, tuple(found.skipped))


def _is_text(begins: bytes) -> bool:
    """Whether a file that begins so is a text, in an encoding that manuscripts have."""
    if begins.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return True
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        return "\0" not in decoder.decode(begins)
    except UnicodeDecodeError:
        return False


def _left_closed(kind: FileKind, paths: Sequence[Path]) -> list[str]:
    if not paths:
        return []
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
                "{names} were not opened: one manuscript is open at a time.",
                "",
                count,
                one="{names} was not opened: one manuscript is open at a time.",
                names=names,
            )
    return [reported]


def _beginning(path: Path) -> bytes:
    """How a file begins; nothing of what cannot be read, or of what is no file."""
    try:
        if not path.is_file():  # a pipe would keep us waiting
            return b""
        with path.open("rb") as file:
            return file.read(4096)
    except OSError:
        return b""

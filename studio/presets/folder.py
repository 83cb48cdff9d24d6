"""The folder of the user's presets: what is in it, and every change to it.

A file that is broken is a problem that is told beside the others, never instead of them. Nothing is
written outside the folder, and every write leaves either the old or the new file whole. Knows
neither windows nor other programs' formats.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from studio.atomic_write import atomic_write
from studio.presets.bounded_json import MOST_BYTES, read_file
from studio.presets.built_in import built_in_presets, is_built_in, unknown_preset
from studio.presets.document import PresetDocument, newer_words
from studio.presets.errors import PresetError, ReadOnlyPresetError, TakenNameError
from studio.presets.preset import FORMAT_VERSION, Preset
from studio.presets.preset_name import checked_name, name_key, numbered

SUFFIX = ".json"
_MOST_FILES = 5_000


@dataclass(frozen=True)
class StoredPreset:
    """A preset of the user's, and where it is."""

    document: PresetDocument
    path: Path

    @property
    def preset(self) -> Preset:
        """What it sets."""
        return self.document.preset


@dataclass(frozen=True)
class Problem:
    """A file in the folder that is no preset."""

    path: Path
    message: str


@dataclass(frozen=True)
class Listing:
    """What the folder holds: presets by name, and what could not be read."""

    presets: tuple[StoredPreset, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class DeletedPreset:
    """All that is needed to bring a deleted preset back."""

    path: Path
    data: bytes
    name: str


class PresetFolder:
    """The user's presets.

    Args:
        path: The folder; made when the first preset is saved.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def listing(self) -> Listing:
        """Read all presets anew."""
        presets: dict[str, StoredPreset] = {}
        problems = []
        for path in self._files():
            try:
                stored = self._read(path)
                key = name_key(stored.preset.name)
                if is_built_in(stored.preset.name):
                    raise PresetError(
                        f"name: “{stored.preset.name}” is a built-in preset's. Give it another one."
                    )
                if key in presets:
                    raise PresetError(
                        f"name: “{stored.preset.name}” is also in “{presets[key].path.name}”. "
                        "Give one of them another one."
                    )
                presets[key] = stored
            except PresetError as error:
                problems.append(Problem(path, str(error.at(path.name))))
        ordered = sorted(presets.items(), key=lambda item: item[0])
        return Listing(tuple(stored for _, stored in ordered), tuple(problems))

    def all_presets(self) -> list[Preset]:
        """The built-in presets, then the user's."""
        return [*built_in_presets(), *(stored.preset for stored in self.listing().presets)]

    def stored(self, name: str) -> StoredPreset:
        """The user's preset called `name`, in any case.

        Raises:
            ReadOnlyPresetError: a built-in one is called so.
            UnknownPresetError: none is.
        """
        listing = self.listing()
        for stored in listing.presets:
            if name_key(stored.preset.name) == name_key(name.strip()):
                return stored
        if is_built_in(name):
            raise ReadOnlyPresetError(
                f"“{name.strip()}” is built in and never changes. Duplicate it, change the copy.",
                "name",
            )
        raise unknown_preset(name, [stored.preset for stored in listing.presets])

    def find(self, name: str) -> Preset:
        """The preset called `name`, in any case, the user's or a built-in one.

        Raises:
            UnknownPresetError: names those that exist.
        """
        presets = self.all_presets()
        for preset in presets:
            if name_key(preset.name) == name_key(name.strip()):
                return preset
        raise unknown_preset(name, presets)

    def add(self, preset: Preset, origin: PresetDocument | None = None) -> StoredPreset:
        """Save a preset under a name that none has yet.

        Args:
            preset: What to save.
            origin: The document that it comes from, whose unknown keys it takes along.

        Raises:
            TakenNameError: a preset or a file has the name.
            PresetError: the name cannot be one, or the system failed.
        """
        self.check_free(preset.name)
        document = (origin or PresetDocument(preset)).with_preset(_current(preset))
        return self._write(self._free_path(preset.name), document)

    def save(self, preset: Preset) -> StoredPreset:
        """Save over the user's preset of the same name; its unknown keys stay.

        Raises:
            ReadOnlyPresetError: it is built in, or a newer program wrote it.
            UnknownPresetError: there is none of the name.
            PresetError: the system failed.
        """
        stored = self._changeable(preset.name)
        return self._write(stored.path, stored.document.with_preset(_current(preset)))

    def rename(self, name: str, new_name: str) -> StoredPreset:
        """Call a preset otherwise, and its file too.

        Raises:
            ReadOnlyPresetError: it is built in, or a newer program wrote it.
            TakenNameError: another one is called so.
            PresetError: the name cannot be one, or the system failed.
        """
        stored = self._changeable(name)
        self.check_free(new_name, stored.preset.name)
        renamed = msgspec.structs.replace(stored.preset, name=new_name)
        former = stored.path
        path = former
        if former.name == stored.preset.name + SUFFIX and new_name != stored.preset.name:
            path = self.path / (new_name + SUFFIX)
            if name_key(path.name) == name_key(former.name):
                # The same file to some systems: written in place, then called otherwise.
                written = self._write(former, stored.document.with_preset(renamed))
                self._system(lambda: former.rename(path), path)
                return StoredPreset(written.document, path)
            path = self._free_path(new_name)
        written = self._write(path, stored.document.with_preset(renamed))
        if path != former:
            self._system(former.unlink, former)
        return written

    def duplicate(self, name: str, new_name: str | None = None) -> StoredPreset:
        """Copy a preset, built in or not, under `new_name` or a free one.

        Raises:
            UnknownPresetError: there is no preset called `name`.
            TakenNameError: another one has the new name.
        """
        try:
            document = self.stored(name).document
        except ReadOnlyPresetError:
            document = PresetDocument(self.find(name))
        preset = document.preset
        copy_name = new_name if new_name is not None else self.free_name(f"{preset.name} copy")
        return self.add(msgspec.structs.replace(preset, name=copy_name), document)

    def delete(self, name: str) -> DeletedPreset:
        """Delete a preset of the user's; `restore` brings it back.

        Raises:
            ReadOnlyPresetError: it is built in.
            UnknownPresetError: there is none of the name.
        """
        stored = self.stored(name)
        deleted = DeletedPreset(stored.path, read_file(stored.path), stored.preset.name)
        self._system(stored.path.unlink, stored.path)
        return deleted

    def restore(self, deleted: DeletedPreset) -> StoredPreset:
        """Bring a deleted preset back, byte for byte.

        Raises:
            TakenNameError: its name was taken meanwhile.
        """
        self._refuse_taken(deleted.name)
        document = PresetDocument.read(deleted.data)
        path = deleted.path
        if path.exists() or path.is_symlink():
            path = self._free_path(deleted.name)
        self._system(lambda: atomic_write(path, deleted.data), path)
        return StoredPreset(document, path)

    def free_name(self, name: str) -> str:
        """`name`, or the same with a number where it is taken."""
        return numbered(name, self._taken())

    def check_free(self, name: str, former: str = "") -> None:
        """Refuse a name that a preset cannot have, or that is another one's.

        Args:
            name: The name.
            former: What the preset is called until now; empty for a new one.

        Raises:
            TakenNameError: another one is called so.
            PresetError: the name cannot be one.
        """
        checked_name(name)
        if not former or name_key(name) != name_key(former):
            self._refuse_taken(name)

    def _taken(self) -> set[str]:
        taken = {name_key(preset.name) for preset in self.all_presets()}
        # Broken files too: they are somebody's work.
        return taken | {name_key(path.name.removesuffix(SUFFIX)) for path in self._files()}

    def _refuse_taken(self, name: str) -> None:
        if is_built_in(name):
            raise TakenNameError(f"name: “{name}” is a built-in preset's. Choose another.", "name")
        if any(name_key(preset.name) == name_key(name) for preset in self.all_presets()):
            raise TakenNameError(
                f"name: there is a preset called “{name}” already. Choose another.", "name"
            )

    def _free_path(self, name: str) -> Path:
        """Where a preset of this name goes; a file of another preset may be called like it."""
        taken = {name_key(path.name.removesuffix(SUFFIX)) for path in self._files()}
        return self.path / (numbered(name, taken) + SUFFIX)

    def _changeable(self, name: str) -> StoredPreset:
        stored = self.stored(name)
        if stored.document.is_newer:
            version = stored.preset.format_version
            raise ReadOnlyPresetError(
                f"“{stored.preset.name}” is read-only. {newer_words(version)}", "format_version"
            )
        return stored

    def _files(self) -> list[Path]:
        try:
            with os.scandir(self.path) as entries:
                names = sorted(
                    entry.name
                    for entry in entries
                    if entry.name.lower().endswith(SUFFIX) and not entry.name.startswith(".")
                )
        except OSError:  # there is none yet
            return []
        return [self.path / name for name in names[:_MOST_FILES]]

    def _read(self, path: Path) -> StoredPreset:
        self._refuse_outside(path)
        return StoredPreset(PresetDocument.read(read_file(path)), path)

    def _refuse_outside(self, path: Path) -> None:
        try:
            is_link = stat.S_ISLNK(path.lstat().st_mode)
        except OSError:
            return
        inside = Path(os.path.realpath(self.path))
        if is_link and Path(os.path.realpath(path)).parent != inside:
            raise PresetError(
                "It is a link that leads out of the folder of presets. Put the file itself there."
            )

    def _write(self, path: Path, document: PresetDocument) -> StoredPreset:
        data = document.to_bytes()
        # What is written can be read again.
        if len(data) > MOST_BYTES:
            raise PresetError(f"The preset has {len(data):,} bytes; allowed are {MOST_BYTES:,}.")
        PresetDocument.read(data)
        self._refuse_outside(path)
        self._system(lambda: self.path.mkdir(parents=True, exist_ok=True), self.path)
        self._system(lambda: atomic_write(path, data), path)
        return StoredPreset(document, path)

    @staticmethod
    def _system(act: Callable[[], object], path: Path) -> None:
        try:
            act()
        except OSError as error:
            raise PresetError(
                f"“{path}”: {error.strerror or error}. Nothing was changed."
            ) from error


def _current(preset: Preset) -> Preset:
    return msgspec.structs.replace(preset, format_version=FORMAT_VERSION)

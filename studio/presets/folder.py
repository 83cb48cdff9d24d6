"""The folder of the user's presets: what is in it, and every change to it.

A file that is broken is a problem that is reported beside the others, never instead of them.
Nothing is written outside the folder, every write leaves either the old or the new file whole, and
what is new is never written over another file, whatever other processes do.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import msgspec

from studio.atomic_write import atomic_write, move_new, write_new
from studio.path_checks import exists
from studio.platform_places import config_place
from studio.presets.bounded_json import MOST_BYTES, read_file
from studio.presets.built_in import built_in_presets, is_built_in, unknown_preset
from studio.presets.document import PresetDocument, newer_words
from studio.presets.errors import (
    PresetError,
    ReadOnlyPresetError,
    TakenNameError,
    UnknownPresetError,
)
from studio.presets.folder_lock import alone_in
from studio.presets.preset import FORMAT_VERSION, Preset
from studio.presets.preset_name import checked_name, name_key, numbered, with_ending
from studio.translation import tr
from studio.visible_text import visible_name, visible_path

SUFFIX = ".json"
MOST_FILES = 5_000
"""That are read; a folder with more of them says so, and takes none in."""
_MOST_TRIES = 100
"""Of a save that programs without locks are quicker at."""


def preset_folder() -> Path:
    """Where the user's presets are; it need not exist yet."""
    return config_place() / "presets"


class StoredPreset(msgspec.Struct, frozen=True):
    """A preset of the user's, and where it is."""

    document: PresetDocument
    path: Path

    @property
    def preset(self) -> Preset:
        """What it sets."""
        return self.document.preset


class Problem(msgspec.Struct, frozen=True):
    """A file in the folder that is no preset."""

    path: Path
    message: str


class Listing(msgspec.Struct, frozen=True):
    """What the folder holds: presets by name, and what could not be read."""

    presets: tuple[StoredPreset, ...] = ()
    problems: tuple[Problem, ...] = ()


class DeletedPreset(msgspec.Struct, frozen=True):
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
        self._shown = visible_path(path)

    def listing(self) -> Listing:
        """Read all presets anew."""
        presets: dict[str, StoredPreset] = {}
        problems = []
        try:
            names = self._names()
        except PresetError as error:
            return Listing(problems=(Problem(self.path, str(error)),))
        if len(names) > MOST_FILES:
            problems.append(
                Problem(
                    self.path,
                    tr(
                        "“{folder}” has %n presets; the first {most:,} by name are listed. Move "
                        "the others to another folder.",
                        "",
                        len(names),
                        folder=self._shown,
                        most=MOST_FILES,
                    ),
                )
            )
        for path in (self.path / name for name in names[:MOST_FILES]):
            try:
                stored = self._read(path)
                key = name_key(stored.preset.name)
                if is_built_in(stored.preset.name):
                    raise PresetError(
                        tr(
                            "name: “{name}” is a built-in preset's. Give it another one.",
                            name=stored.preset.name,
                        )
                    )
                if key in presets:
                    raise PresetError(
                        tr(
                            "name: “{name}” is also in “{file}”. Give one of them another one.",
                            name=stored.preset.name,
                            file=visible_name(presets[key].path.name),
                        )
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
                tr(
                    "“{name}” is built in and never changes. Duplicate it, change the copy.",
                    name=visible_name(name.strip()),
                ),
                "name",
            )
        raise self._unknown(name, [stored.preset for stored in listing.presets], listing)

    def find(self, name: str) -> Preset:
        """The preset called `name`, in any case, the user's or a built-in one.

        Raises:
            UnknownPresetError: names those that exist.
        """
        listing = self.listing()
        presets = [*built_in_presets(), *(stored.preset for stored in listing.presets)]
        for preset in presets:
            if name_key(preset.name) == name_key(name.strip()):
                return preset
        raise self._unknown(name, presets, listing)

    def _unknown(self, name: str, presets: list[Preset], listing: Listing) -> UnknownPresetError:
        """The error for a name that none of `presets` has, and why there may be more."""
        error = unknown_preset(name, presets)
        limits = [problem.message for problem in listing.problems if problem.path == self.path]
        return UnknownPresetError(" ".join([str(error), *limits]), error.field)

    def add(self, preset: Preset, origin: PresetDocument | None = None) -> StoredPreset:
        """Save a preset under a name that none has yet.

        Args:
            preset: What to save.
            origin: The document that it comes from, whose unknown keys it takes along.

        Raises:
            TakenNameError: a preset or a file has the name.
            PresetError: the name cannot be one, or the system failed.
        """

        def its_own(listing: Listing) -> str:
            self._refuse_taken(preset.name, listing)
            return preset.name

        checked_name(preset.name)
        return self._add(preset, origin, its_own)

    def add_free(self, preset: Preset, origin: PresetDocument | None = None) -> StoredPreset:
        """The same, with a number behind the name where it is taken.

        Args:
            preset: The new preset.
            origin: The document that it comes from, whose unknown keys it takes along.

        Raises:
            PresetError: the name cannot be one, or the system failed.
        """
        checked_name(preset.name)
        return self._add(
            preset, origin, lambda listing: numbered(preset.name, self._taken(listing))
        )

    def add_several(self, documents: Sequence[PresetDocument]) -> list[StoredPreset | PresetError]:
        """`add_free` for each of some documents; what is in the folder is read once for all.

        Returns:
            For each what was saved, or why it was not.

        Raises:
            PresetError: none can be saved.
        """
        self._system(lambda: self.path.mkdir(parents=True, exist_ok=True), self.path)
        with alone_in(self.path):
            taken = self._taken(self.listing())
            return [self._add_to(taken, document) for document in documents]

    def _add_to(self, taken: set[str], document: PresetDocument) -> StoredPreset | PresetError:
        """Save one under a name that is not taken, which is taken then."""
        try:
            self._refuse_full()
            name = numbered(checked_name(document.preset.name), taken)
            preset = msgspec.structs.replace(_current(document.preset), name=name)
            for _ in range(_MOST_TRIES):
                stored = self._create(name, document.with_preset(preset))
                if stored is not None:
                    taken.add(name_key(name))
                    return stored
        except PresetError as error:
            return error
        return self._is_busy()

    def planned(self, name: str, also: Collection[str] = ()) -> tuple[str, Path]:
        """The name that `add_free` would give a preset, and its file; nothing is written.

        Args:
            name: What it is to be called.
            also: Names that are taken too.

        Raises:
            PresetError: it would fail.
        """
        self._refuse_full()
        there = next(place for place in (self.path, *self.path.parents) if exists(place))
        can_ask = os.access in os.supports_effective_ids
        if not os.access(there, os.W_OK, effective_ids=can_ask):
            raise PresetError(f"“{visible_path(there)}”: {os.strerror(errno.EACCES)}.")
        taken = self._taken(self.listing()) | {name_key(it) for it in also}
        free = numbered(checked_name(name), taken)
        return free, self.path / (free + SUFFIX)

    def _refuse_full(self) -> None:
        names = self._names()
        if len(names) >= MOST_FILES:
            # It would not be listed, and so be lost to the eye.
            raise PresetError(
                tr(
                    "“{folder}” has %n presets, as many as are read. Move or delete some first.",
                    "",
                    len(names),
                    folder=self._shown,
                )
            )

    def _add(
        self, preset: Preset, origin: PresetDocument | None, called: Callable[[Listing], str]
    ) -> StoredPreset:
        self._system(lambda: self.path.mkdir(parents=True, exist_ok=True), self.path)
        with alone_in(self.path):
            for _ in range(_MOST_TRIES):
                self._refuse_full()
                named = msgspec.structs.replace(_current(preset), name=called(self.listing()))
                document = (origin or PresetDocument(named)).with_preset(named)
                # None where a program without locks was quicker; then again with what is there now.
                if (stored := self._create(named.name, document)) is not None:
                    return stored
        raise self._is_busy()

    def _is_busy(self) -> PresetError:
        return PresetError(
            tr("“{folder}” is being changed by another program. Try again.", folder=self._shown)
        )

    def save(self, preset: Preset) -> StoredPreset:
        """Save over the user's preset of the same name; its unknown keys stay.

        Raises:
            ReadOnlyPresetError: it is built in, or a newer program wrote it.
            UnknownPresetError: there is none of the name.
            PresetError: the system failed.
        """
        with self._alone_if_there():
            stored = self._changeable(preset.name)
            return self._write(stored.path, stored.document.with_preset(_current(preset)))

    def rename(self, name: str, new_name: str) -> StoredPreset:
        """Call a preset otherwise, and its file too.

        Args:
            name: What it is called.
            new_name: What it is to be called.

        Raises:
            ReadOnlyPresetError: it is built in, or a newer program wrote it.
            TakenNameError: another one is called so.
            PresetError: the name cannot be one, or the system failed.
        """
        with self._alone_if_there():
            stored = self._changeable(name)
            self.check_free(new_name, stored.preset.name)
            renamed = msgspec.structs.replace(stored.preset, name=new_name)
            document = stored.document.with_preset(renamed)
            former = stored.path
            if former.name != stored.preset.name + SUFFIX or new_name == stored.preset.name:
                return self._write(former, document)
            path = self.path / (new_name + SUFFIX)
            if name_key(path.name) == name_key(former.name):
                # The same file to some systems: written in place, then called otherwise.
                self._write(former, document)
                return StoredPreset(document, self._called_otherwise(former, path))
            written = self._create(new_name, document)
            if written is None:
                raise TakenNameError(
                    tr(
                        "name: there is a file called “{name}” already. Choose another.",
                        name=new_name,
                    ),
                    "name",
                )
            try:
                self._system(former.unlink, former)
            except PresetError:
                with contextlib.suppress(OSError):
                    written.path.unlink()
                raise
            return written

    def duplicate(self, name: str, new_name: str | None = None) -> StoredPreset:
        """Copy a preset, built in or not, under `new_name` or a free one.

        Args:
            name: The preset that is copied.
            new_name: What the copy is to be called; None for a free name.

        Raises:
            UnknownPresetError: there is no preset called `name`.
            TakenNameError: another one has the new name.
        """
        try:
            document = self.stored(name).document
        except ReadOnlyPresetError:
            document = PresetDocument(self.find(name))
        preset = document.preset
        if new_name is not None:
            return self.add(msgspec.structs.replace(preset, name=new_name), document)
        ending = tr(" copy", "behind the name of a preset that is copied")
        copy_name = with_ending(preset.name, ending)
        return self.add_free(msgspec.structs.replace(preset, name=copy_name), document)

    def delete(self, name: str) -> DeletedPreset:
        """Delete a preset of the user's; `restore` brings it back.

        Raises:
            ReadOnlyPresetError: it is built in.
            UnknownPresetError: there is none of the name.
        """
        with self._alone_if_there():
            stored = self.stored(name)
            deleted = DeletedPreset(stored.path, read_file(stored.path), stored.preset.name)
            self._system(stored.path.unlink, stored.path)
            return deleted

    def restore(self, deleted: DeletedPreset) -> StoredPreset:
        """Bring a deleted preset back, byte for byte.

        Raises:
            TakenNameError: its name was taken meanwhile.
        """
        document = PresetDocument.read(deleted.data)
        with self._alone_if_there():
            self._refuse_taken(deleted.name, self.listing())
            for path in (deleted.path, self._free_path(deleted.name)):
                if self._is_new(path, deleted.data):
                    return StoredPreset(document, path)
        raise TakenNameError(
            tr("name: there is a file called “{name}” already.", name=deleted.name), "name"
        )

    def free_name(self, name: str) -> str:
        """`name`, or the same with a number where it is taken, as far as can be read."""
        try:
            return numbered(name, self._taken(self.listing()))
        except PresetError:
            return name  # and saving will say why it cannot

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
            self._refuse_taken(name, self.listing())

    def _taken(self, listing: Listing) -> set[str]:
        taken = {name_key(preset.name) for preset in built_in_presets()}
        taken |= {name_key(stored.preset.name) for stored in listing.presets}
        # Broken files too: they are somebody's work.
        return taken | self._stems()

    def _refuse_taken(self, name: str, listing: Listing) -> None:
        if is_built_in(name):
            raise TakenNameError(
                tr("name: “{name}” is a built-in preset's. Choose another.", name=name), "name"
            )
        if any(name_key(stored.preset.name) == name_key(name) for stored in listing.presets):
            raise TakenNameError(
                tr("name: there is a preset called “{name}” already. Choose another.", name=name),
                "name",
            )

    def _free_path(self, name: str) -> Path:
        """Where a preset of this name goes; a file of another preset may be called like it."""
        return self.path / (numbered(name, self._stems()) + SUFFIX)

    def _stems(self) -> set[str]:
        """The names of all files, as `name_key` has them, without their ending in any case."""
        return {name_key(name[: -len(SUFFIX)]) for name in self._names()}

    def _changeable(self, name: str) -> StoredPreset:
        stored = self.stored(name)
        if stored.document.is_newer:
            version = stored.preset.format_version
            words = tr("“{name}” is read-only.", name=stored.preset.name)
            raise ReadOnlyPresetError(f"{words} {newer_words(version)}", "format_version")
        return stored

    def _names(self) -> list[str]:
        """The names of all files of presets, in order; none where there is no folder yet.

        Raises:
            PresetError: the folder cannot be read, and what is in it is not known.
        """
        try:
            with os.scandir(self.path) as entries:
                return sorted(
                    entry.name
                    for entry in entries
                    if entry.name.lower().endswith(SUFFIX) and not entry.name.startswith(".")
                )
        except FileNotFoundError:
            return []
        except OSError as error:
            raise PresetError(
                tr(
                    "“{folder}” cannot be read: {why}. Presets in it are not listed, and none is "
                    "saved there.",
                    folder=self._shown,
                    why=error.strerror or error,
                )
            ) from error

    def _alone_if_there(self) -> contextlib.AbstractContextManager[None]:
        return alone_in(self.path) if exists(self.path) else contextlib.nullcontext()

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
                tr(
                    "It is a link that leads out of the folder of presets. Put the file itself "
                    "there."
                )
            )

    def _write(self, path: Path, document: PresetDocument) -> StoredPreset:
        """Write over a preset's own file."""
        data = _checked(document)
        self._refuse_outside(path)
        self._system(lambda: atomic_write(path, data), path)
        return StoredPreset(document, path)

    def _create(self, name: str, document: PresetDocument) -> StoredPreset | None:
        """Write a file that is not there yet; None where another program was quicker."""
        path = self._free_path(name)
        return StoredPreset(document, path) if self._is_new(path, _checked(document)) else None

    def _is_new(self, path: Path, data: bytes) -> bool:
        """Write a new file; whether there was none of the name."""
        try:
            write_new(path, data)
        except FileExistsError:
            return False
        except OSError as error:
            raise _failed(path, error) from error
        return True

    def _called_otherwise(self, former: Path, path: Path) -> Path:
        """Where the file is that was to be called otherwise by the case of its letters.

        Where that cannot be it keeps its name: the preset's own stands within, and has changed.
        """
        with contextlib.suppress(OSError):
            try:
                move_new(former, path)
            except FileExistsError:
                if not former.samefile(path):
                    return former  # another file is called so
                former.rename(path)
            return path
        return former

    @staticmethod
    def _system(act: Callable[[], object], path: Path) -> None:
        try:
            act()
        except OSError as error:
            raise _failed(path, error) from error


def _failed(path: Path, error: OSError) -> PresetError:
    return PresetError(
        tr(
            "“{path}”: {why}. Nothing was changed.",
            path=visible_path(path),
            why=error.strerror or error,
        )
    )


def _checked(document: PresetDocument) -> bytes:
    """The file, which can be read again.

    Raises:
        PresetError: it is too large.
    """
    data = document.to_bytes()
    if len(data) > MOST_BYTES:
        raise PresetError(
            tr("The preset has %n bytes; allowed are {most:,}.", "", len(data), most=MOST_BYTES)
        )
    PresetDocument.read(data)
    return data


def _current(preset: Preset) -> Preset:
    return msgspec.structs.replace(preset, format_version=FORMAT_VERSION)

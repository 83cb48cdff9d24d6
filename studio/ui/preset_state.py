"""The user's presets behind the window: the folder followed, and every change to it.

Knows the presets' folder and the state objects that a preset sets; no widget.
"""

from collections.abc import Callable
from pathlib import Path

import msgspec
from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer, Signal

from studio.presets import (
    DeletedPreset,
    Preset,
    PresetError,
    PresetFolder,
    is_built_in,
)
from studio.presets.foreign import Imported, import_file
from studio.presets.preset_fields import SAMPLING_FIELDS
from studio.sampling import SamplingParams
from studio.ui.profile_state import ProfileState
from studio.ui.sampling_state import SamplingState

_SETTLES = 100
"""Milliseconds within which the changes of one save arrive."""


class PresetState(QObject):
    """What is kept of presets, and how what is in force differs from the one chosen."""

    changed = Signal()
    """What differs is another, or the presets are."""
    failed = Signal(str)
    """Something could not be done; the reason, for the writer."""

    def __init__(
        self,
        folder: PresetFolder,
        profiles: ProfileState,
        sampling: SamplingState,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.folder = folder
        self._profiles = profiles
        self._sampling = sampling
        self._watcher = QFileSystemWatcher(self)
        self._settling = QTimer(self, singleShot=True, interval=_SETTLES)
        self._settling.timeout.connect(self.read)
        for signal in (self._watcher.directoryChanged, self._watcher.fileChanged):
            signal.connect(lambda _path: self._settling.start())
        for signal in (
            sampling.params_changed,
            sampling.max_tokens_changed,
            profiles.chosen,
            profiles.listed,
        ):
            signal.connect(lambda *_: self.changed.emit())
        self.problems: tuple[str, ...] = ()
        self._watch()

    def read(self) -> None:
        """Look into the folder again. Values in force that nobody turned follow their preset."""
        was_as_saved = not self.differences
        before = self._profiles.current
        listing = self.folder.listing()
        self.problems = tuple(problem.message for problem in listing.problems)
        self._profiles.follow(self.folder.all_presets())
        self._watch()
        now = self._profiles.current
        if was_as_saved and now != before:
            self._profiles.choose(now)

    @property
    def in_force(self) -> Preset:
        """The preset chosen, with the values that are in force."""
        return msgspec.structs.replace(
            self._profiles.current,
            sampling=self._sampling.params,
            max_tokens=self._sampling.max_tokens,
        )

    @property
    def differences(self) -> list[tuple[str, object, object]]:
        """Field, saved value and value in force, of those that differ."""
        return differences(self._profiles.current, self.in_force)

    @property
    def can_save(self) -> bool:
        """Whether the preset chosen is the user's own."""
        return not is_built_in(self._profiles.current.name)

    def save(self) -> bool:
        """Save the values in force into the preset chosen."""
        return self._do(lambda: self.folder.save(self.in_force).preset)

    def save_as(self, name: str) -> bool:
        """Save the values in force as a new preset."""
        return self._do(
            lambda: self.folder.add(msgspec.structs.replace(self.in_force, name=name)).preset
        )

    def keep(self, name: str, params: SamplingParams) -> Preset | None:
        """Save parameters under a free name like `name`, with all else as in force."""
        preset = msgspec.structs.replace(
            self.in_force, name=self.folder.free_name(name), sampling=params
        )
        return preset if self._do(lambda: self.folder.add(preset).preset, choose=False) else None

    def rename(self, name: str) -> bool:
        """Call the preset chosen otherwise; values that were turned stay turned."""
        params, max_tokens = self._sampling.params, self._sampling.max_tokens
        done = self._do(lambda: self.folder.rename(self._profiles.current.name, name).preset)
        self._sampling.set_params(params)
        self._sampling.set_max_tokens(max_tokens)
        return done

    def duplicate(self) -> bool:
        """Copy the preset chosen, as it is saved."""
        return self._do(lambda: self.folder.duplicate(self._profiles.current.name).preset)

    def delete(self) -> DeletedPreset | None:
        """Delete the preset chosen; what is in force stays so. None where it failed."""
        try:
            deleted = self.folder.delete(self._profiles.current.name)
        except PresetError as error:
            self.failed.emit(str(error))
            return None
        self.read()
        return deleted

    def restore(self, deleted: DeletedPreset) -> bool:
        """Bring a deleted preset back."""
        return self._do(lambda: self.folder.restore(deleted).preset, choose=False)

    def revert(self) -> None:
        """Put the saved values of the preset chosen in force again."""
        self._profiles.choose(self._profiles.current)

    def import_preset(self, path: Path) -> Imported | None:
        """Take a file of any known program in and choose it; None where it was refused."""
        try:
            imported = import_file(path)
        except PresetError as error:
            self.failed.emit(str(error))
            return None
        name = self.folder.free_name(imported.preset.name)
        preset = msgspec.structs.replace(imported.preset, name=name)
        done = self._do(lambda: self.folder.add(preset, imported.document).preset)
        return imported if done else None

    def _do(self, act: Callable[[], Preset], *, choose: bool = True) -> bool:
        try:
            preset = act()
        except PresetError as error:
            self.failed.emit(str(error))
            return False
        if not choose:
            self.read()
            return True
        self._profiles.follow(self.folder.all_presets(), preset)
        self._watch()
        self._profiles.choose(preset)
        return True

    def _watch(self) -> None:
        folder = self.folder.path
        wanted = {str(stored.path) for stored in self.folder.listing().presets}
        # A folder that is not there yet shows itself in the one above.
        there = next((place for place in (folder, *folder.parents) if place.is_dir()), None)
        wanted |= {str(there)} if there else set()
        watched = {*self._watcher.files(), *self._watcher.directories()}
        if watched - wanted:
            self._watcher.removePaths(sorted(watched - wanted))
        if wanted - watched:
            self._watcher.addPaths(sorted(wanted - watched))


def differences(old: Preset, new: Preset) -> list[tuple[str, object, object]]:
    """Field, old value and new value, of those in which two presets differ."""
    found: list[tuple[str, object, object]] = [
        (field, getattr(old.sampling, field), getattr(new.sampling, field))
        for field in SAMPLING_FIELDS
        if getattr(old.sampling, field) != getattr(new.sampling, field)
    ]
    found += [
        (field, getattr(old, field), getattr(new, field))
        for field in ("max_tokens", "prompt_format", "system_message", "stop", "task")
        if getattr(old, field) != getattr(new, field)
    ]
    return found

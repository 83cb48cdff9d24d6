"""The user's presets: follows their folder, and makes every change to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QObject, Signal

from studio.app.parameters.prompt_settings import PromptSettings
from studio.app.parameters.sampling_state import SamplingState
from studio.app.presets.active_settings import ActiveSettings, SettingsHistory
from studio.app.presets.comparison import differences
from studio.app.presets.preset_choice import PresetChoice
from studio.app.presets.watch import PresetWatch
from studio.presets import (
    DeletedPreset,
    Listing,
    Preset,
    PresetError,
    PresetFolder,
    StoredPreset,
    built_in_presets,
    is_built_in,
)
from studio.sampling import SamplingParams

if TYPE_CHECKING:
    from studio.presets.foreign import Imported


class PresetState(QObject):
    """The presets, what is done to them, and how the values in force differ from the chosen one.

    Attributes:
        folder: The folder of presets.
        listing: What the folder held when it was read last.
        puts_in_force: Made around parameters that come into force all at once, and not by a turn.

    Args:
        folder: Where the presets are.
        preset_choice: The presets, and the one in force.
        sampling: The parameters in force.
        parent: The Qt parent, if any.
        prompting: How a prompt is made; None for one of its own.
    """

    changed = Signal()
    """The differences, the presets or the unreadable files have changed."""
    added = Signal(str)
    """A new preset was saved, with its name; of several the last one."""
    renamed = Signal(str, str)
    """A preset was renamed: its former and its new name."""
    deleted = Signal(str)
    """The writer deleted the preset of this name."""
    restored = Signal(str)
    """The deleted preset of this name was brought back."""
    failed = Signal(str)
    """Something could not be done: the reason, for the writer."""

    def __init__(
        self,
        folder: PresetFolder,
        preset_choice: PresetChoice,
        sampling: SamplingState,
        parent: QObject | None = None,
        prompting: PromptSettings | None = None,
    ) -> None:
        super().__init__(parent)
        self.folder = folder
        self.listing = Listing()
        self.puts_in_force: Callable[[], AbstractContextManager[None]] = nullcontext
        self._history = SettingsHistory()
        self._preset_choice = preset_choice
        self._sampling = sampling
        if prompting is None:  # nobody turns them: they are the preset's
            prompting = PromptSettings(preset_choice.current, self)
            preset_choice.chosen.connect(prompting.follow)
        self._prompting = prompting
        self._watch = PresetWatch(self)
        self._watch.changed.connect(self.read)
        for signal in (
            sampling.changed,
            sampling.max_tokens_changed,
            prompting.changed,
            preset_choice.chosen,
            preset_choice.listed,
        ):
            signal.connect(self._say)
        self._look()

    def read(self) -> None:
        """Read the folder again. Values in force that nobody changed follow their preset."""
        was_as_saved = not self.differences
        before = self._preset_choice.current
        self._follow_folder()
        now = self._preset_choice.current
        if was_as_saved and now != before:
            self._preset_choice.choose(now)

    @property
    def problems(self) -> tuple[str, ...]:
        """Why files in the folder could not be read."""
        return tuple(problem.message for problem in self.listing.problems)

    def stored(self, name: str) -> StoredPreset | None:
        """The writer's own preset of this name, with all that is in its file."""
        presets = self.listing.presets
        return next((stored for stored in presets if stored.preset.name == name), None)

    @property
    def active(self) -> Preset:
        """The preset chosen, with the values that are in force."""
        return msgspec.structs.replace(
            self._preset_choice.current,
            sampling=self._sampling.whole,
            max_tokens=self._sampling.max_tokens,
            prompt_format=self._prompting.prompt_format,
            system_message=self._prompting.system_message,
            stop=self._prompting.stop,
        )

    @property
    def differences(self) -> list[tuple[str, object, object]]:
        """The fields that differ: each with its saved value and the value in force."""
        return differences(self._preset_choice.current, self.active)

    @property
    def can_save(self) -> bool:
        """Whether the preset chosen is the user's own."""
        return not is_built_in(self._preset_choice.current.name)

    def use(self, preset: Preset) -> None:
        """Put a preset in force; `put_back` undoes it."""
        now = self.now
        if (now.preset, now.is_turned) != (preset, False):
            self._history.keep(now)
        self._preset_choice.choose(preset)

    def use_values(self, values: Preset) -> bool:
        """Put a preset in force as it was at another time, turned values and all.

        The preset of its name is the one chosen then, whatever it says now; `put_back` undoes it.

        Args:
            values: What is to be in force.

        Returns:
            Whether something else was.
        """
        now = self.now
        if now.values == values:
            return False
        self._history.keep(now)
        self._choose_with(values, values)
        return True

    @property
    def before(self) -> ActiveSettings | None:
        """What was in force before the last `use`; what `put_back` would put back."""
        return self._history.last

    def put_back(self) -> None:
        """Put in force what was before `use`, including values that had been changed."""
        before = self._history.pop()
        if before is None:
            return
        self._choose_with(before.preset, before.values)

    def put_aside(self) -> Callable[[], None]:
        """Have nothing to put back from now on.

        Returns:
            What puts in force what is in force now, with what could be put back.
        """
        now, history = self.now, self._history
        self._history = SettingsHistory()

        def take_up() -> None:
            self._history = history
            if self.now != now:
                self._choose_with(now.preset, now.values)
            self.changed.emit()

        self.changed.emit()
        return take_up

    @property
    def now(self) -> ActiveSettings:
        """What is in force."""
        return ActiveSettings(self._preset_choice.current, self.active)

    def why_not_called(self, name: str, former: str = "") -> str:
        """Why a preset cannot have a name; empty where it can.

        Args:
            name: The name that is wanted.
            former: Its name until now; empty for a new preset.
        """
        try:
            self.folder.check_free(name, former)
        except PresetError as error:
            return str(error)
        return ""

    def save(self) -> bool:
        """Save the values in force into the preset chosen."""
        return self._do(lambda: self.folder.save(self.active).preset) is not None

    def save_as(self, name: str) -> bool:
        """Save the values in force as a new preset."""
        return self._add(msgspec.structs.replace(self.active, name=name)) is not None

    def keep(self, name: str, params: SamplingParams) -> Preset | None:
        """Save parameters as a new preset; everything else in it is as in force.

        Args:
            name: The name that is wanted; where it is taken, a free one like it is used.
            params: The sampling parameters.
        """
        preset = msgspec.structs.replace(self.active, name=name, sampling=params)
        added = self._do(lambda: self.folder.add_free(preset).preset, choose=False)
        if added:
            self.added.emit(added.name)
        return added

    def rename(self, name: str, new_name: str) -> bool:
        """Rename a preset; values that were changed stay so.

        Args:
            name: Its name.
            new_name: Its new name.
        """
        now = self.now

        def act() -> Preset:
            preset = self.folder.rename(name, new_name).preset
            # Before the list is another: what is kept by name is to be found in it.
            self.renamed.emit(name, preset.name)
            return preset

        preset = self._try(act)
        if preset and now.preset.name == name:
            self._follow_folder(preset)
            self._preset_choice.choose(preset)
            self._put(now.values)
        elif preset:
            self.read()
        return preset is not None

    def duplicate(self, name: str, *, choose: bool = True) -> Preset | None:
        """Copy a preset as it is saved; returns the copy, or None where that failed.

        Args:
            name: The preset that is copied.
            choose: Whether the copy is put in force.
        """
        copy = self._do(lambda: self.folder.duplicate(name).preset, choose=choose)
        if copy:
            self.added.emit(copy.name)
        return copy

    def delete(self, name: str) -> DeletedPreset | None:
        """Delete a preset; the values in force stay. Returns None where that failed."""
        try:
            deleted = self.folder.delete(name)
        except PresetError as error:
            self.failed.emit(str(error))
            return None
        self.read()
        self.deleted.emit(deleted.name)
        return deleted

    def restore(self, deleted: DeletedPreset) -> bool:
        """Bring a deleted preset back."""
        if self._do(lambda: self.folder.restore(deleted).preset, choose=False) is None:
            return False
        self.restored.emit(deleted.name)
        return True

    def at(self, path: Path) -> Preset | None:
        """The preset in the folder whose file this is; None for any other file."""
        place = path.resolve()
        return next((it.preset for it in self.listing.presets if it.path.resolve() == place), None)

    def revert(self) -> None:
        """Put the saved values of the preset chosen in force again."""
        self._preset_choice.choose(self._preset_choice.current)

    def on_imported(self, taken: Sequence[Imported], *, choose: bool) -> None:
        """Follow the folder after an import.

        Args:
            taken: The presets that were imported.
            choose: Whether the last one is put in force.
        """
        if taken:
            last = taken[-1].preset
            self._do(lambda: last, choose=choose)
            self.added.emit(last.name)

    def _add(self, preset: Preset) -> Preset | None:
        added = self._do(lambda: self.folder.add(preset).preset)
        if added:
            self.added.emit(added.name)
        return added

    def _do(self, act: Callable[[], Preset], *, choose: bool = True) -> Preset | None:
        preset = self._try(act)
        if preset is None:
            return None
        if not choose:
            self.read()
            return preset
        now = self.now
        self._follow_folder(preset)
        self._preset_choice.choose(preset)
        if differences(now.values, self.active):
            self._history.keep(now)
        return preset

    def _try(self, act: Callable[[], Preset]) -> Preset | None:
        try:
            return act()
        except PresetError as error:
            self.failed.emit(str(error))
            return None

    def _choose_with(self, preset: Preset, values: Preset) -> None:
        """Choose a preset, with other values than its own."""
        saved = self._preset_choice.named(preset.name) or preset
        # Deleted meanwhile: in force all the same, and in the list.
        self._preset_choice.follow(self._all(), saved)
        self._preset_choice.choose(saved)
        self._put(values)

    def _put(self, values: Preset) -> None:
        with self.puts_in_force():
            self._sampling.set_whole(values.sampling)
        self._sampling.set_max_tokens(values.max_tokens)
        self._prompting.follow(values)

    def _say(self, *_: object) -> None:
        self.changed.emit()

    def _all(self) -> list[Preset]:
        return [*built_in_presets(), *(stored.preset for stored in self.listing.presets)]

    def _follow_folder(self, current: Preset | None = None) -> None:
        before = self.listing
        self._look()
        self._preset_choice.follow(self._all(), current)
        if self.listing != before:
            self.changed.emit()

    def _look(self) -> None:
        self.listing = self.folder.listing()
        # Broken files too: they are mended outside.
        files = [stored.path for stored in self.listing.presets]
        files += [problem.path for problem in self.listing.problems]
        self._watch.follow(self.folder.path, files)

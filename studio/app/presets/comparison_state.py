"""Two presets side by side, or one and the values in force."""

from PySide6.QtCore import QObject, Signal

from studio.app.parameters.groups import PARAMETERS
from studio.app.parameters.values import ParameterValues
from studio.app.presets.comparison import ComparedField, compared
from studio.app.presets.preset_choice import PresetChoice
from studio.app.presets.state import PresetState
from studio.app.settings import ONLY_DIFFERENCES, Settings
from studio.presets import Preset
from studio.translation import tr

ACTIVE = ""
"""Stands for the values in force in place of a preset's name; no preset can be called so."""


class PresetComparisonState(QObject):
    """Which two presets are compared, and where they differ.

    Args:
        preset_choice: The presets there are.
        presets: The values in force, and what happens to presets.
        values: What puts a single value in force.
        settings: Remembers whether only differences are shown.
        parent: The Qt parent, if any.
    """

    changed = Signal()
    """The presets, their values or what is shown have changed."""

    def __init__(
        self,
        preset_choice: PresetChoice,
        presets: PresetState,
        values: ParameterValues,
        settings: Settings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._preset_choice, self._presets = preset_choice, presets
        self._values, self._settings = values, settings
        self._sides = (ACTIVE, preset_choice.current.name)
        self._only_differences = settings.get(ONLY_DIFFERENCES)
        presets.renamed.connect(self._on_renamed)
        presets.changed.connect(self.changed)

    @property
    def choices(self) -> list[str]:
        """What can be compared: the values in force, then all presets by name."""
        return [ACTIVE, *(preset.name for preset in self._preset_choice.presets)]

    @property
    def left(self) -> str:
        """What is on the left: a preset's name, or `ACTIVE`."""
        return self._side(0)

    @property
    def right(self) -> str:
        """What is on the right: a preset's name, or `ACTIVE`."""
        return self._side(1)

    def compare(self, left: str, right: str) -> None:
        """Compare these two.

        Args:
            left: A preset's name, or `ACTIVE`.
            right: The same.
        """
        self._sides = (left, right)
        self.changed.emit()

    def swap(self) -> None:
        """Swap the sides."""
        self.compare(self.right, self.left)

    @property
    def only_differences(self) -> bool:
        """Whether fields with the same value on both sides are left out."""
        return self._only_differences

    def set_only_differences(self, is_on: bool) -> None:
        """Set whether fields with the same value on both sides are left out."""
        self._only_differences = is_on
        self._settings.set(ONLY_DIFFERENCES, is_on)
        self.changed.emit()

    @property
    def fields(self) -> list[ComparedField]:
        """All fields: those that differ first, then the others."""
        found = compared(self._preset(self.left), self._preset(self.right))
        return sorted(found, key=lambda entry: not entry.differs)

    @property
    def shown(self) -> list[ComparedField]:
        """The fields that are shown."""
        return [entry for entry in self.fields if entry.differs or not self._only_differences]

    def why_not_take(self, entry: ComparedField) -> str:
        """Why a field's value cannot be put in force; empty where it can."""
        if (self.left == ACTIVE) == (self.right == ACTIVE):
            return tr("Choose “Values in force” on one side: a value is taken over into them")
        if entry.field not in PARAMETERS:
            return tr("Only settings are taken over; this is what the preset says of itself")
        return "" if entry.differs else tr("Both sides have this value")

    def adopt(self, entry: ComparedField) -> None:
        """Put the preset's value of a field in force."""
        if not self.why_not_take(entry):
            value = entry.right if self.left == ACTIVE else entry.left
            self._values.set(PARAMETERS[entry.field], value)

    def _side(self, place: int) -> str:
        name = self._sides[place]
        return name if self._preset_choice.named(name) else ACTIVE

    def _preset(self, name: str) -> Preset:
        return self._preset_choice.named(name) or self._presets.active

    def _on_renamed(self, name: str, new_name: str) -> None:
        left, right = (new_name if side == name else side for side in self._sides)
        self.compare(left, right)

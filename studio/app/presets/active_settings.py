"""The preset and values in force, and those in force before, to be put back. Plain values."""

import msgspec

from studio.app.presets.comparison import differences
from studio.presets import Preset

_MOST = 50


class ActiveSettings(msgspec.Struct, frozen=True):
    """What was in force at some time.

    Attributes:
        preset: The preset chosen, as it was saved.
        values: The same with the values then in force, changed or not.
    """

    preset: Preset
    values: Preset

    @property
    def is_turned(self) -> bool:
        """Whether values differed from the preset's."""
        return bool(differences(self.preset, self.values))


class SettingsHistory:
    """What was in force before, the latest first.

    Going through a list of presets leaves a trail of them, each as it is saved: of such a trail
    only the last is kept. Values that were changed are always kept, as they are saved nowhere.
    """

    def __init__(self) -> None:
        self._found: list[ActiveSettings] = []

    @property
    def last(self) -> ActiveSettings | None:
        """What would be put back."""
        return self._found[-1] if self._found else None

    def keep(self, former: ActiveSettings) -> None:
        """Remember what was in force until now."""
        if self._found and not (self._found[-1].is_turned or former.is_turned):
            self._found.pop()
        self._found = [*self._found, former][-_MOST:]

    def pop(self) -> ActiveSettings | None:
        """What is to be put back; the one before is next."""
        return self._found.pop() if self._found else None

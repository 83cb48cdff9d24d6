"""Which preset is chosen."""

from PySide6.QtCore import QObject, Signal

from studio.presets import Preset


class PresetChoice(QObject):
    """The presets there are, and the one in force.

    Args:
        presets: The presets that there are.
        name: The name of the one in force; the first one if that is gone.
        parent: The Qt parent, if any.
    """

    chosen = Signal(object)
    """The `Preset` now in force; also emitted when the same one is chosen again, to restore it."""
    listed = Signal()
    """The presets have changed, or the one in force was edited outside."""

    def __init__(self, presets: list[Preset], name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.presets = presets
        self.current = self.named(name) or presets[0]

    def named(self, name: str) -> Preset | None:
        """The preset of this name."""
        return next((preset for preset in self.presets if preset.name == name), None)

    def choose(self, preset: Preset) -> None:
        """Put a preset in force."""
        self.current = preset
        self.chosen.emit(preset)

    def follow(self, presets: list[Preset], current: Preset | None = None) -> None:
        """Follow the folder. A preset in force that is gone stays in force, and in the list.

        Args:
            presets: The presets that there are now.
            current: The one in force, where it was renamed.
        """
        if presets == self.presets and current in (None, self.current):
            return
        self.presets = presets
        self.current = current or self.current
        again = self.named(self.current.name)
        if again is None:
            self.presets = [*presets, self.current]
        else:
            self.current = again
        self.listed.emit()

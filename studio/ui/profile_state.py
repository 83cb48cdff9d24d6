"""Which preset is chosen. Knows the list of presets, and nothing of widgets or the engine."""

from PySide6.QtCore import QObject, Signal

from studio.presets import Preset


class ProfileState(QObject):
    """The presets there are, and the one in force."""

    chosen = Signal(object)
    """The `Preset` now in force; also emitted when the same one is chosen again, to restore it."""

    def __init__(self, presets: list[Preset], name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.presets = presets
        self.current = next((preset for preset in presets if preset.name == name), presets[0])

    def choose(self, preset: Preset) -> None:
        """Put a preset in force."""
        self.current = preset
        self.chosen.emit(preset)

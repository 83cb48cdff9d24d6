"""How a prompt is made and what ends the writing: the part of a preset that is not sampling."""

from PySide6.QtCore import QObject, Signal

from studio.presets import Preset
from studio.presets.preset import PromptFormat
from studio.presets.preset_fields import checked_stops, checked_text


class PromptSettings(QObject):
    """Prompt format, system message and stop strings in force.

    Args:
        preset: Whose they are to start with.
        parent: The Qt parent, if any.
    """

    changed = Signal()
    """One of them has changed; not emitted where the new value is the old one."""

    def __init__(self, preset: Preset, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._format: PromptFormat = preset.prompt_format
        self._system = preset.system_message
        self._stop = preset.stop

    @property
    def prompt_format(self) -> PromptFormat:
        """How a prompt is made of brief and manuscript."""
        return self._format

    @property
    def system_message(self) -> str:
        """What the chat format gives the model as its system message."""
        return self._system

    @property
    def stop(self) -> tuple[str, ...]:
        """The texts that end what is written."""
        return self._stop

    def follow(self, preset: Preset) -> None:
        """Put those of a preset in force."""
        self._set(preset.prompt_format, preset.system_message, preset.stop)

    def set_prompt_format(self, prompt_format: PromptFormat) -> None:
        """Make prompts in another format."""
        self._set(prompt_format, self._system, self._stop)

    def set_system_message(self, text: str) -> None:
        """Give the chat format another system message.

        Raises:
            PresetError: It is longer than a preset allows; the one in force stays.
        """
        self._set(self._format, checked_text("system_message", text), self._stop)

    def set_stop(self, texts: tuple[str, ...]) -> None:
        """Set the texts that end the writing, from the next generation on.

        Raises:
            PresetError: They are too many, or one is empty or too long; those in force stay.
        """
        self._set(self._format, self._system, checked_stops("stop", texts))

    def _set(self, prompt_format: PromptFormat, system: str, stop: tuple[str, ...]) -> None:
        now = (prompt_format, system, stop)
        if now != (self._format, self._system, self._stop):
            self._format, self._system, self._stop = now
            self.changed.emit()

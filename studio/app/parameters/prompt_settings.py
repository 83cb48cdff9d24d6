"""How a prompt is made and where what is written ends: the part of a preset that is no sampling."""

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
    """One of them; not emitted where nothing differs."""

    def __init__(self, preset: Preset, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._format: PromptFormat = preset.prompt_format
        self._system = preset.system_message
        self._stop = preset.stop

    @property
    def prompt_format(self) -> PromptFormat:
        """How brief and manuscript become a prompt."""
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
        """Put a preset's in force."""
        self._set(preset.prompt_format, preset.system_message, preset.stop)

    def set_prompt_format(self, prompt_format: PromptFormat) -> None:
        """Make prompts otherwise."""
        self._set(prompt_format, self._system, self._stop)

    def set_system_message(self, text: str) -> None:
        """Give the chat format another system message.

        Raises:
            PresetError: It is longer than a preset's may be; the one in force stays.
        """
        self._set(self._format, checked_text("system_message", text), self._stop)

    def set_stop(self, texts: tuple[str, ...]) -> None:
        """End at other texts, from the next generation on.

        Raises:
            PresetError: They are too many, or one is empty or too long; those in force stay.
        """
        self._set(self._format, self._system, checked_stops("stop", texts))

    def _set(self, prompt_format: PromptFormat, system: str, stop: tuple[str, ...]) -> None:
        now = (prompt_format, system, stop)
        if now != (self._format, self._system, self._stop):
            self._format, self._system, self._stop = now
            self.changed.emit()

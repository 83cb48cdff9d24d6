"""What is being written: a manuscript, its brief, its caret, its file.

The state behind the editor and the brief field, and the one place that makes a prompt of them.
Knows nothing of widgets or the engine's process.
"""

import dataclasses
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from studio.engine.messages import Prompt
from studio.manuscript import Manuscript, TextFile, read_text_file, write_text_file
from studio.presets import Preset
from studio.ui.parameters.prompt_settings import PromptSettings


class Draft(QObject):
    """The open document.

    Attributes:
        manuscript: Its text.
        prompting: How a prompt is made of it, and where what is written ends.
    """

    prompt_changed = Signal()
    """The text before the caret, the brief or the format: what the model would be given."""
    file_changed = Signal()
    """Another file, or the same one saved."""

    def __init__(self, preset: Preset, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.manuscript = Manuscript()
        self.path: Path | None = None
        self._file = TextFile("")
        self._brief = ""
        self._caret = 0
        self.prompting = PromptSettings(preset, self)
        self.prompting.changed.connect(self.prompt_changed)
        self.manuscript.changed.connect(self._on_text_changed)

    @property
    def brief(self) -> str:
        """What the model is told before the manuscript."""
        return self._brief

    def set_brief(self, brief: str) -> None:
        """Change the brief."""
        if brief != self._brief:
            self._brief = brief
            self.prompt_changed.emit()

    @property
    def caret(self) -> int:
        """Where the model continues, in code points."""
        return min(self._caret, len(self.manuscript))

    def set_caret(self, position: int) -> None:
        """Follow the editor's caret."""
        if position != self._caret:
            self._caret = position
            self.prompt_changed.emit()

    def set_preset(self, preset: Preset) -> None:
        """Follow the picker: the preset says how a prompt is made."""
        self.prompting.follow(preset)

    @property
    def stop(self) -> tuple[str, ...]:
        """The texts that end what is written."""
        return self.prompting.stop

    def prompt(self, position: int | None = None) -> Prompt:
        """What the model is given to continue at `position` (default: the caret)."""
        end = self.caret if position is None else position
        return Prompt(
            manuscript=self.manuscript.text[:end],
            brief=self._brief,
            system=self.prompting.system_message,
            format=self.prompting.prompt_format,
        )

    def new(self) -> None:
        """Begin an empty manuscript without a file."""
        self.path = None
        self._file = TextFile("")
        self.manuscript.load("")
        self.file_changed.emit()

    def open(self, path: Path) -> None:
        """Open a text file.

        Raises:
            ManuscriptFileError: it cannot be read; what was open stays.
        """
        file = read_text_file(path)
        self.path = path
        self._file = file
        self.manuscript.load(file.text)
        self.file_changed.emit()

    def save(self, path: Path) -> None:
        """Save the manuscript, in the file's own encoding and line ends.

        Raises:
            ManuscriptFileError: it cannot be written; the file is as it was.
        """
        file = dataclasses.replace(self._file, text=self.manuscript.text)
        write_text_file(path, file)
        self.path, self._file = path, file
        self.manuscript.mark_clean()
        self.file_changed.emit()

    def _on_text_changed(self, position: int, _removed: int, *_inserted: object) -> None:
        if position <= self._caret:
            self.prompt_changed.emit()

"""What is being written: a manuscript, its brief, its caret, its file.

The state behind the editor and the brief field, and the one place that makes a prompt of them.
Knows nothing of widgets or the engine's process.
"""

import dataclasses
import re
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from studio.engine.messages import Prompt
from studio.manuscript import Manuscript, TextFile, read_text_file, write_text_file
from studio.presets import Preset
from studio.ui.parameters.prompt_settings import PromptSettings

_VISIBLE = re.compile(r"\S")


class Draft(QObject):
    """The open document.

    Attributes:
        manuscript: Its text.
        prompting: How a prompt is made of it, and where what is written ends.
    """

    prompt_changed = Signal()
    """The text before the caret, the brief or the format: what the model would be given."""
    selection_changed = Signal()
    """Another part of the text is selected, or none, and the caret stands where it stood."""
    file_changed = Signal()
    """Another file, or the same one saved."""

    def __init__(self, preset: Preset, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.manuscript = Manuscript()
        self.path: Path | None = None
        self._file = TextFile("")
        self._brief = ""
        self._caret = 0
        self._selected = 0
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
        """Where the model continues, in code points: behind what is selected."""
        return min(self._caret, len(self.manuscript))

    @property
    def selected(self) -> int:
        """How many code points before the caret are selected."""
        return min(self._selected, self.caret)

    @property
    def text_follows(self) -> bool:
        """Whether something can be seen behind the caret, which the model does not read."""
        return _VISIBLE.search(self.manuscript.text, self.caret) is not None

    def set_caret(self, position: int, selected: int = 0) -> None:
        """Follow the editor's caret.

        Args:
            position: The end of what is selected.
            selected: How many code points are, before it.
        """
        former = self._caret, self._selected
        self._caret, self._selected = position, selected
        if position != former[0]:
            self.prompt_changed.emit()
        elif selected != former[1]:
            self.selection_changed.emit()

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

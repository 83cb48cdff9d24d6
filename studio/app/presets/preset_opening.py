"""Puts the preset in force that a model opens with, and reports it.

This changes what the writer has set, so the rules are narrow:

- Only a model that was not open before counts. Loading the same one again (other options, an engine
  that died) changes nothing.
- The model that the program starts with gets its preset before anything can be changed: nothing
  moves when it is loaded seconds later.
- What the writer chose or changed while the model was loading stays.
- Otherwise the model's own preset is put in force, or the default. Values changed before were meant
  for another model. The writer is not asked about them, as a question at each opening would be
  answered unread. They are kept: the message offers to put them back, and so does the Preset menu
  when the message is gone.
"""

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from studio.app.model.names import model_name
from studio.app.model.state import ModelPhase, ModelState
from studio.app.presets.active_settings import ActiveSettings
from studio.app.presets.defaults import PresetDefaults, model_key
from studio.app.presets.preset_choice import PresetChoice
from studio.app.presets.state import PresetState
from studio.presets import Preset, preset_words
from studio.translation import tr
from studio.visible_text import visible_name


class PresetOpening(QObject):
    """Puts the preset in force when a model opens.

    Args:
        model: The open model.
        preset_choice: The presets, and the one in force.
        presets: Puts a preset in force, or what was before.
        defaults: Knows which preset a model opens with.
        parent: The Qt parent, if any.
    """

    reported = Signal(str)
    """A preset was put in force because a model was opened; one sentence for the writer."""

    def __init__(
        self,
        model: ModelState,
        preset_choice: PresetChoice,
        presets: PresetState,
        defaults: PresetDefaults,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._preset_choice = preset_choice
        self._presets = presets
        self._defaults = defaults
        self._key = ""
        self._loading = ""
        self._before: ActiveSettings | None = None
        model.changed.connect(self._follow)

    @property
    def key(self) -> str:
        """The key of the open model; empty where none is open."""
        report = self._model.report
        return model_key(report.path, report.file_bytes) if report else ""

    def start(self, path: Path | None) -> None:
        """Put in force what the model at `path` opens with, before it is opened."""
        try:
            self._key = model_key(path, path.stat().st_size) if path else ""
        except OSError:  # opening it will say why
            self._key = ""
        preset = self._preset(self._key)
        if preset and preset != self._preset_choice.current:
            self._preset_choice.choose(preset)

    def _follow(self) -> None:
        model = self._model
        if model.phase is ModelPhase.LOADING:
            # Reported again at each per cent of the load.
            if self._loading != model.path:
                self._loading, self._before = model.path, self._presets.now
            return
        before, self._loading, self._before = self._before, "", None
        if not model.is_ready or self.key == self._key:
            return
        self._key = self.key
        if before is None or before == self._presets.now:
            self._put(self._preset(self._key))

    def _preset(self, key: str) -> Preset | None:
        found = (self._preset_choice.named(name) for name in self._defaults.names_for(key))
        return next((preset for preset in found if preset), None)

    def _put(self, preset: Preset | None) -> None:
        if preset is None or preset.name == self._preset_choice.current.name:
            return
        self._presets.use(preset)
        report = self._model.report
        assert report is not None, "a ready model has its report"
        reported = {
            "model": model_name(report.path, report.quantization),
            "preset": visible_name(preset_words(preset.name)),
        }
        self.reported.emit(
            tr("“{model}” opens with its own preset, “{preset}”.", **reported)
            if self._defaults.of_model(self._key) == preset.name
            else tr("“{model}” opens with the default preset, “{preset}”.", **reported)
        )

"""Which preset a model opens with: its own, or the default of all.

It keeps names; `presets.preset_opening` puts the preset in force when a model opens.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from studio.app.presets.state import PresetState
from studio.app.settings import DEFAULT_PRESET, MODEL_PRESETS, Settings

_MOST_MODELS = 500


class PresetDefaults(QObject):
    """The default preset and each model's own; it follows renaming, deletion and restoration.

    Args:
        settings: Where they are remembered.
        presets: Whose presets they are.
        parent: The Qt parent, if any.
    """

    changed = Signal()
    """The default preset, or a model's own, has changed."""

    def __init__(
        self, settings: Settings, presets: PresetState, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._default = settings.get(DEFAULT_PRESET)
        self._of_models = _read(settings.get(MODEL_PRESETS))
        self._deleted: dict[str, tuple[bool, list[str]]] = {}
        presets.renamed.connect(self._rename)
        presets.deleted.connect(self._forget)
        presets.restored.connect(self._restore)

    @property
    def default(self) -> str:
        """The name of the preset for models without their own; empty for none."""
        return self._default

    def of_model(self, key: str) -> str:
        """The name of a model's own preset; empty where it has none."""
        return self._of_models.get(key, "")

    def models_of(self, name: str) -> list[str]:
        """The keys of the models whose own preset this is."""
        return [key for key, own in self._of_models.items() if own == name]

    def names_for(self, key: str) -> list[str]:
        """The name of the preset that a model opens with, its own or the default; or empty."""
        return [name for name in (self.of_model(key), self._default) if name]

    def set_default(self, name: str) -> None:
        """Set the preset that models open with; empty for none."""
        self._keep(name, self._of_models)

    def set_of_model(self, key: str, name: str) -> None:
        """Set the preset that one model opens with; empty for none of its own.

        Args:
            key: The model's, as `model_key` makes it.
            name: The preset's name.
        """
        others = {other: own for other, own in self._of_models.items() if other != key}
        self._keep(self._default, {**others, key: name} if name else others)

    def _rename(self, name: str, new_name: str) -> None:
        own = {key: new_name if of == name else of for key, of in self._of_models.items()}
        self._keep(new_name if self._default == name else self._default, own)

    def _forget(self, name: str) -> None:
        self._deleted[name] = (self._default == name, self.models_of(name))
        others = {key: own for key, own in self._of_models.items() if own != name}
        self._keep("" if self._default == name else self._default, others)

    def _restore(self, name: str) -> None:
        was_default, keys = self._deleted.pop(name, (False, []))
        # What the writer has set since stands.
        own = dict.fromkeys(keys, name) | self._of_models
        self._keep(name if was_default and not self._default else self._default, own)

    def _keep(self, default: str, of_models: Mapping[str, str]) -> None:
        if (default, of_models) == (self._default, self._of_models):
            return
        self._default = default
        self._of_models = dict(list(of_models.items())[-_MOST_MODELS:])
        self._settings.set(DEFAULT_PRESET, default)
        # In ASCII: the name of a model's file need not be Unicode.
        self._settings.set(MODEL_PRESETS, json.dumps(self._of_models))
        self.changed.emit()


def model_key(path: str | Path, size: int) -> str:
    """The key by which a model is known: size and name of its file.

    They stay the same when the file is moved or downloaded again, differ between quantizations, and
    are known before anything is read. A fingerprint of the weights would survive renaming too, but
    cost a quarter of a second per 100 MB at each opening.

    Args:
        path: The model's file.
        size: How many bytes it has.
    """
    return f"{size} {Path(path).name}"


def model_file(key: str) -> str:
    """The file's name in a model's key."""
    return key.partition(" ")[2]


def _read(text: str) -> dict[str, str]:
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError):  # empty, or damaged
        return {}
    if not isinstance(tree, dict):
        return {}
    return {key: name for key, name in tree.items() if isinstance(name, str)}

"""Presets: named settings for a task."""

from studio.presets.built_in import built_in_presets, is_built_in, preset_words, task_presets
from studio.presets.document import PresetDocument
from studio.presets.errors import (
    PresetError,
    ReadOnlyPresetError,
    TakenNameError,
    UnknownPresetError,
)
from studio.presets.folder import (
    DeletedPreset,
    Listing,
    PresetFolder,
    Problem,
    StoredPreset,
    preset_folder,
)
from studio.presets.preset import FORMAT_VERSION, Preset, Task

__all__ = [
    "FORMAT_VERSION",
    "DeletedPreset",
    "Listing",
    "Preset",
    "PresetDocument",
    "PresetError",
    "PresetFolder",
    "Problem",
    "ReadOnlyPresetError",
    "StoredPreset",
    "TakenNameError",
    "Task",
    "UnknownPresetError",
    "built_in_presets",
    "is_built_in",
    "preset_folder",
    "preset_words",
    "task_presets",
]

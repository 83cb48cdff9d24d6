"""Presets: named settings for a task. Knows sampling parameters, and neither engine nor window."""

from studio.presets.built_in import UnknownPresetError, built_in_preset, built_in_presets
from studio.presets.preset import Preset, Task

__all__ = ["Preset", "Task", "UnknownPresetError", "built_in_preset", "built_in_presets"]

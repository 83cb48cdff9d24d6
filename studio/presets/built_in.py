"""The presets that come with the program, as data in `resources/presets`."""

from functools import cache

from studio.presets.document import PresetDocument
from studio.presets.errors import UnknownPresetError
from studio.presets.preset import Preset
from studio.presets.preset_name import name_key
from studio.resource_files import resource
from studio.suggestion import did_you_mean
from studio.visible_text import visible_name

_ORDER = (
    "code",
    "creative-writing",
    "customer-support",
    "data-augmentation",
    "neutral",
    "greedy",
)
"""The tasks, then the two ends to compare with."""
_MOST_NAMED = 20
"""Presets that a message names; a folder may have thousands."""


@cache
def _all() -> tuple[Preset, ...]:
    return tuple(
        PresetDocument.read(resource("presets", f"{name}.json").read_bytes()).preset
        for name in _ORDER
    )


def built_in_presets() -> list[Preset]:
    """All built-in presets, in the order in which the window lists them."""
    return list(_all())


def task_presets() -> list[Preset]:
    """Those of them that are for a task; the others are there to compare with."""
    return [preset for preset in _all() if preset.task != "other"]


def is_built_in(name: str) -> bool:
    """Whether a built-in preset has this name, or one that some system takes for the same."""
    return any(name_key(preset.name) == name_key(name.strip()) for preset in _all())


def unknown_preset(name: str, presets: list[Preset]) -> UnknownPresetError:
    """The error for a name that none of `presets` has.

    Args:
        name: The name that was asked for.
        presets: Those that there are.
    """
    known = ", ".join(f"“{preset.name}”" for preset in presets[:_MOST_NAMED])
    more = len(presets) - _MOST_NAMED
    rest = f" and {more:,} more" if more > 0 else ""
    meant = did_you_mean(name, (preset.name for preset in presets))
    return UnknownPresetError(
        f"There is no preset called “{visible_name(name)}”.{meant} There are: {known}{rest}.",
        "name",
    )

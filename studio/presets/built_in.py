"""The presets that come with the program, as data in `resources/presets`."""

from functools import cache

from studio.presets.document import PresetDocument
from studio.presets.errors import UnknownPresetError
from studio.presets.preset import Preset
from studio.presets.preset_name import name_key
from studio.resource_files import resource
from studio.suggestion import did_you_mean
from studio.translation import tr
from studio.visible_text import visible_name, visible_names

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


@cache
def _texts() -> frozenset[str]:
    return frozenset(
        text for preset in _all() for text in (preset.name, preset.description, preset.notes)
    )


def preset_words(text: str) -> str:
    """A preset's name, description or notes as they are shown.

    Those of built-in presets are in the user's language. In files, and on the command line, they
    are as they are stored, in English.
    """
    return tr(text) if text in _texts() else text


def is_built_in(name: str) -> bool:
    """Whether a built-in preset has this name, or one that some system takes for the same."""
    return any(name_key(preset.name) == name_key(name.strip()) for preset in _all())


def unknown_preset(name: str, presets: list[Preset]) -> UnknownPresetError:
    """The error for a name that none of `presets` has.

    Args:
        name: The name that was asked for.
        presets: Those that there are.
    """
    known = visible_names([preset.name for preset in presets], _MOST_NAMED)
    meant = did_you_mean(name, (preset.name for preset in presets))
    words = tr("There is no preset called “{name}”.", name=visible_name(name))
    there_are = tr("There are: {names}.", names=known)
    return UnknownPresetError(f"{words}{meant} {there_are}", "name")

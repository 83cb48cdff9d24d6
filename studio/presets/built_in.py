"""The presets that come with the program, as data in `resources/presets`."""

import msgspec

from studio.presets.preset import Preset
from studio.resource_files import resource

_ORDER = ("code", "creative-writing", "customer-support", "data-augmentation")
"""As product.md's table lists them: from cold to hot would hide what they are for."""


class UnknownPresetError(LookupError):
    """No preset of that name."""


def built_in_presets() -> list[Preset]:
    """All built-in presets, in the order in which the window lists them."""
    return [
        msgspec.json.decode(resource("presets", f"{name}.json").read_bytes(), type=Preset)
        for name in _ORDER
    ]


def built_in_preset(name: str) -> Preset:
    """The built-in preset called `name`, in any case.

    Raises:
        UnknownPresetError: names those that exist.
    """
    presets = built_in_presets()
    for preset in presets:
        if preset.name.casefold() == name.strip().casefold():
            return preset
    known = ", ".join(f"“{preset.name}”" for preset in presets)
    raise UnknownPresetError(f"There is no preset called “{name}”. There are: {known}.")

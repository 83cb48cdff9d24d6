"""Two presets field by field. Plain values."""

import msgspec

from studio.presets import Preset
from studio.presets.preset_fields import SAMPLING_FIELDS

_BESIDE = (
    "max_tokens",
    "prompt_format",
    "system_message",
    "stop",
    "task",
    "description",
    "notes",
)
"""The fields that are not sampling parameters, without the name, which heads the column."""


class ComparedField(msgspec.Struct, frozen=True):
    """One field of two presets."""

    field: str
    left: object
    right: object

    @property
    def differs(self) -> bool:
        """Whether the two values differ."""
        return self.left != self.right


def compared(left: Preset, right: Preset) -> list[ComparedField]:
    """All fields of two presets but their names, always in the same order.

    Args:
        left: One preset.
        right: The other.
    """
    fields = [
        ComparedField(field, getattr(left.sampling, field), getattr(right.sampling, field))
        for field in SAMPLING_FIELDS
    ]
    return fields + [
        ComparedField(field, getattr(left, field), getattr(right, field)) for field in _BESIDE
    ]


def differences(old: Preset, new: Preset) -> list[tuple[str, object, object]]:
    """The fields in which two presets differ: each with its old and its new value.

    Args:
        old: The preset before.
        new: The preset after.
    """
    return [(entry.field, entry.left, entry.right) for entry in compared(old, new) if entry.differs]

"""The keys of another program's file, ticked off as they are carried over; the rest is told.

Knows no format: each reader takes what it has a place for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from studio.presets.document import PresetDocument
from studio.presets.errors import refused
from studio.presets.preset import Preset
from studio.presets.preset_fields import (
    checked_max_tokens,
    checked_stops,
    checked_text,
    sampling_params,
)
from studio.presets.preset_name import checked_name

WHOLE = frozenset(
    {
        "top_k",
        "min_keep",
        "repeat_last_n",
        "dry_allowed_length",
        "dry_penalty_last_n",
        "mirostat",
        "seed",
    }
)
"""The parameters that are whole numbers."""


@dataclass(frozen=True)
class NotCarried:
    """A setting that has no place on the other side.

    Attributes:
        key: As its own side calls it.
        value: What it was.
        had_effect: Whether it did anything; a switch that is off did not.
        why: What it would have done, or why it has no place; a sentence, or nothing.
    """

    key: str
    value: object
    had_effect: bool = True
    why: str = ""


@dataclass(frozen=True)
class Imported:
    """A preset out of another program's file.

    Attributes:
        document: The preset; nothing is saved yet.
        program: Whose file it was, in words.
        not_carried: What the studio has no place for.
    """

    document: PresetDocument
    program: str
    not_carried: tuple[NotCarried, ...] = ()

    @property
    def preset(self) -> Preset:
        """What it sets."""
        return self.document.preset


class Source:
    """The keys of one file and where they go.

    Args:
        values: The file's keys.
        neutral: Values with which keys that have no place here do nothing there.
        prefix: What stands before the keys where messages and lists name them.
    """

    def __init__(
        self,
        values: Mapping[str, object],
        neutral: Mapping[str, object] | None = None,
        prefix: str = "",
    ) -> None:
        self._left = dict(values)
        self._neutral = neutral or {}
        self._prefix = prefix
        self._sampling: dict[str, object] = {}
        self._names: dict[str, str] = {}
        self._fields: dict[str, object] = {}
        self._lost: list[NotCarried] = []

    def __contains__(self, key: str) -> bool:
        return self._left.get(key) is not None

    def put(self, key: str, value: object) -> None:
        """Add a key that was found while reading; the last one of a name counts."""
        self._left[key] = value

    def take(self, key: str) -> object:
        """The value of a key, which counts as carried; None where there is none."""
        return self._left.pop(key, None)

    def number(self, key: str, *, is_whole: bool = False) -> float | None:
        """The same for a number.

        Raises:
            PresetError: it is none.
        """
        value = self.take(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise refused(self._prefix + key, value, "a number")
        if is_whole and not isinstance(value, int):
            if not value.is_integer():
                raise refused(self._prefix + key, value, "a whole number")
            return int(value)
        return value

    def flag(self, key: str) -> bool | None:
        """The same for a switch."""
        value = self.take(key)
        if value is None or isinstance(value, bool):
            return value
        raise refused(self._prefix + key, value, "true or false")

    def set(self, field: str, value: object, key: str) -> None:
        """Set a sampling parameter that the file calls `key`."""
        self._sampling[field] = value
        self._names[field] = self._prefix + key

    def carry(self, keys: Mapping[str, str]) -> None:
        """Carry numbers over: keys of the file, and the parameters that they are here."""
        for key, field in keys.items():
            value = self.number(key, is_whole=field in WHOLE)
            if value is None:
                continue
            if field == "top_k" and value < 0:
                value = 0  # off, in all of them
            if field == "seed" and value < 0:
                value = -1
            self.set(field, value, key)

    def carry_stops(self, key: str) -> None:
        """Carry stop strings over: a list, or a single one."""
        value = self.take(key)
        if isinstance(value, str):
            value = [value] if value else []
        if value is not None:
            self.set_stops(value, key)

    def set_stops(self, value: object, key: str) -> None:
        """Set stop strings, behind those that are set already."""
        former = self._fields.get("stop", ())
        stops = checked_stops(self._prefix + key, value)
        assert isinstance(former, tuple)
        self._fields["stop"] = tuple(dict.fromkeys((*former, *stops)))

    def carry_system_message(self, key: str) -> None:
        """Carry a system message over; the preset is then for a chat."""
        value = self.take(key)
        if value is not None:
            self.set_system_message(checked_text(self._prefix + key, value))

    def set_system_message(self, text: str) -> None:
        """Set one; an empty one is none."""
        if text:
            self._fields |= {"system_message": text, "prompt_format": "chat"}

    def carry_max_tokens(self, *keys: str) -> None:
        """Carry the length over from the first key that has one; below 1 it is no limit."""
        for key in keys:
            value = self.number(key, is_whole=True)
            if value is None or "max_tokens" in self._fields:
                continue
            if value < 1:
                self.lose(key, value, had_effect=False)
            else:
                self._fields["max_tokens"] = checked_max_tokens(self._prefix + key, value)

    def set_text(self, field: str, value: object, key: str) -> None:
        """Set the description or the notes."""
        self._fields[field] = checked_text(self._prefix + key, value)

    def lose(self, key: str, value: object, *, had_effect: bool = True) -> None:
        """Tell that something is not carried."""
        self._lost.append(NotCarried(self._prefix + key, value, had_effect))

    def imported(self, name: object, program: str, name_key: str = "name") -> Imported:
        """The preset, and all that was not taken.

        Raises:
            PresetError: a value, or the name, is not allowed.
        """
        for key, value in self._left.items():
            does_nothing = value in (None, "", [], {}) or (
                key in self._neutral and value == self._neutral[key]
            )
            self.lose(key, value, had_effect=not does_nothing)
        preset = Preset(
            name=checked_name(name, name_key),
            sampling=sampling_params(self._sampling, self._names),
            **self._fields,  # type: ignore[arg-type]  # each was checked when it was set
        )
        return Imported(PresetDocument(preset), program, tuple(self._lost))

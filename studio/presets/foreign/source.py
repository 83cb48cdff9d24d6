"""The keys of another program's file, ticked off as they are carried over; the rest is told.

Knows no format: each reader takes what it has a place for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from studio.presets.document import PresetDocument
from studio.presets.errors import refused
from studio.presets.foreign.keys import UNKNOWN, Key, KeyTable
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


_UNKNOWN = Key(words=UNKNOWN)


class Source:
    """The keys of one file and where they go.

    Args:
        values: The file's keys.
        keys: What becomes of those that are known; no other is taken.
        prefix: What stands before the keys where messages and lists name them.
    """

    def __init__(self, values: Mapping[str, object], keys: KeyTable, prefix: str = "") -> None:
        self._left = dict(values)
        self._keys = keys
        self._prefix = prefix
        self._sampling: dict[str, object] = {}
        self._names: dict[str, str] = {}
        self._fields: dict[str, object] = {}
        self._lost: list[NotCarried] = []
        self._is_best_alone = False

    def __contains__(self, key: str) -> bool:
        return self._left.get(key) is not None

    def put(self, key: str, value: object) -> None:
        """Add a key that was found while reading; the last one of a name counts."""
        self._left[key] = value

    def take(self, key: str) -> object:
        """The value of a key, which counts as carried; None where there is none."""
        assert key in self._keys, f"{key} is in no table"
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
        """The same for a switch.

        Raises:
            PresetError: it is none.
        """
        value = self.take(key)
        if value is None or isinstance(value, bool):
            return value
        raise refused(self._prefix + key, value, "true or false")

    def set(self, field: str, value: object, key: str) -> None:
        """Set a sampling parameter that the file calls `key`."""
        self._sampling[field] = value
        self._names[field] = self._prefix + key

    def get(self, field: str) -> object:
        """The sampling parameter as it is set by now; None where none is."""
        return self._sampling.get(field)

    def add_biases(self, biases: Mapping[int, float], key: str) -> None:
        """Set biases of tokens, beside those that are set already."""
        former = self._sampling.get("logit_bias", ())
        if biases:
            self.set("logit_bias", tuple({**dict(former), **biases}.items()), key)  # type: ignore[call-overload]  # pairs, by this method

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
            if field == "top_p" and value == 0:
                self._is_best_alone = True
                continue
            self.set(field, value, key)

    def carry_stops(self, key: str) -> None:
        """Carry stop strings over: a list, or a single one."""
        value = self.take(key)
        if isinstance(value, str):
            value = [value]
        if value is not None:
            self.set_stops(value, key)

    def set_stops(self, value: object, key: str) -> None:
        """Set stop strings, behind those that are set already; empty ones end nothing."""
        if isinstance(value, list) and "" in value:
            self.lose(key, "", had_effect=False, why="An empty text ends nothing.")
            value = [text for text in value if text != ""]
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
                why = "Without a limit; the studio has one, and its own is kept."
                self.lose(key, value, had_effect=False, why=why)
            else:
                self._fields["max_tokens"] = checked_max_tokens(self._prefix + key, value)

    def set_text(self, field: str, value: object, key: str) -> None:
        """Set the description or the notes."""
        self._fields[field] = checked_text(self._prefix + key, value)

    def take_over(self, part: Source) -> None:
        """Add what was found within one of the keys."""
        self._sampling |= part._sampling
        self._names |= part._names
        for key, value in part._left.items():
            part.lose(key, value)
        self._lost += part._lost

    def lose(self, key: str, value: object, *, had_effect: bool = True, why: str = "") -> None:
        """Tell that something is not carried, and why; by default what its table says."""
        reason = why or self._keys.get(key, _UNKNOWN).words
        self._lost.append(NotCarried(self._prefix + key, value, had_effect, reason))

    def imported(self, name: object, program: str, name_key: str = "name") -> Imported:
        """The preset, and all that was not taken.

        Raises:
            PresetError: a value, or the name, is not allowed.
        """
        for key, value in self._left.items():
            does_nothing = value in (None, "", [], {}) or self._keys.get(key, _UNKNOWN).is_idle(
                value
            )
            self.lose(key, value, had_effect=not does_nothing)
        if self._is_best_alone:
            self._sampling["top_k"] = 1
        preset = Preset(
            name=checked_name(name, name_key),
            sampling=sampling_params(self._sampling, self._names),
            **self._fields,  # type: ignore[arg-type]  # each was checked when it was set
        )
        return Imported(PresetDocument(preset), program, tuple(self._lost))

"""What a preset may be called: a name is also a file's name, on every system.

A name that is fine on one system and not on another is refused on all: presets travel.
"""

from __future__ import annotations

import unicodedata

from studio.presets.errors import PresetError, refused
from studio.translation import tr

LONGEST_NAME = 100
_MOST_BYTES = 200
"""In UTF-8; a file's name with its ending has room for 255 on all systems."""

_FORBIDDEN = set('/\\:*?"<>|')
_ODD = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Kinds of characters: control, invisible, half a character, line ends."""
_NOT_AT_THE_ENDS = ". \u00a0"
_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$"}
    | {f"{port}{number}" for port in ("com", "lpt") for number in "123456789¹²³"}
)
"""Windows opens these, with any ending, as devices."""


def checked_name(value: object, field: str = "name") -> str:
    """`value` where it can be a preset's name.

    Args:
        value: The name that is wanted.
        field: What the value is called in a message.

    Raises:
        PresetError: it cannot; says why.
    """
    if not isinstance(value, str) or not 1 <= len(value) <= LONGEST_NAME:
        raise _no_name(field, value)
    odd = any(unicodedata.category(sign) in _ODD for sign in value)
    if odd or _FORBIDDEN & set(value) or value.strip(_NOT_AT_THE_ENDS) != value:
        raise _no_name(field, value)
    if len(value.encode()) > _MOST_BYTES:
        raise _no_name(field, value)
    if value.split(".")[0].rstrip().casefold() in _DEVICES:
        raise _no_name(field, value, tr("; Windows keeps this one for a device"))
    return value


def _no_name(field: str, value: object, further: str = "") -> PresetError:
    allowed = tr(
        "a name of 1 to {longest} characters ({most} bytes) without any of "
        '/ \\ : * ? " < > | or control characters, that neither begins nor ends with a dot or a '
        "space",
        longest=LONGEST_NAME,
        most=_MOST_BYTES,
    )
    return refused(field, value, allowed + further, tr("Give it another name."))


def safe_name(name: str) -> str:
    """A name that can be one, as near to `name` as may be; “Preset” where nothing of it can."""
    otherwise = tr("Preset")
    kept = "".join(
        " " if sign in _FORBIDDEN or unicodedata.category(sign) in _ODD else sign for sign in name
    )
    safe = _fitting(" ".join(kept.split()).strip(_NOT_AT_THE_ENDS))
    if safe.split(".")[0].rstrip().casefold() in _DEVICES:
        safe = f"{otherwise} {safe}"
    return safe or otherwise


def _fitting(name: str) -> str:
    name = name[:LONGEST_NAME]
    while len(name.encode()) > _MOST_BYTES:
        name = name[:-1]
    return name.rstrip(_NOT_AT_THE_ENDS)


def name_key(name: str) -> str:
    """Equal for names that some system would take for one and the same file."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def numbered(name: str, taken: set[str]) -> str:
    """`name`, or “name 2”, “name 3”, … where `taken` (of `name_key`) has it already.

    Args:
        name: The name that is wanted.
        taken: The names that there are, each as `name_key` has it.
    """
    candidate, number = name, 2
    while name_key(candidate) in taken:
        candidate = with_ending(name, f" {number}")
        number += 1
    return candidate


def with_ending(name: str, ending: str) -> str:
    """`name` and what follows it, cut before that where both are too long together.

    Args:
        name: A preset's name.
        ending: What must stand at its end.
    """
    stem = name[: LONGEST_NAME - len(ending)].rstrip(". ")
    while len((stem + ending).encode()) > _MOST_BYTES:
        stem = stem[:-1].rstrip(". ")
    return stem + ending

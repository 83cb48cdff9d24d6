"""Reads JSON that nobody vouches for: bounded in size and depth, and every refusal names its field.

Python's parser takes NaN, reads 1e999 as infinity, fails on deep nesting without saying where, and
keeps the last of two equal keys in silence.
"""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

from studio.presets.credentials import is_secret
from studio.presets.errors import PresetError, refused, shown, too_deep, too_many_values
from studio.regular_file import NotRegularError, TooLargeError, read_regular_file
from studio.translation import mark, tr
from studio.visible_text import printable

MOST_BYTES = 1024 * 1024
"""Of a preset's file; real ones have about a thousandth of it."""

_DEEPEST = 32
_MOST_SIGNS = 1_000_000
"""Texts, brackets, colons and commas; a long story has a tenth of it."""
_MOST_DIGITS = 18
"""Of a whole number: what 64 bits hold."""
_MOST_ROUNDED = 40
"""Digits of a whole number that is taken for the nearest float: a seed of 64 bits has 20."""

FINITE_NUMBER = mark("a finite number that 64 bits hold")
# A text that does not end is taken as one too: to look for its end from each quotation mark in it
# would take the square of its length.
_STRUCTURE = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[\[\]{}:,]', re.DOTALL)

_HALF = re.compile("[\ud800-\udfff]")
"""Half a character, which no file can hold; a story may have millions that are whole."""


class _Refused:
    """Stands where a number stood that is none; its field is known only when all is read."""

    def __init__(self, text: str) -> None:
        self.text = text


class _Repeated(dict[str, object]):
    """An object that has a key twice."""

    key = ""


def read_file(path: Path, most_bytes: int = MOST_BYTES) -> bytes:
    """The bytes of a regular file that is not too large.

    Args:
        path: The file.
        most_bytes: How many bytes are read at most.

    Raises:
        PresetError: it is none (a folder, a pipe, a device), is too large, or cannot be read.
    """
    try:
        return read_regular_file(path, most_bytes)[0]
    except (NotRegularError, IsADirectoryError) as error:
        raise PresetError(tr("It is no regular file. Choose a file.")) from error
    except TooLargeError as error:
        raise PresetError(
            tr(
                "It has %n bytes; at most {most:,} are allowed. It is no preset.",
                "",
                error.size,
                most=most_bytes,
            )
        ) from error
    except OSError as error:
        # Windows says of a folder that permission is denied.
        raise PresetError(tr("It cannot be read: {why}.", why=error.strerror or error)) from error


def decoded(data: bytes) -> str:
    """`data` as text; a byte order mark is dropped.

    Raises:
        PresetError: it is no UTF-8.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PresetError(
            tr("It is not UTF-8 (byte {place}). Save it as UTF-8 first.", place=error.start)
        ) from error


def read_json(text: str) -> object:
    """The value that `text` is: objects, lists, texts, numbers, booleans and None.

    Raises:
        PresetError: no JSON, or JSON that is not taken: numbers that are none (NaN, 1e999) or too
            long, a nesting too deep, values without number, a key twice, half a character.
    """
    _check_structure(text)
    try:
        value = json.loads(
            text,
            parse_constant=_Refused,
            parse_float=_float,
            parse_int=_integer,
            object_pairs_hook=_object,
        )
    except json.JSONDecodeError as error:
        raise PresetError(
            tr(
                "It is not valid JSON: {why}, line {line}, column {column}. Mend it there.",
                why=error.msg,
                line=error.lineno,
                column=error.colno,
            )
        ) from error
    check_values(value)
    return value


def json_object(text: str) -> dict[str, object]:
    """The same where only an object will do.

    Raises:
        PresetError: as `read_json`, or it is no object.
    """
    value = read_json(text)
    if not isinstance(value, dict):
        found = tr("a list") if isinstance(value, list) else shown(value)
        raise PresetError(tr("Found {found}; allowed is one object: {{ … }}.", found=found))
    return value


def check_values(value: object, field: str = "") -> None:
    """Refuse what no field may have, by its name. For values of other parsers too.

    Args:
        value: What was found.
        field: What the value is called in a message.

    Raises:
        PresetError: a number that is none or too long, half a character, a key twice.
    """
    match value:
        case _Refused():
            raise refused(field or tr("the value"), _digits(value.text), tr(FINITE_NUMBER))
        case bool() | None:
            pass
        case float():
            if not math.isfinite(value):
                raise refused(field or tr("the value"), value, tr(FINITE_NUMBER))
        case int():
            if value.bit_length() > 63:
                found = _Verbatim(tr("a longer number"))
                raise refused(field or tr("the value"), found, tr(FINITE_NUMBER))
        case str():
            if _HALF.search(value):
                shown_value = "…" if is_secret(field) else value
                allowed = tr("whole characters (no lone surrogate)")
                raise refused(field or tr("the value"), shown_value, allowed)
        case dict():
            if isinstance(value, _Repeated):
                inside = _within(field, value.key)
                raise twice(inside)
            for key, entry in value.items():
                check_values(key, _within(field, tr("a key")))
                check_values(entry, _within(field, key))
        case list():
            for index, entry in enumerate(value):
                # LM Studio's fields are objects that name themselves.
                name = entry.get("key") if isinstance(entry, dict) else None
                place = name[:60] if isinstance(name, str) and name.isprintable() else index
                check_values(entry, f"{field}[{place}]")


def twice(field: str) -> PresetError:
    """The error for a key that stands there twice."""
    return PresetError(tr("{field}: it is there twice; allowed is once.", field=field), field)


class _Verbatim:
    """Shows as it is in a message, not in quotation marks."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def _digits(text: str) -> _Verbatim:
    """A number as it stands there, which may have thousands."""
    if len(text) > 24:
        text = tr("{begins}… (%n digits)", "", len(text), begins=text[:16])
    return _Verbatim(text)


def _within(field: str, key: str) -> str:
    key = key if len(key) <= 60 else f"{key[:60]}…"
    key = printable(key)  # it goes to terminals
    return f"{field}.{key}" if field else key


def _check_structure(text: str) -> None:
    """Bound depth and size before the parser recurses and makes an object of each value."""
    depth = 0
    latest = field = ""
    for count, found in enumerate(_STRUCTURE.finditer(text)):
        sign = found.group()
        if count > _MOST_SIGNS:
            raise too_many_values(_MOST_SIGNS)
        if sign in ("{", "["):
            depth += 1
            if depth > _DEEPEST:
                raise too_deep(field, _DEEPEST)
        elif sign in ("}", "]"):
            depth -= 1
        elif depth == 1:
            if sign == ":":
                field = latest
            else:
                latest = sign[1:61].removesuffix('"')


def _float(text: str) -> float | _Refused:
    number = float(text) if len(text) <= 400 else math.inf
    return number if math.isfinite(number) else _Refused(text)


def _integer(text: str) -> int | float | _Refused:
    digits = len(text.lstrip("-"))
    if digits <= _MOST_DIGITS:
        return int(text)
    return float(text) if digits <= _MOST_ROUNDED else _Refused(text)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    values = dict(pairs)
    if len(values) < len(pairs):
        repeated = _Repeated(values)
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                repeated.key = key
                break
            seen.add(key)
        return repeated
    return values

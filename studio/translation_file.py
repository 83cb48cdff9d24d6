"""Reads a compiled translation (.qm) without Qt, for a process that has no Qt.

The format is that of Qt's `lrelease`: a magic number, then sections of a tag, a size and bytes. The
messages carry their English text and its comment; the rules say which form a count takes.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from studio.regular_file import read_regular_file
from studio.translation import Lookup

_MAGIC = bytes.fromhex("3cb86418caef9c95cd211cbf60a1bddd")
_MESSAGES, _RULES = 0x69, 0x88
_END, _TRANSLATION, _OBSOLETE, _TEXT, _CONTEXT, _COMMENT = 1, 3, 5, 6, 7, 8
_NO_BYTES = 0xFFFFFFFF
_AND, _OR, _NEXT = b"\xfd", b"\xfe", b"\xff"
_MOST_BYTES = 2**24


def lookup_of(path: Path) -> Lookup:
    """What looks texts up in a file, which is read when the first is asked for.

    A file that cannot be read, or is none, translates nothing.

    Args:
        path: The file.
    """

    @cache
    def found() -> tuple[dict[tuple[str, str], list[str]], bytes]:
        try:
            return read_translation(read_regular_file(path, _MOST_BYTES)[0])
        except (OSError, ValueError):
            return {}, b""

    def look_up(text: str, comment: str, count: int) -> str:
        messages, rules = found()
        forms = messages.get((text, comment)) or messages.get((text, ""))
        if not forms:
            return ""
        try:
            return forms[_form(rules, count)] if count >= 0 else forms[0]
        except (ValueError, LookupError, TypeError):  # the rules are damaged
            return forms[0]

    return look_up


def read_translation(data: bytes) -> tuple[dict[tuple[str, str], list[str]], bytes]:
    """The forms of each text and its comment, and the rules by which a count chooses one.

    Args:
        data: The file.

    Raises:
        ValueError: It is no such file, or is damaged.
    """
    if not data.startswith(_MAGIC):
        raise ValueError("found no magic number of a compiled translation")
    messages: dict[tuple[str, str], list[str]] = {}
    rules = b""
    try:
        for tag, section in _sections(data):
            if tag == _RULES:
                rules = section
            elif tag == _MESSAGES:
                messages |= _messages(section)
    except struct.error as error:
        raise ValueError("the translation is damaged") from error
    return messages, rules


def _sections(data: bytes) -> Iterator[tuple[int, bytes]]:
    place = len(_MAGIC)
    while place < len(data):
        tag, size = struct.unpack_from(">BI", data, place)
        place += 5
        yield tag, data[place : place + size]
        place += size


def _messages(section: bytes) -> Iterator[tuple[tuple[str, str], list[str]]]:
    place = 0
    forms: list[str] = []
    parts = {_TEXT: "", _COMMENT: ""}
    while place < len(section):
        tag = section[place]
        place += 1
        if tag == _END:
            yield (parts[_TEXT], parts[_COMMENT]), forms
            forms, parts = [], {_TEXT: "", _COMMENT: ""}
            continue
        if tag == _OBSOLETE:
            place += 4
            continue
        (size,) = struct.unpack_from(">I", section, place)
        place += 4
        size = 0 if size == _NO_BYTES else size
        value = section[place : place + size]
        place += size
        if tag == _TRANSLATION:
            forms.append(value.decode("utf-16-be"))
        elif tag in parts:
            parts[tag] = value.decode()
        elif tag != _CONTEXT:
            raise ValueError(f"found the tag {tag} in a message")


_HOLDS: dict[int, Callable[[int, int, int], bool]] = {
    1: lambda number, this, _to: number == this,
    2: lambda number, this, _to: number < this,
    3: lambda number, this, _to: number <= this,
    4: lambda number, this, to: this <= number <= to,
}
"""What an operation says of a number, and of its one or two operands."""
_OPERATION, _NOT, _OF_TEN, _OF_HUNDRED, _LEADING = 0x07, 0x08, 0x10, 0x20, 0x40


def _form(rules: bytes, count: int) -> int:
    """Which form a count takes: the first whose rule holds, else the last."""
    each = rules.split(_NEXT) if rules else []
    for form, rule in enumerate(each):
        if any(all(_holds(it, count) for it in part.split(_AND)) for part in rule.split(_OR)):
            return form
    return len(each)


def _holds(condition: bytes, count: int) -> bool:
    """Whether a condition of a rule, an operation and its operands, holds of a count."""
    code, this, *to = condition
    number = count
    if code & _OF_TEN:
        number %= 10
    elif code & _OF_HUNDRED:
        number %= 100
    elif code & _LEADING:
        while number >= 1000:
            number //= 1000
    return _HOLDS[code & _OPERATION](number, this, *to or [0]) != bool(code & _NOT)

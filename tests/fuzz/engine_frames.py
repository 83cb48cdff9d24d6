"""Target: what window and engine say to each other, read at either end."""

from __future__ import annotations

import re
import struct
import typing
from pathlib import Path
from typing import Any

import msgspec

from studio.engine.framing import FramingError, command_reader, encode, event_reader
from studio.engine.messages import AnyCommand, AnyEvent
from tests.fuzz.target import Target

_WORDS = (
    b"\xa4type", b"\xa7request", b"\xc0", b"\xc1", b"\xc2", b"\xc3", b"\xca\x7f\x80\0\0",
    b"\xcb\x7f\xf0\0\0\0\0\0\0", b"\xcf" + b"\xff" * 8, b"\xd3\x80" + b"\0" * 7, b"\x90", b"\x80",
    b"\xdd\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff", b"\xdb\xff\xff\xff\xff",
    b"\xc6\x03\xff\xff\xff", b"\xd6\xff\0\0\0\0", b"\x91" * 2000, b"\0\0\0\0", b"\xff\xff\xff\x03",
)  # fmt: skip

_NUMBERS = re.compile(r"[\d,.]+|byte position.*|'.*'|“.*”|can't decode.*")
_BODY, _STREAM = b"\1", b"\0"


def target(_folder: Path) -> Target:
    """One message of every kind, commands and events, and a stream of all."""
    kinds = (*typing.get_args(AnyCommand), *typing.get_args(AnyEvent))
    frames = [encode(example(kind)) for kind in kinds]
    bodies = [_BODY + frame[4:] for frame in frames]
    return Target([*bodies, _STREAM + b"".join(frames)], check, _WORDS, ("studio.engine",))


def check(data: bytes) -> str:
    """Read a stream at both ends, whole and in two pieces.

    The first byte says whether the rest is one message, whose frame is put around it here, or a
    stream as it comes.
    """
    is_body, data = data[:1] == _BODY, data[1:]
    if is_body:
        data = struct.pack("<I", len(data)) + data
    said = []
    for make in (command_reader, event_reader):
        whole, why = _read(make(), data)
        reader = make()
        middle = len(data) // 2
        first, why_first = _read(reader, data[:middle])
        second, why_second = ([], "") if why_first else _read(reader, data[middle:])
        # By what they are as bytes: NaN is not equal to itself.
        assert [encode(each) for each in whole] == [encode(each) for each in first + second]
        assert why == (why_first or why_second)
        said.append(f"{'+'.join(sorted({type(each).__name__ for each in whole}))} {why}")
    return " | ".join(said)


def _read(reader: Any, data: bytes) -> tuple[list[Any], str]:
    messages = []
    try:
        for message in reader.feed(data):
            messages.append(message)
            # What is made of a message's bytes where it is used.
            if ids := getattr(message, "token_ids", None):
                ids()
            for lane in getattr(message, "lanes", ()):
                lane.token_ids()
    except FramingError as error:
        return messages, _NUMBERS.sub("#", str(error))[:160]
    return messages, ""


def example(kind: Any) -> Any:
    """A message of this kind; every field that may be left out is filled as well, if it can be."""
    made = {}
    for field in msgspec.structs.fields(kind):
        made[field.encode_name] = _value(field.type)
    return msgspec.convert(made, kind)


def _value(kind: Any) -> Any:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        optional = msgspec.structs.fields(kind)
        return {each.encode_name: _value(each.type) for each in optional if each.required}
    if origin is typing.Literal:
        return arguments[0]
    if origin is dict:
        return {_value(arguments[0]): _value(arguments[1])}
    if origin in (tuple, list):
        return [_value(each) for each in arguments if each is not Ellipsis]
    if arguments:  # a union
        return _value(next(each for each in arguments if each is not type(None)))
    plain = {int: 1, float: 0.5, str: "a", bytes: b"\1\0\0\0", bool: True}
    return plain[kind]

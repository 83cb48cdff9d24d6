"""Target: what window and engine say to each other, read at either end."""

from __future__ import annotations

import re
import struct
import typing
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import numpy as np

from studio.engine.framing import FramingError, command_reader, encode, event_reader
from studio.engine.messages import AnyCommand, AnyEvent
from studio.sampling import LogitSketch
from tests.fuzz.target import Target

_WORDS = (
    b"\xa4type", b"\xa7request", b"\xc0", b"\xc1", b"\xc2", b"\xc3", b"\xca\x7f\x80\0\0",
    b"\xcb\x7f\xf0\0\0\0\0\0\0", b"\xcf" + b"\xff" * 8, b"\xd3\x80" + b"\0" * 7, b"\x90", b"\x80",
    b"\xdd\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff", b"\xdb\xff\xff\xff\xff",
    b"\xc6\x03\xff\xff\xff", b"\xd6\xff\0\0\0\0", b"\x91" * 2000, b"\0\0\0\0", b"\xff\xff\xff\x03",
)  # fmt: skip

_FOREIGN = re.compile(r"\d[\d,.]*|- at .*|found .*|'.*'|“.*”|can't decode.*", re.DOTALL)
"""What of a refusal is a number, a place or foreign: those that differ in it count as alike."""
_SKETCH = LogitSketch.of(np.arange(9, dtype=np.float32)).to_bytes()
_BODY, _STREAM = b"\1", b"\0"


def target(_folder: Path) -> Target:
    """One message of every kind, commands and events, and a stream of all."""
    kinds = (*typing.get_args(AnyCommand), *typing.get_args(AnyEvent))
    frames = [encode(example(kind)) for kind in kinds]
    bodies = [frame[4:] for frame in frames]

    def absurd(chosen: Random) -> bytes:
        return _BODY + absurd_message(chosen.choice(bodies), chosen)

    seeds = [*(_BODY + body for body in bodies), _STREAM + b"".join(frames)]
    return Target(seeds, check, _WORDS, ("studio.engine",), absurd)


_VALUES: tuple[Any, ...] = (
    None, True, 0, 1, -1, 2**31, 2**63, 2**64 - 1, -(2**63), 0.5, -1.0, 1e308, float("nan"),
    float("inf"), "", "x", "\ud7ff\0", "x" * 70_000, b"", b"\0", b"\1\2\3", b"\xff" * 70_000, [],
    {}, [[]], [0] * 3, {"": 0}, {0: b""}, {"type": "Stop", "request": 0},
)  # fmt: skip


def absurd_message(body: bytes, chosen: Random) -> bytes:
    """A message with another value at one place, as likely deep as not, or with a field gone."""
    message = msgspec.msgpack.decode(body)
    place = message
    while True:
        key = chosen.choice([*place] if isinstance(place, dict) else range(len(place)))
        inner = place[key]
        if not inner or not isinstance(inner, dict | list) or chosen.random() < 0.2:
            break
        place = inner
    if isinstance(place, dict) and chosen.random() < 0.1:
        del place[key]
    else:
        place[key] = chosen.choice(_VALUES)
    return msgspec.msgpack.encode(message)


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
        kind = type(whole[-1]).__name__ if whole else ""
        said.append(f"{kind} {why}")
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
        return messages, _FOREIGN.sub("#", str(error))[:160]
    return messages, ""


def example(kind: Any) -> Any:
    """A message of this kind; every field that may be left out is filled as well, if it can be."""
    made = {}
    for field in msgspec.structs.fields(kind):
        made[field.encode_name] = _value(field.type)
    return msgspec.convert(_with_sketches(made), kind)


def _with_sketches(value: Any) -> Any:
    """The same with a sketch wherever one is expected: other bytes are refused."""
    if isinstance(value, list):
        return [_with_sketches(each) for each in value]
    if isinstance(value, dict):
        pairs = value.items()
        return {key: _SKETCH if key == "sketch" else _with_sketches(it) for key, it in pairs}
    return value


def _value(kind: Any) -> Any:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        fields = msgspec.structs.fields(kind)
        if kind.__struct_config__.array_like:
            return [_value(each.type) for each in fields]
        return {each.encode_name: _value(each.type) for each in fields if each.required}
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

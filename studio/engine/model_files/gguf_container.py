"""Reads the container of a GGUF file: metadata and the list of tensors, in one bounded pass.

Every count and length is held against the bytes that remain before it is believed. What the
metadata mean is `gguf_header`'s affair; no weights are read.
"""

import errno
import os
import struct
from collections import Counter
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec
import numpy as np

from studio.engine.model_files.model_file import (
    FileStamp,
    open_regular,
    quoted,
    refuse,
    refuse_format,
)
from studio.translation import mark, tr

_MOST_PIECES = 65_536
"""Pieces that are looked at; a file in more of them is judged by these."""


def missing_bytes(descriptor: int, start: int, end: int) -> int:
    """How many bytes of a stretch of a file lie in holes.

    File systems that compress have holes for zeros as well, and copies may be made sparse: some
    zeros are in every model. Where the system cannot say there are no holes.

    Args:
        descriptor: of a regular file; where it is read from next is changed.
        start: of the stretch, in bytes.
        end: of the stretch, at most the file's size.
    """
    if not hasattr(os, "SEEK_HOLE"):  # Windows
        return 0
    missing, at = 0, start
    try:
        for _ in range(_MOST_PIECES):
            hole = os.lseek(descriptor, at, os.SEEK_HOLE)
            if hole >= end:
                break
            try:
                at = min(os.lseek(descriptor, hole, os.SEEK_DATA), end)
            except OSError as error:
                if error.errno != errno.ENXIO:  # which says: a hole up to the end of the file
                    raise
                at = end
            missing += at - hole
            if at >= end:
                break
    except OSError:
        return missing  # this file system does not know holes
    return missing


# Bounds on what real files never reach. They keep a hostile file from costing time or memory, here
# and in llama.cpp, whose checks for double keys and names are quadratic.
_MAX_HEADER = 512 << 20
_MAX_KEYS = 4096
_MAX_TENSORS = 32_768
_MAX_STRINGS = 8 << 20  # in all arrays: tokens and merges
_MAX_TEXT = 16 << 20  # one string: a chat template, a licence
MAX_VOCABULARY = 2 << 20
_MAX_ALIGNMENT = 1 << 20
_LAST_PLAUSIBLE_VERSION = 255  # it was 3 for years: a larger number is no number of a version
MAX_WIDTH = 1 << 24
_CHUNK = 256 << 10

# llama.cpp's own: LLAMA_MAX_LAYERS, GGML_MAX_DIMS, GGML_MAX_NAME.
MAX_BLOCKS = 512
_MAX_DIMENSIONS = 4
_MAX_NAME = 64


_SCALARS = {
    0: struct.Struct("<B"), 1: struct.Struct("<b"), 2: struct.Struct("<H"), 3: struct.Struct("<h"),
    4: struct.Struct("<I"), 5: struct.Struct("<i"), 6: struct.Struct("<f"), 7: struct.Struct("<?"),
    10: struct.Struct("<Q"), 11: struct.Struct("<q"), 12: struct.Struct("<d"),
}  # fmt: skip
_UINT8, _INT8, _UINT32, _INT32, _FLOAT32, _STRING, _ARRAY = 0, 1, 4, 5, 6, 8, 9
_U32 = _SCALARS[_UINT32]
_U64 = _SCALARS[10]

# ggml_type -> name, elements in a block, bytes of a block (ggml.h, as llama.cpp's library says).
TENSOR_TYPES = {
    0: ("F32", 1, 4), 1: ("F16", 1, 2), 2: ("Q4_0", 32, 18), 3: ("Q4_1", 32, 20),
    6: ("Q5_0", 32, 22), 7: ("Q5_1", 32, 24), 8: ("Q8_0", 32, 34), 9: ("Q8_1", 32, 36),
    10: ("Q2_K", 256, 84), 11: ("Q3_K", 256, 110), 12: ("Q4_K", 256, 144), 13: ("Q5_K", 256, 176),
    14: ("Q6_K", 256, 210), 15: ("Q8_K", 256, 292), 16: ("IQ2_XXS", 256, 66),
    17: ("IQ2_XS", 256, 74), 18: ("IQ3_XXS", 256, 98), 19: ("IQ1_S", 256, 50),
    20: ("IQ4_NL", 32, 18), 21: ("IQ3_S", 256, 110), 22: ("IQ2_S", 256, 82),
    23: ("IQ4_XS", 256, 136), 24: ("I8", 1, 1), 25: ("I16", 1, 2), 26: ("I32", 1, 4),
    27: ("I64", 1, 8), 28: ("F64", 1, 8), 29: ("IQ1_M", 256, 56), 30: ("BF16", 1, 2),
    34: ("TQ1_0", 256, 54), 35: ("TQ2_0", 256, 66), 39: ("MXFP4", 32, 17), 40: ("NVFP4", 64, 36),
    41: ("Q1_0", 128, 18),
}  # fmt: skip
_REMOVED_TYPES = {4, 5, 31, 32, 33, 36, 37, 38}
# ggml multiplies by none of these: it calls a function that is not there, and the process ends.
NO_FACTORS = {"Q8_1", "Q8_K", "I8", "I16", "I32", "I64", "F64"}
_TABLE_OF_EXPERTS = "_tid2eid.weight"  # it is looked up, not multiplied by
_ROW_TYPE = "F32"  # of tensors with one dimension: norms and biases are added and multiplied so
# ggml's TENSOR_ALIGNMENT: it asserts that mapped weights begin at a multiple of it.
_TENSOR_ALIGNMENT = 32
# The share of a file's weights that may lie in holes, one part in so many: some rows are zero.
_FEW_HOLES = 100
_SMALL_HOLES = 1 << 20

_STRINGS = mark("has {found} for {key}; an array of strings is expected")
# Metadata that llama.cpp asserts or casts without a look at its type: key -> (element types, what
# is said of others).
ARRAY_TYPES = {
    "tokenizer.ggml.tokens": ({_STRING}, _STRINGS),
    "tokenizer.ggml.merges": ({_STRING}, _STRINGS),
    "tokenizer.ggml.token_type": (
        {_INT32, _UINT32},
        mark("has {found} for {key}; an array of 32-bit integers is expected"),
    ),
    "tokenizer.ggml.scores": (
        {_FLOAT32},
        mark("has {found} for {key}; an array of 32-bit floats is expected"),
    ),
    "tokenizer.ggml.precompiled_charsmap": (
        {_INT8, _UINT8},
        mark("has {found} for {key}; an array of bytes is expected"),
    ),
}


class Array(msgspec.Struct):
    """A metadata array; its elements are kept only where a check or the studio needs them."""

    type: int
    count: int
    strings: list[bytes] = msgspec.field(default_factory=list)
    data: bytes = b""


_Value = int | float | bool | bytes | Array


class _Reader:
    """Reads a file front to back through one buffer, never past its end nor _MAX_HEADER."""

    def __init__(self, stream: BinaryIO, path: Path, size: int) -> None:
        self.path = path
        self.size = size
        self._stream = stream
        self._buffer = b""
        self._base = 0  # where the buffer begins in the file
        self._at = 0  # where we are in the buffer
        self._strings_left = _MAX_STRINGS

    def position(self) -> int:
        return self._base + self._at

    def remaining(self) -> int:
        return self.size - self.position()

    def _claim(self, count: int, what: str) -> None:
        """Refuse `count` more bytes that the file does not have or a header never needs."""
        if self.position() + count > _MAX_HEADER:
            found = tr("has a header of more than {most} MiB", most=_MAX_HEADER >> 20)
            refuse(self.path, "damaged", found)
        if count > self.remaining():
            found = tr("ends after %n bytes, inside {part}", "", self.size, part=what)
            refuse(self.path, "truncated", found)

    def _fill(self, count: int, what: str) -> None:
        """Have at least `count` bytes in the buffer from here on."""
        here = len(self._buffer) - self._at
        if here >= count:
            return
        self._claim(count, what)
        rest = self._stream.read(max(count - here, _CHUNK))
        self._buffer = self._buffer[self._at :] + rest
        self._base, self._at = self.position(), 0
        if len(self._buffer) < count:
            refuse(self.path, "truncated", tr("became shorter while it was read"))

    def consume(self, count: int, what: str) -> bytes:
        self._fill(count, what)
        self._at += count
        return self._buffer[self._at - count : self._at]

    def skip(self, count: int, what: str) -> None:
        self._claim(count, what)
        self._at += count
        if self._at > len(self._buffer):
            self._base, self._buffer, self._at = self.position(), b"", 0
            self._stream.seek(self._base)

    def number(self, layout: struct.Struct, what: str) -> int:
        (value,) = layout.unpack(self.consume(layout.size, what))
        return int(value)

    def text(self, what: str, longest: int) -> bytes:
        length = self.number(_U64, what)
        if length > longest:
            found = tr(
                "has a length of %n bytes for {part}; at most {most:,} are allowed",
                "",
                length,
                part=what,
                most=longest,
            )
            refuse(self.path, "damaged", found)
        return self.consume(length, what)

    def strings(self, count: int, keep: bool, what: str) -> list[bytes]:
        """`count` length-prefixed strings, many to a read; [] if they are not to be kept."""
        self._strings_left -= count
        if self._strings_left < 0:
            found = tr(
                "claims %n strings for {part}; all together, {most:,} are allowed",
                "",
                count,
                part=what,
                most=_MAX_STRINGS,
            )
            refuse(self.path, "damaged", found)
        if count * _U64.size > self.remaining():
            found = tr(
                "claims %n strings for {part}, with {left:,} bytes left",
                "",
                count,
                part=what,
                left=self.remaining(),
            )
            refuse(self.path, "truncated", found)
        kept: list[bytes] = []
        unpack, size = _U64.unpack_from, _U64.size
        left = count
        while left:
            buffer, at, end = self._buffer, self._at, len(self._buffer)
            done, need = 0, size
            try:
                for done in range(left):  # noqa: B007 - how many were read when the buffer ends
                    stop = at + size + unpack(buffer, at)[0]
                    if stop > end:
                        need = stop - at
                        break
                    if keep:
                        kept.append(buffer[at + size : stop])
                    at = stop
                else:
                    done = left
            except struct.error:
                pass  # the buffer ends inside a length
            self._at = at
            left -= done
            if need > _MAX_TEXT:
                found = tr("has a string of %n bytes in {part}", "", need - size, part=what)
                refuse(self.path, "damaged", found)
            if left:
                self._fill(need, what)
        return kept


class Metadata(dict[str, _Value]):
    """The key-value part of a header, with look-ups that refuse what does not fit."""

    path: Path

    def integer(self, key: str, default: int | None, low: int, high: int) -> int:
        """An integer of any width from `low` to `high`; without a default it must be there.

        Args:
            key: Its name in the header.
            default: What holds where the key is missing.
            low: The least that is allowed.
            high: The largest.
        """
        value = self.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            found = tr(
                "has {found} for {key}; {least:,} to {most:,} is allowed",
                found=tr("no value") if key not in self else shown(value),
                key=key,
                least=low,
                most=high,
            )
            refuse(self.path, "damaged", found)
        return value

    def text(self, key: str, default: str | None = None) -> str:
        """Text in UTF-8; without a default it must be there.

        Args:
            key: Its name in the header.
            default: What holds where the key is missing.
        """
        value = self.get(key, default)
        if isinstance(value, bytes):
            try:
                return value.decode()
            except UnicodeDecodeError:
                refuse(self.path, "damaged", tr("has text for {key} that is not UTF-8", key=key))
        if key in self or default is None:
            found = tr("has {found} for {key}; text is expected", found=shown(value), key=key)
            refuse(self.path, "damaged", found)
        return default

    def array(self, key: str) -> Array | None:
        """An array of a type that `ARRAY_TYPES` allows for this key, or None."""
        value = self.get(key)
        types, words = ARRAY_TYPES[key]
        if value is not None and not (isinstance(value, Array) and value.type in types):
            refuse(self.path, "damaged", tr(words, found=shown(value), key=key))
        return value

    def blocks(self, key: str, count: int, default: tuple[int, ...]) -> tuple[int, ...]:
        """A value for each block: the file gives one for all, or an array.

        Args:
            key: Its name in the header.
            count: How many blocks the model has.
            default: What holds where the key is missing.
        """
        value = self.get(key)
        if isinstance(value, Array) and value.type in (_INT32, _UINT32):
            each = tuple(int(n) for n in np.frombuffer(value.data, "<i4"))
            if value.count == count and all(0 <= n <= MAX_WIDTH for n in each):
                return each
            found = tr(
                "has %n values for {key}; {blocks} of 0 to {most:,} are allowed",
                "",
                value.count,
                key=key,
                blocks=count,
                most=MAX_WIDTH,
            )
            refuse(self.path, "damaged", found)
        if value is None:
            return default
        return (self.integer(key, None, 0, MAX_WIDTH),) * count


def shown(value: object) -> str:
    """A metadata value, for a message."""
    if isinstance(value, Array):
        return tr("an array of %n elements", "", value.count)
    return quoted(value) if isinstance(value, bytes) else f"{value}"


def _read_value(reader: _Reader, key: str) -> _Value:
    what = tr("the value of {key}", key=key)
    kind = reader.number(_U32, what)
    if kind == _STRING:
        return reader.text(what, _MAX_TEXT)
    if kind in _SCALARS:
        value: int | float | bool = _SCALARS[kind].unpack(
            reader.consume(_SCALARS[kind].size, what)
        )[0]
        return value
    if kind != _ARRAY:
        found = tr("has the unknown value type {type} for {key}", type=kind, key=key)
        refuse(reader.path, "damaged", found)
    kind = reader.number(_U32, what)
    count = reader.number(_U64, what)
    if kind == _STRING:
        keep = key == "tokenizer.ggml.tokens"
        return Array(kind, count, strings=reader.strings(count, keep, what))
    if kind not in _SCALARS:
        found = tr("has elements of unknown type {type} for {key}", type=kind, key=key)
        if kind == _ARRAY:
            found = tr("has an array in an array for {key}", key=key)
        refuse(reader.path, "damaged", found)
    size = count * _SCALARS[kind].size
    if count <= MAX_BLOCKS or (key.endswith(".token_type") and count <= MAX_VOCABULARY):
        return Array(kind, count, data=reader.consume(size, what))
    reader.skip(size, what)
    return Array(kind, count)


def _read_metadata(reader: _Reader, count: int) -> Metadata:
    metadata = Metadata()
    metadata.path = reader.path
    for _ in range(count):
        raw = reader.text(tr("a key"), 65_535)
        try:
            key = raw.decode()
        except UnicodeDecodeError:
            found = tr("has the key {key}, which is not UTF-8", key=quoted(raw))
            refuse(reader.path, "damaged", found)
        if not key or key in metadata:
            twice = tr("has the key {key} twice", key=quoted(raw))
            refuse(reader.path, "damaged", twice if key else tr("has an empty key"))
        metadata[key] = _read_value(reader, key)
    return metadata


class Tensor(NamedTuple):
    """A tensor without its values."""

    name: str
    type: str
    shape: tuple[int, ...]
    """The length of a row first."""


class Tensors(msgspec.Struct):
    """The tensors of a file, and sums over them."""

    count: int = 0
    elements: int = 0
    bytes_of_type: Counter[str] = msgspec.field(default_factory=Counter)
    each: list[Tensor] = msgspec.field(default_factory=list)


_REMOVED = mark("stores {part} in type {type}, which is no longer in use")
_UNKNOWN = mark("stores {part} in type {type}, which is unknown to this version")


def _read_tensors(reader: _Reader, count: int, alignment: int) -> tuple[Tensors, int]:
    """The tensors, and where the weights begin in the file."""
    sums = Tensors(count)
    names: set[bytes] = set()
    end = expected = 0
    unaligned = False
    for _ in range(count):
        name = reader.text(tr("a tensor's name"), _MAX_NAME - 1)
        what = tr("the tensor {name}", name=quoted(name))
        if not name or name in names or b"\0" in name:
            found = tr("has a tensor named {name}; each needs a name of its own", name=quoted(name))
            refuse(reader.path, "damaged", found)
        names.add(name)
        dimensions = reader.number(_U32, what)
        if not 1 <= dimensions <= _MAX_DIMENSIONS:
            found = tr(
                "has %n dimensions for {part}; 1 to {most} are allowed",
                "",
                dimensions,
                part=what,
                most=_MAX_DIMENSIONS,
            )
            refuse(reader.path, "damaged", found)
        shape = [reader.number(_U64, what) for _ in range(dimensions)]
        kind = reader.number(_U32, what)
        offset = reader.number(_U64, what)
        if kind not in TENSOR_TYPES:
            words = _REMOVED if kind in _REMOVED_TYPES else _UNKNOWN
            refuse(reader.path, "damaged", tr(words, part=what, type=kind))
        type_name, block, block_bytes = TENSOR_TYPES[kind]
        elements = 1
        for length in shape:
            elements *= length
        if not 0 < elements < 1 << 62 or shape[0] % block:
            shown = " × ".join(f"{length:,}" for length in shape)
            found = tr(
                "has the shape {shape} for {part} of type {type} (blocks of {block})",
                shape=shown,
                part=what,
                type=type_name,
                block=block,
            )
            refuse(reader.path, "damaged", found)
        plain = name.decode(errors="replace")
        _check_type(reader.path, plain, type_name, len(shape) == 1 or elements == shape[0])
        if offset != expected:
            found = tr(
                "has {part} at offset {offset:,}; {expected:,} follows from those before",
                part=what,
                offset=offset,
                expected=expected,
            )
            refuse(reader.path, "damaged", found)
        size = elements // block * block_bytes
        end = offset + size
        expected = end + -end % alignment
        sums.elements += elements
        sums.bytes_of_type[type_name] += size
        unaligned |= offset % _TENSOR_ALIGNMENT != 0
        sums.each.append(Tensor(plain, type_name, tuple(shape)))
    start = reader.position() + -reader.position() % alignment
    needed = start + end
    if needed > reader.size:
        found = tr(
            "has {size:,} bytes of the {needed:,} that its header announces",
            size=reader.size,
            needed=needed,
        )
        refuse(reader.path, "truncated", found)
    if unaligned or (sums.each and start % _TENSOR_ALIGNMENT):
        found = tr(
            "has weights that begin between multiples of {step} bytes (general.alignment is "
            "{alignment})",
            step=_TENSOR_ALIGNMENT,
            alignment=alignment,
        )
        refuse(reader.path, "damaged", found)
    return sums, start


def _check_type(path: Path, name: str, type_name: str, is_row: bool) -> None:
    """Refuse types in which no weight is stored, as llama.cpp computes with none of them."""
    if not name.endswith((".weight", ".bias")):
        return
    allowed = ""
    if is_row and type_name != _ROW_TYPE and name.endswith(("_norm.weight", ".bias")):
        allowed = tr("{type} is expected", type=_ROW_TYPE)
    elif type_name in NO_FACTORS and not name.endswith(_TABLE_OF_EXPERTS):
        allowed = tr("a type of weights is expected, such as F16, Q8_0 or Q4_K")
    if allowed:
        found = tr(
            "stores the tensor {name} in type {type}; {allowed}",
            name=quoted(name.encode()),
            type=type_name,
            allowed=allowed,
        )
        refuse(path, "damaged", found)


def _check_holes(stream: BinaryIO, path: Path, start: int, size: int) -> None:
    """Refuse a file of the right length whose weights are not all there."""
    missing = missing_bytes(stream.fileno(), start, size)
    if missing > max(_SMALL_HOLES, (size - start) // _FEW_HOLES):
        found = tr(
            "has {missing:,} of its {size:,} bytes not on the disk: the file has holes there",
            missing=missing,
            size=size,
        )
        refuse(path, "truncated", found)


def read_file(path: Path) -> tuple[Metadata, Tensors, FileStamp]:
    """Metadata, tensors and stamp of one file.

    Raises:
        ModelFileError: it is no regular file, no GGUF file, or breaks the format's rules.
    """
    stream, status = open_regular(path)
    size = status.st_size
    try:
        with stream:
            reader = _Reader(stream, path, size)
            start = reader.consume(min(size, 64), tr("the start"))
            if not start.startswith(b"GGUF"):
                refuse_format(path, start, size)
            reader = _Reader(stream, path, size)
            stream.seek(0)
            reader.skip(4, tr("the magic"))
            version = reader.number(_U32, tr("the version"))
            if version and not version & 0xFFFF:
                refuse(path, "big_endian", tr("is made for big-endian computers"))
            if version > _LAST_PLAUSIBLE_VERSION:
                refuse(path, "damaged", tr("begins like a GGUF file, but names no version of it"))
            if version not in (2, 3):
                refuse(path, "version", tr("is GGUF version {version}", version=version))
            counts = [reader.number(_U64, tr("the header's counts")) for _ in range(2)]
            if (count := counts[0]) > (most := _MAX_TENSORS):
                found = tr("claims %n tensors; at most {most:,} are allowed", "", count, most=most)
                refuse(path, "damaged", found)
            if (count := counts[1]) > (most := _MAX_KEYS):
                found = tr(
                    "claims %n metadata keys; at most {most:,} are allowed", "", count, most=most
                )
                refuse(path, "damaged", found)
            metadata = _read_metadata(reader, counts[1])
            metadata["GGUF.version"] = version
            alignment = metadata.integer("general.alignment", 32, 1, _MAX_ALIGNMENT)
            if alignment & alignment - 1:
                found = tr(
                    "has {alignment} for general.alignment; a power of two is allowed",
                    alignment=alignment,
                )
                refuse(path, "damaged", found)
            tensors, weights = _read_tensors(reader, counts[0], alignment)
            _check_holes(stream, path, weights, size)
    except OSError as error:
        refuse(path, "unreadable", tr("cannot be read: {why}", why=error))
    return metadata, tensors, FileStamp(str(path), size, status.st_mtime_ns)

"""Writes a GGUF file, version 3: metadata, and tensors whose bytes come part by part.

For models that are made here.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from numpy.typing import NDArray

from studio.engine.model_files.gguf_container import TENSOR_TYPES

Value = bool | int | float | str | Sequence[int] | Sequence[str]
"""Of a key. Numbers take 32 bits; in an array they have a sign."""

_UINT32, _INT32, _FLOAT32, _BOOL, _STRING, _ARRAY = 4, 5, 6, 7, 8, 9
_ALIGNMENT = 32


class NewTensor(NamedTuple):
    """A tensor to write.

    Attributes:
        name: one of llama.cpp's.
        type: one of the names in `TENSOR_TYPES`.
        shape: the length of a row first, whole blocks of the type.
        parts: its bytes in order; together as many as shape and type say.
    """

    name: str
    type: str
    shape: tuple[int, ...]
    parts: Iterable[NDArray[Any]]


def write_gguf(path: Path, values: Mapping[str, Value], tensors: Sequence[NewTensor]) -> None:
    """Write a file.

    Args:
        path: where to.
        values: the metadata.
        tensors: the weights.

    Raises:
        OSError: it cannot be written.
        ValueError: a tensor's parts are not as long as the tensor.
    """
    header = [b"GGUF", struct.pack("<IQQ", 3, len(tensors), len(values))]
    for key, value in values.items():
        header += [_text(key), _typed(value)]
    numbers = {name: number for number, (name, _, _) in TENSOR_TYPES.items()}
    offset = 0
    for tensor in tensors:
        dimensions = len(tensor.shape)
        header += [_text(tensor.name), struct.pack(f"<I{dimensions}Q", dimensions, *tensor.shape)]
        header.append(struct.pack("<IQ", numbers[tensor.type], offset))
        offset += _padded(_byte_count(tensor))
    with path.open("wb") as file:
        file.write(b"".join(header))
        for tensor in tensors:
            file.write(bytes(-file.tell() % _ALIGNMENT))
            start = file.tell()
            for part in tensor.parts:
                file.write(part.data)
            written, expected = file.tell() - start, _byte_count(tensor)
            if written != expected:
                raise ValueError(f"{tensor.name}: found {written:,} bytes; {expected:,} are due")


def _byte_count(tensor: NewTensor) -> int:
    sizes = {name: (block, size) for name, block, size in TENSOR_TYPES.values()}
    block, size = sizes[tensor.type]
    elements = 1
    for length in tensor.shape:
        elements *= length
    return elements // block * size


def _padded(count: int) -> int:
    return count + -count % _ALIGNMENT


def _text(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw


def _typed(value: Value) -> bytes:
    if isinstance(value, bool):  # before int, which it is too
        return struct.pack("<I?", _BOOL, value)
    if isinstance(value, int):
        return struct.pack("<II", _UINT32, value)
    if isinstance(value, float):
        return struct.pack("<If", _FLOAT32, value)
    if isinstance(value, str):
        return struct.pack("<I", _STRING) + _text(value)
    if all(isinstance(each, str) for each in value):
        texts = [_text(each) for each in value if isinstance(each, str)]
        return struct.pack("<IIQ", _ARRAY, _STRING, len(value)) + b"".join(texts)
    return struct.pack(f"<IIQ{len(value)}i", _ARRAY, _INT32, len(value), *value)

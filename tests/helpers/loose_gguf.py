"""GGUF files that may say anything: a sound one taken apart, changed, and put together again.

The gguf package refuses to write most of what a broken converter or a stranger does. Knows nothing
of the studio.
"""

import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from gguf import GGUFValueType as Kind

from tests.helpers.tiny_model import write_byte_level_model

_LAYOUTS = {
    Kind.UINT8: "<B", Kind.INT8: "<b", Kind.UINT16: "<H", Kind.INT16: "<h", Kind.UINT32: "<I",
    Kind.INT32: "<i", Kind.FLOAT32: "<f", Kind.BOOL: "<?", Kind.UINT64: "<Q", Kind.INT64: "<q",
    Kind.FLOAT64: "<d",
}  # fmt: skip


@dataclass
class LooseTensor:
    """A tensor as the file shall say it."""

    name: str
    shape: tuple[int, ...]
    """The length of a row first."""
    type: int
    data: bytes


@dataclass
class LooseGguf:
    """What is to stand in a file: change it as you like."""

    values: dict[str, tuple[Kind, Any]]
    """Kind and value of each key; an array's kind is a pair (Kind.ARRAY, element's kind)."""
    tensors: list[LooseTensor]
    alignment: int = 32
    """Of the tensors in the file, whatever the file says of it."""
    doubled: list[str] = field(default_factory=list)
    """Keys that are written twice."""

    @classmethod
    def read(cls, path: Path) -> "LooseGguf":
        """Take a sound file apart."""
        reader = gguf.GGUFReader(path)
        values: dict[str, Any] = {}
        for key, each in reader.fields.items():
            if key.startswith("GGUF."):
                continue
            kind = each.types[0]
            if kind == Kind.ARRAY:
                values[key] = ((Kind.ARRAY, each.types[1]), each.contents())
            else:
                values[key] = (kind, each.contents())
        tensors = [
            LooseTensor(
                each.name,
                tuple(int(length) for length in each.shape),
                int(each.tensor_type),
                np.ascontiguousarray(each.data).tobytes(),
            )
            for each in reader.tensors
        ]
        return cls(values, tensors)

    def tensor(self, name: str) -> LooseTensor:
        """The tensor of this name."""
        return next(each for each in self.tensors if each.name == name)

    def set(self, key: str, kind: Any, value: Any) -> None:
        """Give a key a value of any kind; None takes it out."""
        if value is None:
            self.values.pop(key, None)
        else:
            self.values[key] = (kind, value)

    def header(self) -> bytes:
        """The file up to its weights, without the padding before them."""
        keys = [*self.values, *self.doubled]
        parts = [b"GGUF", struct.pack("<IQQ", 3, len(self.tensors), len(keys))]
        for key in keys:
            kind, value = self.values[key]
            parts += [_text(key), _value(kind, value)]
        offset = 0
        for each in self.tensors:
            parts += [_text(each.name), struct.pack("<I", len(each.shape))]
            parts += [struct.pack("<Q", length % (1 << 64)) for length in each.shape]
            parts.append(struct.pack("<IQ", each.type, offset))
            offset += len(each.data) + -len(each.data) % self.alignment
        return b"".join(parts)

    def to_bytes(self) -> bytes:
        """The file."""
        header = self.header()
        body = [header, bytes(-len(header) % self.alignment)]
        for each in self.tensors:
            body += [each.data, bytes(-len(each.data) % self.alignment)]
        return b"".join(body)

    def write(self, path: Path) -> Path:
        """Write the file."""
        path.write_bytes(self.to_bytes())
        return path


def fatal_while_loading(path: Path) -> Path:
    """A model of which llama.cpp asserts something that no check of ours knows, while it loads."""
    return _of_architecture(path, "internlm2", **{"attention.key_length": 4})


def fatal_at_first_text(path: Path) -> Path:
    """The same when it evaluates the first text."""
    return _of_architecture(path, "paddleocr")


def _of_architecture(path: Path, architecture: str, **values: int) -> Path:
    file = LooseGguf.read(write_byte_level_model(path))
    for key in [key for key in file.values if key.startswith("llama.")]:
        file.values[key.replace("llama", architecture, 1)] = file.values.pop(key)
    file.set("general.architecture", Kind.STRING, architecture)
    for key, value in values.items():
        file.set(f"{architecture}.{key}", Kind.UINT32, value)
    return file.write(path)


def _text(text: str | bytes) -> bytes:
    raw = text if isinstance(text, bytes) else text.encode()
    return struct.pack("<Q", len(raw)) + raw


def _value(kind: Any, value: Any) -> bytes:
    if isinstance(kind, tuple):
        element = kind[1]
        head = struct.pack("<IIQ", Kind.ARRAY, element, len(value))
        return head + b"".join(_bare(element, each) for each in value)
    return struct.pack("<I", kind) + _bare(kind, value)


def _bare(kind: Any, value: Any) -> bytes:
    return _text(value) if kind == Kind.STRING else struct.pack(_LAYOUTS[kind], value)

"""Reads and checks the header of a GGUF file before llama.cpp sees the file.

llama.cpp trusts much of what a model file says: a vocabulary with one token twice aborts the
process, a huge count exhausts memory, a FIFO hangs. `read_header` refuses such files with a message
for the writer, in one bounded pass that never reads a weight: the file is a regular file, every
count and length fits in the bytes that remain, and what llama.cpp asserts is checked here.

The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. This module knows nothing of
loading, of memory (see `memory`) or of what a chat template does (see `chat_template`), and it does
not look at the weights themselves: a bit flipped there is not noticed.
"""

import os
import re
import stat
import struct
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal, NoReturn

import msgspec
import numpy as np

FileErrorKind = Literal[
    "missing",  # no such file
    "unreadable",  # the system refused to open or read it
    "not_a_file",  # a folder, a pipe, a device
    "not_gguf",  # another format; the message guesses which
    "big_endian",
    "version",  # a GGUF version that llama.cpp does not read
    "truncated",  # a download that was cut off
    "incomplete",  # one part of a model in several files, without the others
    "damaged",  # a GGUF file that breaks the format's rules
    "not_a_writer",  # a sound GGUF file, but no language model that continues text
    "too_little_memory",  # raised by `studio.engine.memory`
]


class ModelFileError(Exception):
    """A model file that must not reach llama.cpp. `str(error)` is the message for the writer."""

    def __init__(self, kind: FileErrorKind, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


class FileStamp(msgspec.Struct, frozen=True):
    """What a file looked like when its header was read."""

    path: str
    size: int
    mtime_ns: int


class GgufHeader(msgspec.Struct, frozen=True, kw_only=True):
    """What the studio wants to know of a model file. Sizes are in bytes, lengths in tokens."""

    name: str
    """The model's own name for itself, else the file's."""
    architecture: str
    version: int
    quantization: str
    """As model pages write it: "Q4_1", "Q4_K_M", "F16"."""
    files: tuple[FileStamp, ...]
    """The file, or all files of a model that comes in parts, in order."""
    tensor_count: int
    tensor_bytes: int
    parameter_count: int

    context_length: int
    """What the model was trained with."""
    block_count: int
    embedding_length: int
    feed_forward_length: int
    head_count: tuple[int, ...]
    """Attention heads of each block."""
    head_count_kv: tuple[int, ...]
    """Key and value heads of each block; 0 in a block without attention."""
    key_length: int
    """Width of one key head."""
    value_length: int
    sliding_window: int
    """0 = none."""
    recurrent_state_size: int
    """Elements of state that a recurrent block keeps for one sequence; 0 in plain transformers."""

    vocabulary_size: int
    tokenizer_model: str
    tokenizer_pre: str
    control_tokens: frozenset[str]
    """Texts of all control and user-defined tokens, such as "<|im_start|>"."""
    bos_id: int | None
    eos_id: int | None
    eot_id: int | None
    unknown_id: int | None
    padding_id: int | None
    bos_token: str
    """The text of `bos_id`, empty without one."""
    eos_token: str
    add_bos: bool | None
    """None where the file leaves it to the tokenizer's default."""
    chat_template: str | None

    @property
    def file_size(self) -> int:
        """Bytes on disk, all parts together."""
        return sum(stamp.size for stamp in self.files)

    @property
    def mtime_ns(self) -> int:
        """When the newest part was changed, in nanoseconds since the epoch."""
        return max(stamp.mtime_ns for stamp in self.files)

    def changed_file(self) -> Path | None:
        """The first file that is no longer as it was read, or None.

        A memory-mapped model that was truncated kills the process with SIGBUS, one that was
        overwritten writes garbage: ask before each generation. A deleted file stays mapped.
        """
        for stamp in self.files:
            try:
                now = Path(stamp.path).stat()
            except OSError:
                continue
            if (now.st_size, now.st_mtime_ns) != (stamp.size, stamp.mtime_ns):
                return Path(stamp.path)
        return None


# Bounds on what real files never reach. They keep a hostile file from costing time or memory, here
# and in llama.cpp, whose checks for double keys and names are quadratic.
_MAX_HEADER = 512 << 20
_MAX_KEYS = 4096
_MAX_TENSORS = 32_768
_MAX_STRINGS = 8 << 20  # in all arrays: tokens and merges
_MAX_TEXT = 16 << 20  # one string: a chat template, a licence
_MAX_VOCABULARY = 2 << 20
_MAX_CONTEXT = 16 << 20
_MAX_ALIGNMENT = 1 << 20
_MAX_WIDTH = 1 << 24
_CHUNK = 256 << 10

# llama.cpp's own: LLAMA_MAX_LAYERS, LLAMA_MAX_EXPERTS, GGML_MAX_DIMS, GGML_MAX_NAME.
_MAX_BLOCKS = 512
_MAX_EXPERTS = 1024
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
_TENSOR_TYPES = {
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

# llama_ftype (llama.h): what general.file_type says the quantization is.
_FILE_TYPES = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K",
    11: "Q3_K_S", 12: "Q3_K_M", 13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S",
    17: "Q5_K_M", 18: "Q6_K", 19: "IQ2_XXS", 20: "IQ2_XS", 21: "Q2_K_S", 22: "IQ3_XS",
    23: "IQ3_XXS", 24: "IQ1_S", 25: "IQ4_NL", 26: "IQ3_S", 27: "IQ3_M", 28: "IQ2_S", 29: "IQ2_M",
    30: "IQ4_XS", 31: "IQ1_M", 32: "BF16", 36: "TQ1_0", 37: "TQ2_0", 38: "MXFP4", 39: "NVFP4",
    40: "Q1_0",
}  # fmt: skip

# Metadata that llama.cpp asserts or casts without a look at its type: key -> (element types, name).
_ARRAY_TYPES = {
    "tokenizer.ggml.tokens": ({_STRING}, "strings"),
    "tokenizer.ggml.merges": ({_STRING}, "strings"),
    "tokenizer.ggml.token_type": ({_INT32, _UINT32}, "32-bit integers"),
    "tokenizer.ggml.scores": ({_FLOAT32}, "32-bit floats"),
    "tokenizer.ggml.precompiled_charsmap": ({_INT8, _UINT8}, "bytes"),
}
_CONTROL, _USER_DEFINED, _BYTE = 3, 4, 6  # llama_token_type
_BYTE_TOKEN = re.compile(rb"<0x[0-9A-Fa-f]{2}>")
_ROPE_SCALING = ("none", "linear", "yarn", "longrope")
_PART_NAME = re.compile(r"(.+)-(\d{5})-of-(\d{5})\.gguf")

# Architectures that llama.cpp loads and that cannot continue a text token by token.
_NOT_WRITERS = dict.fromkeys(
    ("bert", "modern-bert", "nomic-bert", "nomic-bert-moe", "neo-bert", "jina-bert-v2",
     "jina-bert-v3", "eurobert", "gemma-embedding", "llama-embed", "t5encoder"),
    "an embedding model, which reads text and writes none",
) | {
    "clip": "the picture or sound part (mmproj) of a model",
    "wavtokenizer-dec": "a speech decoder",
    "t5": "an encoder-decoder model",
    "dream": "a diffusion model", "llada": "a diffusion model", "llada-moe": "a diffusion model",
    "rnd1": "a diffusion model",
}  # fmt: skip

_ADVICE: dict[FileErrorKind, str] = {
    "missing": "Choose another file, or put this one back.",
    "unreadable": "Check its permissions and the disk, then try again.",
    "not_a_file": "Choose a model file that ends in .gguf.",
    "not_gguf": "The studio opens models in the GGUF format: choose a file that ends in .gguf.",
    "big_endian": "Look for the same model without “be” in its name.",
    "version": "llama.cpp reads versions 2 and 3: look for a newer conversion of this model.",
    "truncated": "The download was cut off, or the file was damaged: download it again.",
    "incomplete": "Download all parts into one folder and open the first.",
    "damaged": "The file is damaged or was converted badly: download it again, or choose another.",
    "not_a_writer": "Choose a model for text generation.",
}

_OTHER_FORMATS = (
    (b"version https://git-lfs", "a Git LFS pointer, a note of where the model really is"),
    (b"PK\x03\x04", "a zip archive or a PyTorch model"),
    (b"\x80\x02", "a PyTorch checkpoint"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"\x89HDF", "an HDF5 file"),
    (b"tjgg", "a model in the GGJT format that GGUF replaced in 2023"),
    (b"lmgg", "a model in the GGML format that GGUF replaced in 2023"),
    (b"fmgg", "a model in the GGMF format that GGUF replaced in 2023"),
)


def _refuse(path: Path, kind: FileErrorKind, found: str) -> NoReturn:
    raise ModelFileError(kind, f"“{path.name}” {found}. {_ADVICE[kind]}")


def _quoted(raw: bytes) -> str:
    return f"“{raw[:60].decode('utf-8', 'replace')}”"


@dataclass
class _Array:
    """A metadata array; its elements are kept only where a check or the studio needs them."""

    type: int
    count: int
    strings: list[bytes] = field(default_factory=list)
    data: bytes = b""


_Value = int | float | bool | bytes | _Array


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
            _refuse(self.path, "damaged", f"has a header of more than {_MAX_HEADER >> 20} MiB")
        if count > self.remaining():
            found = f"ends after {self.size:,} bytes, inside {what}"
            _refuse(self.path, "truncated", found)

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
            _refuse(self.path, "truncated", "became shorter while it was read")

    def take(self, count: int, what: str) -> bytes:
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
        (value,) = layout.unpack(self.take(layout.size, what))
        return int(value)

    def text(self, what: str, longest: int) -> bytes:
        length = self.number(_U64, what)
        if length > longest:
            found = f"has a length of {length:,} bytes for {what}; at most {longest:,} are allowed"
            _refuse(self.path, "damaged", found)
        return self.take(length, what)

    def strings(self, count: int, keep: bool, what: str) -> list[bytes]:
        """`count` length-prefixed strings, many to a read; [] if they are not to be kept."""
        self._strings_left -= count
        if self._strings_left < 0:
            found = f"claims {count:,} strings for {what}; all together, {_MAX_STRINGS:,} are"
            _refuse(self.path, "damaged", f"{found} allowed")
        if count * _U64.size > self.remaining():
            found = f"claims {count:,} strings for {what}, with {self.remaining():,} bytes left"
            _refuse(self.path, "truncated", found)
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
                _refuse(self.path, "damaged", f"has a string of {need - size:,} bytes in {what}")
            if left:
                self._fill(need, what)
        return kept


class _Metadata(dict[str, _Value]):
    """The key-value part of a header, with look-ups that refuse what does not fit."""

    path: Path

    def integer(self, key: str, default: int | None, low: int, high: int) -> int:
        value = self.get(key, default)
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        found = "no value" if key not in self else f"{_shown(value)}"
        _refuse(self.path, "damaged", f"has {found} for {key}; {low:,} to {high:,} is allowed")

    def text(self, key: str, default: str | None = None) -> str:
        value = self.get(key, default)
        if isinstance(value, bytes):
            try:
                return value.decode()
            except UnicodeDecodeError:
                _refuse(self.path, "damaged", f"has text for {key} that is not UTF-8")
        if key in self or default is None:
            found = f"has {_shown(value)} for {key}; text is expected"
            _refuse(self.path, "damaged", found)
        return default

    def array(self, key: str) -> _Array | None:
        value = self.get(key)
        types, name = _ARRAY_TYPES[key]
        if value is not None and not (isinstance(value, _Array) and value.type in types):
            found = f"has {_shown(value)} for {key}; an array of {name} is expected"
            _refuse(self.path, "damaged", found)
        return value

    def blocks(self, key: str, count: int, default: tuple[int, ...]) -> tuple[int, ...]:
        """A value for each block: the file gives one for all, or an array."""
        value = self.get(key)
        if isinstance(value, _Array) and value.type in (_INT32, _UINT32):
            each = tuple(int(n) for n in np.frombuffer(value.data, "<i4"))
            if value.count == count and all(0 <= n <= _MAX_WIDTH for n in each):
                return each
            found = f"has {value.count:,} values for {key}; {count} of 0 to {_MAX_WIDTH:,}"
            _refuse(self.path, "damaged", f"{found} are allowed")
        if value is None:
            return default
        return (self.integer(key, None, 0, _MAX_WIDTH),) * count


def _shown(value: object) -> str:
    if isinstance(value, _Array):
        return f"an array of {value.count:,} elements"
    return _quoted(value) if isinstance(value, bytes) else f"{value}"


def _read_value(reader: _Reader, key: str) -> _Value:
    what = f"the value of {key}"
    kind = reader.number(_U32, what)
    if kind == _STRING:
        return reader.text(what, _MAX_TEXT)
    if kind in _SCALARS:
        value: int | float | bool = _SCALARS[kind].unpack(reader.take(_SCALARS[kind].size, what))[0]
        return value
    if kind != _ARRAY:
        _refuse(reader.path, "damaged", f"has the unknown value type {kind} for {key}")
    kind = reader.number(_U32, what)
    count = reader.number(_U64, what)
    if kind == _STRING:
        keep = key == "tokenizer.ggml.tokens"
        return _Array(kind, count, strings=reader.strings(count, keep, what))
    if kind not in _SCALARS:
        nested = "an array in an array" if kind == _ARRAY else f"elements of unknown type {kind}"
        _refuse(reader.path, "damaged", f"has {nested} for {key}")
    size = count * _SCALARS[kind].size
    if count <= _MAX_BLOCKS or (key.endswith(".token_type") and count <= _MAX_VOCABULARY):
        return _Array(kind, count, data=reader.take(size, what))
    reader.skip(size, what)
    return _Array(kind, count)


def _read_metadata(reader: _Reader, count: int) -> _Metadata:
    metadata = _Metadata()
    metadata.path = reader.path
    for _ in range(count):
        raw = reader.text("a key", 65_535)
        try:
            key = raw.decode()
        except UnicodeDecodeError:
            _refuse(reader.path, "damaged", f"has the key {_quoted(raw)}, which is not UTF-8")
        if not key or key in metadata:
            found = f"has the key {_quoted(raw)} twice" if key else "has an empty key"
            _refuse(reader.path, "damaged", found)
        metadata[key] = _read_value(reader, key)
    return metadata


@dataclass
class _Tensors:
    """Sums over the tensors of a file."""

    count: int = 0
    elements: int = 0
    bytes_of_type: Counter[str] = field(default_factory=Counter)


def _read_tensors(reader: _Reader, count: int, alignment: int) -> _Tensors:
    sums = _Tensors(count)
    names: set[bytes] = set()
    end = expected = 0
    for _ in range(count):
        name = reader.text("a tensor's name", _MAX_NAME - 1)
        what = f"the tensor {_quoted(name)}"
        if not name or name in names or b"\0" in name:
            found = f"has a tensor named {_quoted(name)}; each needs a name of its own"
            _refuse(reader.path, "damaged", found)
        names.add(name)
        dimensions = reader.number(_U32, what)
        if not 1 <= dimensions <= _MAX_DIMENSIONS:
            found = f"has {dimensions} dimensions for {what}; 1 to {_MAX_DIMENSIONS} are allowed"
            _refuse(reader.path, "damaged", found)
        shape = [reader.number(_U64, what) for _ in range(dimensions)]
        kind = reader.number(_U32, what)
        offset = reader.number(_U64, what)
        if kind not in _TENSOR_TYPES:
            known = "no longer in use" if kind in _REMOVED_TYPES else "unknown to this version"
            found = f"stores {what} in type {kind}, which is {known}"
            _refuse(reader.path, "damaged", found)
        type_name, block, block_bytes = _TENSOR_TYPES[kind]
        elements = 1
        for length in shape:
            elements *= length
        if not 0 < elements < 1 << 62 or shape[0] % block:
            shown = " × ".join(f"{length:,}" for length in shape)
            found = f"has the shape {shown} for {what} of type {type_name} (blocks of {block})"
            _refuse(reader.path, "damaged", found)
        if offset != expected:
            found = f"has {what} at offset {offset:,}; {expected:,} follows from those before"
            _refuse(reader.path, "damaged", found)
        size = elements // block * block_bytes
        end = offset + size
        expected = end + -end % alignment
        sums.elements += elements
        sums.bytes_of_type[type_name] += size
    needed = reader.position() + -reader.position() % alignment + end
    if needed > reader.size:
        found = f"has {reader.size:,} bytes of the {needed:,} that its header announces"
        _refuse(reader.path, "truncated", found)
    return sums


def _open(path: Path) -> tuple[BinaryIO, os.stat_result]:
    """Open a regular file; anything else is refused, and a FIFO never waited for."""
    try:
        if stat.S_ISREG(path.stat().st_mode):
            # O_NONBLOCK: the name may become a FIFO between the two calls.
            flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
            stream = os.fdopen(os.open(path, flags), "rb")
            status = os.fstat(stream.fileno())
            if stat.S_ISREG(status.st_mode):
                return stream, status
            stream.close()
    except FileNotFoundError:
        _refuse(path, "missing", f"does not exist in {path.parent}")
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        _refuse(path, "unreadable", f"cannot be opened: {error}")
    thing = "a folder" if path.is_dir() else "a pipe or a device"
    _refuse(path, "not_a_file", f"is {thing}, not a file")


def _refuse_format(path: Path, start: bytes, size: int) -> NoReturn:
    guess = next((name for magic, name in _OTHER_FORMATS if start.startswith(magic)), "")
    if size == 0:
        guess = "empty"
    elif start.lstrip()[:1] == b"<":
        guess = "a web page, probably an error page saved in the model's place"
    elif start[8:10] == b'{"' and int.from_bytes(start[:8], "little") < size:
        guess = "a safetensors model"
    elif not start.strip(b"\0"):
        guess = "full of zeros, a download that never finished"
    _refuse(path, "not_gguf", f"is {guess}" if guess else f"begins with {start[:4]!r}, not “GGUF”")


def _read_file(path: Path) -> tuple[_Metadata, _Tensors, FileStamp]:
    stream, status = _open(path)
    size = status.st_size
    try:
        with stream:
            reader = _Reader(stream, path, size)
            start = reader.take(min(size, 64), "the start")
            if not start.startswith(b"GGUF"):
                _refuse_format(path, start, size)
            reader = _Reader(stream, path, size)
            stream.seek(0)
            reader.skip(4, "the magic")
            version = reader.number(_U32, "the version")
            if version and not version & 0xFFFF:
                _refuse(path, "big_endian", "is made for big-endian computers")
            if version not in (2, 3):
                _refuse(path, "version", f"is GGUF version {version}")
            counts = [reader.number(_U64, "the header's counts") for _ in range(2)]
            named = ((counts[0], "tensors", _MAX_TENSORS), (counts[1], "metadata keys", _MAX_KEYS))
            for count, what, most in named:
                if count > most:
                    found = f"claims {count:,} {what}; at most {most:,} are allowed"
                    _refuse(path, "damaged", found)
            metadata = _read_metadata(reader, counts[1])
            metadata["GGUF.version"] = version
            alignment = metadata.integer("general.alignment", 32, 1, _MAX_ALIGNMENT)
            if alignment & alignment - 1:
                found = f"has {alignment} for general.alignment; a power of two is allowed"
                _refuse(path, "damaged", found)
            tensors = _read_tensors(reader, counts[0], alignment)
    except OSError as error:
        _refuse(path, "unreadable", f"cannot be read: {error}")
    return metadata, tensors, FileStamp(str(path), size, status.st_mtime_ns)


@dataclass
class _Vocabulary:
    size: int
    control_tokens: frozenset[str]
    ids: dict[str, int | None]
    texts: dict[str, str]


def _read_vocabulary(metadata: _Metadata, tokenizer: str) -> _Vocabulary:
    """Check what llama.cpp asserts of a vocabulary, and what makes its tokenizer throw later."""
    path = metadata.path
    arrays = {key: metadata.array(key) for key in _ARRAY_TYPES}
    listed = arrays["tokenizer.ggml.tokens"]
    if listed is None or not 1 <= listed.count <= _MAX_VOCABULARY:
        count = listed.count if listed else 0
        found = f"has {count:,} tokens in its vocabulary; 1 to {_MAX_VOCABULARY:,} are allowed"
        _refuse(path, "damaged", found)
    for key in ("tokenizer.ggml.token_type", "tokenizer.ggml.scores"):
        array = arrays[key]
        if array is not None and array.count != listed.count:
            found = f"has {array.count:,} elements in {key} for {listed.count:,} tokens"
            _refuse(path, "damaged", found)

    # llama.cpp sees C strings, and names an empty one after its place.
    tokens = listed.strings
    if b"\0" in b"".join(tokens):
        tokens = [token.partition(b"\0")[0] for token in tokens]
    unique = set(tokens)
    if b"" in unique:
        tokens = [token or b"[EMPTY_%d]" % place for place, token in enumerate(tokens)]
        unique = set(tokens)
    if len(unique) != len(tokens):
        token, times = Counter(tokens).most_common(1)[0]
        found = f"has the token {_quoted(token)} {times} times in its vocabulary; once is allowed"
        _refuse(path, "damaged", found)

    if tokenizer == "llama":
        missing = [n for n in range(256) if b"<0x%02X>" % n not in unique]
        missing = [n for n in missing if n == 0 or bytes((n,)) not in unique]
        if missing:
            found = f"lacks {len(missing)} of the 256 byte tokens, such as <0x{missing[0]:02X}>"
            _refuse(path, "damaged", found)
    types_array = arrays["tokenizer.ggml.token_type"]
    types = np.frombuffer(types_array.data if types_array else b"", "<i4")
    for place in np.flatnonzero(types == _BYTE):
        sound = tokenizer == "gpt2" or _BYTE_TOKEN.fullmatch(tokens[place])
        if tokenizer == "bert" or not sound:
            found = f"marks token {place}, {_quoted(tokens[place])}, as a byte, which it cannot be"
            _refuse(path, "damaged", found)
    special = np.flatnonzero((types == _CONTROL) | (types == _USER_DEFINED))

    ids: dict[str, int | None] = {}
    for name in ("bos", "eos", "eot", "unknown"):
        key = f"tokenizer.ggml.{name}_token_id"
        ids[name] = metadata.integer(key, None, 0, len(tokens) - 1) if key in metadata else None
    # Sound Llama 2 files say 4,294,967,295 (-1, none) here. llama.cpp looks past it, and so do we.
    padding = metadata.get("tokenizer.ggml.padding_token_id")
    ids["padding"] = padding if isinstance(padding, int) and padding < len(tokens) else None
    texts = {
        name: "" if (at := ids[name]) is None else tokens[at].decode(errors="replace")
        for name in ("bos", "eos")
    }
    control = frozenset(tokens[place].decode(errors="replace") for place in special)
    return _Vocabulary(len(tokens), control, ids, texts)


def _check_assertions(metadata: _Metadata, prefix: str, blocks: int) -> None:
    """What llama.cpp asserts of any architecture's parameters; a failure ends the process."""
    metadata.integer(f"{prefix}.nextn_predict_layers", 0, 0, blocks - 1)
    for key in (f"{prefix}.attention.layer_norm{name}_epsilon" for name in ("", "_rms")):
        epsilon = metadata.get(key, 0.0)
        if not (isinstance(epsilon, float) and 0 <= epsilon < 1):
            found = f"has {_shown(epsilon)} for {key}; a fraction from 0 to 1 is allowed"
            _refuse(metadata.path, "damaged", found)
    scaling = metadata.text(f"{prefix}.rope.scaling.type", "none")
    if scaling not in _ROPE_SCALING:
        found = f"has the position scaling “{scaling}”; {', '.join(_ROPE_SCALING)} are allowed"
        _refuse(metadata.path, "damaged", found)

    count = metadata.integer(f"{prefix}.expert_count", 0, 0, _MAX_EXPERTS)
    used_key = f"{prefix}.expert_used_count"
    for used in metadata.blocks(used_key, blocks, (0,)):
        if used > count or (used == 0) != (count == 0):
            found = f"uses {used} of {count} experts ({used_key})"
            _refuse(metadata.path, "damaged", found)
    groups_key = f"{prefix}.expert_group_count"
    groups = metadata.integer(groups_key, 0, 0, max(count - 1, 0))
    if groups > 1:
        if count % groups:
            found = f"puts {count} experts into {groups} groups ({groups_key})"
            _refuse(metadata.path, "damaged", found)
        metadata.integer(f"{prefix}.expert_group_used_count", None, 1, groups - 1)


def _recurrent_state_size(metadata: _Metadata, prefix: str) -> int:
    """Elements a block keeps of one sequence: n_embd_r + n_embd_s of llama-hparams.cpp."""
    width = metadata.integer(f"{prefix}.ssm.inner_size", 0, 0, _MAX_WIDTH)
    state = metadata.integer(f"{prefix}.ssm.state_size", 0, 0, _MAX_WIDTH)
    groups = metadata.integer(f"{prefix}.ssm.group_count", 0, 0, _MAX_WIDTH)
    kernel = metadata.integer(f"{prefix}.ssm.conv_kernel", 0, 0, _MAX_WIDTH)
    return max(kernel - 1, 0) * (width + 2 * groups * state) + width * state


def _read_parts(
    metadata: _Metadata, tensors: _Tensors, stamp: FileStamp
) -> tuple[_Tensors, tuple[FileStamp, ...]]:
    """Add up the files of a model that comes in parts: NAME-00001-of-00003.gguf and so on."""
    path = metadata.path
    count = metadata.integer("split.count", 1, 0, 65_535)
    if count <= 1:
        return tensors, (stamp,)
    number = metadata.integer("split.no", 0, 0, count - 1)
    name = _PART_NAME.fullmatch(path.name)
    if name is None or (int(name[2]), int(name[3])) != (number + 1, count):
        found = f"is part {number + 1} of {count} and not named NAME-00001-of-{count:05}.gguf"
        _refuse(path, "incomplete", found)
    if number != 0:
        _refuse(path, "incomplete", f"is part {number + 1} of {count}, not the first")
    total = _Tensors(tensors.count, tensors.elements, tensors.bytes_of_type)
    stamps = [stamp]
    for part in range(2, count + 1):
        beside = path.with_name(f"{name[1]}-{part:05}-of-{count:05}.gguf")
        if not beside.exists():
            _refuse(path, "incomplete", f"needs part {part} of {count}, {beside.name}, beside it")
        more, sums, part_stamp = _read_file(beside)
        more.integer("split.no", None, part - 1, part - 1)
        total.count += sums.count
        total.elements += sums.elements
        total.bytes_of_type += sums.bytes_of_type
        stamps.append(part_stamp)
    return total, tuple(stamps)


def read_header(path: str | os.PathLike[str]) -> GgufHeader:
    """Read and check the header of a model file; of all its parts if it has several.

    Takes some 50 ms for a vocabulary of 49,152 tokens and reads no weights.

    Args:
        path: the file, or the first of a model that comes in parts.

    Raises:
        ModelFileError: the file must not be given to llama.cpp; the message says why and what to
            do. Nothing else is raised, whatever the file holds.
    """
    path = Path(path)
    metadata, tensors, stamp = _read_file(path)
    architecture = metadata.text("general.architecture", "")
    kind = metadata.text("general.type", "model")
    if architecture in _NOT_WRITERS:
        _refuse(path, "not_a_writer", f"is {_NOT_WRITERS[architecture]}")
    if kind != "model":
        _refuse(path, "not_a_writer", f"is not a whole model but of the type “{kind}”")
    tensors, files = _read_parts(metadata, tensors, stamp)
    if tensors.count == 0:
        _refuse(path, "not_a_writer", "holds no weights, only a description or a vocabulary")
    if not architecture:
        _refuse(path, "damaged", "does not name its architecture (general.architecture)")

    blocks = metadata.integer(f"{architecture}.block_count", None, 1, _MAX_BLOCKS)
    width = metadata.integer(f"{architecture}.embedding_length", None, 1, _MAX_WIDTH)
    attention = f"{architecture}.attention"
    heads = metadata.blocks(f"{attention}.head_count", blocks, (0,) * blocks)
    head_width = width // max(heads) if max(heads) else 0
    _check_assertions(metadata, architecture, blocks)
    feed_forward = metadata.blocks(f"{architecture}.feed_forward_length", blocks, (0,))

    tokenizer = metadata.text("tokenizer.ggml.model", "none")
    if tokenizer in ("none", "no_vocab"):
        _refuse(path, "not_a_writer", "has no vocabulary, so it can neither read nor write text")
    vocabulary = _read_vocabulary(metadata, tokenizer)

    window = metadata.get(f"{attention}.sliding_window")
    add_bos = metadata.get("tokenizer.ggml.add_bos_token")
    file_type = metadata.integer("general.file_type", -1, -1, (1 << 32) - 1)
    # Bit 1024 marks a type that was guessed; it says nothing to a writer.
    quantization = _FILE_TYPES.get(file_type & ~1024 if file_type >= 0 else -1)
    return GgufHeader(
        name=metadata.text("general.name", "").strip() or path.stem,
        architecture=architecture,
        version=metadata.integer("GGUF.version", None, 2, 3),
        quantization=quantization or tensors.bytes_of_type.most_common(1)[0][0],
        files=files,
        tensor_count=tensors.count,
        tensor_bytes=tensors.bytes_of_type.total(),
        parameter_count=tensors.elements,
        context_length=metadata.integer(f"{architecture}.context_length", None, 1, _MAX_CONTEXT),
        block_count=blocks,
        embedding_length=width,
        feed_forward_length=max(feed_forward),
        head_count=heads,
        head_count_kv=metadata.blocks(f"{attention}.head_count_kv", blocks, heads),
        key_length=metadata.integer(f"{attention}.key_length", head_width, 0, _MAX_WIDTH),
        value_length=metadata.integer(f"{attention}.value_length", head_width, 0, _MAX_WIDTH),
        sliding_window=window if isinstance(window, int) else 0,
        recurrent_state_size=_recurrent_state_size(metadata, architecture),
        vocabulary_size=vocabulary.size,
        tokenizer_model=tokenizer,
        tokenizer_pre=metadata.text("tokenizer.ggml.pre", ""),
        control_tokens=vocabulary.control_tokens,
        bos_id=vocabulary.ids["bos"],
        eos_id=vocabulary.ids["eos"],
        eot_id=vocabulary.ids["eot"],
        unknown_id=vocabulary.ids["unknown"],
        padding_id=vocabulary.ids["padding"],
        bos_token=vocabulary.texts["bos"],
        eos_token=vocabulary.texts["eos"],
        add_bos=add_bos if isinstance(add_bos, bool) else None,
        chat_template=metadata.text("tokenizer.chat_template", "").strip() or None,
    )

"""Comparisons as files: one JSON object, written whole or not at all, read with suspicion.

Bytes (what tokens spell, sketches) are base64, an infinite temperature is null. Each lane's text
stands there once more, for readers that are no programs of ours. Knows no window and no engine.
"""

from __future__ import annotations

import math
import os
import stat
from pathlib import Path
from typing import Any

import msgspec

from studio.atomic_write import atomic_write
from studio.experiments.comparison import FORMAT, FORMAT_VERSION, Comparison
from studio.sampling import LogitSketch, SketchError

SIZE_LIMIT = 512 * 2**20
"""Bytes. Eight lanes of 4,096 tokens with their sketches have some 120 MB."""


_encoder = msgspec.json.Encoder()


class ComparisonFileError(Exception):
    """A comparison's file cannot be read or written; says what to do.

    Attributes:
        path: The file.
    """

    def __init__(self, path: Path, message: str) -> None:
        super().__init__(f"“{path.name}”: {message}")
        self.path = path


class _Head(msgspec.Struct):
    format: str = ""
    format_version: int = 0


def save_comparison(path: Path, comparison: Comparison) -> None:
    """Write a file anew.

    Raises:
        ComparisonFileError: The system failed; what stood there before still stands.
    """
    write_comparison(path, to_json(comparison))


def write_comparison(path: Path, data: bytes) -> None:
    """Write a file anew with what `to_json` gave.

    Raises:
        ComparisonFileError: As `save_comparison`.
    """
    try:
        atomic_write(path, data)
    except OSError as error:
        raise ComparisonFileError(
            path,
            f"it could not be saved: {error.strerror or error}. What was there before is "
            "unchanged. Choose another place, or make room.",
        ) from error


def load_comparison(path: Path) -> Comparison:
    """Read a file.

    Raises:
        ComparisonFileError: It cannot be read, is no comparison, is damaged, or was written by a
            newer version of the program.
    """
    try:
        data = _read(path)
    except OSError as error:
        raise ComparisonFileError(
            path,
            f"it could not be opened: {error.strerror or error}. Check its name and permissions.",
        ) from error
    return from_json(data, path)


def to_json(comparison: Comparison) -> bytes:
    """The file's bytes.

    Takes seconds for the longest. Other threads go on meanwhile: no step of it is long.
    """
    bare = [msgspec.structs.replace(lane, tokens=()) for lane in comparison.lanes]
    tree: dict[str, Any] = msgspec.to_builtins(
        msgspec.structs.replace(comparison, lanes=tuple(bare)), str_keys=True
    )
    for lane, record in zip(tree["lanes"], comparison.lanes, strict=True):
        # A token at a time: the interpreter is held for as long as one call of the encoder takes.
        tokens = b",".join([_encoder.encode(token) for token in record.tokens])
        lane["tokens"] = msgspec.Raw(b"[" + tokens + b"]")
        lane["text"] = record.text
    return _encoder.encode(tree) + b"\n"


def from_json(data: bytes, path: Path) -> Comparison:
    """The comparison that bytes are; `path` is named where they are none.

    Raises:
        ComparisonFileError: As `load_comparison`.
    """
    try:
        head = msgspec.json.decode(data, type=_Head)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise ComparisonFileError(path, f"it is no comparison, or damaged: {error}.") from error
    if head.format != FORMAT:
        raise ComparisonFileError(
            path,
            f"it is no comparison: its “format” is “{head.format[:40]}”, not “{FORMAT}”. Choose a "
            "file that was saved from Compare.",
        )
    if head.format_version > FORMAT_VERSION:
        raise ComparisonFileError(
            path,
            f"it was saved by a newer version of the program (format {head.format_version}; this "
            f"one reads up to {FORMAT_VERSION}). Open it with that version, or update this one.",
        )
    try:
        tree = msgspec.json.decode(data)
        _restore_infinities(tree)
        comparison = msgspec.convert(tree, Comparison, str_keys=True)
        _check(comparison)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise ComparisonFileError(
            path, f"it is damaged: {error}. Open a copy of it, if there is one."
        ) from error
    return comparison


def _restore_infinities(tree: dict[str, Any]) -> None:
    """JSON has no infinity: an infinite temperature, and a word's ban, were written as null."""
    for lane in _dicts(tree.get("lanes")):
        for holder in (lane, *_dicts(lane.get("turns"))):
            params = holder.get("params")
            if isinstance(params, dict) and params.get("temperature", 1.0) is None:
                params["temperature"] = math.inf
            words = params.get("word_biases") if isinstance(params, dict) else None
            for word in _dicts(words):
                if word.get("bias", 0.0) is None:
                    word["bias"] = -math.inf


def _dicts(found: object) -> list[dict[str, Any]]:
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def _check(comparison: Comparison) -> None:
    if comparison.format_version < 1:
        raise ValueError(f"format_version: found {comparison.format_version}; allowed is 1 or more")
    for number, lane in enumerate(comparison.lanes):
        if not all(lane.stop):
            raise ValueError(
                f"lanes[{number}].stop: found an empty text; allowed are texts of a character or "
                "more"
            )
        for index, token in enumerate(lane.drawn):
            if token.sketch:
                try:
                    sketch = LogitSketch.from_bytes(token.sketch)
                except SketchError as error:
                    raise ValueError(f"lanes[{number}].tokens[{index}]: {error}") from error
                if token.id >= sketch.vocabulary_size:
                    raise ValueError(f"lanes[{number}].tokens[{index}]: its id is no token's")


def _read(path: Path) -> bytes:
    # Without O_NONBLOCK, opening a FIFO would wait for somebody to write into it.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise ComparisonFileError(path, "it is no regular file. Choose a file.")
        if status.st_size > SIZE_LIMIT:
            raise ComparisonFileError(
                path,
                f"it has {status.st_size:,} bytes; allowed are {SIZE_LIMIT:,}. It is no comparison "
                "of this program.",
            )
        return file.read(SIZE_LIMIT + 1)

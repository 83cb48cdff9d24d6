"""The rows of a data set, and the files that they are written to: JSON lines, CSV, Parquet."""

from __future__ import annotations

import contextlib
import csv
import io
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from studio.disk_writes import sync_folder
from studio.experiments.augmentation.errors import AugmentationError
from studio.translation import tr
from studio.visible_text import visible_name

if TYPE_CHECKING:
    import pyarrow

_AT_ONCE = 1_000
"""Rows of a group in a Parquet file."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A text with all that it came from."""

    id: str
    """Its prompt's place in the file and its own number there, from 0: `12-3`."""
    text: str
    prompt: str
    """What it continues."""
    brief: str
    """What the model was given before that."""
    temperature: float | None
    """None stands for infinity."""
    beta: float | None
    """1/T; None stands for infinity."""
    seed: int
    preset: str
    model: str
    model_hash: str
    logprob_t1: float | None
    """The mean of its tokens' ln p at T 1, without filters; None where it has none."""
    logprob_t: float | None
    """The same as they were drawn: at its T, behind penalties and filters."""
    tokens: int
    reason: str
    """Why it ended."""
    similarity: float
    """To its nearest neighbour among the rows, 0 to 1."""
    duplicate: str
    """“exact” or “near”, of a row before it in the order written; empty for neither."""


def write_rows(path: Path, rows: Iterable[Row]) -> None:
    """Write rows to a file, whole or not at all; its name says in which form.

    Args:
        path: The file, which is replaced: .jsonl, .csv or .parquet.
        rows: The rows, which are taken one by one.

    Raises:
        AugmentationError: Its name says none of these.
        OSError: The system failed.
    """
    write = writer_of(path)
    # Not `atomic_write`, which has all of a file in memory.
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as file:
            write(file, rows)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise
    sync_folder(path.parent)


def writer_of(path: Path) -> Callable[[BinaryIO, Iterable[Row]], None]:
    """What writes the form that a file's name says.

    Raises:
        AugmentationError: It says none.
    """
    writers = {".jsonl": _write_json_lines, ".csv": _write_csv, ".parquet": _write_parquet}
    found = writers.get(path.suffix.lower())
    if found is None:
        raise AugmentationError(
            tr(
                "“{name}”: allowed are names that end with {endings}",
                name=visible_name(path.name),
                endings=", ".join(writers),
            )
        )
    return found


def _write_json_lines(file: BinaryIO, rows: Iterable[Row]) -> None:
    encoder = msgspec.json.Encoder()
    for row in rows:
        file.write(encoder.encode(row) + b"\n")


def _write_csv(file: BinaryIO, rows: Iterable[Row]) -> None:
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(Row.__struct_fields__)
    for row in rows:
        writer.writerow(msgspec.structs.astuple(row))
    text.detach()  # which would close the file


def _write_parquet(file: BinaryIO, rows: Iterable[Row]) -> None:
    import pyarrow  # only where it is asked for
    import pyarrow.parquet

    schema = _parquet_schema()
    with pyarrow.parquet.ParquetWriter(file, schema) as writer:
        for group in _groups(rows):
            values = [msgspec.structs.asdict(row) for row in group]
            writer.write_table(pyarrow.Table.from_pylist(values, schema=schema))


def _groups(rows: Iterable[Row]) -> Iterator[list[Row]]:
    group: list[Row] = []
    for row in rows:
        group.append(row)
        if len(group) == _AT_ONCE:
            yield group
            group = []
    if group:
        yield group


def _parquet_schema() -> pyarrow.Schema:
    import pyarrow

    kinds = {str: pyarrow.string(), int: pyarrow.int64()}
    fields = msgspec.structs.fields(Row)
    return pyarrow.schema([(one.name, kinds.get(one.type, pyarrow.float64())) for one in fields])

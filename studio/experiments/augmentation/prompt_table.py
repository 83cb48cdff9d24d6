"""A file of prompts: CSV, JSON lines, Parquet, or a prompt a line.

Nobody vouches for it: it is read whole into memory that is bounded beforehand.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from studio.experiments.augmentation.errors import AugmentationError
from studio.regular_file import read_regular_file
from studio.translation import tr
from studio.visible_text import visible_line, visible_name, visible_names

if TYPE_CHECKING:
    import pyarrow

MOST_BYTES = 64 * 2**20
MOST_ROWS = 100_000
MOST_FIELDS = 256
_MOST_IN_MEMORY = 4 * MOST_BYTES
"""Of a Parquet file, whose texts are compressed."""
_AT_ONCE = 1_000

PLAIN_FIELD = "prompt"
"""What a line's text is called."""

Fields = dict[str, str]


class PromptTable(NamedTuple):
    """What a file of prompts holds.

    Attributes:
        rows: The fields of each prompt, as texts.
        fingerprint: `sha256:` and the file's SHA-256.
    """

    rows: list[Fields]
    fingerprint: str


def read_prompts(path: Path) -> PromptTable:
    """Read a file of prompts.

    One that ends with .csv, .tsv, .jsonl, .ndjson or .parquet has fields; of any other each line
    that is not blank is a prompt.

    Raises:
        AugmentationError: It is none, or too large; says where.
    """
    name = visible_name(path.name)
    try:
        data, _ = read_regular_file(path, MOST_BYTES)
    except OSError as error:
        words = tr("“{name}” cannot be read: {why}", name=name, why=error.strerror or error)
        raise AugmentationError(words) from error
    try:
        rows = list(_rows(path.suffix.lower(), data))
    except AugmentationError as error:
        raise AugmentationError(tr("“{name}”: {why}", name=name, why=error)) from error
    if not rows:
        raise AugmentationError(tr("“{name}” has no prompt", name=name))
    return PromptTable(rows, f"sha256:{hashlib.sha256(data).hexdigest()}")


def _rows(suffix: str, data: bytes) -> Iterator[Fields]:
    """The prompts of a file with that ending; lines where it is of no known form."""
    match suffix:
        case ".csv":
            found = _of_csv(_text(data), ",")
        case ".tsv":
            found = _of_csv(_text(data), "\t")
        case ".jsonl" | ".ndjson":
            found = _of_json_lines(data)
        case ".parquet":
            found = _of_parquet(data)
        case _:
            found = ({PLAIN_FIELD: line} for line in _text(data).splitlines() if line.strip())
    return _bounded(found)


def _bounded(rows: Iterable[Fields]) -> Iterator[Fields]:
    for number, row in enumerate(rows, 1):
        if number > MOST_ROWS:
            raise AugmentationError(tr("it has more than %n prompts", "", MOST_ROWS))
        yield row


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        words = tr("it is not UTF-8 (byte {place}); save it as UTF-8 first", place=error.start)
        raise AugmentationError(words) from error


def _of_csv(text: str, delimiter: str) -> Iterator[Fields]:
    # Each cell has at most 131,072 characters: the module's own bound.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    names: list[str] | None = None
    try:
        for cells in reader:
            if not cells:
                continue
            if names is None:
                names = _checked_names([cell.strip() for cell in cells])
            elif len(cells) != len(names):
                raise AugmentationError(
                    tr(
                        "line {line} has {found} cells; the first line names {wanted} fields",
                        line=reader.line_num,
                        found=len(cells),
                        wanted=len(names),
                    )
                )
            else:
                yield dict(zip(names, cells, strict=True))
    except csv.Error as error:
        words = tr("line {line} cannot be read: {why}", line=reader.line_num, why=error)
        raise AugmentationError(words) from error


def _checked_names(names: list[str]) -> list[str]:
    if len(names) > MOST_FIELDS:
        raise AugmentationError(tr("it has more than %n fields", "", MOST_FIELDS))
    if "" in names or len(set(names)) < len(names):
        shown = visible_names([name or "…" for name in names])
        words = tr("its fields are {names}; allowed are names that differ, none empty", names=shown)
        raise AugmentationError(words)
    return names


def _of_json_lines(data: bytes) -> Iterator[Fields]:
    for number, line in enumerate(data.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            found = msgspec.json.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            words = tr("line {line} is no JSON: {why}", line=number, why=error)
            raise AugmentationError(words) from error
        if not isinstance(found, dict):
            words = tr(
                "line {line} is no JSON object, such as {example}", line=number, example=_JSON
            )
            raise AugmentationError(words)
        yield _texts(found, number)


_JSON = '{"prompt": "The sea was"}'


def _texts(row: dict[str, object], number: int) -> Fields:
    """A row's values as texts."""
    _checked_names(list(row))
    found = {}
    for name, value in row.items():
        if value is None:
            found[name] = ""
        elif isinstance(value, bool):
            found[name] = "true" if value else "false"
        elif isinstance(value, str | int | float):
            found[name] = str(value)
        else:
            raise AugmentationError(
                tr(
                    "row {number}: “{field}” is a list or an object; allowed are texts, numbers, "
                    "true, false and null",
                    number=number,
                    field=visible_line(name),
                )
            )
    return found


def _of_parquet(data: bytes) -> Iterator[Fields]:
    import pyarrow  # only where it is asked for
    import pyarrow.parquet

    try:
        file = pyarrow.parquet.ParquetFile(pyarrow.BufferReader(data))
        _check_size(file)
        for number, batch in enumerate(file.iter_batches(batch_size=_AT_ONCE)):
            for place, row in enumerate(batch.to_pylist(), number * _AT_ONCE + 1):
                yield _texts(row, place)
    except (pyarrow.ArrowException, OSError) as error:
        raise AugmentationError(tr("it cannot be read as Parquet: {why}", why=error)) from error


def _check_size(file: pyarrow.parquet.ParquetFile) -> None:
    """Refuse a file of too much before any of it is unpacked."""
    about = file.metadata
    groups = (about.row_group(number) for number in range(about.num_row_groups))
    if about.num_rows > MOST_ROWS:
        raise AugmentationError(tr("it has more than %n prompts", "", MOST_ROWS))
    if sum(group.total_byte_size for group in groups) > _MOST_IN_MEMORY:
        words = tr("unpacked it has more than %n bytes", "", _MOST_IN_MEMORY)
        raise AugmentationError(words)

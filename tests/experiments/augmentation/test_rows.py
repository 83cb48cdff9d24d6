"""What is written: rows in three forms that other readers read, and the card beside them."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import msgspec
import pyarrow
import pyarrow.parquet
import pytest
import yaml

from studio.experiments.augmentation.augmentation import Augmentation
from studio.experiments.augmentation.card import CardFigures, card, write_card
from studio.experiments.augmentation.errors import AugmentationError
from studio.experiments.augmentation.plan import Temperatures
from studio.experiments.augmentation.rows import Row, write_rows
from tests.experiments.augmentation.desk import MadeUp, unlike

ROW = Row(
    id="0-1",
    text='He said: "no",\nand\tleft; \x00 𝔘.\r\n',
    prompt="=1+1",
    brief="",
    temperature=0.7,
    beta=1 / 0.7,
    seed=2**32 - 1,
    preset="Neutral",
    model="Tiny",
    model_hash="sha256:ab",
    logprob_t1=-2.5,
    logprob_t=None,
    tokens=12,
    reason="stop_string",
    similarity=0.25,
    duplicate="",
)
ROWS = [ROW, msgspec.structs.replace(ROW, id="1-0", text="", temperature=None, beta=0.0)]


def read(path: Path) -> list[dict[str, Any]]:
    """The rows by a reader of its own."""
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    found: list[dict[str, Any]] = pyarrow.parquet.read_table(path).to_pylist()
    return found


@pytest.mark.parametrize("ending", [".jsonl", ".csv", ".parquet"])
def test_every_form_gives_the_rows_back(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"rows{ending}"
    path.write_text("the one before")
    write_rows(path, iter(ROWS))
    expected = [msgspec.structs.asdict(row) for row in ROWS]
    if ending == ".csv":
        expected = [
            {name: "" if it is None else str(it) for name, it in row.items()} for row in expected
        ]
    assert read(path) == expected
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_fails_leaves_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    path.write_text("the one before")

    def broken() -> Any:
        yield ROW
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        write_rows(path, broken())
    assert path.read_text() == "the one before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_parquet_file_has_types_also_without_rows(tmp_path: Path) -> None:
    for name, rows in (("a.parquet", []), ("b.parquet", ROWS * 1_200)):
        write_rows(tmp_path / name, rows)
        schema = pyarrow.parquet.read_schema(tmp_path / name)
        assert schema.names == list(Row.__struct_fields__)
        assert schema.field("seed").type == pyarrow.int64()
        assert schema.field("logprob_t").type == pyarrow.float64()
    assert pyarrow.parquet.ParquetFile(tmp_path / "b.parquet").num_row_groups == 3


def test_another_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AugmentationError, match=r"\.jsonl, \.csv, \.parquet"):
        write_rows(tmp_path / "rows.xlsx", ROWS)


def carded(path: Path, **values: Any) -> tuple[str, Augmentation]:
    desk = MadeUp(path.with_name("journal"), **values)
    desk.write(unlike)
    figures = CardFigures()
    write_rows(path, figures.seen(desk.made.finished_rows()))
    desk.journal.close()
    text = card(desk.journal.head, desk.plan, path.name, desk.made, figures, len(desk.prompts))
    return text, desk.made


def test_a_card_says_what_there_is(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    text, made = carded(path, temperatures=Temperatures(values=(0.5, 1.0, 1.5)))
    _, head, body = text.split("---\n", 2)
    about = yaml.safe_load(head)
    (data,) = about["configs"][0]["data_files"]
    assert (tmp_path / data["path"]).is_file()
    assert about["size_categories"] == ["n<1K"]
    assert made.rows == 6
    assert "6 texts, written by Tiny" in body
    table = [line for line in body.splitlines() if line.startswith("| ")]
    assert [line.split(" | ")[:2] for line in table[2:]] == [
        ["| 0.5", "2"], ["| 1", "2"], ["| 1.5", "2"]
    ]  # fmt: skip
    assert str(tmp_path) not in text
    columns = {
        name for line in body.splitlines() if line.startswith("- `")
        for name in line.split("`")[1].split(", ")
    }  # fmt: skip
    assert columns >= set(Row.__struct_fields__)


def test_many_temperatures_stand_in_fifths(tmp_path: Path) -> None:
    temperatures = Temperatures(low=0.5, high=1.5)
    text, _ = carded(tmp_path / "rows.csv", samples=20, tries=20, temperatures=temperatures)
    lines = [line.split(" | ") for line in text.splitlines() if " to " in line and "| " in line]
    assert len(lines) == 5
    assert sum(int(cells[1]) for cells in lines) == 40


def test_a_card_replaces_its_own_and_no_other(tmp_path: Path) -> None:
    rows, other = tmp_path / "rows.jsonl", tmp_path / "other.jsonl"
    text, _ = carded(rows)
    assert write_card(rows, text) == tmp_path / "README.md"
    assert write_card(rows, text + "\nmore") == tmp_path / "README.md"
    (tmp_path / "journal").unlink()
    beside, _ = carded(other)
    assert write_card(other, beside) == tmp_path / "other.jsonl.README.md"
    assert (tmp_path / "README.md").read_text(encoding="utf-8").endswith("more")

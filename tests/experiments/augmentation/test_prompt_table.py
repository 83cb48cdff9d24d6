"""Files of prompts: every form, and what is refused with what, where and what is allowed."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from studio.experiments.augmentation import prompt_table
from studio.experiments.augmentation.errors import AugmentationError
from studio.experiments.augmentation.prompt_table import Fields, read_prompts

ROWS = [
    {"prompt": "The sea, “calm”", "label": "1"},
    {"prompt": "Two\nlines", "label": "true"},
    {"prompt": "", "label": ""},
]


def made(folder: Path, name: str, data: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def read(folder: Path, name: str, data: bytes | str) -> list[Fields]:
    return read_prompts(made(folder, name, data)).rows


def parquet(path: Path, rows: list[dict[str, object]]) -> Path:
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    return path


def test_all_forms_hold_the_same(tmp_path: Path) -> None:
    table = 'prompt,label\n"The sea, “calm”",1\n\n"Two\nlines",true\n"",""\n'
    assert read(tmp_path, "a.csv", table) == ROWS
    assert read(tmp_path, "a.TSV", "prompt\tlabel\na, b\t1\n") == [{"prompt": "a, b", "label": "1"}]
    lines = (
        '{"prompt": "The sea, “calm”", "label": 1}\n\n'
        '{"prompt": "Two\\nlines", "label": true}\r\n{"prompt": null, "label": ""}'
    )
    assert read(tmp_path, "a.jsonl", lines) == ROWS
    found = read_prompts(parquet(tmp_path / "a.parquet", [dict(row) for row in ROWS]))
    assert found.rows == ROWS
    assert found.fingerprint.startswith("sha256:")


def test_any_other_file_has_a_prompt_a_line(tmp_path: Path) -> None:
    assert read(tmp_path, "a.txt", "\ufeffone, two\n\n  three\n \n") == [
        {"prompt": "one, two"},
        {"prompt": "  three"},
    ]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.txt", "", "no prompt"),
        ("a.txt", b"\xff\xfe", "not UTF-8 (byte 0)"),
        ("a.csv", "a,b\n1\n", "line 2 has 1 cells; the first line names 2 fields"),
        ("a.csv", "a,a\n1,2\n", "“a”, “a”"),
        ("a.csv", "a,\n1,2\n", "none empty"),
        ("a.csv", 'a\n"b', "line 2"),
        ("a.csv", "a\n" + "b" * 200_000, "line 2"),
        ("a.csv", ",".join(map(str, range(300))), "more than 256 fields"),
        ("a.jsonl", '{"a": 1}\n[1]', "line 2 is no JSON object"),
        ("a.jsonl", '{"a": {}}', "row 1: “a” is a list or an object"),
        ("a.jsonl", "[" * 100_000, "line 1 is no JSON"),
        ("a.jsonl", '{"a": "\\ud800"}', "line 1 is no JSON"),
        ("a.parquet", b"PAR1 and no more", "cannot be read as Parquet"),
    ],
)
def test_what_is_refused(tmp_path: Path, name: str, data: bytes | str, said: str) -> None:
    with pytest.raises(AugmentationError, match=re.escape(said)) as caught:
        read(tmp_path, name, data)
    assert f"“{name}”" in str(caught.value)
    assert len(str(caught.value)) <= 2_000


def test_what_is_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prompt_table, "MOST_ROWS", 2)
    for path in (
        made(tmp_path, "a.txt", "a\nb\nc"),
        parquet(tmp_path / "a.parquet", [{"prompt": letter} for letter in "abc"]),
    ):
        with pytest.raises(AugmentationError, match="more than 2 prompts"):
            read_prompts(path)
    monkeypatch.setattr(prompt_table, "MOST_BYTES", 4)
    with pytest.raises(AugmentationError, match="5 bytes"):
        read_prompts(tmp_path / "a.txt")


def test_a_parquet_file_that_unpacks_to_too_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = parquet(tmp_path / "a.parquet", [{"prompt": "a" * 100_000}] * 20)
    assert path.stat().st_size < 20_000
    monkeypatch.setattr(prompt_table, "_MOST_IN_MEMORY", 50_000)
    with pytest.raises(AugmentationError, match="unpacked"):
        read_prompts(path)


def test_a_parquet_file_of_lists_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AugmentationError, match="row 2: “a” is a list"):
        read_prompts(parquet(tmp_path / "a.parquet", [{"a": None}, {"a": [1]}]))


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(AugmentationError, match="cannot be read"):
            read_prompts(path)

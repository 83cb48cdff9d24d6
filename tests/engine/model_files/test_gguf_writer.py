"""GGUF files as they are written: read back by the gguf package, which knows nothing of ours."""

from pathlib import Path

import gguf
import numpy as np
import pytest

from studio.engine.model_files.gguf_container import read_file
from studio.engine.model_files.gguf_writer import NewTensor, Value, write_gguf

VALUES: dict[str, Value] = {
    "general.architecture": "llama",
    "a.number": 7,
    "a.float": 0.5,
    "a.truth": True,
    "some.numbers": [3, -1, 0],
    "some.texts": ["a", "ä", ""],
    "no.texts": [],
}


def some_tensors() -> list[NewTensor]:
    table = np.arange(5 * 3, dtype=np.float32).reshape(5, 3)
    blocks = np.arange(4 * 2 * 34, dtype=np.uint8).reshape(4, 68)
    return [
        NewTensor("first.weight", "F32", (3, 5), iter([table[:2], table[2:]])),
        NewTensor("second.weight", "Q8_0", (64, 4), [blocks]),
        NewTensor("third.weight", "F32", (3,), [table[0]]),
    ]


def test_the_gguf_package_reads_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "some.gguf"
    write_gguf(path, VALUES, some_tensors())
    reader = gguf.GGUFReader(path)
    found = {key: field.contents() for key, field in reader.fields.items() if key in VALUES}
    assert found == VALUES
    first, second, third = reader.tensors
    assert [tensor.name for tensor in reader.tensors] == [t.name for t in some_tensors()]
    assert np.array_equal(first.data, np.arange(15, dtype=np.float32).reshape(5, 3))
    assert second.tensor_type == gguf.GGMLQuantizationType.Q8_0
    assert second.data.tobytes() == np.arange(4 * 2 * 34, dtype=np.uint8).tobytes()
    assert np.array_equal(third.data, [0.0, 1.0, 2.0])


def test_our_own_reader_takes_it(tmp_path: Path) -> None:
    path = tmp_path / "some.gguf"
    write_gguf(path, VALUES, some_tensors())
    metadata, tensors, _ = read_file(path)
    assert metadata.text("general.architecture") == "llama"
    assert [(each.name, each.type, each.shape) for each in tensors.each] == [
        (each.name, each.type, each.shape) for each in some_tensors()
    ]


def test_a_tensor_that_is_too_short_is_refused(tmp_path: Path) -> None:
    short = NewTensor("short.weight", "F32", (3, 5), [np.zeros((4, 3), np.float32)])
    with pytest.raises(ValueError, match=r"short\.weight: found 48 bytes; 60 are due"):
        write_gguf(tmp_path / "some.gguf", VALUES, [short])

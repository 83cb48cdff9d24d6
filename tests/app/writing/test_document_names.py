"""Open documents are called as short as can be without being alike."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.app.writing.document_names import distinct_names


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (["/a/sea.txt"], ["sea"]),
        (["/a/sea.txt", None, "/b/land.kelvin"], ["sea", "Untitled", "land"]),
        (["/a/sea.txt", "/a/sea.kelvin"], ["sea.txt", "sea.kelvin"]),
        (["/a/sea.txt", "/b/sea.txt"], ["a/sea.txt", "b/sea.txt"]),
        (["/a/x/sea.txt", "/b/x/sea.txt", "/b/sea.md"], ["a/x/sea.txt", "b/x/sea.txt", "sea.md"]),
        (["/sea.txt", "/a/sea.txt"], ["/sea.txt", "a/sea.txt"]),
        (["/a/Untitled.txt", None], ["Untitled.txt", "Untitled"]),
        (["/a/sea", "/a/sea.txt"], ["sea", "sea.txt"]),
    ],
)
def test_names(files: list[str | None], names: list[str]) -> None:
    paths = [None if file is None else Path(file) for file in files]
    assert distinct_names([(path, 1) for path in paths]) == names


def test_documents_without_a_file_have_numbers() -> None:
    assert distinct_names([(None, 1), (None, 3)]) == ["Untitled", "Untitled 3"]


parts = st.sampled_from(["a", "b", "sea", "sea.txt", "sea.txt.md"])
files = st.lists(parts, min_size=1, max_size=4).map(lambda names: Path("/", *names))


@given(st.lists(files, unique=True, max_size=8))
def test_no_two_are_called_the_same(paths: list[Path]) -> None:
    names = distinct_names([(path, 1) for path in paths])
    assert len(set(names)) == len(paths)
    for path, name in zip(paths, names, strict=True):
        assert str(path).endswith(name) or path.stem == name

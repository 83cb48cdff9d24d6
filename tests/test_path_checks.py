from __future__ import annotations

from pathlib import Path

import pytest

from studio.path_checks import exists, is_file, is_folder, size_of


def test_what_is_there_is_distinguished(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("12345")
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "nowhere")
    asked = [(exists(path), is_file(path), is_folder(path)) for path in (file, tmp_path, link)]
    assert asked == [(True, True, False), (True, False, True), (False, False, False)]
    assert [size_of(file), size_of(link)] == [5, 0]


@pytest.mark.parametrize("name", ["a" * 300, "half\0", "file/below"])
def test_what_cannot_be_asked_about_is_not_there(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / name
    assert not exists(path)
    assert not is_file(path)
    assert not is_folder(path)
    assert size_of(path) == 0

"""The data folder, found wherever an installation puts it."""

from pathlib import Path

import pytest

from studio import resource_files
from studio.resource_files import resource


def test_in_a_checkout_it_stands_beside_the_package() -> None:
    found = resource("presets", "code.json")
    assert found == Path(__file__).parents[1] / "resources" / "presets" / "code.json"
    assert found.is_file()


def test_the_folder_itself() -> None:
    assert resource().joinpath("presets").is_dir()


def test_in_a_wheel_it_is_inside_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = tmp_path / "studio" / "resources"
    inside.mkdir(parents=True)
    (tmp_path / "resources").mkdir()  # somebody else's
    monkeypatch.setattr(resource_files, "_PACKAGE", tmp_path / "studio")
    assert resource("x") == inside / "x"


def test_in_a_frozen_application_it_is_where_that_unpacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unpacked = tmp_path / "unpacked"
    (unpacked / "resources").mkdir(parents=True)
    monkeypatch.setattr(resource_files, "_PACKAGE", tmp_path / "lib" / "studio")
    monkeypatch.setattr("sys._MEIPASS", str(unpacked), raising=False)
    assert resource("x") == unpacked / "resources" / "x"


def test_an_incomplete_installation_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource_files, "_PACKAGE", tmp_path / "studio")
    with pytest.raises(FileNotFoundError, match="install Kelvin Studio again"):
        resource("presets")

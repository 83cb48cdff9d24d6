"""Where dictionaries are found, and which of them is meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.app.writing.dictionaries import (
    found_dictionaries,
    nearest,
    own_folder,
    usual_folders,
)


def put(folder: Path, *names: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()


def test_pairs_are_found_and_the_first_folder_wins(tmp_path: Path) -> None:
    first, second = tmp_path / "one", tmp_path / "two"
    put(first, "de_DE.dic", "de_DE.aff", "hyph_de_DE.dic", "README_de.txt", "en_US.dic")
    put(second, "de_DE.dic", "de_DE.aff", "en_US.dic", "en_US.aff", "eo.dic", "eo.aff")
    put(second, "xx.dic", "xx.aff")
    with (second / "xx.dic").open("wb") as large:
        large.truncate(65 * 2**20)
    found = found_dictionaries([tmp_path / "none", first, second])
    assert found == {
        "de_DE": first / "de_DE.dic",
        "en_US": second / "en_US.dic",
        "eo": second / "eo.dic",
    }


def test_the_systems_folders_and_ones_own_are_looked_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.app.writing.dictionaries.sys.platform", "linux")
    monkeypatch.setenv("DICPATH", str(tmp_path / "path"))
    monkeypatch.setenv("XDG_DATA_DIRS", f"{tmp_path / 'share'}:/usr/share")
    folders = list(usual_folders())
    assert folders[:2] == [own_folder(), tmp_path / "path"]
    for expected in (tmp_path / "share" / "hunspell", Path("/usr/share/myspell/dicts")):
        assert expected in folders
    put(own_folder(), "en_US.dic", "en_US.aff")
    assert found_dictionaries(usual_folders())["en_US"].parent == own_folder()


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("de_AT", "de_AT"),
        ("de_CH", "de_DE"),
        ("en_GB", "en_US"),
        ("eo_001", "eo"),
        ("pt_AO", "pt_PT"),
        ("fr_FR", ""),
        ("C", ""),
    ],
)
def test_the_nearest_is_of_the_same_tongue(wanted: str, expected: str) -> None:
    languages = ["de_AT", "de_DE", "en_US", "eo", "pt_BR", "pt_PT"]
    assert nearest(languages, wanted) == expected

"""Temporary files that killed programs have left, in all folders that are written to."""

import os
from pathlib import Path

import pytest

from studio.app.settings import FOLDER, RECENT_FILES, Settings, settings_path
from studio.app.stale_file_cleanup import clean_up
from studio.app.user_folders import config_folder, data_folder, recovery_folder, state_folder
from studio.in_place import backup_folder
from studio.platform_places import state_place
from studio.presets import preset_folder
from tests.helpers.waiting import LONG

NAME = ".0123456789abcdef.tmp"


def stale(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / NAME
    path.write_bytes(b"half")
    os.utime(path, (0, 0))
    return path


def test_places_without_qt_are_those_of_qt() -> None:
    assert state_place() == state_folder()
    assert preset_folder().parent == config_folder() == settings_path().parent


@pytest.mark.usefixtures("own_settings")
def test_stale_files_go_from_the_folders_that_are_written_to(tmp_path: Path) -> None:
    settings = Settings()
    for name in ("a", "b"):
        settings.remember(RECENT_FILES, str(tmp_path / name / "story.txt"))
    settings.set(FOLDER, str(tmp_path / "c"))
    places = [tmp_path / name for name in "abc"]
    places += [config_folder(), preset_folder(), backup_folder(), data_folder() / "briefs"]
    places += [data_folder() / "comparisons", recovery_folder() / "0123"]
    files = [stale(place) for place in places]
    elsewhere = [stale(tmp_path / "d"), stale(tmp_path / "a" / "below")]
    clean_up(settings).join(LONG / 1000)
    assert [path for path in files if path.exists()] == []
    assert all(path.exists() for path in elsewhere), "nobody's but those"

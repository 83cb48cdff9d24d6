"""What a killed program left behind, met by the next start."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from studio.app.settings import LAST_FILE
from studio.ui import application as program
from studio.ui.application import open_first
from studio.ui.main_window import MainWindow
from tests.test_in_place import killed_while_writing
from tests.ui.conftest import LONG, remember, save

ROOT = Path(__file__).parents[2]
NAME = ".0123456789abcdef.tmp"


def stale(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / NAME
    path.write_bytes(b"half")
    os.utime(path, (0, 0))
    return path


def test_the_program_does_so_when_its_window_stands(empty_home: Path) -> None:
    left = stale(empty_home / "config" / "kelvin-studio")
    # Writing is not all there is to be done: this one begins in a folder of its own.
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "studio"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"},
    )
    try:
        end = time.monotonic() + LONG / 1000
        while left.exists() and child.poll() is None and time.monotonic() < end:
            time.sleep(0.05)
        assert not left.exists()
    finally:
        child.kill()
        child.wait()


def test_a_document_that_was_half_written_is_opened_as_it_was(
    open_window: Callable[[], MainWindow],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(program, "find_starter_model", lambda: None)
    story, second_name = tmp_path / "story.txt", tmp_path / "copy.txt"
    story.write_text("The sea was calm.")
    second_name.hardlink_to(story)
    killed_while_writing(story, b"A NEW BEGINNING OF IT ALL", 5)
    assert story.read_text().startswith("A NEWea was calm.")
    remember(LAST_FILE, str(story))
    window = open_window()
    open_first(window, None)
    assert window.session.draft.manuscript.text == "The sea was calm."
    assert not window.isWindowModified()
    assert "“story.txt” was being written when the program ended" in window.notice.message
    assert story.read_text() == second_name.read_text() == "The sea was calm."
    window.session.draft.manuscript.edit(0, 0, "Once. ")
    save(window)
    assert second_name.read_text() == "Once. The sea was calm."
    assert story.stat().st_nlink == 2

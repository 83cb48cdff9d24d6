"""What stands behind the widgets is tested with Qt's core alone, and so without a display."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication

from studio.app.settings import settings_path
from tests.helpers.fake_engine import Desk


@pytest.fixture
def own_settings(empty_home: Path, qapp: QCoreApplication) -> Path:
    """The file of settings, in a folder of the test's own; they are written by a timer."""
    path = settings_path()
    assert path.is_relative_to(empty_home)
    return path


@pytest.fixture
def short_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes when the writer rests comes at once, for tests that wait for it."""
    for rest in (
        "next_token_preview.DEBOUNCE_MS",
        "records._SOON_MS",
        "recovery._DELAY_MS",
        "recovery._GROWING_MS",
        "who_wrote._REST_MS",
        "word_count._COUNT_MS",
    ):
        monkeypatch.setattr(f"studio.app.writing.{rest}", 5)


@pytest.fixture
def desk(qapp: QCoreApplication) -> Desk:
    """What stands behind a window with a model and an empty text; the test plays the engine."""
    desk = Desk()
    desk.load()
    return desk

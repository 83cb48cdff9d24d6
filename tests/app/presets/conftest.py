from pathlib import Path

import pytest

from tests.helpers.preset_desk import Desk


@pytest.fixture
def desk(tmp_path: Path, qapp: object) -> Desk:
    """Two presets of the writer's own, Mine and Other; the test plays the engine."""
    desk = Desk(tmp_path / "presets")
    for name in ("Mine", "Other"):
        desk.presets.save_as(name)
    return desk

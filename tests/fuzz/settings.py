"""Target: the file of settings."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication

from studio.app.settings import DECLARED, Setting, Settings
from tests.fuzz.target import Target

_FOREIGN = re.compile(r"“.*?”|\(.*?\)|\d+", re.DOTALL)
"""What of a message is a number or the file's: inputs that differ in it alone count as alike."""


def target(folder: Path) -> Target:
    """A file with everything, one with nothing, one of a later version."""
    application = QCoreApplication.instance() or QCoreApplication([])  # timers need one
    path = folder / "settings" / "settings.json"

    def check(data: bytes) -> str:
        """Every setting has a value that it may have; what is written is read again."""
        assert application is not None
        path.parent.mkdir(exist_ok=True)
        for former in path.parent.iterdir():
            former.unlink()
        path.write_bytes(data)
        settings = Settings(path)
        values = _values(settings)
        assert len(settings.problem) < 1500, "a message that fills the window"
        settings.problem.encode()
        assert settings.save() == "", "it can be written"
        again = Settings(path)
        assert again.problem == "", "it is told of once"
        assert _values(again) == values
        again.save()
        return _FOREIGN.sub("#", settings.problem)[:200] or "sound"

    whole = {key: setting.default for key, setting in DECLARED.items()}
    seeds = [json.dumps(tree).encode() for tree in (whole, {}, {"later/thing": [1, {"a": None}]})]
    words = [f'"{key}": '.encode() for key in DECLARED]
    return Target(seeds, check, (*words, b"true", b"[]", b'["a", "b"]'), ("studio.app.settings",))


def _values(settings: Settings) -> dict[str, object]:
    """Every setting's value, which is one that it may have."""
    values: dict[str, object] = {}
    for key, setting in DECLARED.items():
        known: Setting[Any] = setting  # whichever it is
        values[key] = settings.get(known)
        assert known.allows(values[key]), key
    return values

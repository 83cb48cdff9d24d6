"""Where the program remembers what it remembers, for a test."""

from pathlib import Path

import pytest


def remember_in(home: Path, patch: pytest.MonkeyPatch) -> None:
    """Have this process and its children find settings, data, state and caches in a folder.

    Args:
        home: The folder; it need not be there.
        patch: Puts the environment back.
    """
    for name in ("cache", "config", "data", "state"):
        patch.setenv(f"XDG_{name.upper()}_HOME", str(home / name))

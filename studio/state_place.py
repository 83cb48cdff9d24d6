"""Where the platform keeps what is of this machine and of now. The same as Qt says, without Qt."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_PROGRAM = "kelvin-studio"


def state_place() -> Path:
    """The program's folder of state; it need not exist yet.

    It is `~/.local/state/kelvin-studio` (or where XDG_STATE_HOME points) on Linux,
    `~/Library/Application Support/kelvin-studio/state` on macOS and
    `%LOCALAPPDATA%/kelvin-studio/state` on Windows.
    """
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return (Path(local) if local else Path.home() / "AppData" / "Local") / _PROGRAM / "state"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / _PROGRAM / "state"
    given = os.environ.get("XDG_STATE_HOME", "")
    # A relative one is to be ignored, says the standard.
    return (Path(given) if given.startswith("/") else Path.home() / ".local" / "state") / _PROGRAM

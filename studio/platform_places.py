"""Where the platform keeps what is the program's, without Qt: on Linux the same as Qt says.

None of the folders need be there yet.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

_PROGRAM = "kelvin-studio"


def config_place() -> Path:
    """The program's folder of what a writer may edit by hand.

    It is `~/.config/kelvin-studio` (or where XDG_CONFIG_HOME points) on Linux,
    `~/Library/Preferences/kelvin-studio` on macOS and `%LOCALAPPDATA%/kelvin-studio` on Windows.
    """
    if sys.platform == "win32":
        return _local() / _PROGRAM
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Preferences" / _PROGRAM
    return _given("XDG_CONFIG_HOME", ".config") / _PROGRAM


def state_place() -> Path:
    """The program's folder of what is of this machine and of now.

    It is `~/.local/state/kelvin-studio` (or where XDG_STATE_HOME points) on Linux,
    `~/Library/Application Support/kelvin-studio/state` on macOS and
    `%LOCALAPPDATA%/kelvin-studio/state` on Windows.
    """
    if sys.platform == "win32":
        return _local() / _PROGRAM / "state"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / _PROGRAM / "state"
    return _given("XDG_STATE_HOME", ".local/state") / _PROGRAM


def _local() -> Path:
    local = os.environ.get("LOCALAPPDATA")
    return Path(local) if local else Path.home() / "AppData" / "Local"


def _given(variable: str, usual: str) -> Path:
    given = os.environ.get(variable, "")
    # A relative one is to be ignored, says the standard.
    return Path(given) if given.startswith("/") else Path.home() / usual

"""Where the platform keeps a user's presets. The same place as QStandardPaths', without Qt."""

import os
import sys
from pathlib import Path

_PROGRAM = "kelvin-studio"


def preset_folder() -> Path:
    """The folder of the user's presets; it need not exist yet.

    It is `presets` within the program's folder in the platform's generic configuration folder:
    `~/.config` (or where XDG_CONFIG_HOME points) on Linux, `~/Library/Preferences` on macOS,
    `%LOCALAPPDATA%` on Windows.
    """
    return _generic_config() / _PROGRAM / "presets"


def _generic_config() -> Path:
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return Path(local) if local else Path.home() / "AppData" / "Local"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Preferences"
    given = os.environ.get("XDG_CONFIG_HOME", "")
    # A relative one is to be ignored, says the standard.
    return Path(given) if given.startswith("/") else Path.home() / ".config"

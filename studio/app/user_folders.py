"""The platform's folders for what the program keeps for its user. None of them need exist yet."""

from pathlib import Path

from PySide6.QtCore import QStandardPaths

_Place = QStandardPaths.StandardLocation
_PROGRAM = "kelvin-studio"


def data_folder() -> Path:
    """What belongs to the user but to none of their files: `~/.local/share/…` on Linux."""
    return Path(QStandardPaths.writableLocation(_Place.AppDataLocation))


def state_folder() -> Path:
    """What concerns this machine and the present only: `~/.local/state/kelvin-studio` on Linux."""
    return Path(QStandardPaths.writableLocation(_Place.GenericStateLocation)) / _PROGRAM


def recovery_folder() -> Path:
    """The journals: unsaved text, one for each window that runs."""
    return state_folder() / "recovery"


def engine_cache_folder() -> Path:
    """What the engine can do without, as evaluated prompts: `~/.cache/kelvin-studio` on Linux."""
    return Path(QStandardPaths.writableLocation(_Place.GenericCacheLocation)) / _PROGRAM


def config_folder() -> Path:
    """Settings, and what a writer may edit by hand: `~/.config/kelvin-studio` on Linux."""
    return Path(QStandardPaths.writableLocation(_Place.GenericConfigLocation)) / _PROGRAM

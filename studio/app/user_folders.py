"""Where the platform keeps what the program remembers and puts in safety for its user.

None need be there.
"""

from pathlib import Path

from PySide6.QtCore import QStandardPaths

_Place = QStandardPaths.StandardLocation


def data_folder() -> Path:
    """What is the user's and belongs to no file of theirs: `~/.local/share/…` on Linux."""
    return Path(QStandardPaths.writableLocation(_Place.AppDataLocation))


def state_folder() -> Path:
    """What is of this machine and of now: `~/.local/state/kelvin-studio` on Linux."""
    return Path(QStandardPaths.writableLocation(_Place.GenericStateLocation)) / "kelvin-studio"


def recovery_folder() -> Path:
    """The journals: what is written and not saved, of each program that runs."""
    return state_folder() / "recovery"


def config_folder() -> Path:
    """Settings, and what a writer may edit by hand: `~/.config/kelvin-studio` on Linux."""
    return Path(QStandardPaths.writableLocation(_Place.GenericConfigLocation)) / "kelvin-studio"

"""Where the program's data files are: presets, icons, sample texts.

The one place that knows how the program was installed.
"""

import sys
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path


def resource(*parts: str) -> Traversable:
    """The data file or folder `resources/<parts>`.

    In a checkout the folder stands beside the package, in an installed wheel inside it, in a
    frozen application in the folder that it unpacks to.

    Raises:
        FileNotFoundError: the installation is incomplete.
    """
    package = files("studio")
    candidates: list[Traversable] = [package / "resources"]
    if isinstance(package, Path):
        candidates.append(package.parent / "resources")
    if unpacked := getattr(sys, "_MEIPASS", None):
        candidates.append(Path(unpacked) / "resources")
    for folder in candidates:
        if folder.is_dir():
            return folder.joinpath(*parts)
    raise FileNotFoundError(
        "The program's data folder “resources” is missing; install Kelvin Studio again."
    )

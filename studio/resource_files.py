"""Where the program's data files are: presets, icons, sample texts.

The one place that knows how the program was installed.
"""

import sys
from pathlib import Path

_PACKAGE = Path(__file__).parent


def resource(*parts: str) -> Path:
    """The data file or folder `resources/<parts>`.

    In a checkout the folder stands beside the package, in an installed wheel inside it, in a
    frozen application in the folder that it unpacks to.

    Raises:
        FileNotFoundError: the installation is incomplete.
    """
    candidates = [_PACKAGE / "resources", _PACKAGE.parent / "resources"]
    if unpacked := getattr(sys, "_MEIPASS", None):
        candidates.append(Path(unpacked) / "resources")
    for folder in candidates:
        if folder.is_dir():
            return folder.joinpath(*parts)
    raise FileNotFoundError(
        "The program's data folder “resources” is missing; install Kelvin Studio again."
    )

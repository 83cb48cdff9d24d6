"""The typefaces that come with the program, so that a page looks the same on every desktop.

Two families, one with serifs and one without. What neither has a letter for (other scripts, rare
signs) is taken from the system's fonts.
"""

from functools import cache
from typing import Literal

from PySide6.QtGui import QFontDatabase

from studio.resource_files import resource

Face = Literal["serif", "sans"]

FAMILIES: dict[Face, str] = {"serif": "Noto Serif", "sans": "Inter"}
"""The family that each face is set in."""

_FILES = (
    "Inter-Regular.otf",
    "Inter-Italic.otf",
    "Inter-SemiBold.otf",
    "NotoSerif-Regular.ttf",
    "NotoSerif-Italic.ttf",
    "NotoSerif-Bold.ttf",
)


@cache
def load_faces() -> None:
    """Make both families known to Qt, once for the process.

    Raises:
        FileNotFoundError: The installation is incomplete.
        RuntimeError: Qt cannot read a font of the program's own; the file is damaged.
    """
    for name in _FILES:
        if QFontDatabase.addApplicationFontFromData(resource("fonts", name).read_bytes()) < 0:
            raise RuntimeError(f"The font {name} is damaged; install Kelvin Studio again.")

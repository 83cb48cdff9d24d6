"""How large and how heavy letters are: one scale for the whole window.

Sizes are pixels of the desktop's own scale at a zoom of 100 %; the zoom multiplies all of them. The
module makes fonts; who uses which is not known here.
"""

from typing import Literal

from PySide6.QtGui import QFont

from studio.ui.theme.faces import FAMILIES, Face

Role = Literal["interface", "heading", "lead", "title", "figure", "number"]

INTERFACE_SIZE = 13
"""Of buttons, menus and notes; nothing in the window is smaller."""

PROSE_SIZE = 18
"""Of the manuscript, and of every text that is there to be read."""

_STEP = 1.1
_SEMIBOLD = QFont.Weight.DemiBold
_ROLES: dict[Role, tuple[int, QFont.Weight]] = {
    "interface": (INTERFACE_SIZE, QFont.Weight.Normal),
    "heading": (INTERFACE_SIZE, _SEMIBOLD),
    "lead": (15, QFont.Weight.Normal),
    "title": (20, _SEMIBOLD),
    "figure": (25, _SEMIBOLD),
    "number": (38, _SEMIBOLD),
}


def zoom_factor(steps: int) -> float:
    """What sizes are multiplied by after so many steps of zoom; a tenth more with each."""
    return _STEP**steps


def grown(font: QFont) -> float:
    """How much larger what is painted in this font is than at first; 1 at least, as letters are.

    Args:
        font: The interface's, as a widget has it; its size is in pixels.
    """
    return max(1.0, font.pixelSize() / INTERFACE_SIZE)


def role_style(role: Role, zoom: int) -> str:
    """Size and weight of a role as a stylesheet says them.

    Args:
        role: What the letters are for.
        zoom: Steps from 100 %.
    """
    size, weight = _ROLES[role]
    return f"font-size: {_size(size, zoom)}px; font-weight: {weight.value};"


def interface_font(role: Role, zoom: int, system: QFont) -> QFont:
    """The font of one part of the interface.

    Args:
        role: ``interface`` for nearly everything; ``heading`` names a part, ``lead`` is the one
            sentence to read in it, ``title`` names what a panel is about, ``number`` is T itself,
            ``figure`` a lane's T.
        zoom: Steps from 100 %. Smaller steps do not make the interface smaller than it is at
            first: below that it could not be read.
        system: The desktop's own font, whose letters stand in for those that are missing.
    """
    size, weight = _ROLES[role]
    font = _font("sans", _size(size, zoom), system)
    font.setWeight(weight)
    return font


def prose_font(face: Face, zoom: int, system: QFont) -> QFont:
    """The font of the manuscript, and of what is read like it.

    Args:
        face: What prose is set in.
        zoom: Steps from 100 %.
        system: The interface's font.
    """
    return _font(face, round(PROSE_SIZE * zoom_factor(zoom)), system)


def _size(size: int, zoom: int) -> int:
    return max(size, round(size * zoom_factor(zoom)))


def _font(face: Face, size: int, system: QFont) -> QFont:
    font = QFont()
    font.setFamilies([FAMILIES[face], *system.families()])
    font.setPixelSize(size)
    return font

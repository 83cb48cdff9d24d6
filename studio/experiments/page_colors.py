"""The colours of a page about a comparison: the window's, so that a lane is known again.

Plain data. The window's own set (`studio.ui.theme.colors`), which stands above this package, takes
these from here.
"""

from __future__ import annotations

from typing import NamedTuple


class PageColors(NamedTuple):
    """Each colour as ``#rrggbb``.

    Attributes:
        page: Behind all.
        card: Behind what is read.
        edge: Rules and borders.
        text: Words to read.
        quiet: Words to glance at.
        mark: Behind the token where a lane parts.
        lanes: Eight, by a lane's number.
    """

    page: str
    card: str
    edge: str
    text: str
    quiet: str
    mark: str
    lanes: tuple[str, ...]


LIGHT = PageColors(
    page="#f6f5f2",
    card="#fffefb",
    edge="#e4e1db",
    text="#22211f",
    quiet="#6e6b66",
    mark="#d6e3ec",
    lanes=(
        "#0072b2",
        "#b8600a",
        "#00795a",
        "#a8508b",
        "#3f9bcf",
        "#6a4a00",
        "#6f55c8",
        "#c2334d",
    ),
)

DARK = PageColors(
    page="#17181a",
    card="#1d1f22",
    edge="#2c2e32",
    text="#e9e6e1",
    quiet="#98958f",
    mark="#2c4253",
    lanes=(
        "#56b4e9",
        "#e69f00",
        "#1fbf90",
        "#e08fc2",
        "#8fa8ff",
        "#f0e442",
        "#b07de0",
        "#ff7a70",
    ),
)

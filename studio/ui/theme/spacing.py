"""Distances between the parts of the window, which grow with the zoom as letters do.

A layout is given its margins and spacing in pixels of a zoom of 100 %; it keeps those numbers as
properties, and has them multiplied at once and at each zoom.
"""

from PySide6.QtWidgets import QApplication, QGridLayout, QLayout

from studio.ui.theme.type_scale import grown

_MARGINS, _SPACING = "margins_at_100", "spacing_at_100"


def set_margins(layout: QLayout, left: int, top: int, right: int, bottom: int) -> None:
    """Give a layout its margins, in pixels of a zoom of 100 %.

    Args:
        layout: The layout.
        left: At the left.
        top: Above.
        right: At the right.
        bottom: Below.
    """
    layout.setProperty(_MARGINS, [left, top, right, bottom])
    _fit(layout, grown(QApplication.font()))


def set_spacing(layout: QLayout, between: int, lines: int | None = None) -> None:
    """Give a layout the distance between its items, in pixels of a zoom of 100 %.

    Args:
        layout: Any; a grid may have two distances.
        between: From column to column of a grid; of others from item to item.
        lines: From line to line of a grid; as `between` where none is given.
    """
    layout.setProperty(_SPACING, [between, between if lines is None else lines])
    _fit(layout, grown(QApplication.font()))


def space_anew() -> None:
    """Give every layout that stands its distances at the zoom that is now in force."""
    larger = grown(QApplication.font())
    for window in QApplication.topLevelWidgets():
        for layout in window.findChildren(QLayout):
            _fit(layout, larger)
            widget = layout.parentWidget()
            # Hidden, it does not look how much room its parts ask for now.
            if widget and widget.isHidden() and widget.sizePolicy().retainSizeWhenHidden():
                widget.updateGeometry()


def _fit(layout: QLayout, larger: float) -> None:
    margins = layout.property(_MARGINS)
    if margins:
        left, top, right, bottom = (round(pixels * larger) for pixels in margins)
        layout.setContentsMargins(left, top, right, bottom)
    spacing = layout.property(_SPACING)
    if not spacing:
        return
    between, lines = (round(pixels * larger) for pixels in spacing)
    if isinstance(layout, QGridLayout):
        layout.setHorizontalSpacing(between)
        layout.setVerticalSpacing(lines)
    else:
        layout.setSpacing(between)

"""A tooltip for those who see it, and the same words for those who hear the window.

Qt reads a tooltip aloud where a widget has no description of its own, tags and all.
"""

import re
from html import unescape

from PySide6.QtWidgets import QWidget


def set_tip(widget: QWidget, tip: str) -> None:
    """Give a widget a tooltip, rich text or plain, and its words as the spoken description."""
    if tip != widget.toolTip():
        widget.setToolTip(tip)
    spoken = plain(tip)
    if spoken != widget.accessibleDescription():
        widget.setAccessibleDescription(spoken)


def plain(tip: str) -> str:
    """The words of a tooltip: its tags taken out, its paragraphs one after another."""
    if not tip.startswith("<"):
        return tip
    words = re.sub(r"</?(?:p|br)[^>]*>", " ", tip)
    return " ".join(unescape(re.sub(r"<[^>]*>", "", words)).split())

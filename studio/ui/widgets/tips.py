"""A tooltip for those who see it, and the same words for those who hear the window.

Qt reads a tooltip aloud where a widget has no description of its own, tags and all. It also guesses
whether a tooltip is rich text: what has a stranger's word in it goes through `plain_tip`.
"""

import re
from html import escape, unescape

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QToolTip, QWidget
from shiboken6 import isValid

_WIDEST = 160
"""Characters of a line: Qt breaks lines in rich text alone."""
_UNBROKEN = re.compile(r"(\S{40})(?=\S)")
"""A word that a line could not hold; it may be broken behind each forty characters."""
_BREAK = "\u200b"


def set_tip(widget: QWidget, tip: str) -> None:
    """Give a widget a tooltip, rich text or plain, and its words as the spoken description.

    Args:
        widget: The widget.
        tip: The words, as rich text or plain.
    """
    if tip != widget.toolTip():
        widget.setToolTip(tip)
    spoken = plain(tip)
    if spoken != widget.accessibleDescription():
        widget.setAccessibleDescription(spoken)


def plain_tip(words: str) -> str:
    """A tooltip that shows words as they are, whatever looks like markup in them, lines broken."""
    lines = words.split("\n")
    if not ("<" in words or "&" in words or max(map(len, lines)) > _WIDEST):
        return words
    shown = (escape(_UNBROKEN.sub(rf"\1{_BREAK}", line)) for line in lines)
    return f"<p>{'<br>'.join(shown)}</p>"


def with_key(tip: str, keys: str) -> str:
    """A tooltip, rich text or plain, with a key in brackets behind it; none where that is empty.

    Args:
        tip: The words, as rich text or plain.
        keys: The key, as it is written.
    """
    if not keys:
        return tip
    whole = tip.removesuffix("</p>")
    return f"{whole} ({escape(keys)})</p>" if whole != tip else f"{tip} ({keys})"


def plain(tip: str) -> str:
    """The words of a tooltip: its tags taken out, its paragraphs one after another."""
    if not tip.startswith("<"):
        return tip
    words = re.sub(r"</?(?:p|br)[^>]*>", " ", tip)
    return " ".join(unescape(re.sub(r"<[^>]*>", "", words)).replace(_BREAK, "").split())


class TipsGoAsOneTypes(QObject):
    """Hides the tool tip at a key.

    Args:
        application: Whose tool tips.
        parent: Its owner.
    """

    def __init__(self, application: QApplication, parent: QObject) -> None:
        super().__init__(parent)
        self._watched: QWidget | None = None
        application.focusChanged.connect(self._watch)

    def _watch(self, _before: QWidget | None, now: QWidget | None) -> None:
        if self._watched is not None and isValid(self._watched):
            self._watched.removeEventFilter(self)
        self._watched = now
        if now is not None:
            now.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Let the key pass."""
        # In this order: a page that a text grows in gets some events a frame, none of them a key.
        if QToolTip.isVisible() and event.type() in (
            QEvent.Type.KeyPress,
            QEvent.Type.InputMethod,
        ):
            QToolTip.hideText()
        return False

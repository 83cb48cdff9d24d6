"""What the lanes continue, in one quiet line: the end of the prompt, then how they are run.

Where there is too little room the prompt's words give way, and not what stands behind them.
"""

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy

from studio.translation import tr
from studio.ui.widgets.plain_label import PlainLabel
from studio.visible_text import visible_line

_SHOWN_OF_PROMPT = 160
_BETWEEN = " · "


class PromptWords(PlainLabel):
    """The line; its text has all of it."""

    def __init__(self) -> None:
        super().__init__()
        self._parts = ("", "", "")
        self.setProperty("role", "muted")
        self.setAccessibleName(tr("What the lanes continue"))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def show_words(self, before: str, prompt: str, behind: str) -> None:
        """Show a prompt's end in quotation marks between other words.

        Args:
            before: What comes first.
            prompt: The text whose end is quoted; nothing is where it is empty.
            behind: What comes last.
        """
        tail = visible_line(" ".join(prompt[-_SHOWN_OF_PROMPT:].split()))
        if tail and len(prompt) > _SHOWN_OF_PROMPT:
            # From a word's beginning on.
            tail = "…" + (tail.partition(" ")[2] or tail)
        parts = (before, tail, behind)
        if parts != self._parts:
            self._parts = parts
            self.setText(_joined(parts))
            self.update()

    @property
    def shown(self) -> str:
        """What of it is seen."""
        before, tail, behind = self._parts
        metrics, room = self.fontMetrics(), self.width()
        if tail:
            room_for_tail = room - metrics.horizontalAdvance(_joined((before, "x", behind)))
            elided = metrics.elidedText(tail, Qt.TextElideMode.ElideLeft, max(0, room_for_tail))
            if elided not in ("", "…"):
                return _joined((before, elided, behind))
        # Whole parts; a message that is alone is cut off where it must be.
        rest = _joined((before, "", behind)).split(_BETWEEN)
        for count in range(len(rest), 1, -1):
            words = _BETWEEN.join(rest[:count])
            if metrics.horizontalAdvance(words) <= room:
                return words
        return metrics.elidedText(rest[0], Qt.TextElideMode.ElideRight, max(0, room))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint as much as fits."""
        painter = QPainter(self)
        painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignVCenter), self.shown)


def _joined(parts: tuple[str, str, str]) -> str:
    before, tail, behind = parts
    quoted = tr("after “{tail}”", tail=tail) if tail else ""
    return _BETWEEN.join(part for part in (before, quoted, behind) if part)

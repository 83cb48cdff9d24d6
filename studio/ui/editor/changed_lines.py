"""Has those lines painted anew that a change of the text has changed, and no others."""

import math

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QTextBlock

from studio.ui.editor.page import Page


class ChangedLines:
    """Decides, for each change from outside, how much of the view is painted anew.

    Qt would paint the whole paragraph: of one that grows all lines, at each frame.

    Args:
        editor: What is painted.
    """

    def __init__(self, editor: Page) -> None:
        self._editor = editor
        self._is_holding = False
        self._line = 0
        """The number of the line in which the change begins, in its paragraph."""
        self._begins = 0
        """Where that line begins, in UTF-16 units of the paragraph."""
        self._direction = Qt.LayoutDirection.LayoutDirectionAuto
        self._bottom = 0.0
        """Where the paragraph ends, on the page; negative where the change goes beyond it."""
        self._scrolled = 0
        self._start = 0

    def hold(self, start: int, end: int) -> None:
        """Let nothing ask for painting until the range of the document is replaced.

        Args:
            start: The range's beginning, in UTF-16 units.
            end: Its end.
        """
        editor = self._editor
        block = editor.document().findBlock(start)
        layout = block.layout()
        line = layout.lineForTextPosition(start - block.position())
        if not line.isValid():
            return
        self._start, self._line, self._begins = start, line.lineNumber(), line.textStart()
        self._direction = block.textDirection()
        is_within = end < block.position() + block.length()
        self._bottom = self._rect(block).bottom() if is_within else -1.0
        self._scrolled = editor.verticalScrollBar().value()
        self._is_holding = True
        # `setUpdatesEnabled` would have all of it painted as it ends.
        editor.viewport().setAttribute(Qt.WidgetAttribute.WA_UpdatesDisabled, True)

    def release(self, end: int) -> None:
        """Ask for what the change has changed.

        Args:
            end: Where what came ends in the document, in UTF-16 units.
        """
        if not self._is_holding:
            return
        self._is_holding = False
        viewport = self._editor.viewport()
        viewport.setAttribute(Qt.WidgetAttribute.WA_UpdatesDisabled, False)
        top, bottom = self._reach(end)
        viewport.update(QRect(0, top, viewport.width(), bottom - top))

    def _reach(self, end: int) -> tuple[int, int]:
        """From where to where in the viewport."""
        editor = self._editor
        height, scrolled = editor.viewport().height(), editor.verticalScrollBar().value()
        block = editor.document().findBlock(self._start)
        if scrolled != self._scrolled:
            return 0, height
        place = self._rect(block)
        first, layout = place.top(), block.layout()
        if block.textDirection() == self._direction and self._line < layout.lineCount():
            line = layout.lineAt(self._line)
            # Else a word that began there fits into the line above now.
            if line.textStart() == self._begins:
                first += line.y()
        is_within = end < block.position() + block.length()
        is_as_high = is_within and place.bottom() == self._bottom
        bottom = math.ceil(place.bottom()) - scrolled if is_as_high else height
        return math.floor(first) - scrolled, bottom

    def _rect(self, block: QTextBlock) -> QRectF:
        return self._editor.document().documentLayout().blockBoundingRect(block)

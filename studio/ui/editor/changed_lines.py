"""Has those lines painted anew that a change of the text has changed, and no others."""

import math
from typing import NamedTuple

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QTextBlock

from studio.ui.editor.page import Page


class _Before(NamedTuple):
    """What a change may leave as it is, of the paragraph in which it begins.

    Attributes:
        start: Where it begins, in UTF-16 units of the document.
        line: The number of the line in which it begins.
        begins: Where that line begins, in UTF-16 units of the paragraph.
        direction: In which the paragraph is read.
        bottom: Where it ends on the page; None where the change goes beyond it.
        scrolled: How far the page is scrolled.
    """

    start: int
    line: int
    begins: int
    direction: Qt.LayoutDirection
    bottom: float | None
    scrolled: int


class ChangedLines:
    """Decides, for each change from outside, how much of the view is painted anew.

    Qt would paint the whole paragraph: of one that grows all lines, at each frame.

    Args:
        editor: What is painted.
    """

    def __init__(self, editor: Page) -> None:
        self._editor = editor
        self._before: _Before | None = None
        """None where nothing is held."""

    def hold(self, start: int, end: int) -> None:
        """Let nothing ask for painting until the range of the document is replaced.

        Args:
            start: The range's beginning, in UTF-16 units.
            end: Its end.
        """
        editor = self._editor
        block = editor.document().findBlock(start)
        line = block.layout().lineForTextPosition(start - block.position())
        # What is painted behind the text can be another beside lines that stay.
        if not (line.isValid() and editor.underlay.is_beside_text):
            return
        self._before = _Before(
            start,
            line.lineNumber(),
            line.textStart(),
            block.textDirection(),
            self._bottom(block, end),
            editor.verticalScrollBar().value(),
        )
        # `setUpdatesEnabled` would have all of it painted as it ends.
        editor.viewport().setAttribute(Qt.WidgetAttribute.WA_UpdatesDisabled, True)

    def release(self, end: int) -> None:
        """Ask for what the change has changed.

        Args:
            end: Where what came ends in the document, in UTF-16 units.
        """
        before, self._before = self._before, None
        if before is None:
            return
        viewport = self._editor.viewport()
        viewport.setAttribute(Qt.WidgetAttribute.WA_UpdatesDisabled, False)
        top, bottom = self._reach(before, end)
        viewport.update(QRect(0, top, viewport.width(), bottom - top))

    def _reach(self, before: _Before, end: int) -> tuple[int, int]:
        """From where to where in the viewport."""
        editor = self._editor
        height, scrolled = editor.viewport().height(), editor.verticalScrollBar().value()
        # Of an empty page something is said.
        if scrolled != before.scrolled or not editor.underlay.is_beside_text:
            return 0, height
        block = editor.document().findBlock(before.start)
        first, layout = self._rect(block).top(), block.layout()
        if block.textDirection() == before.direction and before.line < layout.lineCount():
            line = layout.lineAt(before.line)
            # Else a word that began there fits into the line above now.
            if line.textStart() == before.begins:
                first += line.y()
        bottom = self._bottom(block, end)
        if bottom is None or bottom != before.bottom:
            return math.floor(first) - scrolled, height
        return math.floor(first) - scrolled, math.ceil(bottom) - scrolled

    def _bottom(self, block: QTextBlock, end: int) -> float | None:
        """Where a paragraph ends on the page; None where a place stands behind it."""
        is_within = end < block.position() + block.length()
        return self._rect(block).bottom() if is_within else None

    def _rect(self, block: QTextBlock) -> QRectF:
        return self._editor.document().documentLayout().blockBoundingRect(block)

"""Keeps what the reader looks at in its place while text changes elsewhere, or follows it."""

from PySide6.QtCore import QRect
from PySide6.QtGui import QTextCursor

from studio.ui.editor.page import Page


class ScrollKeeper:
    """Decides, for each change from outside, where a text widget is scrolled to afterwards.

    It follows text that grows in view, unless the caret stands in view elsewhere: whoever has
    placed it there reads or writes there. Otherwise the line at the top of the view stays.

    Args:
        editor: What is scrolled.
    """

    def __init__(self, editor: Page) -> None:
        self._editor = editor
        self._follows = False
        self._top: QTextCursor | None = None
        self._top_was = 0
        self._line_was = 0

    def remember(self, start: int, end: int) -> None:
        """Takes note of the view before the range of the document is replaced.

        Args:
            start: The range's beginning, in UTF-16 units.
            end: Its end.
        """
        editor = self._editor
        caret = editor.textCursor()
        changed = QTextCursor(editor.document())
        changed.setPosition(end)
        line = editor.cursorRect(changed)
        self._follows = self._in_view(line) and (
            start <= caret.position() <= end or not self._in_view(editor.cursorRect(caret))
        )
        self._line_was = line.bottom() + editor.verticalScrollBar().value()
        if not self._follows:
            self._top = editor.cursorForPosition(editor.viewport().rect().topLeft())
            self._top_was = editor.cursorRect(self._top).top()

    def restore(self, end: int) -> None:
        """Scrolls, now that the new text ends at a position of the document."""
        editor, bar = self._editor, self._editor.verticalScrollBar()
        if self._follows:
            grown = QTextCursor(editor.document())
            grown.setPosition(end)
            bottom = editor.cursorRect(grown).bottom()
            # Nothing moves before a line is full: it may stand low where it was put by hand.
            if bottom + bar.value() > self._line_was:
                below = max(bottom - self._lowest(grown), 0)
                bar.setValue(bar.value() + below)
        elif self._top is not None:
            bar.setValue(bar.value() + editor.cursorRect(self._top).top() - self._top_was)
        self._top = None

    def _lowest(self, grown: QTextCursor) -> int:
        if self._editor.holds_line or self._editor.is_last_line(grown):
            return self._editor.lowest
        margin = int(self._editor.document().documentMargin())
        return max(self._editor.viewport().height() - margin, 0)

    def _in_view(self, rectangle: QRect) -> bool:
        return rectangle.bottom() > 0 and rectangle.top() < self._editor.viewport().height()

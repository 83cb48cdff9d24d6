"""Keeps what the reader looks at in its place while text changes elsewhere, or follows it.

This module does not know the manuscript.
"""

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
        """Takes note of the view before the range of the document is replaced."""
        editor = self._editor
        caret = editor.textCursor()
        changed = QTextCursor(editor.document())
        changed.setPosition(end)
        self._follows = self._in_view(changed) and (
            start <= caret.position() <= end or not self._in_view(caret)
        )
        self._line_was = self._line(changed)
        self._top = editor.cursorForPosition(editor.viewport().rect().topLeft())
        self._top_was = editor.cursorRect(self._top).top()

    def restore(self, end: int) -> None:
        """Scrolls, now that the new text ends at a position of the document."""
        editor, bar = self._editor, self._editor.verticalScrollBar()
        if self._follows:
            grown = QTextCursor(editor.document())
            grown.setPosition(end)
            below = editor.cursorRect(grown).bottom() - self._lowest(grown)
            # Nothing moves before a line is full: it may stand low where it was put by hand.
            if below > 0 and self._line(grown) > self._line_was:
                bar.setValue(bar.value() + below)
        elif self._top is not None:
            bar.setValue(bar.value() + editor.cursorRect(self._top).top() - self._top_was)
        self._top = None

    def _line(self, cursor: QTextCursor) -> int:
        return self._editor.cursorRect(cursor).bottom() + self._editor.verticalScrollBar().value()

    def _lowest(self, grown: QTextCursor) -> int:
        if self._editor.is_last_line(grown):
            return self._editor.lowest
        margin = int(self._editor.document().documentMargin())
        return max(self._editor.viewport().height() - margin, 0)

    def _in_view(self, cursor: QTextCursor) -> bool:
        rectangle = self._editor.cursorRect(cursor)
        return rectangle.bottom() > 0 and rectangle.top() < self._editor.viewport().height()

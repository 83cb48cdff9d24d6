"""A long text comes to its page in pieces: where caret, selection and view will be until then.

It is laid out anew so, too, in another width or size.
"""

from collections.abc import Callable

from PySide6.QtCore import QElapsedTimer, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QGuiApplication, QPainter, QPalette, QTextCursor
from PySide6.QtWidgets import QTextEdit

from studio.app.timers import single_shot
from studio.translation import tr
from studio.ui.editor.document import DocumentMirror
from studio.ui.editor.page import Page

_SOON_MS = 150
"""From the last change of the width until a long text is laid out anew; and from when on it is said
that it is being laid out."""


class PageFilling(QObject):
    """Waits with the caret and the view for the text that they belong to.

    Args:
        page: What is filled.
        mirror: Fills it.
    """

    moved = Signal()
    """The caret or the selection will be elsewhere, or is where it was to be."""

    def __init__(self, page: Page, mirror: DocumentMirror) -> None:
        super().__init__(page)
        self._page = page
        self._mirror = mirror
        self._selection: tuple[int, int] | None = None
        self._line: tuple[int, int] | None = None
        """What is to stand where it stood: a code point, and its line's place in the viewport."""
        self._since = QElapsedTimer()
        # A drag of the window's edge is many widths, of which the last counts.
        self._widened = single_shot(self, self.lay_out_anew, _SOON_MS)
        mirror.filling.connect(self._on_filling)
        mirror.passed.connect(self._on_passed)
        mirror.emptied.connect(self._on_emptied)
        mirror.progressed.connect(self._on_progressed)
        mirror.filled.connect(self._on_filled)

    @property
    def selection(self) -> tuple[int, int] | None:
        """The selection's other end and the caret, in code points; None once they are there."""
        return self._selection

    def select(self, start: int, end: int, line: tuple[int, int] | None = None) -> None:
        """Have code points selected, and in view, once the text is whole.

        Args:
            start: The first code point.
            end: The one behind the last.
            line: As `line_in_view`: what is to be in view instead.
        """
        if self._mirror.is_whole:
            self._put((start, end), line)
            return
        self._selection, self._line = (start, end), line
        self.moved.emit()

    def lay_out_anew(self, change: Callable[[], object] = lambda: None) -> None:
        """Fill the page anew, the same lines in view; do `change` while nothing is on it."""
        line = self.line_in_view()
        self._mirror.refill(change)
        self._line = line

    def follow_width(self) -> None:
        """The page is resized: lay a long text out anew once the width stays."""
        page = self._page
        if page.keeps_width and page.lineWrapColumnOrWidth() != page.viewport().width():
            self._widened.start()
        else:
            self._widened.stop()

    def paint(self) -> None:
        """Paint, in place of the text, how much of it is there."""
        if self._since.elapsed() > _SOON_MS:
            painter = QPainter(self._page.viewport())
            painter.setFont(self._page.font())
            words = tr(
                "Laying out the text… {fraction:.0%}", fraction=self._mirror.fraction
            ).replace("%", " %")
            painter.setPen(QGuiApplication.palette().color(QPalette.ColorRole.PlaceholderText))
            area = self._page.viewport().rect()
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, words)

    def line_in_view(self) -> tuple[int, int] | None:
        """The caret and where its line stands, or where that is out of view, the first line.

        While the text is not whole, what is to stand there; None for the caret, wherever it stands.
        """
        if not self._mirror.is_whole:
            return self._line
        page = self._page
        cursor = page.textCursor()
        if not page.viewport().rect().intersects(page.cursorRect(cursor)):
            cursor = page.cursorForPosition(QPoint(0, 0))
            cursor.movePosition(QTextCursor.MoveOperation.StartOfLine)
        return self._mirror.code_points(cursor.position()), page.cursorRect(cursor).top()

    def _on_filling(self) -> None:
        cursor = self._page.textCursor()
        self._selection = (
            self._mirror.code_points(cursor.anchor()),
            self._mirror.code_points(cursor.position()),
        )
        self._line = None
        self._since.start()

    def _on_passed(self, position: int, removed: int, inserted: int) -> None:
        """Moves what is awaited as Qt moves cursors: text that comes at one comes before it."""

        def moved(place: int) -> int:
            if place < position:
                return place
            return max(place - removed, position) + inserted

        if self._line is not None:
            self._line = moved(self._line[0]), self._line[1]
        if self._selection is not None:
            self._selection = moved(self._selection[0]), moved(self._selection[1])
            self.moved.emit()

    def _on_emptied(self) -> None:
        # In a fixed width a long text stays laid out while the window is drawn wider.
        page = self._page
        if self._mirror.is_long:
            page.setLineWrapColumnOrWidth(page.viewport().width())
            page.setLineWrapMode(QTextEdit.LineWrapMode.FixedPixelWidth)
        else:
            page.setLineWrapMode(QTextEdit.LineWrapMode.WidgetWidth)

    def _on_progressed(self) -> None:
        cursor = self._page.textCursor()
        if cursor.position():
            # Else the page would scroll along with each piece that comes at the end.
            cursor.setPosition(0)
            self._page.setTextCursor(cursor)
        self._page.viewport().update()

    def _on_filled(self) -> None:
        selection, self._selection = self._selection, None
        line, self._line = self._line, None
        self._put(selection, line)
        self.moved.emit()
        self._page.viewport().update()

    def _put(self, selection: tuple[int, int] | None, line: tuple[int, int] | None) -> None:
        page = self._page
        if selection is not None:
            cursor = self._mirror.cursor(*selection)
            if cursor != page.textCursor():
                page.setTextCursor(cursor)
        if line is None:
            page.show_caret()
        else:
            bar = page.verticalScrollBar()
            there = page.cursorRect(self._mirror.cursor(line[0], line[0]))
            bar.setValue(bar.value() + there.top() - line[1])

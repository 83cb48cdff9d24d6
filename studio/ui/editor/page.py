"""A page of prose: how large its letters are, how long its lines, how far apart.

The look of the editor, and nothing of what is written: the module knows no manuscript.
"""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import (
    QFontInfo,
    QPaintEvent,
    QResizeEvent,
    QTextBlockFormat,
    QTextCursor,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QFrame, QTextEdit, QWidget

from studio.ui.editor.underlay import Underlay

LINE_HEIGHT = 150.0
"""Per cent of a line's own height."""

SMALLEST_ZOOM, LARGEST_ZOOM = -8, 40
"""Points that the writer may take from, or add to, the size of the text."""

_POINTS_ABOVE_SYSTEM = 4.0  # prose is read longer than a button
_SMALLEST_POINTS = 4.0
_MARGIN = 20  # pixels round the text
_NOTCH = 120  # eighths of a degree that a wheel turns at a time
_LONGEST_LINE = 42.0  # in ems; longer lines, on a wide window, are hard to follow back


def paragraph_format() -> QTextBlockFormat:
    """The format of every paragraph, whatever it holds and however it came into the text."""
    paragraph = QTextBlockFormat()
    paragraph.setLineHeight(LINE_HEIGHT, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
    return paragraph


class Page(QTextEdit):
    """A text widget with room to breathe, which the writer may zoom.

    Args:
        parent: The Qt parent, if any.
    """

    zoom_changed = Signal(int)
    """Text is this many points larger (smaller, if negative) than at first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._zoom = 0
        self._wheel = 0
        self.underlay = Underlay(self.viewport())
        """What is painted behind the text."""
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setCursorWidth(2)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().setDocumentMargin(_MARGIN)
        # Before any text comes in: every later paragraph takes its format from one beside it.
        QTextCursor(self.document()).setBlockFormat(paragraph_format())
        self._base_font = self.font()
        self._set_font()

    def insert_paragraph(self) -> None:
        """Begins a new paragraph at the caret, in place of what is selected.

        Qt's own Enter would, in an empty paragraph, reset the format in place of a new line, to
        let writers of rich text out of a list.
        """
        self.textCursor().insertBlock(paragraph_format())
        self.ensureCursorVisible()

    @property
    def zoom(self) -> int:
        """Points by which the writer has made the text larger, or smaller if negative."""
        return self._zoom

    def zoom_by(self, steps: int) -> None:
        """Makes the text larger by some points, or smaller, within limits."""
        self._zoom_to(self._zoom + steps)

    def zoom_reset(self) -> None:
        """Gives the text its first size again."""
        self._zoom_to(0)

    def _zoom_to(self, zoom: int) -> None:
        zoom = min(max(zoom, SMALLEST_ZOOM), LARGEST_ZOOM)
        if zoom != self._zoom:
            self._zoom = zoom
            self._set_font()
            self.zoom_changed.emit(zoom)

    def _set_font(self) -> None:
        font = self._base_font
        # QFontInfo knows the points of a font that the system gives in pixels, too.
        system = QFontInfo(QApplication.font()).pointSizeF()
        font.setPointSizeF(max(_SMALLEST_POINTS, system + _POINTS_ABOVE_SYSTEM + self._zoom))
        self.setFont(font)
        self._set_margins()

    def _set_margins(self) -> None:
        longest = self.fontMetrics().height() * _LONGEST_LINE
        side = max(0, int((self.width() - longest) / 2))
        self.setViewportMargins(side, 0, side, 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keeps lines from growing too long."""
        caret = self.cursorRect()
        was_in_view = caret.top() >= 0 and caret.bottom() < event.oldSize().height()
        # First, for Qt sends no second event when the viewport shrinks while it is being shown.
        self._set_margins()
        super().resizeEvent(event)
        if was_in_view:
            # A message or a legend that comes below must not cover what is being written.
            self.ensureCursorVisible()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zooms with Ctrl held, else scrolls."""
        if not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().wheelEvent(event)
            return
        # Touchpads send a notch in many small parts.
        self._wheel += event.angleDelta().y()
        notches = int(self._wheel / _NOTCH)
        self._wheel -= notches * _NOTCH
        self.zoom_by(notches)
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Lets what lies behind the text be painted first."""
        self.underlay.paint(event.region())
        super().paintEvent(event)

"""A page of prose: how large its letters are, how long its lines, how far apart.

The look of the editor, and nothing of what is written: the module knows no manuscript.
"""

import contextlib
import math
from collections.abc import Callable, Iterator

from PySide6.QtCore import QEvent, QRect, Qt, Signal
from PySide6.QtGui import (
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
    QTextBlock,
    QTextBlockFormat,
    QTextCursor,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractSlider, QApplication, QFrame, QScrollBar, QTextEdit, QWidget

from studio.ui.editor.underlay import Underlay
from studio.ui.theme.type_scale import PROSE_SIZE

_ROOM = 1 / 3
"""How much of the view is left free below the last line of a long text."""

_HELD_AT = 0.45
"""Where in the view, from above, the line stays that is written in, if it is to stay."""


class PageBar(QScrollBar):
    """A scroll bar that is seen only where there is something to scroll.

    Whoever sets its range says how far the text reaches beyond the view; the bar goes further, so
    that the last line need not stand at the view's lower edge. The room comes little by little: a
    text that fits has none and no bar, and one that grows past the view does not jump.

    Args:
        height: Gives the view's, in pixels.
        parent: What it scrolls.
    """

    def __init__(self, height: Callable[[], int], parent: QWidget) -> None:
        super().__init__(parent)
        self._height = height
        self._is_ours = False
        self._beyond = 0
        self._is_wide = False
        self.room = 0
        """Pixels below the text that can be scrolled into the view."""

    def sliderChange(self, change: QAbstractSlider.SliderChange) -> None:  # noqa: N802 - Qt's name
        """Goes on past the ends that were set; before the value is brought into the range."""
        if change == QAbstractSlider.SliderChange.SliderRangeChange and not self._is_ours:
            self._beyond = self.maximum()
            self._go_on()
        super().sliderChange(change)

    def set_wide(self, is_wide: bool) -> None:
        """Let the first line and the last be scrolled to any height in the view, or no longer."""
        self._is_wide = is_wide
        self._go_on()

    def _go_on(self) -> None:
        height = self._height()
        self.room = height if self._is_wide else min(round(_ROOM * height), 2 * self._beyond)
        self._is_ours = True
        try:
            self.setRange(-height if self._is_wide else 0, self._beyond + self.room)
        finally:
            self._is_ours = False

    def paintEvent(self, event: QPaintEvent) -> None:
        """Shows nothing where everything is in view, or would be if no line were held."""
        if self._beyond > 0:
            super().paintEvent(event)


LINE_HEIGHT = 1.5
"""From one line to the next, in sizes of the letters."""

PARAGRAPH_SPACING = 1 / 3
"""What a paragraph adds under its last line, in sizes of the letters."""

_NOTCH = 120  # eighths of a degree that a wheel turns at a time
_LONGEST_LINE = 36.0  # in ems; longer lines, on a wide window, are hard to follow back


def paragraph_format(font: QFont) -> QTextBlockFormat:
    """The format of every paragraph, whatever it holds and however it came into the text.

    Args:
        font: What they are set in; its size is in pixels.
    """
    size = font.pixelSize()
    made = QTextBlockFormat()
    # Qt measures in per cent of a line's own height, in whole pixels, which each face has as it
    # likes.
    made.setLineHeight(
        100 * LINE_HEIGHT * size / math.ceil(QFontMetricsF(font).height()),
        QTextBlockFormat.LineHeightTypes.ProportionalHeight.value,
    )
    made.setBottomMargin(round(PARAGRAPH_SPACING * size))
    return made


class Page(QTextEdit):
    """A text widget with room to breathe.

    Args:
        parent: The Qt parent, if any.
    """

    MARGIN = 28
    """Pixels round the text, at a zoom of 100 %."""

    zoom_asked = Signal(int)
    """The wheel was turned with Ctrl held: everything should be so many steps larger."""

    room_changed = Signal()
    """The page has another size, or the letters beside it have, or it is shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wheel = 0
        self.underlay = Underlay(self.viewport(), lambda: self.document().documentMargin())
        """What is painted behind the text."""
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setCursorWidth(2)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # Its coming and going would wrap every line anew.
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self._bar = PageBar(lambda: self.viewport().height(), self)
        self.setVerticalScrollBar(self._bar)
        self._caret_line = 0
        self._holds_line = False
        self.cursorPositionChanged.connect(self._keep_room)
        font = QFont(self.font())
        font.setPixelSize(PROSE_SIZE)
        # Before any text comes in: every later paragraph takes its format from one beside it.
        self._set_prose_font(font)

    def insert_paragraph(self) -> None:
        """Begins a new paragraph at the caret, in place of what is selected.

        Qt's own Enter would, in an empty paragraph, reset the format in place of a new line, to
        let writers of rich text out of a list.
        """
        self.textCursor().insertBlock(self._paragraph_format)
        self.ensureCursorVisible()

    def set_prose_font(self, font: QFont) -> None:
        """Set the text in another face or size; every paragraph follows.

        It is the document's and not the widget's: with a stylesheet, Qt gives a widget back the
        font that it had first.

        Args:
            font: Its size is in pixels.
        """
        with self._in_place():
            self._set_prose_font(font)

    def _set_prose_font(self, font: QFont) -> None:
        self._prose_font = QFont(font)
        self._paragraph_format = paragraph_format(font)
        self.document().setDocumentMargin(round(self.MARGIN * self.grown))
        self.document().setDefaultFont(font)
        everything = QTextCursor(self.document())
        everything.select(QTextCursor.SelectionType.Document)
        everything.setBlockFormat(self._paragraph_format)
        self._set_margins()

    @property
    def prose_font(self) -> QFont:
        """What the text is set in."""
        return QFont(self._prose_font)

    @property
    def grown(self) -> float:
        """How much larger what stands beside the text is than at a zoom of 100 %; 1 at least."""
        return max(1.0, self._prose_font.pixelSize() / PROSE_SIZE)

    def changeEvent(self, event: QEvent) -> None:
        """Keeps the text's own font when the interface's changes."""
        if event.type() != QEvent.Type.FontChange:
            super().changeEvent(event)  # which would set the document in the interface's
        else:
            self.room_changed.emit()

    def showEvent(self, event: QShowEvent) -> None:
        """Reports it."""
        super().showEvent(event)
        if self._holds_line:
            self._hold_line()
        self.room_changed.emit()

    @contextlib.contextmanager
    def _in_place(self) -> Iterator[None]:
        """Keeps the line that is written in where it is, if it is in view, while all is set anew.

        Qt forgets how far the page is scrolled while it has not yet laid everything out.
        """
        was = self.cursorRect().top()
        yield
        if 0 <= was < self.viewport().height():
            self.document().documentLayout().documentSize()
            self._bar.setValue(self._bar.value() + self.cursorRect().top() - was)

    @property
    def paragraph_format(self) -> QTextBlockFormat:
        """The format of every paragraph."""
        return QTextBlockFormat(self._paragraph_format)

    def _set_margins(self) -> None:
        longest = self._prose_font.pixelSize() * _LONGEST_LINE
        side = max(0, int((self.width() - longest) / 2))
        self.setViewportMargins(side, 0, max(0, side - self._bar.sizeHint().width()), 0)

    @property
    def holds_line(self) -> bool:
        """Whether the line that is written in stays at one height, as in a typewriter."""
        return self._holds_line

    def set_holds_line(self, holds_line: bool) -> None:
        """Let the line that is written in stay at one height, and the text move; or no longer."""
        self._holds_line = holds_line
        self._bar.set_wide(holds_line)
        self.show_caret()

    def show_caret(self) -> None:
        """Scrolls to the caret, where its line is held to that height."""
        if self._holds_line:
            self._hold_line()
        else:
            self.ensureCursorVisible()

    def _hold_line(self) -> None:
        caret = self.cursorRect()
        self._bar.setValue(self._bar.value() + caret.bottom() - self.lowest)

    @property
    def lowest(self) -> int:
        """Down to where, in the viewport, the last line of the text stands while it grows."""
        if self._holds_line:
            return round(_HELD_AT * self.viewport().height())
        margin = round(self.document().documentMargin())
        return max(self.viewport().height() - margin - self._bar.room, 0)

    def paragraph_rect(self, block: QTextBlock) -> QRect:
        """Where a paragraph stands in the viewport, from one of its sides to the other."""
        place = self.document().documentLayout().blockBoundingRect(block)
        top = round(place.top()) - self._bar.value()
        return QRect(0, top, self.viewport().width(), round(place.height()))

    def is_last_line(self, cursor: QTextCursor) -> bool:
        """Whether no line of the text comes after that of a cursor."""
        block = cursor.block()
        lines = block.layout()
        line = lines.lineForTextPosition(cursor.positionInBlock())
        return not block.next().isValid() and line.lineNumber() >= lines.lineCount() - 1

    def _keep_room(self) -> None:
        """Leaves room round the caret that came to the last line or the first one by keys."""
        caret, top = self.cursorRect(), self._bar.value()
        line, was = caret.bottom() + top, self._caret_line
        if line == was:
            return
        self._caret_line = line
        cursor = self.textCursor()
        in_view = any(top <= place < top + self.viewport().height() for place in (line, was))
        if QApplication.mouseButtons() or cursor.hasSelection() or not in_view:
            return  # neither a click nor selecting everything moves the page, nor who is elsewhere
        if self._holds_line:
            self._hold_line()
            return
        came_down, came_up = line > was, line < was
        if came_down and caret.bottom() > self.lowest and self.is_last_line(cursor):
            self._bar.setValue(self._bar.value() + caret.bottom() - self.lowest)
        elif came_up and line - caret.height() < self.document().documentMargin():
            self._bar.setValue(0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Holds the line that is written in, also where it was out of view before the key."""
        super().keyPressEvent(event)
        in_view = self.viewport().rect().intersects(self.cursorRect())
        if self._holds_line and in_view and not self.textCursor().hasSelection():
            self._hold_line()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keeps lines from growing too long."""
        caret = self.cursorRect()
        was_in_view = caret.top() >= 0 and caret.bottom() < event.oldSize().height()
        # First, for Qt sends no second event when the viewport shrinks while it is being shown.
        self._set_margins()
        if self.keeps_width:
            # Qt would lay all of it out anew, in the same width.
            layout = self.document().documentLayout()
            layout.documentSizeChanged.emit(layout.documentSize())
        else:
            super().resizeEvent(event)
        if was_in_view:
            # A message or a legend that comes below must not cover what is being written.
            self.ensureCursorVisible()
            if self._holds_line:
                self._hold_line()
        self.room_changed.emit()

    @property
    def keeps_width(self) -> bool:
        """Whether the text is laid out in a width of its own, whatever the window's."""
        return self.lineWrapMode() == QTextEdit.LineWrapMode.FixedPixelWidth

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Asks for zoom with Ctrl held, else scrolls."""
        if not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().wheelEvent(event)
            return
        # Touchpads send a notch in many small parts.
        self._wheel += event.angleDelta().y()
        notches = int(self._wheel / _NOTCH)
        self._wheel -= notches * _NOTCH
        if notches:
            self.zoom_asked.emit(notches)
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Lets what lies behind the text be painted first, and what covers it last."""
        self.underlay.paint(event.region())
        super().paintEvent(event)
        self.underlay.paint_covers(event.region())

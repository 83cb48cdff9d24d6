"""A lane's text, read only: it grows at its end, and the first divergence in it is marked.

Where the text ended of itself stands a sign, which is no text. Shows a `CompareLane` and keeps
nothing of it but which token stands where.
"""

from PySide6.QtCore import QMimeData, QPoint, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QTextEdit, QWidget

from studio.ui.compare.lane import CompareLane
from studio.ui.compare.lane_text import LaneText
from studio.ui.theme.theme import Theme

EMPTY = "What this lane writes will stand here. Ctrl+Enter runs all lanes."
END = "■"
"""Behind a text that ended of itself: at an end token, or a stop string."""

_TINT = 0.25
"""How much of the lane's colour lies behind the token where it diverges."""


class LaneView(QPlainTextEdit):
    """The text of one lane.

    Args:
        lane: Whose.
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    mark_chosen = Signal()
    """The marked token was clicked, or Enter was pressed."""

    def __init__(self, lane: CompareLane, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lane = lane
        self._theme = theme
        self._text = LaneText()
        self._shown = 0
        self._mark: int | None = None
        self._has_sign = False
        self.is_growing = False
        """Whether text is being put in just now: what scrolls then is no hand."""
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setTabChangesFocus(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setPlaceholderText(EMPTY)
        self.setToolTip(
            "What this lane wrote. The marked token is the first that differs from the lane it is "
            f"compared with; click it, or press Enter here, to see why. {END} stands where the "
            "text ended of itself."
        )
        self.viewport().setMouseTracking(True)
        self.document().setDocumentMargin(2)
        lane.grown.connect(self.follow)
        lane.changed.connect(self._follow_end)
        lane.cleared.connect(self._clear)
        theme.changed.connect(self._show_mark)
        self.follow()

    @property
    def mark(self) -> int | None:
        """Which token is marked."""
        return self._mark

    def set_mark(self, index: int | None) -> None:
        """Mark a token, or none."""
        if index != self._mark:
            self._mark = index
            self._show_mark()

    def follow(self) -> None:
        """Put in what has come."""
        written = self._lane.written
        if len(written) < self._shown:
            # It goes on behind a token that a stop had cut: that one is drawn again.
            self._forget_text()
        added = self._text.feed(written[self._shown :])
        self._shown = len(written)
        ended = self._lane.ended is not None
        if added or ended != self._has_sign:
            self._put_in(added, with_sign=ended)
        if self._mark is not None and not self.extraSelections():
            self._show_mark()

    def _put_in(self, added: str, *, with_sign: bool) -> None:
        bar = self.verticalScrollBar()
        was_at_end = bar.value() >= bar.maximum() - 1
        follows = was_at_end and (self._lane.runs or not self.document().isEmpty())
        self.is_growing = True
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        if self._has_sign:
            cursor.deletePreviousChar()
        cursor.insertText(added, QTextCharFormat())
        if with_sign:
            look = QTextCharFormat()
            look.setForeground(QColor(self._theme.colors.lanes[self._lane.color]))
            cursor.insertText(END, look)
        if follows:
            bar.setValue(bar.maximum())
        self._has_sign = with_sign
        self.is_growing = False

    def _follow_end(self) -> None:
        if self._has_sign != (self._lane.ended is not None):
            self.setExtraSelections([])
            self.follow()

    def _clear(self) -> None:
        self._forget_text()
        self._mark = None
        self.setExtraSelections([])

    def _forget_text(self) -> None:
        self._text = LaneText()
        self._shown = 0
        self._has_sign = False
        self.clear()

    # -- which token stands where --------------------------------------------------------------

    def top_token(self) -> int | None:
        """The token at the beginning of the first line in view; None where there is no text."""
        first = self.cursorForPosition(QPoint(2, 2)).position()
        token = self._text.token_at(first)
        return self._text.token_at(first - 1) if token is None else token

    def show_at_top(self, token: int) -> None:
        """Scroll to where the line of a token is the first in view, or as near as the text allows.

        Of a token that the lane has not, to its end.
        """
        place = self._text.range_of(token)
        bar = self.verticalScrollBar()
        self.is_growing = True
        if place is None:
            bar.setValue(bar.maximum())
        else:
            # Its end: the space that a word begins with may be left on the line before.
            end = max(place[0], place[1] - 1)
            block = self.document().findBlock(end)
            line = block.layout().lineForTextPosition(end - block.position())
            bar.setValue(block.firstLineNumber() + max(0, line.lineNumber()))
        self.is_growing = False

    def _mark_place(self) -> tuple[int, int] | None:
        """Where the marked token begins and ends; the sign, where that is what is marked."""
        if self._mark is not None and self._mark == self._lane.ended and self._has_sign:
            end = self.document().characterCount() - 1
            return end - len(END), end
        return None if self._mark is None else self._text.range_of(self._mark)

    def _show_mark(self) -> None:
        place = self._mark_place()
        if place is None:
            self.setExtraSelections([])
            return
        color = QColor(self._theme.colors.lanes[self._lane.color])
        look = QTextCharFormat()
        look.setUnderlineStyle(QTextCharFormat.UnderlineStyle.SingleUnderline)
        look.setUnderlineColor(color)
        color.setAlphaF(_TINT)
        look.setBackground(color)
        selection = QTextEdit.ExtraSelection()
        cursor = QTextCursor(self.document())
        cursor.setPosition(place[0])
        cursor.setPosition(place[1], QTextCursor.MoveMode.KeepAnchor)
        # What comes behind the token is not of the mark.
        cursor.setKeepPositionOnInsert(True)
        selection.cursor = cursor
        selection.format = look
        self.setExtraSelections([selection])

    def _is_on_mark(self, event: QMouseEvent) -> bool:
        place = self._mark_place()
        if place is None:
            return False
        return place[0] <= self.cursorForPosition(event.position().toPoint()).position() <= place[1]

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show that the mark can be clicked."""
        super().mouseMoveEvent(event)
        if not event.buttons():
            shape = Qt.CursorShape.IBeamCursor
            if self._is_on_mark(event):
                shape = Qt.CursorShape.PointingHandCursor
            self.viewport().setCursor(shape)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click on the mark opens it; a drag selects."""
        super().mouseReleaseEvent(event)
        if not self.textCursor().hasSelection() and self._is_on_mark(event):
            self.mark_chosen.emit()

    def createMimeDataFromSelection(self) -> QMimeData:
        """The selected text, without the sign at its end."""
        data = super().createMimeDataFromSelection()
        end = self.document().characterCount() - 1
        if self._has_sign and self.textCursor().selectionEnd() == end:
            data.setText(data.text().removesuffix(END))
        return data

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens the mark."""
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        if plain and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self._mark is not None:
                self.mark_chosen.emit()
            return
        super().keyPressEvent(event)

"""A lane's text, read only: it grows at its end, and the first divergence in it is marked.

Shows a `CompareLane` and keeps nothing of it but which token stands where.
"""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QTextEdit, QWidget

from studio.ui.compare_lane import CompareLane
from studio.ui.lane_text import LaneText
from studio.ui.theme import Theme

EMPTY = "What this lane writes will stand here. Ctrl+Enter runs all lanes."

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
            "compared with; click it, or press Enter here, to see why."
        )
        self.viewport().setMouseTracking(True)
        self.document().setDocumentMargin(2)
        lane.grown.connect(self.follow)
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
        tokens = self._lane.tokens
        added = self._text.feed(tokens[self._shown :])
        self._shown = len(tokens)
        if not added:
            return
        bar = self.verticalScrollBar()
        was_at_end = bar.value() >= bar.maximum() - 1
        self.is_growing = True
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertText(added)
        if was_at_end and self._lane.runs:
            bar.setValue(bar.maximum())
        self.is_growing = False
        if self._mark is not None and not self.extraSelections():
            self._show_mark()

    def _clear(self) -> None:
        self._text = LaneText()
        self._shown = 0
        self._mark = None
        self.clear()
        self.setExtraSelections([])

    def _show_mark(self) -> None:
        place = None if self._mark is None else self._text.range_of(self._mark)
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
        # PySide's stubs lack the fields of this plain structure.
        setattr(selection, "cursor", cursor)  # noqa: B010
        setattr(selection, "format", look)  # noqa: B010
        self.setExtraSelections([selection])

    def _is_on_mark(self, event: QMouseEvent) -> bool:
        if self._mark is None:
            return False
        cursor = self.cursorForPosition(event.position().toPoint())
        for position in (cursor.position(), cursor.position() - 1):
            if self._text.token_at(position) == self._mark:
                return True
        return False

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

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens the mark."""
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        if plain and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self._mark is not None:
                self.mark_chosen.emit()
            return
        super().keyPressEvent(event)

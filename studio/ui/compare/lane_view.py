"""A lane's text as a page to be read: it grows at its end, and where it parts is underlined.

It is set as the manuscript is. Where the text ended of itself stands a sign, which is no text.
Shows a `CompareLane` and keeps nothing of it but which token stands where.
"""

from typing import cast

from PySide6.QtCore import QMimeData, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QTextBlock,
    QTextCharFormat,
    QTextCursor,
    QTextLine,
)
from PySide6.QtWidgets import QWidget

from studio.app.compare.lane import CompareLane
from studio.app.compare.lane_text import LaneText
from studio.app.timers import single_shot
from studio.translation import mark, tr
from studio.ui.editor.page import Page
from studio.ui.editor.placeholder import EditorPlaceholder
from studio.ui.theme.theme import Theme

EMPTY = mark("What this lane writes will stand here. Ctrl+Enter runs all lanes.")
JOINS = mark("“Run this lane” in its menu ··· writes it too, from the prompt that the others have.")
END = "■"
"""Behind a text that ended of itself: at an end token, or a stop string."""

_BREAK = "↵"
"""Painted where the token that parts is the end of a paragraph."""

_AT_ONCE = 1_000
"""Tokens that are put in in one go; a lane from a file can have 100,000."""

_LINE = 2.0
_BELOW = 1.0
"""Pixels: how thick the line is under the token where the lane parts, and how far below it."""


class LaneView(Page):
    """The text of one lane.

    Args:
        lane: Whose.
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    mark_chosen = Signal()
    """The marked token was clicked, or Enter was pressed."""
    caught_up = Signal()
    """Of many tokens that came at once, the last are shown."""

    MARGIN = 0
    """None: what stands round the text, above it and below, begins where it does."""

    def __init__(self, lane: CompareLane, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lane = lane
        self._theme = theme
        self._text = LaneText()
        self._shown = 0
        self._mark: int | None = None
        self._has_sign = False
        self._rest = single_shot(self, self._follow_rest)
        self.is_growing = False
        """Whether text is being put in just now: what scrolls then is no hand."""
        self.setReadOnly(True)
        # So that it can be read along, selected and copied without a mouse.
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setUndoRedoEnabled(False)
        self.setTabChangesFocus(True)
        self._placeholder = EditorPlaceholder(self, self.underlay, tr(EMPTY))
        self.viewport().setMouseTracking(True)
        lane.grown.connect(self.follow)
        lane.changed.connect(self._follow_end)
        lane.cleared.connect(self._clear)
        theme.changed.connect(self._follow_theme)
        theme.prose_changed.connect(self._follow_prose)
        self.zoom_asked.connect(theme.zoom_by)
        self._follow_prose()
        self.follow()

    def minimumSizeHint(self) -> QSize:
        """A few lines, however low the window is."""
        return QSize(80, 6 * QFontMetrics(self.prose_font).lineSpacing())

    @property
    def words(self) -> int:
        """How many words it shows."""
        return self._text.words

    @property
    def mark(self) -> int | None:
        """Which token is marked."""
        return self._mark

    def set_mark(self, index: int | None) -> None:
        """Mark a token, or none."""
        if index != self._mark:
            self._mark = index
            self.viewport().update()

    def say_while_empty(self, words: str) -> None:
        """What stands on the page while the lane has written nothing."""
        if words != self.placeholderText():
            self.setPlaceholderText(words)
            self.viewport().update()

    def follow(self) -> None:
        """Put in what has come."""
        written = self._lane.written
        if len(written) < self._shown:
            # It goes on behind a token that a stop had cut: that one is drawn again.
            self._forget_text()
        some = written[self._shown : self._shown + _AT_ONCE]
        added = self._text.feed(some)
        self._shown += len(some)
        is_whole = self._shown == len(written)
        if not is_whole:
            self._rest.start()  # what stands in view is there; keys go before the rest
        ended = is_whole and self._lane.ended is not None
        if added or ended != self._has_sign:
            self._put_in(added, with_sign=ended)

    def _follow_rest(self) -> None:
        self.follow()
        if not self._rest.isActive():
            self.caught_up.emit()

    def _put_in(self, added: str, *, with_sign: bool) -> None:
        bar = self.verticalScrollBar()
        was_at_end = bar.value() >= bar.maximum() - 1
        follows = was_at_end and (self._lane.runs or not self.document().isEmpty())
        is_first = self.document().isEmpty()
        self.is_growing = True
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        if self._has_sign:
            cursor.deletePreviousChar()
        cursor.insertText(added, QTextCharFormat())
        if with_sign:
            cursor.insertText(END, self._sign_look())
        self._hang_first_space(is_first=is_first)
        if is_first:
            self.moveCursor(QTextCursor.MoveOperation.Start)  # reading begins there
        if follows:
            bar.setValue(bar.maximum())
        self._has_sign = with_sign
        self.is_growing = False

    def _sign_look(self) -> QTextCharFormat:
        look = QTextCharFormat()
        look.setForeground(QColor(self._theme.colors.lanes[self._lane.color]))
        return look

    def _hang_first_space(self, *, is_first: bool) -> None:
        """Let all lines begin in one line: the space that a text begins with hangs before it."""
        document = self.document()
        if is_first and document.characterAt(0) == " ":
            space = QFontMetricsF(self.prose_font).horizontalAdvance(" ")
            self._indent(document.firstBlock(), -space)
        # A paragraph that begins takes the format of the one before.
        block = document.firstBlock().next()
        while block.isValid() and block.blockFormat().textIndent():
            self._indent(block, 0.0)
            block = block.next()

    def _indent(self, block: QTextBlock, indent: float) -> None:
        look = self.paragraph_format
        look.setTextIndent(indent)
        QTextCursor(block).setBlockFormat(look)

    def _follow_end(self) -> None:
        if self._has_sign != (self._lane.ended is not None) and not self._rest.isActive():
            self.follow()
            self.viewport().update()

    def _follow_prose(self) -> None:
        self.set_prose_font(self._theme.prose_font)
        self._hang_first_space(is_first=True)

    def _follow_theme(self) -> None:
        if self._has_sign:
            cursor = QTextCursor(self.document())
            cursor.movePosition(QTextCursor.MoveOperation.End)
            cursor.movePosition(
                QTextCursor.MoveOperation.Left, QTextCursor.MoveMode.KeepAnchor, len(END)
            )
            cursor.setCharFormat(self._sign_look())
        self.viewport().update()

    def _clear(self) -> None:
        self._forget_text()
        self._mark = None

    def _forget_text(self) -> None:
        self._text = LaneText()
        self._shown = 0
        self._has_sign = False
        # `clear` would take the paragraph's format along.
        cursor = QTextCursor(self.document())
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.removeSelectedText()
        self._indent(self.document().firstBlock(), 0.0)

    # -- which token stands where --------------------------------------------------------------

    def top_token(self) -> int | None:
        """The token at the beginning of the first line in view; None where there is no text."""
        first = self.cursorForPosition(QPoint(0, 2))
        first.movePosition(QTextCursor.MoveOperation.StartOfLine)
        position = first.position()
        token = self._text.token_at(position)
        return self._text.token_at(position - 1) if token is None else token

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
            cursor = QTextCursor(self.document())
            cursor.setPosition(max(place[0], place[1] - 1))
            bar.setValue(bar.value() + self.cursorRect(cursor).top())
        self.is_growing = False

    def show_token(self, index: int) -> None:
        """Scroll to a token and select its word; nothing where its characters are not certain."""
        place = self._text.range_of(index)
        if place is None:
            return
        start, end = place
        while start < end - 1 and self.document().characterAt(start) == " ":
            start += 1
        cursor = QTextCursor(self.document())
        cursor.setPosition(start)
        cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        self.setTextCursor(cursor)
        self.ensureCursorVisible()

    def _mark_place(self) -> tuple[int, int] | None:
        """Where the marked token begins and ends; the sign, where that is what is marked."""
        if self._mark is not None and self._mark == self._lane.ended and self._has_sign:
            end = self.document().characterCount() - 1
            return end - len(END), end
        return None if self._mark is None else self._text.range_of(self._mark)

    @property
    def marked_text(self) -> str:
        """What is underlined; a paragraph's end as U+2029."""
        place = self._mark_place()
        if place is None:
            return ""
        cursor = QTextCursor(self.document())
        cursor.setPosition(place[0])
        cursor.setPosition(place[1], QTextCursor.MoveMode.KeepAnchor)
        return cursor.selectedText()

    # -- painting ------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Underline the token where the lane parts, in the lane's colour."""
        super().paintEvent(event)
        place = self._mark_place()
        if place is None:
            return
        painter = QPainter(self.viewport())
        painter.setClipRegion(event.region())
        painter.setFont(self.font())
        color = QColor(self._theme.colors.lanes[self._lane.color])
        for rect, is_break in self._mark_rects(*place):
            painter.fillRect(
                QRectF(rect.left(), rect.bottom() + _BELOW, rect.width(), _LINE), color
            )
            if is_break:
                painter.setPen(QColor(self._theme.colors.muted))
                painter.drawText(rect, int(Qt.AlignmentFlag.AlignVCenter), _BREAK)
        painter.end()

    def _mark_rects(self, start: int, end: int) -> list[tuple[QRectF, bool]]:
        """The marked letters line by line, and whether it is a paragraph's end, of the viewport."""
        offset = QPointF(-self.horizontalScrollBar().value(), -self.verticalScrollBar().value())
        found: list[tuple[QRectF, bool]] = []
        layout_of = self.document().documentLayout()
        block = self.document().findBlock(start)
        while block.isValid() and block.position() < end:
            begin, layout, length = block.position(), block.layout(), block.length() - 1
            corner = layout_of.blockBoundingRect(block).topLeft() + offset
            for number in range(layout.lineCount()):
                line = layout.lineAt(number)
                low = max(start - begin, line.textStart())
                high = min(end - begin, line.textStart() + line.textLength())
                while low < high and self.document().characterAt(begin + low) == " ":
                    low += 1  # the word is marked, not the space before it
                natural = line.naturalTextRect().translated(corner)
                if low < high:
                    left, right = _x(line, low) + corner.x(), _x(line, high) + corner.x()
                    found.append(
                        (QRectF(left, natural.top(), right - left, natural.height()), False)
                    )
                is_last = number == layout.lineCount() - 1
                if is_last and end > begin + length and block.next().isValid():
                    left = _x(line, length) + corner.x()
                    width = self.fontMetrics().horizontalAdvance(_BREAK)
                    found.append((QRectF(left, natural.top(), width, natural.height()), True))
            block = block.next()
        return found

    # -- mouse and keys --------------------------------------------------------------------------

    def _is_on_mark(self, point: QPointF) -> bool:
        place = self._mark_place()
        return place is not None and any(
            rect.adjusted(-2, 0, 2, _BELOW + _LINE + 2).contains(point)
            for rect, _ in self._mark_rects(*place)
        )

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show that the mark can be clicked."""
        super().mouseMoveEvent(event)
        if not event.buttons():
            on_mark = self._is_on_mark(event.position())
            shape = Qt.CursorShape.PointingHandCursor if on_mark else Qt.CursorShape.IBeamCursor
            self.viewport().setCursor(shape)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click on the mark opens it; a drag selects."""
        super().mouseReleaseEvent(event)
        if not self.textCursor().hasSelection() and self._is_on_mark(event.position()):
            self.mark_chosen.emit()

    def createMimeDataFromSelection(self) -> QMimeData:
        """The selected text, without the sign at its end."""
        cursor = self.textCursor()
        text = cursor.selectedText().replace("\u2029", "\n")
        end = self.document().characterCount() - 1
        if self._has_sign and cursor.selectionEnd() == end:
            text = text.removesuffix(END)
        data = QMimeData()
        data.setText(text)
        return data

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens the mark."""
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        if plain and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self._mark is not None:
                self.mark_chosen.emit()
            return
        super().keyPressEvent(event)


def _x(line: QTextLine, position: int) -> float:
    # Qt gives the place, and beside it the position that it took.
    return cast(tuple[float, int], line.cursorToX(position))[0]

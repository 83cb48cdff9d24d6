"""The card under the pointer: all that is known of one token, in numbers and one sentence.

A child of the window that lies over the others, painted in a few strokes, for it follows T and the
text thirty times a second. It takes no input and knows nothing but what it is given to show.
"""

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget

from studio.app.tokens.details import TokenDetails, most_likely_words
from studio.translation import mark, tr
from studio.ui.theme.theme import Theme

_PADDING = 10
_GAP = 4
_LINE_GAP = 3
_WIDTH_IN_CHARACTERS = 40
_BY_POINTER = (mark("Click: write it."), mark("Right click: what T makes it 30\u202f%?"))
_BY_KEYBOARD = (mark("Enter: write it."), mark("T: what T makes it 30\u202f%?"))


class TokenCard(QWidget):
    """A small card near a row of a histogram.

    Args:
        theme: Where the colours come from.
        parent: The Qt parent, until the card is first shown over a window.
    """

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._details: TokenDetails | None = None
        self._room = 0
        self._by_keyboard = False
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        # What it says, the histogram's own description says to those who hear the window.
        self.setAccessibleName(tr("About this token"))
        self.hide()
        theme.changed.connect(self.update)

    @property
    def details(self) -> TokenDetails | None:
        """What is shown; None before anything was."""
        return self._details

    @property
    def sentence(self) -> str:
        """When the token is most likely, and given what that is said, as sentences."""
        if self._details is None:
            return ""
        words = most_likely_words(self._details.subject)
        given = self._details.given_words
        return f"{words[0].upper()}{words[1:]}.{given and ' '}{given}"

    def show_details(
        self, details: TokenDetails, beside: QWidget, row: QRect, *, by_keyboard: bool = False
    ) -> None:
        """Show a token's details below a row, or above it where there is no room below.

        Nowhere, where it would cover a field that is being typed in.

        Args:
            details: What to show.
            beside: The widget that the row belongs to.
            row: The row, in that widget's coordinates.
            by_keyboard: Whether it was chosen by keys, which come to that widget then.
        """
        is_there = self.isVisible() and by_keyboard == self._by_keyboard
        if is_there and details.says_the_same(self._details):
            return
        self._details = details
        self._room = beside.width()
        self._by_keyboard = by_keyboard
        window = beside.window()
        if self.parentWidget() is not window:
            self.setParent(window)
        if not self._place(window, beside, row):
            self.hide()
        elif self.isVisible():
            self.update()
        else:
            self.show()
            self.raise_()

    def sizeHint(self) -> QSize:
        """As large as what is shown."""
        metrics = self.fontMetrics()
        width = min(_WIDTH_IN_CHARACTERS * metrics.averageCharWidth(), 420)
        if self._room:
            width = min(width, self._room - 2 * _PADDING)
        sentence = self._sentence_rect(width)
        lines = (5 + len(self.hints)) * (metrics.height() + _LINE_GAP)
        return QSize(width + 2 * _PADDING, lines + sentence.height() + _GAP + 2 * _PADDING)

    def _place(self, window: QWidget, beside: QWidget, row: QRect) -> bool:
        """Lie in the column, below the row or above it; returns whether there is room."""
        size = self.sizeHint()
        on_window = QRect(beside.mapTo(window, row.topLeft()), row.size())
        left = max(on_window.left(), on_window.right() + 1 - size.width())
        typed_in = _typed_in(window)
        for top in (on_window.bottom() + 1 + _GAP, on_window.top() - _GAP - size.height()):
            card = QRect(QPoint(left, top), size)
            if window.rect().contains(card) and not card.intersects(typed_in):
                self.setGeometry(card)
                return True
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the surface, the token, its numbers and the sentence."""
        details = self._details
        if details is None:
            return
        colors = self._theme.colors
        text, muted = QColor(colors.text), QColor(colors.muted)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(QColor(colors.card))
        painter.setPen(QColor(colors.ghost))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)

        metrics = self.fontMetrics()
        step = metrics.height() + _LINE_GAP
        left, right = _PADDING, self.width() - _PADDING
        y = _PADDING + metrics.ascent()
        painter.setFont(self._token_font(details))
        painter.setPen(text if details.row.text.kind == "text" else muted)
        token = details.row.text
        painter.drawText(left, y, f"{token.text}  {token.name}" if token.name else token.text)
        painter.setFont(self.font())
        painter.setPen(muted)
        if details.row.chosen:
            self._right(painter, metrics, right, y, tr("▸ stands here"))
        y += step
        facts = tr(
            "id {token}   {rank}   logit {logit:.2f}",
            token=details.row.token,
            rank=details.rank_words,
            logit=details.logit,
        )
        facts = metrics.elidedText(facts, Qt.TextElideMode.ElideRight, right - left)
        painter.drawText(left, y, facts)
        for name, value in details.lines:
            y += step
            painter.setPen(muted)
            painter.drawText(left, y, name)
            painter.setPen(text)
            self._right(painter, metrics, right, y, value)
        rect = self._sentence_rect(right - left)
        rect.moveTo(left, y + metrics.descent() + _GAP + _LINE_GAP)
        painter.drawText(rect, int(Qt.TextFlag.TextWordWrap), self.sentence)
        painter.setPen(muted)
        y = rect.bottom() + _LINE_GAP + metrics.ascent()
        for hint in self.hints:
            painter.drawText(left, y, hint)
            y += step

    @property
    def hints(self) -> tuple[str, ...]:
        """What can be done with the token: one that is no text by itself cannot be written.

        Keys are reported where they would come here, and not into a text.
        """
        is_text = self._details is not None and self._details.row.text.kind == "text"
        write, ask = map(tr, _BY_KEYBOARD if self._by_keyboard else _BY_POINTER)
        return (write, ask) if is_text else (ask,)

    @staticmethod
    def _right(painter: QPainter, metrics: QFontMetrics, right: int, y: int, words: str) -> None:
        painter.drawText(right - metrics.horizontalAdvance(words), y, words)

    def _sentence_rect(self, width: int) -> QRect:
        room = QRect(0, 0, width, 1000)
        return self.fontMetrics().boundingRect(room, int(Qt.TextFlag.TextWordWrap), self.sentence)

    def _token_font(self, details: TokenDetails) -> QFont:
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold)
        font.setItalic(details.row.text.kind != "text")
        return font


def _typed_in(window: QWidget) -> QRect:
    """Where on a window the field is that has the keyboard, with the card that it may lie on."""
    field = QApplication.focusWidget()
    if field is None or not field.testAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled):
        return QRect()
    if not window.isAncestorOf(field):
        return QRect()
    over = field
    while (parent := over.parentWidget()) is not None and parent is not window:
        over = parent
    place = over if over.property("over") else field
    return QRect(place.mapTo(window, QPoint(0, 0)), place.size())

"""Opens the word panel beside the word that was clicked, and closes it again.

A plain click on a recorded token opens it, or the keyboard for the token at the caret; arrow keys
move on to the next. Typing, Esc, scrolling the word away, or a click where no token is recorded
closes it. It is no dialog: the keyboard stays in the manuscript, and everything else in the window
works as before, the temperature above all.
"""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, QTimer
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import QWidget

from studio.manuscript import TokenSpan, TokenSpans
from studio.ui.editor.editor import ManuscriptEditor
from studio.ui.editor.tokens import TokenTiles
from studio.ui.theme.theme import Theme
from studio.ui.word.panel import WordPanel
from studio.ui.word.state import WordState

_GAP = 6
"""Pixels between the word and the panel, and between the panel and the card's edge."""

_FRAME, _ROUND = 1.5, 3.0
"""The frame round the word: its thickness and its corners, in pixels."""

_MOVES = frozenset(
    (
        Qt.Key.Key_Left,
        Qt.Key.Key_Right,
        Qt.Key.Key_Up,
        Qt.Key.Key_Down,
        Qt.Key.Key_Home,
        Qt.Key.Key_End,
        Qt.Key.Key_PageUp,
        Qt.Key.Key_PageDown,
    )
)
_MODIFIERS = frozenset(
    (Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_AltGr)
)


class EditorWord(QObject):
    """The panel of one editor.

    Attributes:
        panel: The panel; made when it is first opened.

    Args:
        editor: Whose tokens are clicked.
        tiles: Where these stand.
        spans: Which token stands where.
        state: Which of them is looked at.
        theme: Where the panel's colours come from.
        is_writing: Whether a text is being written now: Esc is to end that, too, then.
    """

    def __init__(
        self,
        editor: ManuscriptEditor,
        tiles: TokenTiles,
        spans: TokenSpans,
        state: WordState,
        theme: Theme,
        is_writing: Callable[[], bool],
    ) -> None:
        super().__init__(editor)
        self._editor = editor
        self._tiles = tiles
        self._spans = spans
        self._state = state
        self._theme = theme
        self._is_writing = is_writing
        self.panel: WordPanel | None = None
        editor.clicked.connect(self._on_clicked)
        state.changed.connect(self._follow)

    @property
    def is_open(self) -> bool:
        """Whether the panel is on the screen."""
        return self.panel is not None and not self.panel.isHidden()

    def toggle_at_caret(self) -> None:
        """Open the panel for the token at the caret, or close it."""
        if self.is_open:
            self._state.let_go()
        else:
            self._open_at_caret()

    def span_at_caret(self) -> TokenSpan | None:
        """The token that holds the character behind the caret, or else the one before it."""
        caret = self._editor.caret
        return self._spans.at(caret) or (self._spans.at(caret - 1) if caret else None)

    def _on_clicked(self, point: QPoint) -> None:
        self._look_at(self._tiles.at(point))

    def _open_at_caret(self) -> None:
        self._editor.ensureCursorVisible()
        self._look_at(self.span_at_caret())

    def _look_at(self, span: TokenSpan | None) -> None:
        if span is None or not self._state.look_at(span):
            self._state.let_go()

    def _follow(self) -> None:
        if self._state.span is None:
            self._close()
            return
        if not self.is_open:
            self._open()
        assert self.panel is not None, "it is open"
        self.panel.follow()
        self._place()

    def _open(self) -> None:
        if self.panel is None:
            self.panel = WordPanel(self._state, self._theme, self._editor.window())
        self._editor.installEventFilter(self)
        self._editor.verticalScrollBar().valueChanged.connect(self._place)
        self.panel.show()
        self._editor.underlay.lay_frame(self._paint, True)

    def _close(self) -> None:
        if self.panel is None or self.panel.isHidden():
            return
        self.panel.hide()
        self._editor.underlay.lay_frame(self._paint, False)
        self._editor.removeEventFilter(self)
        self._editor.verticalScrollBar().valueChanged.disconnect(self._place)

    def _card(self) -> QWidget:
        card = self._editor.parentWidget()
        assert card is not None, "the editor stands in the window"
        return card

    def _place(self) -> None:
        """Put the panel below the word, or above it where there is more room; never over it.

        On the editor's card if it fits there, else over what is beside it; and with fewer
        alternatives in a window that is too low for all of it.
        """
        span, panel = self._state.span, self.panel
        if span is None or panel is None:
            return
        rects = self._tiles.rects_of(span)
        if not rects:
            self._state.let_go()
            return
        window, card = self._editor.window(), self._card()
        to_window = self._editor.viewport().mapTo(window, QPoint(0, 0))
        whole = QRect(rects[0])
        for rect in rects[1:]:
            whole = whole.united(rect)
        whole.translate(to_window)
        on_card = QRect(card.mapTo(window, QPoint(0, 0)), card.size())
        top = self._top_for(panel, whole, on_card, window.rect())
        left = min(rects[0].left() + to_window.x(), on_card.right() + 1 - panel.width() - _GAP)
        panel.move(max(left, on_card.left() + _GAP), top)
        panel.raise_()
        self._editor.viewport().update()

    @staticmethod
    def _top_for(panel: WordPanel, word: QRect, card: QRect, window: QRect) -> int:
        """Give the panel its size, and say how far down it stands."""
        below = word.bottom() + _GAP
        panel.fit()
        for area in (card, window):
            if panel.height() <= area.bottom() + 1 - _GAP - below:
                return below
            above = word.top() - _GAP - panel.height()
            if above >= area.top() + _GAP:
                return above
        room_below, room_above = window.bottom() + 1 - _GAP - below, word.top() - 2 * _GAP
        panel.fit(max(room_below, room_above))
        return below if room_below >= room_above else max(word.top() - _GAP - panel.height(), _GAP)

    def _paint(self, painter: QPainter) -> None:
        """Frame the word that the panel is about."""
        if self._state.span is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self._theme.colors.focus), _FRAME))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for rect in self._tiles.rects_of(self._state.span):
            painter.drawRoundedRect(rect, _ROUND, _ROUND)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Close at Esc and at typing; follow the caret where it is moved."""
        match event.type():
            case QEvent.Type.ShortcutOverride if _is_escape(event):
                if self._is_writing():
                    self._state.let_go()
                else:
                    event.accept()  # so that it comes here as a key, and ends nothing else
            case QEvent.Type.KeyPress:
                return self._on_key(event)
            case QEvent.Type.Resize:
                QTimer.singleShot(0, self, self._place)
            case QEvent.Type.Hide if not event.spontaneous():
                self._state.let_go()  # another page of the window came
        return super().eventFilter(watched, event)

    def _on_key(self, event: QEvent) -> bool:
        assert isinstance(event, QKeyEvent), "a key press"
        key = event.key()
        if key == Qt.Key.Key_Escape:
            self._state.let_go()
            return True
        if key in _MOVES:
            # The caret moves first, then the panel follows it.
            QTimer.singleShot(0, self, self._open_at_caret)
        elif key not in _MODIFIERS:
            self._state.let_go()
        return False


def _is_escape(event: QEvent) -> bool:
    return isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape

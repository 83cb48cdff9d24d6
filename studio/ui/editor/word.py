"""Opens the word panel beside a word of the text, and closes it again.

Alt with a click on a recorded token opens it, or Alt+Down for the token at the caret; or the
pointer, where it comes to rest upon one: then it goes again when the pointer does. Left and Right
lead to the next token, Up and Down to another alternative, and typing begins one of the writer's
own. What is pointed at or typed is shown in the text before it is chosen. Enter, as a click does,
lets the text go on from it; with Shift it alone comes in the token's place. Esc, scrolling the word
away, or a click in the text closes the panel. It is no dialog: the keyboard stays in the manuscript
until something is typed, and everything else in the window works as before, the temperature above
all. It covers nothing or what has been read, never what is still to be read, but in a window too
small for that.
"""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QApplication

from studio.app.frame_clock import FrameClock
from studio.app.timers import single_shot
from studio.app.word.replacement import WordReplacement
from studio.app.word.state import WordState
from studio.app.word.words import NO_RECORD
from studio.manuscript import TokenSpan, TokenSpans
from studio.translation import tr
from studio.ui.editor.editor import ManuscriptEditor
from studio.ui.editor.keys import changed_by, inserted_by
from studio.ui.editor.tokens import TokenTiles
from studio.ui.editor.word_corner import corner_for
from studio.ui.editor.word_preview import WordPreview
from studio.ui.theme.theme import Theme
from studio.ui.word.panel import WordPanel, is_alone

_FRAME, _ROUND = 1.5, 3.0
"""The frame round the word: its thickness and its corners, in pixels."""

REST_MS = 600
"""How long the pointer rests on a word before its panel comes; a passing one brings none."""

_GRACE_MS = 300
"""How long the pointer may be on its way from the word to the panel."""

_MOVES = frozenset(
    (
        Qt.Key.Key_Home,
        Qt.Key.Key_End,
        Qt.Key.Key_PageUp,
        Qt.Key.Key_PageDown,
    )
)
_STEPS: dict[int, int] = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: +1}
_TO_TOKENS: dict[int, int] = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: +1}
_MODIFIERS = frozenset(
    (Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_AltGr)
)


class EditorWord(QObject):
    """The panel of one editor.

    Attributes:
        panel: The panel; made when it is first opened.
        preview: Shows in the text what is about to be chosen.

    Args:
        editor: Whose tokens are looked at.
        tiles: Where these stand.
        spans: Which token stands where.
        state: Which of them is looked at.
        replacement: Puts an alternative in the token's place, or goes on from it.
        theme: Where the panel's colours come from.
        is_writing: Whether a text is being written now: Esc is to end that, too, then.
    """

    unknown = Signal(str)
    """Nothing is known of the place that was asked about; the sentence is for the writer."""

    def __init__(
        self,
        editor: ManuscriptEditor,
        tiles: TokenTiles,
        spans: TokenSpans,
        state: WordState,
        replacement: WordReplacement,
        theme: Theme,
        is_writing: Callable[[], bool],
    ) -> None:
        super().__init__(editor)
        self._editor = editor
        self._tiles = tiles
        self._spans = spans
        self._state = state
        self._replacement = replacement
        self._theme = theme
        self._is_writing = is_writing
        self.panel: WordPanel | None = None
        self.preview = WordPreview(editor, theme)
        self._is_alone = False
        """Whether the keys that are held mean the word alone."""
        self._passes = False
        """Whether the panel came with the pointer, and goes with it."""
        self._is_at_caret = False
        """Whether it is about the token at the caret, which follows what is chosen."""
        self._pressed: QPoint | None = None
        self._rests_at = QPoint()
        # Neither runs while the pointer is still or elsewhere.
        self._rest = single_shot(self, self._on_rest, REST_MS)
        self._grace = single_shot(self, self._on_left, _GRACE_MS)
        # What is shown in the text is shown where that has come to, when it is whole again.
        self._clock = FrameClock(self._show_choice, self)
        self._viewport = editor.viewport()
        self._viewport.setMouseTracking(True)
        self._viewport.installEventFilter(self)
        state.changed.connect(self._follow)
        replacement.replaced.connect(self._on_replaced)
        replacement.leading_on.connect(self._on_leading_on)

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

    def _open_at_caret(self) -> None:
        self._editor.ensureCursorVisible()
        self._look_at(self.span_at_caret(), is_at_caret=True)

    def _look_at(
        self, span: TokenSpan | None, *, passes: bool = False, is_at_caret: bool = False
    ) -> None:
        self._passes, self._is_at_caret = passes, is_at_caret
        if span is not None and is_at_caret:
            # The space that it begins with may hang behind the line before.
            self._editor.reveal(span.start, span.end)
        if self.panel is not None:
            self.panel.forget_choice()
        if span is None or not self._state.look_at(span):
            self._state.let_go()
            if not passes and len(self._editor.manuscript):
                self.unknown.emit(tr(NO_RECORD))

    def _on_replaced(self, end: int) -> None:
        self._state.let_go()
        if self._is_at_caret:
            self._editor.move_caret(end)

    def _on_leading_on(self, start: int) -> None:
        # The caret goes with what is written, as it does with Continue.
        self._state.let_go()
        self._editor.move_caret(start)

    def _choose(self, choice: int | str, means_word: bool) -> None:
        if means_word:
            self._replacement.replace(choice)
        else:
            self._replacement.lead_on(choice)

    def _choose_shown(self, event: QKeyEvent) -> bool:
        """Choose what is pointed at or typed; returns whether there is anything."""
        choice = self.panel.choice if self.panel is not None else None
        if choice is None:
            return False
        self._choose(choice, is_alone(event.modifiers()))
        return True

    def _step_to(self, step: int) -> None:
        """Look at the token before or behind this one; the caret goes with it."""
        span = self._state.span
        beside = self._spans.beside(span, step) if span is not None else None
        if beside is not None:
            self._editor.move_caret(beside.start)
            self._look_at(beside, is_at_caret=True)

    def _show_choice(self) -> None:
        """Show in the text what would be chosen, and what would go."""
        choice = self.panel.choice if self.panel is not None and self.is_open else None
        other = None if choice is None else self._replacement.other(choice)
        if other is None:
            self.preview.show(None)
        else:
            end = other.end if self._is_alone else self._replacement.road_end(other)
            self.preview.show(other, end)

    # The pointer

    def _on_pressed(self, event: QMouseEvent) -> bool:
        """Look at the token under a click with Alt; any other lets go of the one before."""
        self._rest.stop()
        self._pressed = event.position().toPoint()
        is_alone = event.modifiers() == Qt.KeyboardModifier.AltModifier
        if event.button() == Qt.MouseButton.LeftButton and is_alone:
            self._look_at(self._tiles.at(self._pressed))
            return True
        self._state.let_go()
        return False

    def _on_moved(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        if event.buttons() or self._is_near_press(at):
            return  # a hand that has just put the caret there is about to type
        self._pressed = None
        if not self.is_open:
            self._rests_at = at
            self._rest.start()
        elif self._passes:
            self._wait_while(is_away=not self._is_on_word(at))

    def _is_near_press(self, at: QPoint) -> bool:
        nearest = QApplication.startDragDistance()
        return self._pressed is not None and (at - self._pressed).manhattanLength() < nearest

    def _wait_while(self, *, is_away: bool) -> None:
        if not is_away:
            self._grace.stop()
        elif not self._grace.isActive():
            self._grace.start()

    def _is_on_word(self, at: QPoint) -> bool:
        span = self._state.span
        return span is not None and any(rect.contains(at) for rect in self._tiles.rects_of(span))

    def _on_rest(self) -> None:
        span = self._tiles.at(self._rests_at)
        if span is not None and not self.is_open and not self._is_writing():
            self._look_at(span, passes=True)

    def _on_left(self) -> None:
        if self._passes and self.panel is not None and not self.panel.underMouse():
            self._state.let_go()

    # The panel

    def _follow(self) -> None:
        if self._state.span is None:
            self._close()
            return
        if not self.is_open:
            self._open()
        assert self.panel is not None, "it is open"
        self.panel.follow()
        self._place()
        self._show_choice()

    def _open(self) -> None:
        if self.panel is None:
            window = self._editor.window()
            self.panel = WordPanel(self._state, self._replacement, self._theme, window)
            self.panel.bars.chosen.connect(self._choose)
            self.panel.bars.pointed_changed.connect(self._show_choice)
            self.panel.field.textChanged.connect(self._show_choice)
            self.panel.field.installEventFilter(self)
            self.panel.installEventFilter(self)
        self._editor.installEventFilter(self)
        self._editor.scrolled.connect(self._place)
        self._editor.textChanged.connect(self._clock.request)
        self._is_alone = is_alone(QApplication.keyboardModifiers())
        self.panel.show()
        self._editor.underlay.lay_frame(self._paint, True)

    def _close(self) -> None:
        if self.panel is None or self.panel.isHidden():
            return
        # Also in a window that is not the active one, in which nothing has the keyboard now.
        if self._editor.window().focusWidget() is self.panel.field:
            self._editor.setFocus()
        self.panel.hide()
        self.panel.forget_choice()
        self.preview.show(None)
        self._editor.underlay.lay_frame(self._paint, False)
        self._editor.removeEventFilter(self)
        self._editor.scrolled.disconnect(self._place)
        self._editor.textChanged.disconnect(self._clock.request)

    def _place(self) -> None:
        """Put the panel where it covers nothing, or else what has been read."""
        span, panel = self._state.span, self.panel
        if span is None or panel is None:
            return
        rects = self._tiles.rects_of(span)
        if not rects:
            self._state.let_go()
            return
        window, editor = self._editor.window(), self._editor
        viewport = editor.viewport()
        to_window = viewport.mapTo(window, QPoint(0, 0))
        whole = QRect(rects[0])
        for rect in rects[1:]:
            whole = whole.united(rect)
        whole.translate(to_window)
        page = QRect(editor.mapTo(window, QPoint(0, 0)), editor.size())
        end = editor.line_at(len(editor.manuscript)).bottom() + to_window.y()
        beside = to_window.x() + viewport.width() - round(editor.document().documentMargin())
        panel.move(corner_for(panel, whole, page, end, window.rect(), beside))
        panel.raise_()
        viewport.update()

    def _paint(self, painter: QPainter) -> None:
        """Frame the word that the panel is about, where no other is shown in its place."""
        shown = self.preview.shown
        if self._state.span is None or (shown is not None and shown[0].text):
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self._theme.colors.focus), _FRAME))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for rect in self._tiles.rects_of(self._state.span):
            painter.drawRoundedRect(rect, _ROUND, _ROUND)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Look where the pointer looks; close at Esc and at typing; follow the caret."""
        if watched is self._viewport:
            # At rest too a caret is painted as it blinks; to ask for an event's type takes longer.
            return not isinstance(event, QPaintEvent) and self._on_pointer(event)
        if watched is self.panel:
            if event.type() == QEvent.Type.Leave and self._passes:
                self._wait_while(is_away=True)
            return False
        match event.type():
            case QEvent.Type.ShortcutOverride if _is_escape(event):
                if self._is_writing():
                    self._state.let_go()
                else:
                    event.accept()  # so that it comes here as a key, and ends nothing else
            case QEvent.Type.ShortcutOverride if self._goes_on(event):
                event.accept()  # so does Continue's own key
            case QEvent.Type.KeyPress if isinstance(event, QKeyEvent):
                self._follow_shift(event, is_down=True)
                return self._on_key(event) if watched is self._editor else self._on_typing(event)
            case QEvent.Type.KeyRelease if isinstance(event, QKeyEvent):
                self._follow_shift(event, is_down=False)
            case QEvent.Type.Resize if watched is self._editor:
                QTimer.singleShot(0, self, self._place)
            case QEvent.Type.Hide if watched is self._editor and not event.spontaneous():
                self._state.let_go()  # another page of the window came
        return super().eventFilter(watched, event)

    def _on_pointer(self, event: QEvent) -> bool:
        match event.type():
            case QEvent.Type.MouseButtonPress if isinstance(event, QMouseEvent):
                return self._on_pressed(event)
            case QEvent.Type.MouseMove if isinstance(event, QMouseEvent):
                self._on_moved(event)
            case QEvent.Type.Wheel:
                self._rest.stop()
                if self._passes:
                    self._state.let_go()  # the word goes from under the pointer
            case QEvent.Type.Leave:
                self._rest.stop()
                if self._passes:
                    self._wait_while(is_away=True)
        return False

    def _goes_on(self, event: QEvent) -> bool:
        """Whether a key that has a meaning of its own in the window goes on from a choice."""
        has_choice = self.panel is not None and self.panel.choice is not None
        return (
            isinstance(event, QKeyEvent)
            and has_choice
            and not self._passes
            and _is_enter(event)
            and not is_alone(event.modifiers())
        )

    def _follow_shift(self, event: QKeyEvent, *, is_down: bool) -> None:
        is_held = is_down if event.key() == Qt.Key.Key_Shift else is_alone(event.modifiers())
        if is_held != self._is_alone:
            self._is_alone = is_held
            self._show_choice()

    def _on_typing(self, event: QKeyEvent) -> bool:
        """A key while another text is typed; returns whether it is not the field's own."""
        key, panel = event.key(), self.panel
        assert panel is not None, "the field is in it"
        if key == Qt.Key.Key_Escape:
            self._state.let_go()
        elif _is_enter(event):
            self._choose_shown(event)
        elif key in _STEPS:
            panel.field.clear()
            self._editor.setFocus()
            panel.bars.point(_STEPS[key])
        else:
            return False
        return True

    def _on_key(self, event: QKeyEvent) -> bool:
        key = event.key()
        if key == Qt.Key.Key_Escape:
            self._state.let_go()
            return True
        if key in _MODIFIERS:
            return False
        if not self._passes and self.panel is not None:
            if _is_enter(event) and self._choose_shown(event):
                return True
            # Some keyboards say of arrows that they are of the number pad.
            modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
            if key in _STEPS and not modifiers:
                self.panel.bars.point(_STEPS[key])
                return True
            if key in _TO_TOKENS and not modifiers:
                self._step_to(_TO_TOKENS[key])
                return True
            typed = inserted_by(event) if changed_by(event, self._editor.textCursor()) else None
            if typed and typed.isprintable():
                self.panel.type(typed)
                return True
        if key in _MOVES and not self._passes:
            # The caret moves first, then the panel follows it.
            QTimer.singleShot(0, self, self._open_at_caret)
        else:
            self._state.let_go()
        return False


def _is_enter(event: QEvent) -> bool:
    return isinstance(event, QKeyEvent) and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)


def _is_escape(event: QEvent) -> bool:
    return isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape

"""What of the text the model is given, marked in the margin: where the prompt begins, and passages.

A short line stands where the model begins to read because the context is full; a bar beside what is
pinned, a dotted one beside what is left out. What each means is said where the pointer rests on it.
"""

from typing import NamedTuple

from PySide6.QtCore import QEvent, QObject, QRect, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPen
from PySide6.QtWidgets import QToolTip

from studio.app.session import Session
from studio.manuscript import PromptPassage
from studio.translation import mark, tr
from studio.ui.editor.editor import ManuscriptEditor
from studio.ui.theme.theme import Theme
from studio.ui.widgets.tips import plain_tip

_THICK = 2
_LEFT, _RIGHT = 5, 15
"""From where to where, in pixels of a zoom of 100 %; the bar of a take stands beyond."""

PINNED = mark("Pinned: always sent to the model, even where the text before the caret is cut.")
LEFT_OUT = mark("Left out: not sent to the model.")


class _Mark(NamedTuple):
    place: QRect
    """In the viewport."""
    is_dotted: bool
    words: str


class PromptMarks(QObject):
    """The marks in the margin of one editor.

    Args:
        editor: Whose margin it is.
        session: Whose prompt it is.
        theme: Where the colour comes from.
    """

    def __init__(self, editor: ManuscriptEditor, session: Session, theme: Theme) -> None:
        super().__init__(editor)
        self._editor = editor
        self._draft = session.draft
        self._preview = session.next_token_preview
        self._theme = theme
        self._shown: tuple[tuple[PromptPassage, ...], int | None] = (), None
        """The passages, and where the cut is."""
        editor.viewport().installEventFilter(self)
        session.prompt_costs.changed.connect(self._follow)
        theme.changed.connect(self._paint_anew)

    @property
    def _has_any(self) -> bool:
        return self._shown != ((), None)

    @property
    def cut(self) -> int | None:
        """Before which code point the model begins to read; None where it reads all."""
        read = self._preview.evaluated
        if read is None or not read.begins:
            return None
        return min(read.begins, len(self._draft.manuscript))

    def marks(self) -> list[_Mark]:
        """Those that are in view."""
        editor = self._editor
        if not (self._has_any and editor.is_whole):
            return []
        first, last = editor.visible_range()
        thick, left, right = (round(size * editor.grown) for size in (_THICK, _LEFT, _RIGHT))
        found = list[_Mark]()
        for one in self._draft.plan.passages:
            if one.start <= last and first < one.end:
                top = editor.line_at(max(one.start, first)).top()
                end = editor.line_at(max(min(one.end, last) - 1, first)).bottom()
                place = QRect(left, top, thick, end - top)
                words = tr(PINNED) if one.is_pinned else tr(LEFT_OUT)
                found.append(_Mark(place, not one.is_pinned, words))
        cut = self.cut
        if cut is not None and first <= cut <= last:
            place = QRect(left, editor.line_at(cut).top(), right - left, thick)
            found.append(_Mark(place, False, self._cut_words()))
        return found

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Say what a mark means."""
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            for one in reversed(self.marks()):
                near = round(_RIGHT * self._editor.grown)
                around = one.place.adjusted(-near, -near // 2, near, near // 2)
                if around.contains(event.pos()) and event.pos().x() < self._margin:
                    QToolTip.showText(event.globalPos(), plain_tip(one.words), self._editor)
                    return True
        return False

    @property
    def _margin(self) -> float:
        return self._editor.document().documentMargin()

    def _cut_words(self) -> str:
        read = self._preview.evaluated
        count = read.unseen_characters if read is not None else 0
        return tr(
            "The model reads from here on: the %n characters above have no room in its context "
            "and are not read. Pin a passage (Write) to have it sent all the same.",
            "",
            count,
        )

    def _follow(self) -> None:
        shown = self._draft.plan.passages, self.cut
        if shown == self._shown:
            return
        had_any, self._shown = self._has_any, shown
        if self._has_any != had_any:
            self._editor.underlay.lay_mark(self._paint, self._has_any)
        self._paint_anew()

    def _paint_anew(self) -> None:
        viewport = self._editor.viewport()
        viewport.update(0, 0, round(self._margin), viewport.height())

    def _paint(self, painter: QPainter) -> None:
        color = QColor(self._theme.colors.ghost)
        for one in self.marks():
            if one.is_dotted:
                pen = QPen(color, one.place.width(), Qt.PenStyle.DotLine)
                painter.setPen(pen)
                x = one.place.center().x()
                painter.drawLine(x, one.place.top(), x, one.place.bottom())
            else:
                painter.fillRect(one.place, color)

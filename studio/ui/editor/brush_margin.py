"""Passages with a temperature of their own, marked in the margin: a broken line in its colour."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QEvent, QObject, QPointF, QRect, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPen, QRegion
from PySide6.QtWidgets import QToolTip

from studio.app.frame_clock import FrameClock
from studio.app.parameters.temperature_scale import position
from studio.app.temperature.passage_words import own_tip
from studio.app.writing.draft_sampling import DraftSampling
from studio.manuscript import OwnSampling
from studio.ui.editor.editor import ManuscriptEditor
from studio.ui.theme.colors import Colors
from studio.ui.theme.theme import Theme

_BAR = 2
"""How thick a line is, in pixels of a zoom of 100 %."""
_FROM_TEXT = 16
"""Pixels between it and the text: a take's bar has room between."""
_DASHES = (2, 2)
"""Painted and not, in thicknesses: a take's bar has none."""
_REACH = 5
"""Pixels beside it where the pointer still means it."""


class BrushMark(NamedTuple):
    """One line.

    Attributes:
        rect: Where, in the viewport.
        own: What the passage has.
    """

    rect: QRect
    own: OwnSampling


class BrushMargin(QObject):
    """The lines in the margin of one editor; nothing where no passage has anything of its own.

    Args:
        editor: Whose margin it is.
        sampling: Knows what is in force elsewhere.
        theme: Where the colours come from.
    """

    def __init__(self, editor: ManuscriptEditor, sampling: DraftSampling, theme: Theme) -> None:
        super().__init__(editor)
        self._editor = editor
        self._sampling = sampling
        self._theme = theme
        self._painted = QRegion()
        """Where lines were painted, on the whole page."""
        editor.underlay.lay_mark(self._paint, True)
        editor.viewport().installEventFilter(self)
        # In the middle of a change of the text, lines and characters do not fit together yet.
        self._clock = FrameClock(self._follow, self)
        manuscript = editor.manuscript
        manuscript.state_changed.connect(self._request)
        editor.document().documentLayout().documentSizeChanged.connect(self._request)
        manuscript.brushed.connect(self._recolor)
        theme.changed.connect(editor.viewport().update)

    @property
    def marks(self) -> list[BrushMark]:
        """The lines in view, from the top down."""
        editor, manuscript = self._editor, self._editor.manuscript
        if not (manuscript.is_brushed and editor.is_whole):
            return []
        at, end = editor.visible_range()
        at = max(at - 1, 0)  # the line end that begins an empty paragraph
        thick, gap = (round(pixels * editor.grown) for pixels in (_BAR, _FROM_TEXT))
        left = round(editor.document().documentMargin()) - gap - thick
        marks = []
        for length, brush in manuscript.brushes(at, min(end + 1, len(manuscript))):
            text = manuscript.part(at, at + length)
            if brush is not None:
                # The line end before a passage is the end of another line.
                first = at + length - len(text.lstrip("\n"))
                last = max(at + len(text.rstrip("\n")) - 1, first)
                top, bottom = editor.line_at(first).top(), editor.line_at(last).bottom()
                marks.append(BrushMark(QRect(left, top, thick, bottom + 1 - top), brush.own))
            at += length
        return marks

    @property
    def is_settled(self) -> bool:
        """Whether the lines are those of the text as it is now."""
        return self._clock.is_settled

    def _request(self) -> None:
        if self._editor.manuscript.is_brushed or not self._painted.isEmpty():
            self._clock.request()

    def _follow(self) -> None:
        # As little as there is: Qt paints all text between the parts that are to be painted.
        down = self._editor.verticalScrollBar().value()
        changed = self._region(self.marks, down).xored(self._painted)
        if not changed.isEmpty():
            self._editor.viewport().update(changed.translated(0, -down))

    def _recolor(self) -> None:
        # One that was turned stands where it stood.
        down = self._editor.verticalScrollBar().value()
        self._editor.viewport().update(self._painted.translated(0, -down))

    def _paint(self, painter: QPainter) -> None:
        down = self._editor.verticalScrollBar().value()
        marks = self.marks
        part = painter.clipRegion().translated(0, down)
        painted = self._region(marks, down).intersected(part)
        self._painted = self._painted.subtracted(part).united(painted)
        for mark in marks:
            color = color_of(mark.own.temperature, self._theme.colors)
            rect, pen = mark.rect, QPen(color, mark.rect.width())
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            pen.setDashPattern(_DASHES)
            # Counted from the page's top: what was painted before it was scrolled goes on.
            pen.setDashOffset((rect.top() + down) / rect.width())
            painter.setPen(pen)
            x = rect.left() + rect.width() / 2
            painter.drawLine(QPointF(x, rect.top()), QPointF(x, rect.bottom() + 1))

    def _region(self, marks: list[BrushMark], down: int) -> QRegion:
        region = QRegion()
        for mark in marks:
            region = region.united(mark.rect.translated(0, down))
        return region

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Say what a line means where the pointer rests on it."""
        if not isinstance(event, QHelpEvent) or event.type() is not QEvent.Type.ToolTip:
            return False
        for mark in self.marks:
            if mark.rect.adjusted(-_REACH, 0, _REACH, 0).contains(event.pos()):
                tip = own_tip(mark.own, self._sampling.whole.temperature)
                QToolTip.showText(event.globalPos(), tip, self._editor.viewport(), mark.rect)
                return True
        return False


def color_of(temperature: float, colors: Colors) -> QColor:
    """The colour that a temperature has on the dial's track.

    Args:
        temperature: T.
        colors: Those of the window.
    """
    place = 2 * position(temperature)
    ends = (colors.cold, colors.accent) if place < 1 else (colors.accent, colors.hot)
    low, high = map(QColor, ends)
    share = place if place < 1 else place - 1

    def mixed(first: int, second: int) -> int:
        return round(first + (second - first) * share)

    return QColor(
        mixed(low.red(), high.red()),
        mixed(low.green(), high.green()),
        mixed(low.blue(), high.blue()),
    )

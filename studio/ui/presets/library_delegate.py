"""How a row of the library looks: star, name, marks, description."""

import math

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QMouseEvent, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from studio.app.presets.library_entries import Entry, Heading, Hint, Kind, Mark
from studio.translation import tr
from studio.ui.theme.colors import Colors
from studio.ui.theme.theme import Theme

_ROW = Qt.ItemDataRole.UserRole
_Index = QModelIndex | QPersistentModelIndex

_LEFT = 34.0
"""Where text begins: behind the star."""
_EDGE = 8.0
_PADDING = 7.0
_BETWEEN = 3.0
_STAR = 7.0
_PILL_INSIDE = 6.0
_PILL_GAP = 5.0
_LINES: dict[object, float] = {Entry: 2.0, Heading: 1.0, Hint: 3.0}
_MIDDLE_LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft


class PresetLibraryDelegate(QStyledItemDelegate):
    """Paints rows, and takes clicks on their stars.

    Args:
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    starred = Signal(object)
    """The star of this `Entry` was clicked."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """Two lines for a preset, one for a heading, three for a hint."""
        line = QFontMetricsF(option.font).height()
        lines = _LINES[type(index.data(_ROW))]
        extra = _BETWEEN if lines == 2.0 else 0.0
        above = _PADDING if lines == 1.0 and index.row() else 0.0
        return QSize(0, math.ceil(lines * line + extra + above + 2 * _PADDING))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Paint a row."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(option.font)
        colors = self._theme.colors
        rect = QRectF(option.rect)
        match index.data(_ROW):
            case Heading(title):
                painter.setPen(QColor(colors.muted))
                place = rect.adjusted(_EDGE, 0, -_EDGE, -_PADDING)
                below_left = Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft
                painter.drawText(place, below_left, title)
            case Hint(text):
                painter.setPen(QColor(colors.muted))
                place = rect.adjusted(_LEFT, 0, -_EDGE, 0)
                painter.drawText(place, int(_MIDDLE_LEFT | Qt.TextFlag.TextWordWrap), text)
            case Entry() as entry:
                self._paint_entry(painter, option, rect, entry)
        painter.restore()

    def editorEvent(
        self,
        event: QEvent,
        model: QAbstractItemModel,
        option: QStyleOptionViewItem,
        index: _Index,
    ) -> bool:
        """A click on a star."""
        row = index.data(_ROW)
        if (
            isinstance(event, QMouseEvent)
            and event.type() == QEvent.Type.MouseButtonRelease
            and event.button() == Qt.MouseButton.LeftButton
            and isinstance(row, Entry)
            and row.kind is not Kind.BROKEN
            and event.position().x() < option.rect.left() + _LEFT
        ):
            self.starred.emit(row)
            return True
        return super().editorEvent(event, model, option, index)

    def _paint_entry(
        self, painter: QPainter, option: QStyleOptionViewItem, rect: QRectF, entry: Entry
    ) -> None:
        colors = self._theme.colors
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        is_under = bool(option.state & QStyle.StateFlag.State_MouseOver)
        has_keys = bool(option.state & QStyle.StateFlag.State_HasFocus)
        if is_selected or is_under:
            painter.setBrush(QColor(colors.selection if is_selected else colors.hover))
            painter.setPen(QColor(colors.focus) if has_keys else Qt.PenStyle.NoPen)
            painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        metrics = QFontMetricsF(option.font)
        top = rect.top() + _PADDING
        text = QRectF(rect.left() + _LEFT, top, rect.width() - _LEFT - _EDGE, metrics.height())
        if entry.kind is Kind.BROKEN:
            ink = QColor(colors.error)
        else:
            ink = QColor(colors.text)
            middle = QPointF(rect.left() + _LEFT / 2 + 1, text.center().y())
            self._paint_star(painter, middle, entry.is_favourite, is_selected or is_under)
        bold = QFont(option.font)
        if Mark.IN_USE in entry.marks:
            bold.setWeight(QFont.Weight.DemiBold)
        painter.setFont(bold)
        painter.setPen(ink)
        _draw_elided(painter, text, entry.title)
        painter.setFont(option.font)
        below = text.translated(0, text.height() + _BETWEEN)
        below.setLeft(self._paint_marks(painter, below, entry.marks, colors))
        painter.setPen(QColor(colors.text if is_selected else colors.muted))
        _draw_elided(painter, below, entry.line)

    def _paint_star(
        self, painter: QPainter, middle: QPointF, is_filled: bool, is_offered: bool
    ) -> None:
        if not (is_filled or is_offered):
            return
        colors = self._theme.colors
        painter.setPen(QPen(QColor(colors.text if is_filled else colors.ghost), 1.2))
        painter.setBrush(QColor(colors.text) if is_filled else Qt.BrushStyle.NoBrush)
        painter.drawPolygon(_star(middle))

    def _paint_marks(
        self, painter: QPainter, place: QRectF, marks: tuple[Mark, ...], colors: Colors
    ) -> float:
        """Paint marks from the left; return where they end."""
        left = place.left()
        for mark in marks:
            width = painter.fontMetrics().horizontalAdvance(tr(mark.value)) + 2 * _PILL_INSIDE
            if left + width > place.right():
                break
            pill = QRectF(left, place.top(), width, place.height())
            is_loud = mark in (Mark.IN_USE, Mark.TURNED)
            painter.setBrush(QColor(colors.card))
            painter.setPen(QColor(colors.text if is_loud else colors.ghost))
            painter.drawRoundedRect(pill.adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
            painter.setPen(QColor(colors.text))
            painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, tr(mark.value))
            left = pill.right() + _PILL_GAP
        return left


def _draw_elided(painter: QPainter, place: QRectF, text: str) -> None:
    words = painter.fontMetrics().elidedText(
        text, Qt.TextElideMode.ElideRight, int(max(0.0, place.width()))
    )
    painter.drawText(place, _MIDDLE_LEFT, words)


def _star(middle: QPointF) -> QPolygonF:
    points = []
    for corner in range(10):
        angle = math.radians(36 * corner - 90)
        radius = _STAR if corner % 2 == 0 else _STAR * 0.42
        points.append(middle + QPointF(radius * math.cos(angle), radius * math.sin(angle)))
    return QPolygonF(points)

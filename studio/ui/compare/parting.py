"""Why two lanes part: both distributions as bars that u runs through, one above the other.

A bar is all tokens laid end to end, the favourite first, each as wide as it is probable; the random
draw u is a line through both. A token's stretch in one bar is tied to its stretch in the other: so
one sees it move from under the line. Shows a `Divergence`.
"""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from studio.app.compare.divergence import Divergence, Side, explain, notes_of
from studio.app.parameters.temperature_scale import format_temperature
from studio.app.tokens.next_token import NextToken
from studio.translation import tr
from studio.ui.theme.spacing import set_margins, set_spacing
from studio.ui.theme.theme import Theme
from studio.ui.widgets.labels import PlainLabel
from studio.ui.widgets.tips import set_tip

_BAR = 26
_BETWEEN = 30
_TOP = 20
_INSET = 4


class PartingBars(QWidget):
    """The two bars.

    Args:
        vocabulary: Spells the tokens.
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    def __init__(self, vocabulary: NextToken, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._vocabulary = vocabulary
        self._theme = theme
        self._divergence: Divergence | None = None
        self.setAccessibleName(tr("Both distributions, with the random draw"))
        set_tip(
            self,
            tr(
                "<p>Each bar is the whole distribution, the favourite at the left, every token "
                "as wide as it is probable. The line is <b>u</b>, the random draw: the stretch "
                "that it falls on is the token written. Ties join the same token's stretches.</p>"
            ),
        )
        theme.changed.connect(self.update)

    def show_divergence(self, divergence: Divergence | None) -> None:
        """Draw another place."""
        self._divergence = divergence
        self.update()

    def sizeHint(self) -> QSize:
        """Two bars, the ties between them, and u's label."""
        return QSize(420, _TOP + 2 * _BAR + _BETWEEN + 6)

    def minimumSizeHint(self) -> QSize:
        """The height of `sizeHint`."""
        return QSize(160, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Ties first, bars over them, the random draw over all."""
        if self._divergence is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        label = self.fontMetrics().horizontalAdvance("T 0.000") + 12
        room = QRectF(label, _TOP, self.width() - label - _INSET, 0)
        first, second = self._divergence.reference, self._divergence.other
        tops = (float(_TOP), float(_TOP + _BAR + _BETWEEN))
        self._paint_ties(painter, room, tops, first, second)
        for side, top, temperature in zip(
            (first, second), tops, self._divergence.temperatures, strict=True
        ):
            painter.setPen(QColor(self._theme.colors.text))
            painter.drawText(
                QRectF(0, top, label, _BAR),
                int(Qt.AlignmentFlag.AlignVCenter),
                f"T {format_temperature(temperature)}",
            )
            self._paint_bar(painter, room, top, side)
        self._paint_draw(painter, room, tops, first, second)

    def _paint_ties(
        self,
        painter: QPainter,
        room: QRectF,
        tops: tuple[float, float],
        first: Side,
        second: Side,
    ) -> None:
        places = {part.token: part for part in second.segments if part.token is not None}
        drawn = (first.drawn.id, second.drawn.id)
        painter.setPen(Qt.PenStyle.NoPen)
        for part in first.segments:
            other = None if part.token is None else places.get(part.token)
            if other is None:
                continue
            color = QColor(self._theme.colors.cut)
            if part.token in drawn:
                side = first if part.token == drawn[0] else second
                color = QColor(self._theme.colors.lanes[side.lane.color])
            color.setAlphaF(0.45 if part.token in drawn else 0.35)
            painter.setBrush(color)
            above, below = tops[0] + _BAR, tops[1]
            painter.drawPolygon(
                QPolygonF(
                    [
                        QPointF(_x(room, part.start), above),
                        QPointF(_x(room, part.end), above),
                        QPointF(_x(room, other.end), below),
                        QPointF(_x(room, other.start), below),
                    ]
                )
            )

    def _paint_bar(self, painter: QPainter, room: QRectF, top: float, side: Side) -> None:
        colors = self._theme.colors
        lane_color = QColor(colors.lanes[side.lane.color])
        metrics = self.fontMetrics()
        for index, (token, start, end) in enumerate(side.segments):
            left, width = _x(room, start), (end - start) * room.width()
            stretch = QRectF(left, top, max(width - 1, 0.5), _BAR)
            is_drawn = token == side.drawn.id
            if token is None:
                color = QColor(colors.hover)
            else:
                color = QColor(lane_color)
                color.setAlphaF(1.0 if is_drawn else 0.34 if index % 2 else 0.22)
            painter.fillRect(stretch, color)
            if width < 18:
                continue
            if token is None:
                words, ink = tr("all others"), QColor(colors.muted)
            else:
                words = self._vocabulary.spelled(token, side.drawn.typed.get(token, 0)).text
                ink = QColor(colors.card if is_drawn else colors.text)
            painter.setPen(ink)
            shown = metrics.elidedText(words, Qt.TextElideMode.ElideRight, int(width - 6))
            if shown != "…":
                painter.drawText(stretch, int(Qt.AlignmentFlag.AlignCenter), shown)

    def _paint_draw(
        self,
        painter: QPainter,
        room: QRectF,
        tops: tuple[float, float],
        first: Side,
        second: Side,
    ) -> None:
        ink = QColor(self._theme.colors.text)
        painter.setPen(QPen(ink, 2))
        stretches = (
            [(first.u, tops[0] - 3, tops[1] + _BAR + 3)]
            if first.u == second.u
            else [
                (side.u, top - 3, top + _BAR + 3)
                for side, top in zip((first, second), tops, strict=True)
            ]
        )
        for u, above, below in stretches:
            x = _x(room, u)
            painter.drawLine(QPointF(x, above), QPointF(x, below))
        words = f"u = {first.u:.3f}"
        width = self.fontMetrics().horizontalAdvance(words)
        left = min(max(_x(room, first.u) - width / 2, 0), self.width() - width)
        painter.drawText(QPointF(left, tops[0] - 6), words)


class PartingPanel(QFrame):
    """The bars with a sentence and a way to close them.

    Attributes:
        bars: The bars.
        notes: What is not known of them.

    Args:
        vocabulary: Spells the tokens.
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    opened = Signal()
    closed = Signal()

    def __init__(self, vocabulary: NextToken, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("card", True)
        self.setAccessibleName(tr("Why the lanes part"))
        self._vocabulary = vocabulary
        self.bars = PartingBars(vocabulary, theme)
        heading = PlainLabel(tr("Where they part"))
        heading.setProperty("role", "heading")
        self.sentence = PlainLabel()
        self.sentence.setWordWrap(True)
        self.notes = PlainLabel()
        self.notes.setProperty("role", "muted")
        self.notes.setWordWrap(True)
        self.close_button = QToolButton()
        self.close_button.setText("×")
        self.close_button.setAccessibleName(tr("Close"))
        self.close_button.setToolTip(tr("Close (Esc)"))
        self.close_button.clicked.connect(self.close_panel)
        head = QHBoxLayout()
        set_spacing(head, 16)
        head.addWidget(heading)
        head.addWidget(self.sentence, 1)
        head.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        set_margins(column, 16, 6, 10, 8)
        set_spacing(column, 4)
        column.addLayout(head)
        column.addWidget(self.bars)
        column.addWidget(self.notes)
        self.hide()

    def show_divergence(self, divergence: Divergence) -> None:
        """Show a place, and why the same place gave different tokens."""
        words = tr(
            "Token {index:,}. {why}",
            index=divergence.index + 1,
            why=explain(divergence, self._vocabulary),
        )
        self.sentence.setText(words)
        notes = notes_of(divergence)
        self.notes.setText(notes)
        self.notes.setVisible(bool(notes))
        self.setAccessibleDescription(f"{words} {notes}".strip())
        self.bars.show_divergence(divergence)
        self.show()
        self.opened.emit()
        self.close_button.setFocus()

    def close_panel(self) -> None:
        """Show nothing."""
        if not self.isHidden():
            self.hide()
            self.closed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc closes."""
        if event.key() == Qt.Key.Key_Escape:
            self.close_panel()
            return
        super().keyPressEvent(event)


def _x(room: QRectF, share: float) -> float:
    return room.left() + share * room.width()

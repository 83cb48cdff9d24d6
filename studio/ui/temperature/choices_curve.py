"""The curve of effective choices against T, over the temperature track and in step with it.

It shows a `NextToken` at every T, and the T of a `SamplingState` as a dot; a drag sets that T. It
keeps nothing but the picture of its grid, and which distribution it looked at last: it looks again
when somebody says so (`follow`), for thirty new curves a second could not be read. Everything is
computed when it is painted, so a curve that is not on the screen costs nothing. It is for the
pointer and the eye: by keyboard the slider under it does the same, and the panel says the same in
words.
"""

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from studio.app.allowance import Allowance
from studio.app.parameters.sampling_state import SamplingState
from studio.app.parameters.temperature_scale import format_temperature, position
from studio.app.temperature.words import place_words, place_words_between
from studio.app.tokens.next_token import NextToken
from studio.app.tokens.retempered import PLACES, Retempered
from studio.sampling.analysis.retemper import Place, TemperatureCurve
from studio.translation import mark, tr
from studio.ui.temperature.track import exact_temperature_under, temperature_under, x_at, x_of
from studio.ui.theme.theme import Theme
from studio.ui.theme.type_scale import grown
from studio.ui.widgets.tips import set_tip

_LINES, _FEWEST_LINES, _LINES_WITH_WORDS = 8, 5, 5
"""The height, in lines of its small type: as it should be, at least, and to have names in it."""

_FEWEST_AT_THE_TOP = 100
"""The upper edge is 100, 1,000, … choices where filters cut: lower, and it would jump about."""

_DOT_RADIUS = 4.5
_MARK_RADIUS = 3.0
_POSSIBLE = 0.3
"""How strong the ground of a band is."""
_GROUND = 0.75
"""How much of a line is covered where it runs behind a name."""

_EMPTY = mark("How many choices each T leaves appears here.")
_NOTHING_LEFT = mark("The logit biases leave nothing that is known here: no curve.")
_UNDECIDED = mark("What these samplers leave here is not known: no curve.")
_FOREIGN = mark("A logit bias is for another model: no curve.")
_DECADES = ((1e1, "10"), (1e2, "100"), (1e3, "1k"), (1e4, "10k"), (1e5, "100k"))

_EXPLANATION = mark(
    "<p><b>Effective choices at every T</b>, on a logarithmic scale. Strong line: after the "
    "filters in force; thin line: before them. The dot is the T in force.</p>"
    "<p><b>Flattest</b>: a turn of T changes least here, of all places with a choice. "
    "<b>Steepest</b>: it changes most; beyond it the text soon falls apart.</p>"
    "<p>Press or drag to set T; by keyboard, the slider below does the same.</p>"
)


class ChoicesCurve(QWidget):
    """Effective choices against T, as wide as the slider under it.

    Args:
        sampling: Whose temperature is shown as a dot, and set by a drag.
        next_token: Whose distribution is shown.
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    def __init__(
        self,
        sampling: SamplingState,
        next_token: NextToken,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._sampling = sampling
        self._next_token = next_token
        self._allowance = Allowance()
        self._theme = theme
        self._retempered = next_token.retempered
        self._grid: QPixmap | None = None
        self._grid_for: tuple[object, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        # Every pixel is painted: what is behind need not be, thirty times a second.
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName(tr("Effective choices against temperature"))
        set_tip(self, tr(_EXPLANATION))
        self._set_font()
        sampling.params_changed.connect(self.update)
        theme.changed.connect(self.update)

    def follow(self) -> None:
        """Look at the next token again, unless that costs more than there is to spend now.

        Where what filters cut depends on T, a curve takes longer than a frame. While the model
        writes, the one before stays until time enough has passed.
        """
        token = self._next_token
        retempered = token.retempered
        if retempered is None or not retempered.is_dear or not token.is_written:
            self._retempered = retempered
        elif self._allowance.is_there and not self.visibleRegion().isEmpty():
            with self._allowance.spend():
                self._retempered = retempered
                retempered.work_out()
        self.update()

    def sizeHint(self) -> QSize:
        """As wide as the slider likes to be, and a modest height."""
        height = round(_LINES * self._metrics.height())
        return QSize(self.fontMetrics().averageCharWidth() * 40, height)

    def minimumSizeHint(self) -> QSize:
        """Half the width of `sizeHint`, and less height, but enough to read the shape by."""
        height = round(_FEWEST_LINES * self._metrics.height())
        return QSize(self.sizeHint().width() // 2 + 40, height)

    def dot(self) -> QPointF | None:
        """Where the T in force is, in the widget's coordinates; None with nothing known."""
        retempered, temperature = self._retempered, self._sampling.params.temperature
        if retempered is None or retempered.after is None:
            return None
        entropy = self._next_token.entropy
        if entropy is None or retempered is not self._next_token.retempered:
            # Of an earlier token: the dot stays on the curve that is shown.
            entropy = float(np.interp(position(temperature), PLACES, retempered.after.entropies))
        return QPointF(
            x_of(temperature, self.width(), self._grown), self._y(entropy, _largest(retempered))
        )

    def point_of(self, place: Place) -> QPointF | None:
        """Where a point of the curve is, in the widget's coordinates."""
        retempered = self._retempered
        if retempered is None:
            return None
        x = x_of(place.temperature, self.width(), self._grown)
        return QPointF(x, self._y(place.entropy, _largest(retempered)))

    # -- input -------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Set T to what is under the pointer."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._set(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag T."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._set(event)

    def _set(self, event: QMouseEvent) -> None:
        temperature = temperature_under(event.position().x(), self.width(), self._grown)
        if temperature != self._sampling.params.temperature:
            self._sampling.change(temperature=temperature)

    def event(self, event: QEvent) -> bool:
        """Say, in the tool tip, what the curve says under the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self._words_under(event.pos()), self)
            return True
        return super().event(event)

    def _words_under(self, at: QPoint) -> str:
        retempered = self._retempered
        if retempered is None:
            return tr(_EXPLANATION)
        if retempered.after is None:
            return f"<p>{_why_none(retempered)}</p>{tr(_EXPLANATION)}"
        temperature = exact_temperature_under(at.x(), self.width(), self._grown)
        place = position(temperature)
        lines = [(tr("before filters"), retempered.before), (tr("after filters"), retempered.after)]
        if (band := retempered.band) is not None:
            least, most = (float(np.interp(place, PLACES, end)) for end in band)
            here = place_words_between(temperature, (least, most))
            return f"<p>{here} {tr('after filters')}</p>{tr(_EXPLANATION)}"
        if retempered.cuts_nothing:
            lines = [("", retempered.before)]
        words = [
            f"{place_words(temperature, float(np.interp(place, PLACES, curve.entropies)))} {which}"
            for which, curve in lines
            if curve is not None
        ]
        words += [
            tr(
                "{name} at {place}",
                name=name,
                place=place_words(found.temperature, found.entropy),
            )
            for name, found in (
                (tr("Flattest"), retempered.flattest),
                (tr("Steepest"), retempered.steepest),
            )
            if found is not None
        ]
        return f"<p>{'<br>'.join(words)}</p>{tr(_EXPLANATION)}"

    # -- painting ----------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        """Take a new font's height."""
        if event.type() == QEvent.Type.FontChange:
            self._set_font()
            self.updateGeometry()
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint grid, curves, marks and dot."""
        painter = QPainter(self)
        retempered = self._retempered
        if retempered is None or retempered.after is None:
            painter.fillRect(self.rect(), QColor(self._theme.colors.window))
            painter.setPen(QColor(self._theme.colors.muted))
            words = tr(_EMPTY) if retempered is None else _why_none(retempered)
            painter.drawText(
                self.rect(), int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), words
            )
            return
        largest = _largest(retempered)
        painter.drawPixmap(0, 0, self._grid_up_to(largest))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colors = self._theme.colors
        if retempered.band is not None:
            self._paint_band(painter, retempered.band, largest)
            self._paint_dot(painter)
            return
        after = retempered.before if retempered.cuts_nothing else retempered.after
        if after is not retempered.before:
            painter.setPen(QPen(QColor(colors.ghost), 1.0))
            painter.drawPolyline(self._points(retempered.before, largest))
        painter.setPen(QPen(QColor(colors.accent), 1.75))
        painter.drawPolyline(self._points(after, largest))
        self._paint_marks(painter, retempered)
        self._paint_dot(painter)

    def _paint_band(
        self,
        painter: QPainter,
        band: tuple[NDArray[np.float64], NDArray[np.float64]],
        largest: float,
    ) -> None:
        """Paint what the curve can be: all between its least and its most."""
        edges = [
            [
                QPointF(point.x(), self._y(entropy, largest))
                for point, entropy in zip(self._columns(), end.tolist(), strict=True)
            ]
            for end in band
        ]
        accent = QColor(self._theme.colors.accent)
        painter.setPen(QPen(accent, 1.0))
        for edge in edges:
            painter.drawPolyline(edge)
        accent.setAlphaF(_POSSIBLE)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(accent)
        painter.drawPolygon(QPolygonF([*edges[0], *reversed(edges[1])]))

    def _points(self, curve: TemperatureCurve, largest: float) -> list[QPointF]:
        bottom, room = self._bottom(), self._room()
        # It only rises: what is beyond the upper edge is all at the end.
        within = int(curve.entropies.searchsorted(1.3 * largest)) + 1
        heights = (bottom - curve.entropies[:within] * (room / largest)).tolist()
        points = self._columns()[:within]
        # To make a point anew takes ten times as long as to move it.
        for point, height in zip(points, heights, strict=True):
            point.setY(height)
        return points

    def _paint_marks(self, painter: QPainter, retempered: Retempered) -> None:
        colors = self._theme.colors
        painter.setFont(self._small)
        painter.setPen(QPen(QColor(colors.text), 1.25))
        painter.setBrush(QColor(colors.card))
        labels: list[tuple[QRectF, str]] = []
        taken = [_square_round(dot, self._grown * _DOT_RADIUS + 1)] if (dot := self.dot()) else []
        for name, place in (
            (tr("steepest"), retempered.steepest),
            (tr("flattest"), retempered.flattest),
        ):
            point = None if place is None else self.point_of(place)
            if place is None or point is None:
                continue
            painter.drawEllipse(point, self._grown * _MARK_RADIUS, self._grown * _MARK_RADIUS)
            shown = format_temperature(float(f"{place.temperature:.2g}"))
            words = f"{name} {shown}"
            rect = self._beside(point, words, taken)
            taken.append(rect)
            labels.append((rect, words))
        if not self._has_room_for_words():
            return
        painter.setPen(QColor(colors.muted))
        ground = QColor(colors.window)
        ground.setAlphaF(_GROUND)
        for rect, words in labels:
            painter.fillRect(rect, ground)
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, words)

    def _beside(self, point: QPointF, words: str, taken: list[QRectF]) -> QRectF:
        """Room for words up and left of a point, where a rising curve leaves it free."""
        width, height = self._metrics.horizontalAdvance(words) + 2, self._metrics.height()
        right = point.x() - self._grown * _MARK_RADIUS - 3
        top = point.y() - height + 2
        if right < self._label_room + width:  # there is none on the left
            right = self._label_room + width
            top = point.y() - self._grown * _MARK_RADIUS - 2 - height
        top = min(max(top, 0.0), self._bottom() - height - 2)
        rect = QRectF(right - width, top, width, height)
        for other in taken:
            if rect.intersects(other):
                rect.moveBottom(other.top())
        return rect

    def _paint_dot(self, painter: QPainter) -> None:
        dot = self.dot()
        if dot is None:
            return
        colors = self._theme.colors
        accent = QColor(colors.accent)
        painter.setPen(QPen(accent, 1.0, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(dot.x(), dot.y()), QPointF(dot.x(), self.height()))
        painter.setPen(QPen(QColor(colors.card), 1.5))
        painter.setBrush(accent)
        painter.drawEllipse(dot, self._grown * _DOT_RADIUS, self._grown * _DOT_RADIUS)

    def _grid_up_to(self, largest: float) -> QPixmap:
        """The lines of 10, 100, … choices with their names, painted once for a size."""
        colors = self._theme.colors
        ratio = self.devicePixelRatioF()
        key = (self.size(), ratio, colors, largest, self._small)
        if self._grid is None or self._grid_for != key:
            self._grid_for = key
            self._grid = QPixmap(self.size() * ratio)
            self._grid.setDevicePixelRatio(ratio)
            self._grid.fill(QColor(colors.window))
            painter = QPainter(self._grid)
            painter.setFont(self._small)
            self._paint_grid(painter, largest)
            painter.end()
        return self._grid

    def _paint_grid(self, painter: QPainter, largest: float) -> None:
        colors = self._theme.colors
        left, right = (x_at(end, self.width(), self._grown) for end in (0.0, 1.0))
        for choices, name in ((1.0, ""), *_DECADES):
            if math.log(choices) > largest:
                break
            y = round(self._y(math.log(choices), largest))
            painter.setPen(QColor(colors.card_border))
            painter.drawLine(QPointF(left, y), QPointF(right, y))
            if not self._has_room_for_words():
                continue
            painter.setPen(QColor(colors.muted))
            height = self._metrics.height()
            above = y - height
            where = QRectF(left, above if above >= 0 else y, self.width(), height)
            painter.drawText(where, Qt.AlignmentFlag.AlignLeft, name)

    # -- geometry ----------------------------------------------------------------------------

    def _set_font(self) -> None:
        self._small = QFont(self.font())
        self._metrics = QFontMetricsF(self._small)
        self._grown = grown(self._small)
        self._label_room = x_at(0.0, 0, self._grown) + self._metrics.horizontalAdvance("100k") + 6
        self._columns_for = -1

    def _has_room_for_words(self) -> bool:
        return self.height() >= _LINES_WITH_WORDS * self._metrics.height()

    def _columns(self) -> list[QPointF]:
        """The points of a curve, each at its pixel across."""
        if self._columns_for != self.width():
            self._columns_for = self.width()
            self._all_columns = [
                QPointF(x_at(place, self.width(), self._grown), 0.0) for place in PLACES
            ]
        return self._all_columns

    def _bottom(self) -> float:
        return self.height() - self._grown * _DOT_RADIUS - 2

    def _room(self) -> float:
        return self._bottom() - self._grown * _DOT_RADIUS - 2

    def _y(self, entropy: float, largest: float) -> float:
        return self._bottom() - entropy * self._room() / largest


def _largest(retempered: Retempered) -> float:
    """The entropy at the upper edge: that of all tokens alike, or of what the filters leave.

    Where they cut, the curve without them may leave through the upper edge: on a scale that had
    room for it the strong one would lie flat on the ground.
    """
    everything = max(float(retempered.before.entropies[-1]), math.log(2))
    after = retempered.after
    if after is None or retempered.cuts_nothing:
        return everything
    decades = math.ceil(round(float(after.entropies.max()) / math.log(10), 6))
    return min(everything, max(decades * math.log(10), math.log(_FEWEST_AT_THE_TOP)))


def _why_none(retempered: Retempered) -> str:
    if retempered.has_foreign_bias:
        return tr(_FOREIGN)
    return tr(_UNDECIDED) if retempered.is_truncated else tr(_NOTHING_LEFT)


def _square_round(point: QPointF, radius: float) -> QRectF:
    return QRectF(point.x() - radius, point.y() - radius, 2 * radius, 2 * radius)

"""The temperature track: greedy on the left, uniform on the right, T = 1 in the middle.

It shows and changes the temperature of a `SamplingState` and keeps nothing itself. Where a
temperature lies on the track is `studio.app.parameters.temperature_scale`'s; what it does to a
distribution is not known here.
"""

import math

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QLinearGradient,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractSlider, QSizePolicy, QWidget

from studio.app.parameters.sampling_state import SamplingState
from studio.app.parameters.temperature_scale import HOTTEST, describe_temperature, position, step
from studio.translation import mark, tr
from studio.ui.temperature.track import INSET, temperature_under, x_at
from studio.ui.theme.theme import Theme
from studio.ui.theme.type_scale import grown

_TRACK_HEIGHT = 6.0
_HANDLE_RADIUS = INSET
_RING_RADIUS = 11.0
_EDGE = 2.5
_TICK_LENGTH = 4.0
_WHEEL_NOTCH = 120
"""Qt's unit: eighths of a degree, of which a mouse wheel's notch has 120 and a touchpad few."""

_ENDS = (mark("0 always the favourite"), mark("∞ anything"))
_HUNDREDTHS = 100
_UNIFORM_VALUE = int(HOTTEST * _HUNDREDTHS) + 1

_TOOL_TIP = mark(
    "<p><b>Temperature</b>: logits are multiplied by β = 1/T before the softmax.</p>"
    "<p>To the left the model keeps to its favourites, to the right it is more surprising. "
    "At 1 it speaks as it was trained; 0 always takes the favourite, ∞ takes any token the "
    "filters leave.</p>"
    "<p>← → small steps, with Shift large ones; Home greedy, End uniform; double-click for 1.</p>"
)


class TemperatureSlider(QAbstractSlider):
    """A track with a handle for the temperature.

    It is a `QAbstractSlider` for the sake of screen readers: Qt gives that class, and none written
    in Python, a value they can read and set. That value is the temperature in hundredths, with
    2001 for uniform; painting and input do not use it.

    Args:
        sampling: Whose temperature is shown and changed.
        theme: Where the colours come from.
        parent: The Qt parent, if any.
        labels: Whether its ends and its middle are named under it.
    """

    def __init__(
        self,
        sampling: SamplingState,
        theme: Theme,
        parent: QWidget | None = None,
        *,
        labels: bool = True,
    ) -> None:
        super().__init__(parent)
        self._has_labels = labels
        self._sampling = sampling
        self._theme = theme
        self._wheel_travel = 0
        self._following = False
        self.setOrientation(Qt.Orientation.Horizontal)
        self.setRange(0, _UNIFORM_VALUE)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip(tr(_TOOL_TIP))
        self.setAccessibleName(tr("Temperature"))
        self.valueChanged.connect(self._take_value)
        sampling.params_changed.connect(self._follow)
        theme.changed.connect(self.update)
        self._follow()

    def handle_center(self) -> QPointF:
        """Where the handle is, in the widget's coordinates."""
        return self._track_point(position(self._sampling.params.temperature))

    def sizeHint(self) -> QSize:
        """Wide enough for the three labels, high enough for handle, ring and labels."""
        metrics = self.fontMetrics()
        labels = metrics.height() if self._has_labels else 0
        width = metrics.averageCharWidth() * (40 if self._has_labels else 16)
        return QSize(width, self._label_top() + labels)

    def minimumSizeHint(self) -> QSize:
        """The height of `sizeHint`; half its width still keeps the labels apart."""
        hint = self.sizeHint()
        return QSize(hint.width() // 2 + 40 * self._has_labels, hint.height())

    # -- the state ---------------------------------------------------------------------------

    def _follow(self) -> None:
        temperature = self._sampling.params.temperature
        self._following = True
        self.setValue(
            _UNIFORM_VALUE
            if math.isinf(temperature)
            else round(min(temperature * _HUNDREDTHS, _UNIFORM_VALUE - 1))
        )
        self._following = False
        self.setAccessibleDescription(describe_temperature(temperature))
        self.update()

    def _take_value(self, value: int) -> None:
        if not self._following:  # an assistive technology has set it
            self._set(math.inf if value == _UNIFORM_VALUE else value / _HUNDREDTHS)

    def _set(self, temperature: float) -> None:
        if temperature != self._sampling.params.temperature:
            self._sampling.change(temperature=temperature)

    def _step(self, count: int, *, large: bool) -> None:
        self._set(step(self._sampling.params.temperature, count, large=large))

    # -- input -------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Put the handle where the button went down."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self._set(self._temperature_under(event))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the handle."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._set(self._temperature_under(event))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go of the handle."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(False)
            self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Back to the model's own distribution, T = 1."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._set(1.0)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """A small step a notch; away from the writer is hotter."""
        self._wheel_travel += event.angleDelta().y() or event.angleDelta().x()
        notches = int(self._wheel_travel / _WHEEL_NOTCH)
        self._wheel_travel -= notches * _WHEEL_NOTCH
        if notches:
            large = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._step(notches, large=large)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, Page keys, Home and End."""
        large = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        match event.key():
            case Qt.Key.Key_Left | Qt.Key.Key_Down:
                self._step(-1, large=large)
            case Qt.Key.Key_Right | Qt.Key.Key_Up:
                self._step(1, large=large)
            case Qt.Key.Key_PageDown:
                self._step(-1, large=True)
            case Qt.Key.Key_PageUp:
                self._step(1, large=True)
            case Qt.Key.Key_Home:
                self._set(0.0)
            case Qt.Key.Key_End:
                self._set(math.inf)
            case _:
                event.ignore()

    def _temperature_under(self, event: QMouseEvent) -> float:
        return temperature_under(event.position().x(), self.width(), self._grown)

    # -- painting ----------------------------------------------------------------------------

    @property
    def _grown(self) -> float:
        return grown(self.font())

    def _track_point(self, place: float) -> QPointF:
        return QPointF(x_at(place, self.width(), self._grown), self._grown * _RING_RADIUS + 1)

    def _label_top(self) -> int:
        return int(2 * self._grown * _RING_RADIUS + 2 + self._grown * _TICK_LENGTH)

    def changeEvent(self, event: QEvent) -> None:
        """Take a new font's height."""
        if event.type() == QEvent.Type.FontChange:
            self.updateGeometry()
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint track, tick, labels and handle."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_track(painter)
        self._paint_labels(painter)
        self._paint_handle(painter)

    def _paint_track(self, painter: QPainter) -> None:
        colors = self._theme.colors
        gradient = QLinearGradient(0, 0, self.width(), 0)
        gradient.setColorAt(0.0, QColor(colors.cold))
        gradient.setColorAt(0.5, QColor(colors.accent))
        gradient.setColorAt(1.0, QColor(colors.hot))
        height = self._grown * _TRACK_HEIGHT
        track = QRectF(0, self._track_point(0).y() - height / 2, self.width(), height)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(gradient)
        painter.setOpacity(1.0 if self.isEnabled() else 0.35)
        painter.drawRoundedRect(track, track.height() / 2, track.height() / 2)
        painter.setOpacity(1.0)

    def _paint_labels(self, painter: QPainter) -> None:
        painter.setPen(QColor(self._theme.colors.muted))
        middle = self._track_point(position(1.0))
        tick_top = middle.y() + self._grown * _TRACK_HEIGHT / 2 + 3
        painter.drawLine(
            QPointF(round(middle.x()) + 0.5, tick_top),
            QPointF(round(middle.x()) + 0.5, tick_top + self._grown * _TICK_LENGTH),
        )
        if not self._has_labels:
            return
        row = QRectF(0, self._label_top(), self.width(), self.fontMetrics().height())
        low, high = self._end_words()
        painter.drawText(row, Qt.AlignmentFlag.AlignLeft, low)
        painter.drawText(row, Qt.AlignmentFlag.AlignRight, high)
        painter.drawText(row, Qt.AlignmentFlag.AlignHCenter, "1")

    def _end_words(self) -> tuple[str, str]:
        """What the ends are called; in a narrow column by their numbers alone."""
        metrics = self.fontMetrics()
        room = (self.width() - metrics.horizontalAdvance("1")) // 2 - metrics.averageCharWidth()
        low, high = map(tr, _ENDS)
        fits = max(map(metrics.horizontalAdvance, (low, high))) <= room
        return (low, high) if fits else ("0", "∞")

    def _paint_handle(self, painter: QPainter) -> None:
        colors = self._theme.colors
        center = self.handle_center()
        accent = QColor(colors.accent if self.isEnabled() else colors.ghost)
        if self.hasFocus():
            ring = QColor(accent)
            ring.setAlphaF(0.35)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ring)
            painter.drawEllipse(center, *2 * (self._grown * _RING_RADIUS,))
        painter.setPen(QPen(accent, self._grown * _EDGE))
        painter.setBrush(QColor(colors.hover if self.isSliderDown() else colors.card))
        radius = self._grown * (_HANDLE_RADIUS - _EDGE / 2)
        painter.drawEllipse(center, radius, radius)

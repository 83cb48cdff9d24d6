"""The head of a lane: its colour, its temperature as a number and a thin slider, how open it is.

Binds a `CompareLane` to widgets and keeps nothing of it.
"""

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QEnterEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.app.compare.lane import CompareLane
from studio.translation import mark, tr
from studio.ui.temperature.edit import TemperatureEdit
from studio.ui.temperature.slider import TemperatureSlider
from studio.ui.theme.spacing import set_spacing
from studio.ui.theme.theme import Theme
from studio.ui.theme.type_scale import grown
from studio.ui.widgets.labels import ElidedLabel
from studio.ui.widgets.letters import follow_letters
from studio.ui.widgets.tips import set_tip

_THIN = 2.0
_DOT = 3.5

_CAPTION_TIP = mark(
    "<p>How many words could follow at each place of this lane, on average over what it wrote; "
    "before a run, at the prompt that all lanes share. <b>Effective choices</b>: e to the mean "
    "entropy, at the lane's own settings.</p>"
)


class LaneHead(QWidget):
    """A row with dot, number and caption, and the slider under it.

    Attributes:
        temperature: The number, to be typed or stepped.
        slider: The same as a track; thin until the pointer or the keyboard is near.
        caption: How open the lane is.

    Args:
        lane: Whose.
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    def __init__(self, lane: CompareLane, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.temperature = TemperatureEdit(lane.sampling, "figure")
        set_tip(self.temperature, self.temperature.toolTip())
        lane.sampling.params_changed.connect(self.temperature.follow)
        self.temperature.installEventFilter(self)
        self.slider = ThinSlider(lane, theme)
        self.caption = ElidedLabel()
        self.caption.setProperty("role", "muted")
        self.caption.setAccessibleName(tr("How open this lane is"))
        set_tip(self.caption, tr(_CAPTION_TIP))
        row = QHBoxLayout()
        set_spacing(row, 6)
        row.addWidget(_ColorDot(lane, theme))
        row.addWidget(self.temperature)
        row.addWidget(self.caption, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self.slider)

    def show_words(self, words: str) -> None:
        """Say how open the lane is."""
        if words != self.caption.text():
            self.caption.setText(words)

    def enterEvent(self, event: QEnterEvent) -> None:
        """The slider comes up."""
        super().enterEvent(event)
        self.slider.set_near(True)

    def leaveEvent(self, event: QEvent) -> None:
        """The slider is a thin line again."""
        super().leaveEvent(event)
        self.slider.set_near(self.temperature.hasFocus())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """While the number is typed the slider is there."""
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.slider.set_near(event.type() == QEvent.Type.FocusIn or self.underMouse())
        return super().eventFilter(watched, event)


class ThinSlider(TemperatureSlider):
    """The temperature's track as a thin line with a dot, and whole where it is to be used.

    Args:
        lane: Whose temperature it is.
        theme: Where the colours come from.
    """

    def __init__(self, lane: CompareLane, theme: Theme) -> None:
        super().__init__(lane.sampling, theme, labels=False)
        self._colors_of = theme
        self._is_near = False

    @property
    def is_thin(self) -> bool:
        """Whether it is but a line."""
        return not (self._is_near or self.hasFocus() or self.isSliderDown())

    def set_near(self, is_near: bool) -> None:
        """Whether the pointer or the keyboard is at the lane's temperature."""
        if is_near != self._is_near:
            self._is_near = is_near
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint a line and a dot, or the whole slider."""
        if not self.is_thin:
            super().paintEvent(event)
            return
        colors = self._colors_of.colors
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        center = self.handle_center()
        painter.setBrush(QColor(colors.card_border))
        larger = grown(self.font())
        thin, dot = larger * _THIN, larger * _DOT
        painter.drawRoundedRect(QRectF(0, center.y() - thin / 2, self.width(), thin), 1, 1)
        painter.setBrush(QColor(colors.accent))
        painter.drawEllipse(center, dot, dot)


class _ColorDot(QWidget):
    """The lane's colour, as it is in its strip and where it parts."""

    def __init__(self, lane: CompareLane, theme: Theme) -> None:
        super().__init__()
        self._lane = lane
        self._theme = theme
        follow_letters(self, lambda _letters: self._fit())
        self.setAccessibleName(tr("Colour {color}", color=lane.color + 1))
        self.setToolTip(tr("This lane's colour: in its strip, and under the word where it parts"))
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        """A dot."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.colors.lanes[self._lane.color]))
        radius = 4.5 * grown(self.font())
        painter.drawEllipse(QPointF(radius + 0.5, self.height() / 2), radius, radius)

    def _fit(self) -> None:
        self.setFixedSize(QSize(11, 22) * grown(self.font()))

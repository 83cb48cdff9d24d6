"""The legend of the heat: what is shown, what the colours mean, and what to do where none are.

A row under the manuscript, there only while heat is on. It binds `HeatState` and `TokenRecords` and
keeps nothing of them.
"""

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QAction,
    QColor,
    QFontMetricsF,
    QPainter,
    QPaintEvent,
    QPolygonF,
)
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMenu,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from studio.app.heat.measure import SCALES, HeatMeasure
from studio.app.heat.state import LEVELS, HeatState
from studio.app.writing.records import TokenRecords
from studio.translation import mark, tr
from studio.ui.heat.ramp import ramp
from studio.ui.theme.spacing import set_margins, set_spacing
from studio.ui.theme.theme import Theme
from studio.ui.theme.type_scale import grown
from studio.ui.widgets.labels import PlainLabel
from studio.ui.widgets.tips import set_tip

NOTHING_RECORDED = mark(
    "Nothing to tint yet: write with Ctrl+Enter, or score the text that is there."
)
BEING_SCORED = mark("The model is reading the text; the tint follows it.")
NO_DRAW = mark("Scored text has no blame: nothing was drawn for it. Write with Ctrl+Enter.")

NOT_EXACT = mark("≈ not all exact")
"""What stands beside the scale where notes say more."""

_RAMP_HEIGHT = 10
_RAMP_WIDTH, _NARROWEST_RAMP = 220, 100
_TICK = 2
_GAP = 8


_MIDDLE = Qt.AlignmentFlag.AlignVCenter


class HeatLegend(QWidget):
    """The row; hidden while heat is off.

    Args:
        heat: What is shown.
        records: Whether there is anything to show, and the way to it.
        theme: Where the colours come from.
        choices: The actions that choose a measure, for the button's menu.
        parent: The Qt parent, if any.
    """

    def __init__(
        self,
        heat: HeatState,
        records: TokenRecords,
        theme: Theme,
        choices: Sequence[QAction],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._heat = heat
        self._records = records
        self.setAccessibleName(tr("Heat"))
        menu = QMenu(self)
        menu.addActions(list(choices))
        self.measure_button = QPushButton()
        self.measure_button.setProperty("flat", True)
        self.measure_button.setMenu(menu)
        self.scale = HeatScaleBar(heat, theme)
        self._nothing = PlainLabel(tr(NOTHING_RECORDED))
        self._nothing.setProperty("role", "muted")
        self._nothing.setWordWrap(True)
        self._nothing.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.note = PlainLabel(tr(NOT_EXACT))
        self.note.setProperty("role", "muted")
        self.note.hide()
        self.score_button = QPushButton(tr("Score the text"))
        self.score_button.setProperty("flat", True)
        self.score_button.clicked.connect(self._score_or_stop)
        close = QToolButton()
        close.setText("×")
        close.setToolTip(tr("Turn the heat off"))
        close.setAccessibleName(tr("Turn the heat off"))
        close.clicked.connect(lambda: heat.set_measure(HeatMeasure.OFF))
        row = QHBoxLayout(self)
        set_margins(row, 19, 0, 6, 0)
        set_spacing(row, _GAP)
        row.addWidget(self.measure_button)
        row.addWidget(self.scale)
        row.addWidget(self.note)
        row.addWidget(self._nothing, 100)  # all of what the stretch would take
        row.addStretch(1)
        row.addWidget(self.score_button)
        row.addWidget(close)
        heat.measure_changed.connect(self._follow)
        # Notes may change in the middle of painting, when nothing can be laid out.
        heat.notes_changed.connect(self._follow_notes, Qt.ConnectionType.QueuedConnection)
        records.changed.connect(self._follow_records)
        records.scoring_changed.connect(self._follow_scoring)
        self._follow()

    @property
    def is_empty(self) -> bool:
        """Whether the legend says that there is nothing to tint."""
        return not self._nothing.isHidden()

    def _follow(self) -> None:
        is_on = self._heat.is_on
        self.setVisible(is_on)
        if not is_on:
            return
        scale = SCALES[self._heat.measure]
        name = tr(scale.title).replace("&", "")
        self.measure_button.setText(tr("Heat: {name}", name=name.lower()))
        set_tip(self.measure_button, scale.tip)
        self.measure_button.setAccessibleName(tr("Heat: {name}", name=name))
        set_tip(self.scale, scale.tip)
        self.scale.setAccessibleName(
            tr("{name}: from {low} to {high}", name=name, low=tr(scale.low), high=tr(scale.high))
        )
        self.scale.updateGeometry()
        self.scale.update()
        self._follow_notes()
        self._follow_scoring()

    def _follow_notes(self) -> None:
        notes = self._heat.notes
        self.note.setVisible(bool(notes))
        set_tip(self.note, "".join(f"<p>{note}</p>" for note in notes))
        self.note.setAccessibleDescription(" ".join(notes))

    def _follow_records(self) -> None:
        if not self._heat.is_on:
            return
        self._nothing.setText(self._why_no_tint())
        nothing = bool(self._nothing.text())
        # Asked thirty times a second: what stays as it is must not lay the row out anew.
        if self._nothing.isHidden() == nothing or self.scale.isHidden() != nothing:
            self._nothing.setVisible(nothing)
            self.scale.setVisible(not nothing)

    def _why_no_tint(self) -> str:
        spans = self._records.spans
        if len(spans) == 0:
            return tr(BEING_SCORED) if self._records.is_scoring else tr(NOTHING_RECORDED)
        is_by_flip = self._heat.measure is HeatMeasure.BLAME
        if is_by_flip and not any(record.u is not None for record in spans.records):
            return tr(NO_DRAW)
        return ""

    def _follow_scoring(self) -> None:
        if not self._heat.is_on:
            return
        scoring = self._records.is_scoring
        self._follow_records()
        text = tr("Stop scoring") if scoring else tr("Score the text")
        if self.score_button.text() != text:
            self.score_button.setText(text)
        why_not = None if scoring else self._records.why_not
        self.score_button.setEnabled(why_not is None)
        self.score_button.setToolTip(
            why_not
            or tr(
                "<p>Let the model read the text that it did not write, once, and say of every "
                "token how likely it was. The text stays as it is.</p>"
            )
        )

    def _score_or_stop(self) -> None:
        if self._records.is_scoring:
            self._records.cancel()
        else:
            self._records.score()


class HeatScaleBar(QWidget):
    """The ramp with its numbers below it and a word at each end.

    Args:
        heat: Whose measure is drawn; for blame the temperature in force is marked on it.
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    def __init__(self, heat: HeatState, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._heat = heat
        self._theme = theme
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)
        heat.changed.connect(self._follow_temperature)
        heat.scale_changed.connect(self.update)

    def _word_widths(self) -> tuple[float, float]:
        if not self._heat.is_on:
            return 0.0, 0.0
        metrics, scale = QFontMetricsF(self.font()), self._heat.scale
        return metrics.horizontalAdvance(tr(scale.low)), metrics.horizontalAdvance(tr(scale.high))

    def _has_room_for_words(self) -> bool:
        return self.width() >= self._hint(_NARROWEST_RAMP, with_words=True).width()

    @property
    def _ramp_height(self) -> int:
        return round(grown(self.font()) * _RAMP_HEIGHT)

    def _hint(self, ramp_width: int, *, with_words: bool) -> QSize:
        width = ramp_width + 4 * _GAP + (sum(self._word_widths()) if with_words else 0.0)
        # As much above the ramp as below it, so that it stands level with its neighbours.
        below = _TICK + QFontMetricsF(self.font()).height()
        return QSize(round(width), round(self._ramp_height + 2 * below))

    def sizeHint(self) -> QSize:
        """Room for the ramp, both words and the numbers."""
        return self._hint(_RAMP_WIDTH, with_words=True)

    def minimumSizeHint(self) -> QSize:
        """The ramp gives way first, then the words; the numbers stay."""
        return self._hint(_NARROWEST_RAMP, with_words=False)

    def _follow_temperature(self) -> None:
        if self._heat.measure is HeatMeasure.BLAME:
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint words, ramp, ticks and, for blame, the temperature in force."""
        if not self._heat.is_on:
            return
        scale, colors = self._heat.scale, self._theme.colors
        has_words = self._has_room_for_words()
        low, high = self._word_widths() if has_words else (0.0, 0.0)
        ramp_rect = QRectF(
            low + 2 * _GAP,
            (self.height() - self._ramp_height) // 2,
            self.width() - low - high - 4 * _GAP,
            self._ramp_height,
        )
        painter = QPainter(self)
        painter.setPen(QColor(colors.muted))
        if has_words:
            words = QRectF(0, 0, self.width(), self.height())
            painter.drawText(words, int(_MIDDLE | Qt.AlignmentFlag.AlignLeft), tr(scale.low))
            painter.drawText(words, int(_MIDDLE | Qt.AlignmentFlag.AlignRight), tr(scale.high))
        width = ramp_rect.width() / LEVELS
        for level, color in enumerate(ramp(colors.heat_least, colors.heat_most, LEVELS)):
            left = round(ramp_rect.left() + level * width)
            right = round(ramp_rect.left() + (level + 1) * width)
            painter.fillRect(
                QRectF(left, ramp_rect.top(), right - left, self._ramp_height), QColor(color)
            )
        painter.setPen(QColor(colors.ghost))
        painter.drawRect(ramp_rect.adjusted(0, 0, -1, -1))
        self._paint_ticks(painter, ramp_rect)
        if self._heat.measure is HeatMeasure.BLAME:
            self._paint_temperature(painter, ramp_rect)

    def _paint_ticks(self, painter: QPainter, ramp_rect: QRectF) -> None:
        scale = self._heat.scale
        painter.setFont(self.font())
        painter.setPen(QColor(self._theme.colors.muted))
        metrics = QFontMetricsF(self.font())
        places = scale.place(np.array([value for value, _ in scale.ticks])).tolist()
        for place, (_, label) in zip(places, scale.ticks, strict=True):
            words = tr(label)
            x = ramp_rect.left() + (ramp_rect.width() - 1) * place
            top = ramp_rect.bottom()
            painter.drawLine(QPointF(x, top), QPointF(x, top + _TICK))
            left = x - metrics.horizontalAdvance(words) / 2
            painter.drawText(QPointF(left, top + _TICK + metrics.ascent()), words)

    def _paint_temperature(self, painter: QPainter, ramp_rect: QRectF) -> None:
        place = SCALES[HeatMeasure.BLAME].place(np.array([self._heat.temperature]))
        x = ramp_rect.left() + ramp_rect.width() * float(place[0])
        top = ramp_rect.top()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.colors.heat_line))
        painter.drawPolygon(
            QPolygonF([QPointF(x - 5, top - 7), QPointF(x + 5, top - 7), QPointF(x, top + 3)])
        )

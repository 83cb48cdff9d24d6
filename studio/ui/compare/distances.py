"""How far apart neighbouring lanes are at the prompt they share: the Jensen-Shannon distance.

Computed from one sketch whenever T or a filter is turned, before anything is written. Shows a
`CompareState` and keeps nothing of it.
"""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.app.compare.lane import CompareLane
from studio.app.compare.state import CompareState
from studio.app.parameters.temperature_scale import format_temperature
from studio.app.tokens.place import TokenPlace
from studio.sampling.analysis.jensen_shannon import jensen_shannon_distance
from studio.translation import mark, tr
from studio.ui.theme.theme import Theme
from studio.ui.widgets.tips import set_tip

NOTHING_YET = mark(
    "Open a model and write a sentence: how far the lanes are apart will stand here."
)

_TIP = mark(
    "<p><b>Jensen-Shannon distance</b> of what two neighbouring lanes draw their first token "
    "from, at their settings now. 0: the same distribution; 1: no token is possible in both. "
    "It follows T before anything is written.</p>"
)


class LaneDistances(QWidget):
    """A bar for each pair of neighbours.

    Args:
        state: Whose lanes.
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    def __init__(self, state: CompareState, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._theme = theme
        set_tip(self, tr(_TIP))
        self.setAccessibleName(tr("Distance between neighbouring lanes at the prompt"))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        for changed in (state.looked, state.lanes_changed, theme.changed):
            changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Wide enough for two temperatures, a bar and a number."""
        metrics = self.fontMetrics()
        return QSize(44 * metrics.averageCharWidth(), 7 * metrics.height())

    def distances(self) -> list[tuple[CompareLane, CompareLane, float]]:
        """Each pair of neighbours with its distance; empty where nothing is known."""
        state = self._state
        sketch = state.prompt_sketch
        if sketch is None:
            return []
        found = []
        place = TokenPlace(state.prompt_history)
        for first, second in zip(state.lanes, state.lanes[1:], strict=False):
            one, other = first.sampling.params, second.sampling.params
            states = state.vocabulary.state_at(place, one), state.vocabulary.state_at(place, other)
            try:
                distance = jensen_shannon_distance(sketch, one, other, place.history, states)
            except ValueError:
                continue  # biases leave nothing that the sketch knows, or are for another model
            found.append((first, second, distance))
        return found

    def paintEvent(self, event: QPaintEvent) -> None:
        """A row a pair."""
        painter = QPainter(self)
        colors = self._theme.colors
        metrics = self.fontMetrics()
        found = self.distances()
        if not found:
            painter.setPen(QColor(colors.muted))
            words = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
            painter.drawText(QRectF(self.rect()).adjusted(8, 0, -8, 0), words, tr(NOTHING_YET))
            return
        self.setAccessibleDescription(
            "; ".join(f"{_pair(first, second)}: {value:.2f}" for first, second, value in found)
        )
        line = metrics.height()
        row = min(self.height() / len(found), 1.7 * line)
        label = metrics.horizontalAdvance("T 0.000 ↔ T 0.000") + 10
        number = metrics.horizontalAdvance("0.00") + 8
        room = max(10, self.width() - label - number)
        middle = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
        right = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index, (first, second, value) in enumerate(found):
            top = index * row
            painter.setPen(QColor(colors.text))
            painter.drawText(QRectF(0, top, label, row), middle, _pair(first, second))
            bar = QRectF(label, top + row / 2 - 4, room, 8)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colors.hover))
            painter.drawRoundedRect(bar, 3, 3)
            bar.setWidth(max(2.0, room * value))
            painter.setBrush(QColor(colors.ghost))
            painter.drawRoundedRect(bar, 3, 3)
            painter.setPen(QColor(colors.muted))
            painter.drawText(QRectF(self.width() - number, top, number, row), right, f"{value:.2f}")


def _pair(first: CompareLane, second: CompareLane) -> str:
    one, two = (format_temperature(lane.temperature) for lane in (first, second))
    return f"T {one} ↔ T {two}"

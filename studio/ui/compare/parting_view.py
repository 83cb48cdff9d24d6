"""Where the lanes part, on request: each parting in a line, entropy by position, distances.

Shows a `CompareState`; `parting` shows one place more closely.
"""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from studio.app.compare.divergence import in_short
from studio.app.compare.lane import CompareLane
from studio.app.compare.state import CompareState
from studio.translation import mark, tr
from studio.ui.compare.chart import EntropyChart
from studio.ui.compare.distances import LaneDistances
from studio.ui.theme.spacing import set_margins, set_spacing
from studio.ui.theme.theme import Theme
from studio.ui.widgets.actions import button_text
from studio.ui.widgets.labels import PlainLabel

NONE_YET = mark("Nowhere yet: the lanes have not been run, or say the same so far.")


class PartingView(QFrame):
    """The view.

    Attributes:
        lines: A button for each lane that leaves another.
        chart: Entropy by position.
        distances: Between neighbours, at the prompt.

    Args:
        state: Whose lanes.
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    wanted = Signal(object)
    """The lane whose parting is to be shown closely."""

    def __init__(self, state: CompareState, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("card", True)
        self.setAccessibleName(tr("Where they part"))
        self.chart = EntropyChart(state, theme)
        self.distances = LaneDistances(state, theme)
        self.lines: list[QPushButton] = []
        self._shown: list[tuple[CompareLane, CompareLane, int]] = []
        self._none = PlainLabel(tr(NONE_YET))
        self._none.setProperty("role", "muted")
        self._none.setWordWrap(True)
        lines = QWidget()
        lines.setMinimumWidth(self.distances.sizeHint().width() * 3 // 4)
        self._lines = QVBoxLayout(lines)
        self._lines.setContentsMargins(0, 0, 0, 0)
        self._lines.setSpacing(0)
        self._lines.addWidget(self._none)
        self._lines.addStretch(1)
        row = QHBoxLayout(self)
        set_margins(row, 16, 8, 16, 10)
        set_spacing(row, 28)
        for heading, widget, stretch in (
            (tr("Where they part"), lines, 0),
            (tr("Entropy by position"), self.chart, 1),
            (tr("Distance at the prompt"), self.distances, 0),
        ):
            label = PlainLabel(heading)
            label.setProperty("role", "heading")
            column = QVBoxLayout()
            set_spacing(column, 4)
            column.addWidget(label)
            column.addWidget(widget, 1)
            row.addLayout(column, stretch)

    def show_partings(self, found: Sequence[tuple[CompareLane, CompareLane, int]]) -> None:
        """Name the partings.

        Args:
            found: (the lane compared with, the lane that leaves it, the token's index) each.
        """
        if list(found) == self._shown:
            return
        self._shown = list(found)
        for line in self.lines:
            self._lines.removeWidget(line)
            line.deleteLater()
        self.lines = []
        for place, (reference, lane, index) in enumerate(found):
            words = in_short(index, reference, lane)
            line = QPushButton(button_text(words))
            line.setProperty("flat", True)
            # In line with the heading, as words are.
            line.setStyleSheet("padding: 2px 4px 2px 0px; text-align: left;")
            line.setToolTip(tr("Show what both lanes drew from there"))
            line.setCursor(Qt.CursorShape.PointingHandCursor)
            line.clicked.connect(lambda _checked, lane=lane: self.wanted.emit(lane))
            self._lines.insertWidget(place, line, 0, Qt.AlignmentFlag.AlignLeft)
            self.lines.append(line)
        self._none.setVisible(not found)

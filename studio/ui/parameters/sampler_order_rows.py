"""The sampler's steps as rows that are dragged into order, and the ways to the usual orders.

They bind a `SamplerOrder` and keep nothing but the row that is being dragged.
"""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy, QVBoxLayout, QWidget

from studio.app.parameters.sampler_order import is_at_work, moved, step_words
from studio.app.parameters.sampler_order_state import SamplerOrder
from studio.app.parameters.sampling_order import order_explanation, temperature_place
from studio.sampling import DEFAULT_SAMPLERS
from studio.translation import tr
from studio.ui.parameters.sampler_order_row import SamplerOrderRow
from studio.ui.theme.spacing import set_spacing
from studio.ui.theme.theme import Theme
from studio.ui.widgets.flow_layout import FlowLayout
from studio.ui.widgets.labels import PlainLabel

_GAP = 3


class SamplerOrderRows(QWidget):
    """A row a step, the first to run at the top.

    Args:
        state: The order.
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    moved_to = Signal(QWidget)
    """A row that was dragged or moved, to be kept in view."""

    def __init__(self, state: SamplerOrder, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._rows = {name: self._made(name, theme) for name in DEFAULT_SAMPLERS}
        self._order: tuple[str, ...] = ()
        self._dragged: SamplerOrderRow | None = None
        self._grabbed_at = 0
        self.setAccessibleName(tr("Order of the sampler's steps"))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        state.changed.connect(self._follow)
        self._follow()

    @property
    def row_height(self) -> int:
        """How high a row is, with the gap below it."""
        return self._rows[DEFAULT_SAMPLERS[0]].sizeHint().height() + _GAP

    def sizeHint(self) -> QSize:
        """All rows."""
        return QSize(240, self.row_height * len(self._rows) - _GAP)

    def minimumSizeHint(self) -> QSize:
        """The same height, and narrow."""
        return QSize(120, self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the rows their places."""
        super().resizeEvent(event)
        self._place_rows()

    def _made(self, name: str, theme: Theme) -> SamplerOrderRow:
        row = SamplerOrderRow(name, theme, self)
        row.used.connect(partial(self._state.use, name))
        row.stepped.connect(partial(self._step, name))
        row.left.connect(partial(self._go, name))
        row.lifted.connect(partial(self._lift, row))
        row.dragged.connect(self._drag)
        row.let_go.connect(self._let_down)
        return row

    def _step(self, name: str, count: int) -> None:
        self._state.move(name, self._order.index(name) + count)
        self.moved_to.emit(self._rows[name])

    def _go(self, name: str, count: int) -> None:
        place = self._order.index(name) + count
        if 0 <= place < len(self._order):
            self._rows[self._order[place]].box.setFocus(Qt.FocusReason.TabFocusReason)

    def _lift(self, row: SamplerOrderRow, grabbed_at: int) -> None:
        self._dragged, self._grabbed_at = row, grabbed_at
        row.raise_()

    def _drag(self, position: QPoint) -> None:
        row = self._dragged
        if row is None:
            return
        # The others make room where it would be let down.
        top = min(max(position.y() - self._grabbed_at, 0), self.height() - row.height())
        self._order = moved(self._order, row.name, round(top / self.row_height))
        self._place_rows()
        row.move(0, top)
        self.moved_to.emit(row)

    def _let_down(self, keep: bool) -> None:
        row, self._dragged = self._dragged, None
        if row is not None and keep:
            self._state.move(row.name, self._order.index(row.name))
        self._follow()

    def _follow(self) -> None:
        if self._dragged is not None:  # its place is the hand's until it is let go
            self._show_words()
            return
        if self._order != self._state.order:
            self._order = self._state.order
            # Tab goes through them as they stand.
            for name, after in zip(self._order, self._order[1:], strict=False):
                QWidget.setTabOrder(self._rows[name].box, self._rows[after].box)
        self._show_words()
        self._place_rows()

    def _show_words(self) -> None:
        for place, name in enumerate(self._order):
            self._rows[name].show_words(
                place + 1,
                step_words(name, self._state.params),
                is_used=self._state.is_used(name),
                is_quiet=not is_at_work(name, self._state.params),
            )

    def _place_rows(self) -> None:
        height = self.row_height - _GAP
        for place, name in enumerate(self._order):
            row = self._rows[name]
            top = row.y() if row is self._dragged else place * self.row_height
            row.setGeometry(0, top, self.width(), height)


class SamplerOrderPanel(QWidget):
    """Rows to drag, and what their order means.

    Attributes:
        rows: The rows.

    Args:
        state: The order.
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    def __init__(self, state: SamplerOrder, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self.rows = SamplerOrderRows(state, theme)
        self._first = _button(
            tr("Temperature first"),
            tr(
                "The filters see what temperature has made: hot lets more tokens through, cold "
                "fewer"
            ),
            state.put_temperature_first,
        )
        self._last = _button(
            tr("Temperature last"),
            tr("The filters see the model's own distribution and cut the same tokens at every T"),
            state.put_temperature_last,
        )
        self._default = _button(
            tr("Default order"),
            tr("llama.cpp's own order, with every step in force"),
            state.set_default,
        )
        for button in (self._first, self._last):
            button.setCheckable(True)
            button.setProperty("segment", True)
        self._explanation = PlainLabel()
        self._explanation.setProperty("role", "muted")
        self._explanation.setWordWrap(True)
        buttons = QWidget()
        flow = FlowLayout(buttons, 6)
        for button in (self._first, self._last, self._default):
            flow.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        set_spacing(column, 6)
        column.addWidget(buttons)
        column.addWidget(self.rows)
        column.addWidget(self._explanation)
        state.changed.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        params = self._state.params
        place = "off" if params.mirostat else temperature_place(params.samplers)
        self._first.setChecked(place == "first")
        self._last.setChecked(place == "last")
        self._default.setEnabled(not self._state.is_default)
        words = order_explanation(params)
        if words != self._explanation.text():
            self._explanation.setText(words)


def _button(name: str, tip: str, act: Callable[[], None]) -> QPushButton:
    button = QPushButton(name)
    button.setToolTip(tip)
    button.setAccessibleName(name)
    button.clicked.connect(lambda: act())
    return button

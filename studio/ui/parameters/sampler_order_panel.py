"""The order of the sampler's steps: what it means, the rows, and the ways to the usual orders.

It binds a `SamplerOrder` and keeps nothing of it.
"""

from collections.abc import Callable

from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from studio.app.parameters.sampler_order_state import SamplerOrder
from studio.app.parameters.sampling_order import order_explanation, temperature_place
from studio.translation import tr
from studio.ui.parameters.sampler_order_rows import SamplerOrderRows
from studio.ui.theme.spacing import set_spacing
from studio.ui.theme.theme import Theme
from studio.ui.widgets.flow_layout import FlowLayout
from studio.ui.widgets.plain_label import PlainLabel


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

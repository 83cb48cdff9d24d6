"""The sampling card: one line that sums up, and the fields behind it.

It binds a `SamplingState` to fields and keeps nothing but whether it is open. Temperature has its
own card; here stands only where it runs among the filters.
"""

from PySide6.QtCore import Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QWidget,
)

from studio.app.model.state import ModelState
from studio.app.parameters.parameter import Number
from studio.app.parameters.sampling_order import (
    order_explanation,
    temperature_place,
    with_temperature_first,
    with_temperature_last,
)
from studio.app.parameters.sampling_state import SamplingState
from studio.app.parameters.sampling_summary import BETWEEN, order_words, summary
from studio.app.parameters.table import (
    MAX_TOKENS,
    MIN_P,
    REPEAT_LAST_N,
    REPEAT_PENALTY,
    SEED,
    TOP_K,
    TOP_P,
)
from studio.sampling import SamplingParams
from studio.translation import mark, tr
from studio.ui.parameters.number_edit import NumberEdit
from studio.ui.theme.spacing import set_margins, set_spacing
from studio.ui.widgets.card import Card
from studio.ui.widgets.labels import ElidedLabel, PlainLabel
from studio.ui.widgets.letters import follow_letters
from studio.ui.widgets.tab_order import tab_before
from studio.ui.widgets.tips import set_tip

_LEFT_COLUMN = (TOP_K, TOP_P, MIN_P, SEED)
_RIGHT_COLUMN = (REPEAT_PENALTY, REPEAT_LAST_N, MAX_TOKENS)

_TOGGLE_TIP = mark("Show or hide the filters, the penalty, the seed and the length")

_FIRST_TIP = mark(
    "<p><b>Temperature first</b>: the filters see the distribution after 1/T.</p>"
    "<p>Turning T changes which tokens are cut: hot lets more in, cold fewer.</p>"
)
_LAST_TIP = mark(
    "<p><b>Temperature last</b>: the filters see the model's own distribution (T 1), as in "
    "llama.cpp.</p>"
    "<p>The same tokens are cut at every T, and T only shares out what is left. That is why even "
    "T 100 can read coherent.</p>"
)


class SamplingPanel(Card):
    """Filters, penalty, seed and length.

    Args:
        sampling: Whose parameters are shown and changed.
        model: Whose logits they act on.
        parent: The Qt parent, if any.
    """

    def __init__(
        self, sampling: SamplingState, model: ModelState, parent: QWidget | None = None
    ) -> None:
        super().__init__(tr("Sampling"), parent)
        self._sampling = sampling
        self._model = model
        self._summary = ElidedLabel(between=BETWEEN)
        self._summary.setProperty("role", "muted")
        self.header.insertWidget(1, self._summary, 1)
        self.header.setStretch(2, 0)  # the card's own; the summary takes the room
        if (heading := self.header.itemAt(0)) and (name := heading.widget()):
            name.hide()  # the summary says what it is about
        self._toggle = QPushButton()
        self._toggle.setProperty("flat", True)
        self._toggle.setProperty("role", "muted")
        self._toggle.setProperty("fold", True)
        self._toggle.setCheckable(True)
        self._toggle.setAccessibleName(tr("Show the sampling settings"))
        self._toggle.toggled.connect(self._open)
        self.header.addWidget(self._toggle)
        set_margins(self.body, 6, 2, 6, 2)

        self._fields = _Fields(sampling)
        self._fields.hide()
        self.body.addWidget(self._fields)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        sampling.params_changed.connect(self._follow)
        model.changed.connect(self._follow)
        self._follow()

    @property
    def is_open(self) -> bool:
        """Whether the fields are shown."""
        return self._toggle.isChecked()

    def set_open(self, is_open: bool) -> None:
        """Show or hide the fields."""
        self._toggle.setChecked(is_open)

    def add_order_help(self, link: QWidget) -> None:
        """Put what explains the order of temperature and filters behind their choice."""
        self._fields.order.row.addWidget(link)

    def add_editor_link(self, link: QWidget) -> None:
        """Put what opens all parameters into the heading's line; the card is in its window."""
        self.header.insertWidget(2, link)
        tab_before(link, self._toggle)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click on the summary line opens and closes, as one on its button does."""
        in_header = self.header.geometry().contains(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and in_header:
            self._toggle.toggle()
        else:
            super().mousePressEvent(event)

    def _open(self, is_open: bool) -> None:
        self._fields.setVisible(is_open)
        self._follow()

    def _follow(self) -> None:
        params = self._sampling.params
        words = summary(self._model.acting(params))
        self._summary.setText(words)
        self._summary.setToolTip(words.replace(BETWEEN, ", "))
        self._toggle.setText("▾" if self.is_open else "▸")
        set_tip(
            self._toggle,
            tr(
                "<p>{about}</p><p>Now: {order}.</p>",
                about=tr(_TOGGLE_TIP),
                order=order_words(params),
            ),
        )


class _Fields(QWidget):
    """The fields, a line for the reason when one is refused, and the order of temperature."""

    def __init__(self, sampling: SamplingState) -> None:
        super().__init__()
        self._sampling = sampling
        grid = QGridLayout(self)
        set_margins(grid, 0, 4, 0, 8)
        set_spacing(grid, 8, 6)
        grid.setColumnMinimumWidth(3, 16)
        for column, entries in ((0, _LEFT_COLUMN), (4, _RIGHT_COLUMN)):
            grid.setColumnStretch(column + 1, 1)
            for row, entry in enumerate(entries):
                self._add_field(grid, row, column, entry)
        order_row = max(len(_LEFT_COLUMN), len(_RIGHT_COLUMN))
        grid.addWidget(_label(tr("temperature runs")), order_row, 0)
        self.order = _TemperatureOrder(sampling)
        grid.addWidget(self.order, order_row, 1, 1, -1)
        self._explanation = _label("")
        self._explanation.setWordWrap(True)
        grid.addWidget(self._explanation, order_row + 1, 0, 1, -1)
        sampling.params_changed.connect(self._explain)
        self._explain(sampling.params)
        self._refusal = PlainLabel()
        self._refusal.setProperty("role", "error")
        self._refusal.setWordWrap(True)
        self._refusal.hide()
        grid.addWidget(self._refusal, order_row + 2, 0, 1, -1)

    def _explain(self, params: SamplingParams) -> None:
        words = order_explanation(params)
        if words != self._explanation.text():
            self._explanation.setText(words)

    def _add_field(self, grid: QGridLayout, row: int, column: int, entry: Number) -> None:
        edit = NumberEdit(entry, lambda: self._value(entry), lambda value: self._set(entry, value))
        follow_letters(
            edit, lambda letters: edit.setMinimumWidth(letters.horizontalAdvance("0") * 9)
        )
        edit.refused.connect(self._show_refusal)
        label = _label(tr(entry.label))
        label.setBuddy(edit)
        set_tip(label, edit.toolTip())
        grid.addWidget(label, row, column)
        grid.addWidget(edit, row, column + 1)
        grid.addWidget(self._reset_button(entry, edit), row, column + 2)

    def _reset_button(self, entry: Number, edit: NumberEdit) -> QPushButton:
        neutral = entry.format(entry.neutral)
        button = QPushButton("↺")
        button.setProperty("flat", True)
        button.setObjectName(f"reset_{entry.name}")
        button.setToolTip(
            tr("Set {label} back to {neutral}", label=tr(entry.label), neutral=neutral)
        )
        button.setAccessibleName(
            tr("Set {label} back to {neutral}", label=tr(entry.label), neutral=neutral)
        )
        policy = button.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        button.setSizePolicy(policy)
        button.clicked.connect(lambda: self._set(entry, entry.neutral))

        def follow() -> None:
            edit.follow()
            button.setVisible(self._value(entry) != entry.neutral)

        self._sampling.params_changed.connect(follow)
        self._sampling.max_tokens_changed.connect(follow)
        follow()
        return button

    def _value(self, entry: Number) -> float:
        if entry is MAX_TOKENS:
            return self._sampling.max_tokens
        value: float = getattr(self._sampling.params, entry.name)
        return value

    def _set(self, entry: Number, value: float) -> None:
        if entry is MAX_TOKENS:
            self._sampling.set_max_tokens(int(value))
        else:
            self._sampling.change(**{entry.name: value})

    def _show_refusal(self, reason: str) -> None:
        self._refusal.setText(reason)
        self._refusal.setVisible(bool(reason))


class _TemperatureOrder(QWidget):
    """Two buttons: temperature before the filters, or after them."""

    def __init__(self, sampling: SamplingState) -> None:
        super().__init__()
        self._sampling = sampling
        self._first = QPushButton(tr("first, before the filters"))
        set_tip(self._first, tr(_FIRST_TIP))
        self._last = QPushButton(tr("last, after them"))
        set_tip(self._last, tr(_LAST_TIP))
        self._group = QButtonGroup(self)
        self.row = row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for button in (self._first, self._last):
            button.setCheckable(True)
            button.setProperty("segment", True)
            self._group.addButton(button)
            row.addWidget(button)
        row.addStretch(1)
        self._first.setAccessibleName(tr("Temperature first, before the filters"))
        self._last.setAccessibleName(tr("Temperature last, after the filters"))
        self._first.clicked.connect(lambda: self._set(with_temperature_first(self._order())))
        self._last.clicked.connect(lambda: self._set(with_temperature_last(self._order())))
        sampling.params_changed.connect(self._follow)
        self._follow()

    def _order(self) -> tuple[str, ...]:
        return self._sampling.params.samplers

    def _set(self, samplers: tuple[str, ...]) -> None:
        self._sampling.change(samplers=samplers)

    def _follow(self) -> None:
        steered = self._sampling.params.mirostat > 0  # no filters to run before or after
        place = "off" if steered else temperature_place(self._order())
        # An exclusive group cannot have none checked, as it must where a preset has temperature
        # between two filters, or not at all.
        self._group.setExclusive(False)
        self._first.setChecked(place == "first")
        self._last.setChecked(place == "last")
        self._group.setExclusive(True)


def _label(text: str) -> PlainLabel:
    label = PlainLabel(text)
    label.setProperty("role", "muted")
    return label

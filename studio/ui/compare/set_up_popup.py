"""What a comparison is made with, in a panel that opens from the bar: lanes, draws, length, scroll.

Binds a `CompareState` to widgets and keeps nothing of it.
"""

from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFormLayout,
    QFrame,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from studio.app.compare.numbers import LANES_LENGTH, LANES_SEED, taken
from studio.app.compare.setups import all_presets, around, ladder
from studio.app.compare.state import CompareState
from studio.translation import mark, tr
from studio.ui.parameters.number_edit import NumberEdit
from studio.ui.theme.controls import CheckBox, ComboBox
from studio.ui.theme.spacing import set_margins, set_spacing
from studio.ui.theme.theme import Theme
from studio.ui.theme.type_scale import grown
from studio.ui.widgets.labels import PlainLabel
from studio.ui.widgets.letters import follow_letters
from studio.ui.widgets.tips import set_tip

_EDGE = 14
"""Pixels from the window's right edge, as its other parts."""

_DRAWS_TIP = mark(
    "<p><b>Same random draws</b>: every lane draws the same number u at the same place, from "
    "(seed, position). What differs between the lanes then is their settings and nothing else.</p>"
    "<p>Off: each lane has a seed of its own; it stands in the tooltip below its text.</p>"
)


class SetUpPopup(QFrame):
    """The panel.

    Attributes:
        beginnings: Buttons that begin with other lanes.
        same_draws: Whether all lanes draw the same numbers.
        in_step: Whether the lanes' texts scroll together.
        seed: The seed's field.
        length: The field of the tokens for each lane.
        reference: Which lane the others are compared with.

    Args:
        state: The comparison.
        theme: Where the colours come from.
        parent: Over what it opens.
    """

    def __init__(self, state: CompareState, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._state = state
        self._theme = theme
        self.setAccessibleName(tr("Set up"))
        self.beginnings = [self._beginning(*choice) for choice in self._choices()]
        self.same_draws = CheckBox(tr("Same random draws in all lanes"), theme)
        set_tip(self.same_draws, tr(_DRAWS_TIP))
        self.same_draws.toggled.connect(state.set_share_u)
        self.in_step = CheckBox(tr("Scroll in step"), theme)
        set_tip(
            self.in_step,
            tr(
                "<p>All lanes begin with the same token when one is scrolled: what is read "
                "beside one another was written at the same place. Off: each is scrolled "
                "freely.</p>"
            ),
        )
        self.in_step.toggled.connect(state.set_in_step)
        self.seed = NumberEdit(
            LANES_SEED,
            lambda: state.seed,
            lambda value: state.set_seed(taken(LANES_SEED, value)),
        )
        self.length = NumberEdit(
            LANES_LENGTH,
            lambda: state.max_tokens,
            lambda value: state.set_max_tokens(taken(LANES_LENGTH, value)),
        )
        self.refusal = PlainLabel()
        self.refusal.setProperty("role", "error")
        self.refusal.setWordWrap(True)
        self.refusal.hide()
        for edit, name in ((self.seed, tr("Seed")), (self.length, tr("Max tokens for each lane"))):
            edit.setAccessibleName(name)
            _fit_to_seed(edit)
            edit.refused.connect(self._show_refusal)
        self.reference = ComboBox(theme)
        self.reference.setAccessibleName(tr("Lane that the others are compared with"))
        set_tip(
            self.reference,
            tr(
                "<p>Which lane the <b>first divergence</b> is looked for against: each lane's left "
                "neighbour, or one lane for all.</p>"
            ),
        )
        self.reference.setSizeAdjustPolicy(ComboBox.SizeAdjustPolicy.AdjustToContents)
        self.reference.activated.connect(self._take_reference)
        column = QVBoxLayout(self)
        set_margins(column, 16, 12, 16, 14)
        set_spacing(column, 8)
        column.addWidget(_heading(tr("Begin with other lanes")))
        begin = QVBoxLayout()
        set_spacing(begin, 2)
        for button in self.beginnings:
            begin.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        column.addLayout(begin)
        column.addSpacing(4)
        column.addWidget(_heading(tr("The next run")))
        column.addWidget(self.same_draws)
        form = QFormLayout()
        set_spacing(form, 8)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.FieldsStayAtSizeHint)
        form.addRow(tr("Seed"), self.seed)
        form.addRow(tr("Max tokens"), self.length)
        column.addLayout(form)
        column.addWidget(self.refusal)
        column.addSpacing(4)
        column.addWidget(_heading(tr("Reading")))
        column.addWidget(self.in_step)
        against = QFormLayout()
        against.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        against.addRow(tr("Compared with the"), self.reference)
        column.addLayout(against)
        state.changed.connect(self.follow)
        state.in_step_changed.connect(self.follow)
        state.lanes_changed.connect(self._follow_reference)
        self._follow_reference()
        self.follow()

    def follow(self) -> None:
        """Show what is in force."""
        state = self._state
        self.same_draws.setChecked(state.share_u)
        self.in_step.setChecked(state.in_step)
        self.seed.follow()
        self.length.follow()
        for button in self.beginnings:
            button.setEnabled(not state.is_running)

    def open_below(self, button: QWidget) -> None:
        """Open under a button of the bar, within its window."""
        self.adjustSize()
        corner = button.mapToGlobal(button.rect().bottomLeft()) + QPoint(0, 4)
        window = button.window()
        right = window.mapToGlobal(window.rect().bottomRight()).x()
        corner.setX(max(0, min(corner.x(), right - self.width() - _EDGE)))
        self.move(corner)
        self.show()
        first = next((one for one in self.beginnings if one.isEnabled()), self.same_draws)
        first.setFocus(Qt.FocusReason.PopupFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc closes it."""
        if event.key() == Qt.Key.Key_Escape:
            self.close()
            return
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """A surface with a border that can be seen over the page."""
        painter = QPainter(self)
        painter.setPen(QColor(self._theme.colors.ghost))
        painter.setBrush(QColor(self._theme.colors.card))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _choices(self) -> tuple[tuple[str, str, Callable[[], None]], ...]:
        state = self._state
        return (
            (
                "T 0, 0.5, 1, 1.5",
                tr("Four temperatures; all else as on the Write page"),
                lambda: state.set_up(ladder(*state.here)),
            ),
            (
                tr("Around the current T"),
                tr("The temperature of the Write page among its neighbours"),
                lambda: state.set_up(around(*state.here)),
            ),
            (
                tr("All presets"),
                tr("A lane a preset, as many as fit"),
                lambda: state.set_up(all_presets(state.presets.presets)),
            ),
        )

    def _beginning(self, name: str, tip: str, act: Callable[[], None]) -> QPushButton:
        button = QPushButton(name)
        button.setProperty("flat", True)
        button.setToolTip(tip)
        button.clicked.connect(self.close)
        button.clicked.connect(lambda: act())
        return button

    def _follow_reference(self) -> None:
        lanes, chosen = self._state.lanes, self._state.reference
        self.reference.clear()
        self.reference.addItems(
            [tr("left lane"), *(tr("lane {place}", place=place + 1) for place in range(len(lanes)))]
        )
        self.reference.setCurrentIndex(0 if chosen is None else lanes.index(chosen) + 1)

    def _take_reference(self, place: int) -> None:
        self._state.set_reference(self._state.lanes[place - 1] if place else None)

    def _show_refusal(self, reason: str) -> None:
        # Beside the field: the window's messages lie behind the panel.
        self.refusal.setText(reason)
        self.refusal.setVisible(bool(reason))
        self.adjustSize()


def _heading(text: str) -> PlainLabel:
    label = PlainLabel(text)
    label.setProperty("role", "heading")
    return label


def _fit_to_seed(edit: NumberEdit) -> None:
    follow_letters(
        edit,
        lambda letters: edit.setFixedWidth(
            letters.horizontalAdvance("4294967295") + round(18 * grown(edit.font()))
        ),
    )

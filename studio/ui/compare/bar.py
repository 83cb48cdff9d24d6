"""The row over the lanes: run, stop, set-ups, dice, seed, length, and the comparison's files.

Binds a `CompareState` to widgets and keeps nothing of it.
"""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from studio.ui.compare.numbers import LANES_LENGTH, LANES_SEED, taken
from studio.ui.compare.setups import all_profiles, around, ladder
from studio.ui.compare.state import CompareState
from studio.ui.parameters.number_edit import NumberEdit
from studio.ui.theme.check_box import CheckBox
from studio.ui.theme.combo import ComboBox
from studio.ui.theme.theme import Theme
from studio.ui.widgets.actions import ActionButton
from studio.ui.widgets.elided_label import ElidedLabel
from studio.ui.widgets.flow_layout import FlowLayout

_SHOWN_OF_PROMPT = 160

_DICE_TIP = (
    "<p><b>Same dice</b>: every lane draws the same number u at the same place, from (seed, "
    "position). What differs between the lanes then is their settings and nothing else.</p>"
    "<p>Off: each lane has a seed of its own, shown below it.</p>"
)


class CompareBar(QWidget):
    """The controls of a comparison.

    Attributes:
        same_dice: The switch.
        in_step: Whether the lanes' texts scroll together.
        seed: The seed's field.
        length: The field of the tokens for each lane.

    Args:
        state: The comparison.
        run: The action that runs all lanes.
        stop: The window's Stop.
        file_actions: What its menu of files holds.
        steps: The comparisons before and after.
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    def __init__(
        self,
        state: CompareState,
        run: QAction,
        stop: QAction,
        file_actions: list[QAction],
        steps: QWidget,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._state = state
        self.same_dice = CheckBox("Same dice", theme)
        self.same_dice.setToolTip(_DICE_TIP)
        self.same_dice.toggled.connect(state.set_same_dice)
        self.in_step = CheckBox("Scroll in step", theme)
        self.in_step.setToolTip(
            "<p>All lanes begin with the same token when one is scrolled: what is read beside one "
            "another was written at the same place. Off: each is scrolled freely.</p>"
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
        for edit, name, widest in (
            (self.seed, "Seed", "4294967295"),
            (self.length, "Max tokens for each lane", "0000000"),
        ):
            edit.setAccessibleName(name)
            edit.setFixedWidth(edit.fontMetrics().horizontalAdvance(widest) + 18)
            edit.refused.connect(self._tell_refusal)
        self.reference = ComboBox(theme)
        self.reference.setAccessibleName("Lane that the others are compared with")
        self.reference.setToolTip(
            "<p>Which lane the <b>first divergence</b> is looked for against: each lane's left "
            "neighbour, or one lane for all.</p>"
        )
        self.reference.setSizeAdjustPolicy(ComboBox.SizeAdjustPolicy.AdjustToContents)
        self.reference.activated.connect(self._take_reference)
        self.prompt = ElidedLabel()
        self.prompt.setProperty("role", "muted")
        self.prompt.setAccessibleName("What the lanes continue")
        self.add = QPushButton("Add lane")
        self.add.clicked.connect(state.add)

        controls = _Lines()
        height = max(widget.sizeHint().height() for widget in (self.reference, self.add, self.seed))
        for widgets in (
            (ActionButton(run, primary=True),),
            (ActionButton(stop),),
            (self.add,),
            (self._setups(),),
            (self.same_dice,),
            (_name("Seed"), self.seed),
            (_name("Max tokens"), self.length),
            (self.in_step,),
            (_name("Against"), self.reference),
        ):
            controls.flow.addWidget(_cell(widgets, height))
        files = _menu_button("Files", "Save, open or export this comparison", file_actions)
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(controls, 1)
        row.addWidget(_cell((files,), height), 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(row)
        below = QHBoxLayout()
        below.setSpacing(10)
        below.addWidget(self.prompt, 1)
        below.addWidget(steps)
        column.addLayout(below)
        state.changed.connect(self.follow)
        state.lanes_changed.connect(self.follow)
        state.lanes_changed.connect(self._follow_reference)
        self._follow_reference()
        self.follow()

    def follow(self) -> None:
        """Show what is in force."""
        state = self._state
        self.same_dice.setChecked(state.same_dice)
        self.in_step.setChecked(state.in_step)
        self.seed.follow()
        self.length.follow()
        can_add = state.can_add
        self.add.setEnabled(can_add)
        self.add.setToolTip(
            "Add a lane, half a degree hotter than the last one"
            if can_add
            else "Eight lanes are the most."
        )
        self._setups_button.setEnabled(not state.is_running)
        words = self._prompt_words()
        if words != self.prompt.text():
            self.prompt.setText(words)

    def _follow_reference(self) -> None:
        lanes, chosen = self._state.lanes, self._state.reference
        self.reference.clear()
        self.reference.addItems(
            ["left lane", *(f"lane {place + 1}" for place in range(len(lanes)))]
        )
        self.reference.setCurrentIndex(0 if chosen is None else lanes.index(chosen) + 1)

    def _take_reference(self, place: int) -> None:
        self._state.set_reference(self._state.lanes[place - 1] if place else None)

    def _prompt_words(self) -> str:
        state = self._state
        subject, why_not = state.subject, state.why_not_run
        if subject.prompt is None and why_not:
            return why_not
        prompt = subject.prompt or state.prompt_here
        text = prompt.manuscript or prompt.brief
        is_cut = "…" if len(text) > _SHOWN_OF_PROMPT else ""
        words = f"Continuing: {is_cut}{' '.join(text[-_SHOWN_OF_PROMPT:].split())}"
        if subject.is_of_a_file and subject.model is not None:
            words = f"Written by {subject.model.name}. {words}"
        return f"{state.room_warning} {words}" if state.room_warning else words

    def _tell_refusal(self, reason: str) -> None:
        if reason:
            self._state.failed.emit(reason)

    def _setups(self) -> QPushButton:
        state = self._state
        actions = []
        choices: tuple[tuple[str, str, Callable[[], None]], ...] = (
            (
                "T 0, 0.5, 1, 1.5",
                "Four temperatures; all else as on the Write page",
                lambda: state.set_up(ladder(*state.here)),
            ),
            (
                "Around the current T",
                "The temperature of the Write page among its neighbours",
                lambda: state.set_up(around(*state.here)),
            ),
            (
                "All profiles",
                "A lane a profile",
                lambda: state.set_up(all_profiles(state.presets.presets)),
            ),
        )
        for name, tip, act in choices:
            action = QAction(name, self)
            action.setToolTip(tip)
            action.triggered.connect(lambda _checked, act=act: act())
            actions.append(action)
        self._setups_button = _menu_button("Set up", "Begin with other lanes", actions)
        return self._setups_button


class _Lines(QWidget):
    """The controls in as many lines as it takes."""

    def __init__(self) -> None:
        super().__init__()
        self.flow = FlowLayout(self, 10, 4)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Tell the window how high it must be: it does not ask by width."""
        super().resizeEvent(event)
        self.setMinimumHeight(self.flow.heightForWidth(self.width()))


def _menu_button(name: str, tip: str, actions: list[QAction]) -> QPushButton:
    button = QPushButton(f"{name} ▾")
    button.setProperty("opens", False)
    button.setToolTip(tip)
    button.setAccessibleName(name)
    menu = QMenu(button)
    menu.setToolTipsVisible(True)
    menu.addActions(actions)
    button.clicked.connect(lambda: menu.popup(button.mapToGlobal(button.rect().bottomLeft())))
    return button


def _cell(widgets: Sequence[QWidget], height: int) -> QWidget:
    """What stays together where the row is broken into lines, as high as all the rest."""
    cell = QWidget()
    cell.setFixedHeight(height)
    row = QHBoxLayout(cell)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(8)
    for widget in widgets:
        row.addWidget(widget)
    return cell


def _name(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "muted")
    label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return label

"""One parameter in the editor: its names, its help, its control, the way back to neutral.

It binds a `ParameterValues` and keeps nothing of it. Which control there is, is the business of
whoever makes the row.
"""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.app.explain.text import STEPS
from studio.app.parameters.parameter import Number, Parameter
from studio.app.parameters.values import ParameterValues
from studio.sampling import SamplingParams
from studio.translation import tr
from studio.ui.parameters.number_edit import NumberEdit
from studio.ui.theme.spacing import set_margins, set_spacing
from studio.ui.theme.type_scale import grown
from studio.ui.widgets.flow_layout import FlowLayout
from studio.ui.widgets.labels import PlainLabel
from studio.ui.widgets.letters import follow_letters
from studio.ui.widgets.tips import set_tip

_FIELD_DIGITS = 12
_INSET = 4


class ParameterRow(QWidget):
    """A parameter's words, and room for its control.

    Attributes:
        parameter: What it shows.

    Args:
        parameter: What it shows.
        values: Where its value is.
        explain: Opens a step of Explain.
        parent: The Qt parent, if any.
    """

    def __init__(
        self,
        parameter: Parameter,
        values: ParameterValues,
        explain: Callable[[str], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.parameter = parameter
        self._values = values
        self._title = PlainLabel(parameter.title)
        set_tip(self._title, parameter.tool_tip)
        name = PlainLabel(parameter.name)
        name.setProperty("role", "muted")
        name.setToolTip(
            tr("Its name in {whose}: {name}", whose=_whose(parameter), name=parameter.name)
        )
        self._help = _muted(tr(parameter.help))
        set_tip(self._help, parameter.tool_tip)
        self._idle = _muted("")
        self._refusal = PlainLabel()
        self._refusal.setProperty("role", "error")
        self._refusal.setWordWrap(True)
        self._refusal.hide()
        self._reset = self._reset_button()

        self._signs: list[QWidget] = [self._reset]
        if parameter.explained:
            self._signs.append(_explain_button(parameter, explain))
        names = self._both_names = QWidget()
        # A long name goes to a line of its own rather than be cut short.
        flow = FlowLayout(names, 6, 0)
        flow.addWidget(self._title)
        flow.addWidget(name)
        self._names = QHBoxLayout()
        set_spacing(self._names, 6)
        self._names.addWidget(names, 1)
        words = self._words = QVBoxLayout()
        set_spacing(words, 1)
        words.addLayout(self._names)
        words.addWidget(self._help)
        words.addWidget(self._idle)
        words.addStretch(1)
        self._grid = QGridLayout(self)
        set_margins(self._grid, 0, 3, 0, 3)
        set_spacing(self._grid, 8, 4)
        self._grid.setColumnStretch(0, 1)
        self._grid.addWidget(self._refusal, 2, 0, 1, 3)
        values.changed.connect(self._follow)

    def put_beside(self, control: QWidget) -> None:
        """Put a small control at the right, over what is allowed."""
        parameter = self.parameter
        column = QVBoxLayout()
        set_spacing(column, 2)
        _fit_to_digits(control)
        column.addWidget(control)
        for text in (
            parameter.allowed_words,
            tr("neutral {neutral_words}", neutral_words=self._neutral_words()),
        ):
            label = _muted(text)
            label.setToolTip(
                tr(
                    "Allowed: {allowed}. Neutral: {neutral_words}.",
                    allowed=parameter.allowed_words,
                    neutral_words=self._neutral_words(),
                )
            )
            _fit_to_digits(label)
            column.addWidget(label)
        column.addStretch(1)
        signs = QVBoxLayout()
        signs.setSpacing(0)
        for sign in self._signs:
            signs.addWidget(sign, 0, Qt.AlignmentFlag.AlignHCenter)
        signs.addStretch(1)
        self._grid.addLayout(self._words, 0, 0)
        self._grid.addLayout(column, 0, 1)
        self._grid.addLayout(signs, 0, 2)
        # The names stand in line with what is typed.
        set_margins(self._names, 0, _INSET, 0, 0)
        self._finish(control)

    def put_below(self, control: QWidget) -> None:
        """Put a large control under the words."""
        self._help.setText(f"{tr(self.parameter.help)} {tr(self.parameter.plain)}")
        for sign in self._signs:
            self._names.addWidget(sign)
        # In line with the signs beside them.
        both = self._both_names
        follow_letters(
            both, lambda _: both.setContentsMargins(0, round(_INSET * grown(both.font())), 0, 0)
        )
        self._grid.addLayout(self._words, 0, 0, 1, 3)
        self._grid.addWidget(control, 1, 0, 1, 3)
        self._finish(control)

    def take_focus(self) -> None:
        """Give the keyboard to the control, or to the first in it that takes it."""
        control = self._title.buddy()
        if control is None:
            return
        candidates = [control, *control.findChildren(QWidget)]
        takes = Qt.FocusPolicy.TabFocus
        first = next((found for found in candidates if found.focusPolicy() & takes), control)
        first.setFocus(Qt.FocusReason.OtherFocusReason)

    def refuse(self, reason: str) -> None:
        """Say why a value was refused; an empty reason takes that back."""
        self._refusal.setText(reason)
        self._refusal.setVisible(bool(reason))

    def _finish(self, control: QWidget) -> None:
        self._title.setBuddy(control)
        self._follow()

    def _neutral_words(self) -> str:
        parameter = self.parameter
        if isinstance(parameter, Number):
            return parameter.format(parameter.neutral)
        return str(parameter.neutral)

    def _reset_button(self) -> QPushButton:
        words = tr("Set {label} back to neutral", label=tr(self.parameter.label))
        if isinstance(self.parameter, Number):
            words = f"{words}: {self._neutral_words()}"
        button = QPushButton("↺")
        button.setProperty("flat", True)
        button.setObjectName(f"reset_{self.parameter.name}")
        button.setToolTip(words)
        button.setAccessibleName(words)
        policy = button.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        button.setSizePolicy(policy)
        button.clicked.connect(lambda: self._values.reset([self.parameter]))
        return button

    def _follow(self) -> None:
        is_neutral = self._values.is_neutral(self.parameter)
        if self._reset.isHidden() is not is_neutral:
            if self._reset.hasFocus():
                self.focusPreviousChild()
            self._reset.setHidden(is_neutral)
        font = self._title.font()
        if font.bold() is is_neutral:
            font.setWeight(QFont.Weight.Normal if is_neutral else QFont.Weight.DemiBold)
            self._title.setFont(font)
        idle = self._values.idle_words(self.parameter)
        if idle != self._idle.text() or self._idle.isHidden() is bool(idle):
            self._idle.setText(idle)
            self._idle.setVisible(bool(idle))


class NumberRow(ParameterRow):
    """A number in a field that takes it with Enter.

    Attributes:
        edit: The field.

    Args:
        number: The parameter that it shows.
        values: Has the value in force.
        explain: Opens a step of Explain.
        parent: The Qt parent, if any.
    """

    def __init__(
        self,
        number: Number,
        values: ParameterValues,
        explain: Callable[[str], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(number, values, explain, parent)
        self.edit = NumberEdit(
            number, lambda: values.number(number), lambda value: values.set(number, value)
        )
        self.edit.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.edit.refused.connect(self.refuse)
        values.changed.connect(self.edit.follow)
        self.put_beside(self.edit)


def _explain_button(parameter: Parameter, explain: Callable[[str], None]) -> QToolButton:
    step = parameter.explained
    assert step is not None
    button = QToolButton()
    button.setText("?")
    button.setProperty("role", "muted")
    button.setObjectName(f"explain_{parameter.name}")
    button.setToolTip(tr("Explain: {title}, on your own sentence", title=tr(STEPS[step].title)))
    button.setAccessibleName(tr("Explain {label}", label=tr(parameter.label)))
    button.setCursor(Qt.CursorShape.PointingHandCursor)
    button.clicked.connect(lambda: explain(step))
    return button


def _whose(parameter: Parameter) -> str:
    is_of_sampler = parameter.name in SamplingParams.__struct_fields__
    return tr("llama.cpp and in a preset's file") if is_of_sampler else tr("a preset's file")


def _muted(text: str) -> PlainLabel:
    label = PlainLabel(text)
    label.setProperty("role", "muted")
    label.setWordWrap(True)
    return label


def _fit_to_digits(widget: QWidget) -> None:
    follow_letters(
        widget,
        lambda letters: widget.setFixedWidth(letters.horizontalAdvance("0") * _FIELD_DIGITS),
    )

"""Shows which take is in the text, with steps to the others: in a row, or for a margin."""

from html import escape

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QFontMetrics
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QToolButton, QWidget

from studio.app.writing.take_words import (
    seed_words,
    take_sentence,
    temperature_words,
    which_in_short,
    which_take,
)
from studio.app.writing.writing import Writing
from studio.manuscript import TakeSet
from studio.translation import mark, tr
from studio.ui.theme.spacing import set_spacing
from studio.ui.widgets.actions import key_text, shown_text
from studio.ui.widgets.labels import PlainLabel
from studio.ui.widgets.letters import follow_letters
from studio.ui.widgets.tips import set_tip

_NONE = mark("seed –")
"""In place of a seed, so that nothing moves as the caret enters and leaves a take."""

_TIP = mark(
    "<p><b>Seed</b> of the take at the caret: the same seed, text and settings give the same words "
    "again. Select it to copy it.</p>"
)


class TakeSeed(PlainLabel):
    """A line of text that can be selected with pointer and keyboard.

    Args:
        writing: Knows the takes.
        parent: The Qt parent, if any.
    """

    def __init__(self, writing: Writing, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._writing = writing
        self.setProperty("role", "muted")
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setAccessibleName(tr("Seed of the take at the caret"))
        set_tip(self, tr(_TIP))
        writing.changed.connect(self._show)
        writing.takes_changed.connect(self._follow_caret)
        self._show()

    def _follow_caret(self) -> None:
        # While a take grows the caret moves with it, in the same takes.
        if self._writing.is_idle:
            self._show()

    def _show(self) -> None:
        take_set = self._writing.take_set()
        take = take_set.current if take_set else None
        words = (seed_words(take) if take else "") or tr(_NONE)
        if words != self.text():
            self.setText(words)


_NARROW = 3
"""The width of a button in a margin, in average characters: margins are narrow."""


class TakeSteps(QWidget):
    """A few words and two buttons.

    Args:
        previous_take: Steps back.
        next_take: Steps on.
        in_margin: Whether the words are in lines, aligned right, with the take's T.
        parent: The Qt parent, if any.
    """

    def __init__(
        self,
        previous_take: QAction,
        next_take: QAction,
        *,
        in_margin: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._in_margin = in_margin
        self._sentence = ""
        self.label = PlainLabel()
        self.label.setProperty("role", "muted")
        self.label.setAccessibleName(tr("Take"))
        self.steps = [_step_button(previous_take, "‹"), _step_button(next_take, "›")]
        direction = QBoxLayout.Direction.TopToBottom if in_margin else None
        layout = QBoxLayout(direction or QBoxLayout.Direction.LeftToRight, self)
        layout.setContentsMargins(0, 0, 0, 0)
        set_spacing(layout, 2 if in_margin else 12)
        steps = QHBoxLayout()
        set_spacing(steps, 2)
        for button in self.steps:
            steps.addWidget(button)
        layout.addWidget(self.label)
        layout.addLayout(steps)
        if in_margin:
            follow_letters(self, self._fit_buttons)
            right = Qt.AlignmentFlag.AlignRight
            self.label.setAlignment(right)
            layout.setAlignment(steps, right)

    def _fit_buttons(self, letters: QFontMetrics) -> None:
        for button in self.steps:
            button.setFixedWidth(_NARROW * letters.averageCharWidth())

    def show_takes(self, take_set: TakeSet) -> None:
        """Say which take is in the text."""
        sentence = take_sentence(take_set)
        if sentence == self._sentence:
            return  # which says all that the label does
        self._sentence = sentence
        lines = [*which_take(take_set)]
        if self._in_margin and take_set.current is not None:
            lines += filter(None, [temperature_words(take_set.current)])
        set_tip(self.label, f"<p>{escape(sentence)}.</p>")
        self.label.setText(("\n" if self._in_margin else " ").join(lines))


class PassageSteps(QWidget):
    """The takes of one passage in one line, “2/3 ‹ ›”, whether the caret is in it or not.

    Args:
        writing: Knows where one can step to.
        parent: The Qt parent, if any.
    """

    stepped = Signal(int)
    """Where the caret goes, behind the take that has come."""

    def __init__(self, writing: Writing, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._writing = writing
        self._takes: TakeSet | None = None
        self.label = PlainLabel()
        self.label.setProperty("role", "muted")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        set_spacing(row, 2)
        row.addWidget(self.label)
        self.steps = []
        for direction, sign, name in (
            (-1, "‹", tr("Previous take of this passage")),
            (+1, "›", tr("Next take of this passage")),
        ):
            button = QToolButton()
            button.setText(sign)
            button.setAccessibleName(name)
            button.setToolTip(name)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the keyboard has Alt+Left, Alt+Right
            button.clicked.connect(lambda _checked, direction=direction: self._step(direction))
            self.steps.append(button)
            row.addWidget(button)
        follow_letters(self, self._fit_buttons)

    def _fit_buttons(self, letters: QFontMetrics) -> None:
        for button in self.steps:
            button.setFixedWidth(_NARROW * letters.averageCharWidth())

    def show_takes(self, takes: TakeSet) -> None:
        """Be those of these takes."""
        self._takes = takes
        self.label.setText(which_in_short(takes))
        self.label.setAccessibleName(" ".join(which_take(takes)))
        set_tip(self.label, f"<p>{escape(take_sentence(takes))}.</p>")
        for direction, button in zip((-1, +1), self.steps, strict=True):
            button.setEnabled(self._writing.can_step(direction, takes))

    def _step(self, direction: int) -> None:
        caret = self._writing.step(direction, self._takes) if self._takes else None
        if caret is not None:
            self.stepped.emit(caret)


def _step_button(action: QAction, sign: str) -> QToolButton:
    button = QToolButton()
    button.setDefaultAction(action)
    button.setText(sign)
    button.setAccessibleName(shown_text(action))
    button.setToolTip(f"{action.toolTip()} ({key_text(action)})")
    # The action's own text is for menus; here its sign stands for it.
    action.changed.connect(lambda: button.setText(sign))
    return button

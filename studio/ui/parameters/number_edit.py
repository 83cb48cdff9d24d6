"""A field for one of the numbers that the writer can set, as its declaration has it.

Where the value is kept it does not know: whoever makes one says how it is read and set.
"""

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from studio.app.parameters.parameter import Number
from studio.translation import tr
from studio.ui.parameters.sampling_edit import STEP_KEYS, CommitEdit
from studio.ui.widgets.tips import set_tip


class NumberEdit(CommitEdit):
    """A field that prints, reads and steps as a `Number` does.

    Args:
        number: What is shown.
        read: Gives the value in force.
        set_value: Puts another one in force; raises ValueError to refuse it.
        parent: The Qt parent, if any.
    """

    def __init__(
        self,
        number: Number,
        read: Callable[[], float],
        set_value: Callable[[float], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(
            show=lambda: number.format(read()),
            commit=lambda text: set_value(number.parse(text)),
            parent=parent,
            step=lambda text, strides: set_value(number.stepped(number.parse(text), strides)),
        )
        self.setObjectName(number.name)
        set_tip(
            self,
            tr(
                "{tool_tip}<p>Allowed: {allowed}. {keys}</p>",
                tool_tip=number.tool_tip,
                allowed=number.allowed_words,
                keys=tr(STEP_KEYS),
            ),
        )
        self.setAccessibleName(tr(number.label))
        self.setAccessibleDescription(
            tr("{help} Allowed: {allowed}.", help=tr(number.help), allowed=number.allowed_words)
        )

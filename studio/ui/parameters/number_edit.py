"""A field for one of the numbers that the writer can set, as its declaration has it.

Where the value is kept it does not know: whoever makes one says how it is read and set.
"""

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from studio.app.parameters.parameter import Number
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
        set_tip(self, f"{number.tool_tip}<p>Allowed: {number.allowed}. {STEP_KEYS}</p>")
        self.setAccessibleName(number.label)
        self.setAccessibleDescription(f"{number.help} Allowed: {number.allowed}.")

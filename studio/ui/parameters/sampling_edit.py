"""A line edit for one value: Enter takes what was typed, Esc brings back what is in force.

It does not know what the value is: whoever makes one gives it a function that shows the value, one
that takes a typed text or refuses it, and perhaps one that steps.
"""

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from studio.translation import mark
from studio.ui.widgets.keys import claims_escape

STEP_KEYS = mark("↑ ↓ step, far with Shift, finely with Ctrl.")
"""Of a field that steps, for its tooltip."""


class CommitEdit(QLineEdit):
    """Shows a value, and takes another one when it is complete.

    Enter takes the text; where it is refused the text stays, to be mended, and the reason goes out
    by `refused`. Leaving the field takes it too, but a refused text gives way to the value in
    force. Esc gives up what was typed; with nothing typed the key goes on to the window.

    Args:
        show: Gives the text of the value in force.
        commit: Takes a typed text; raises ValueError with a sentence for the writer to refuse it.
        parent: The Qt parent, if any.
        step: Takes the text and how many steps to go, negative ones down; refuses as `commit` does.
            Without it the arrow keys are a line edit's.
    """

    refused = Signal(str)
    """Why the text was refused; empty when there is no longer anything to say."""

    def __init__(
        self,
        show: Callable[[], str],
        commit: Callable[[str], None],
        parent: QWidget | None = None,
        step: Callable[[str, float], None] | None = None,
    ) -> None:
        super().__init__(parent)
        self._show = show
        self._commit = commit
        self._step = step
        self._is_refused = False
        self.returnPressed.connect(self._enter)
        self.textEdited.connect(self._forgive)
        self.follow()

    def follow(self) -> None:
        """Show the value in force, unless another one is being typed."""
        if not (self.isModified() and self.hasFocus()):
            self._revert()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc reverts, ↑ and ↓ step; everything else is a line edit's."""
        strides = _strides(event)
        step = self._step
        if step and strides:
            if self._try(lambda: step(self.text(), strides)):
                self._revert()
                self.selectAll()
            return
        if event.key() == Qt.Key.Key_Escape:
            if self.isModified():
                self._revert()
                self.selectAll()
            else:
                event.ignore()
            return
        super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Keep Esc from the window's shortcuts while there is something to revert."""
        return (self.isModified() and claims_escape(event)) or super().event(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take a complete value, drop an incomplete one."""
        super().focusOutEvent(event)
        # A context menu or another window borrows the focus and gives it back.
        borrowed = (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason)
        if event.reason() in borrowed:
            return
        if self.isModified():
            self._try_typed()
        self._revert()

    def _enter(self) -> None:
        if not self.isModified() or self._try_typed():
            self._revert()
        self.selectAll()

    def _try_typed(self) -> bool:
        return self._try(lambda: self._commit(self.text()))

    def _try(self, act: Callable[[], None]) -> bool:
        try:
            act()
        except ValueError as reason:
            self._mark(True)
            self.refused.emit(str(reason))
            return False
        return True

    def _revert(self) -> None:
        self.setText(self._show())
        self.setModified(False)
        self.setCursorPosition(0)
        self._forgive()

    def _forgive(self) -> None:
        if self._is_refused:
            self._mark(False)
            self.refused.emit("")

    def _mark(self, refused: bool) -> None:
        self._is_refused = refused
        self.setProperty("invalid", refused)
        # A stylesheet looks at dynamic properties only when the widget is polished.
        self.style().unpolish(self)
        self.style().polish(self)


_DIRECTIONS: dict[int, int] = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}


def _strides(event: QKeyEvent) -> float:
    """How many steps a key asks for: one, ten with Shift, a tenth with Ctrl; 0 for no step."""
    direction = _DIRECTIONS.get(event.key(), 0)
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    counts = {
        Qt.KeyboardModifier.NoModifier: 1.0,
        Qt.KeyboardModifier.ShiftModifier: 10.0,
        Qt.KeyboardModifier.ControlModifier: 0.1,
    }
    return direction * counts.get(modifiers, 0.0)

"""Where Tab comes to a widget that is made later than those behind it.

Plain functions; no state.
"""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget


def tab_before(newcomer: QWidget, other: QWidget) -> None:
    """Let Tab come to `newcomer` right before `other`, which stands in the same window already.

    Qt can only be given what comes behind what, and its order is a ring: in a card that is in no
    window yet there is no first.

    Args:
        newcomer: What Tab is to come to first.
        other: What it comes to then.
    """
    before = other.previousInFocusChain()
    while before is not None and before.focusPolicy() == Qt.FocusPolicy.NoFocus:
        before = before.previousInFocusChain()
    if before is not None:
        QWidget.setTabOrder(before, newcomer)

"""Keyboard access to the parts of the window: F6 leads from one to the next."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMainWindow, QWidget


class WindowParts:
    """Leads the keyboard from part to part; Tab goes through what is in one.

    Args:
        window: Whose parts.
        parts: Gives them, from first to last; those that are not seen are passed over.
    """

    def __init__(self, window: QMainWindow, parts: Callable[[], Sequence[QWidget]]) -> None:
        self._window = window
        self._parts = parts
        self._left: dict[QWidget, QWidget] = {}

    def go(self, step: int) -> None:
        """Give the keyboard to the next part, or to the one before: where it was there last."""
        parts = [part for part in self._parts() if part.isVisible() and _stop_in(part)]
        if not parts:
            return
        focused = self._window.focusWidget()
        here = next((part for part in parts if focused and _holds(part, focused)), None)
        if here is not None and focused is not None:
            self._left[here] = focused
        place = parts.index(here) + step if here is not None else min(step, 0)
        there = parts[place % len(parts)]
        last = self._left.get(there)
        stop = last if last is not None and _is_stop(last) else _stop_in(there)
        if stop is not None:
            stop.setFocus(Qt.FocusReason.TabFocusReason)


def _holds(part: QWidget, widget: QWidget) -> bool:
    return part is widget or part.isAncestorOf(widget)


def _is_stop(widget: QWidget) -> bool:
    takes = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
    return takes and widget.isVisible() and widget.isEnabled()


def _stop_in(part: QWidget) -> QWidget | None:
    """The first widget of a part that Tab stops at."""
    if _is_stop(part):
        return part
    # Not by `nextInFocusChain`: Qt for Python makes what it returns a part of whom it is asked of.
    # Once a lane has gone from which it led to the editor, the editor's own parts are no more.
    return next((widget for widget in part.findChildren(QWidget) if _is_stop(widget)), None)

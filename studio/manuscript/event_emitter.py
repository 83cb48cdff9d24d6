"""A list of callbacks that follow something: what a signal is in Qt, without Qt.

Everything runs in the caller's thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, ParamSpec

P = ParamSpec("P")


class EventEmitter(Generic[P]):
    """Calls every connected callback, in the order they were connected."""

    def __init__(self) -> None:
        self._callbacks: list[Callable[P, object]] = []

    def connect(self, callback: Callable[P, object]) -> Callable[[], None]:
        """Adds a callback, and returns the function that removes it again."""
        self._callbacks.append(callback)

        def disconnect() -> None:
            if callback in self._callbacks:
                self._callbacks.remove(callback)

        return disconnect

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Announces. A callback's exception is its own bug and reaches the caller."""
        for callback in tuple(self._callbacks):
            callback(*args, **kwargs)

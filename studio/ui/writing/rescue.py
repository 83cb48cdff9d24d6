"""When we have a bug: the error is logged, the document is put in safety, and the writer told once.

Knows nothing of how the error came about.
"""

import sys
from collections.abc import Callable
from types import TracebackType

from PySide6.QtCore import QObject, Signal


class Rescue(QObject):
    """Python's excepthook for as long as the window lives.

    Qt prints an exception in a slot and goes on; without this nobody would see it. The hook that
    was there before still has its turn, and logs the error.

    Args:
        keep: Puts the document in safety; whether it is.
        parent: The Qt parent, if any.
    """

    happened = Signal(str)
    """What to tell the writer; emitted once a session."""

    def __init__(self, keep: Callable[[], bool], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._keep = keep
        self._has_told = False
        self._log = sys.excepthook

    def install(self) -> None:
        """Take over from here on."""
        self._log = sys.excepthook
        sys.excepthook = self._on_exception

    def _on_exception(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        self._log(kind, error, trace)
        if self._has_told or issubclass(kind, KeyboardInterrupt):
            return
        self._has_told = True
        try:
            is_kept = self._keep()
        except Exception:
            # The bug may be there too.
            is_kept = False
        where = (
            "Your text is in safety: if the program stops, the next start offers it."
            if is_kept
            else "Your text is still here."
        )
        self.happened.emit(
            f"Kelvin Studio made a mistake ({kind.__name__}: {error}). {where} Save your work; "
            "if the program behaves oddly, start it again."
        )

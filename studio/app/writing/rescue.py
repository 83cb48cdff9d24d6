"""What happens when the program has a bug: the document is put in safety, the writer informed."""

import contextlib
import logging
import sys
from collections.abc import Callable
from types import TracebackType

from PySide6.QtCore import QObject, Signal

from studio.app.timers import single_shot
from studio.translation import tr
from studio.visible_text import visible_line

_logger = logging.getLogger(__name__)

_SHORTEST_MS, _LONGEST_MS = 1000, 60_000
"""From one time that the document is put in safety to the next; longer where errors keep coming:
one at each paint must not keep the disk busy."""
_MOST_REPORTED = 20
"""Most errors that a session reports; all are logged."""


class Rescue(QObject):
    """Python's `sys.excepthook` for as long as the window lives.

    Qt prints an exception in a slot and goes on; without this nobody would see it. The hook that
    was there before is called first, and logs the error.

    Args:
        keep: Puts the document in safety; returns whether that succeeded.
        parent: The Qt parent, if any.
    """

    happened = Signal(str)
    """A message for the writer; emitted once for each different error."""
    _mistaken = Signal(str)
    """What went wrong; emitted from any thread."""

    def __init__(self, keep: Callable[[], bool], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._keep = keep
        self._reported: set[str] = set()
        self._pending = ""
        """The newest error that is still to be reported."""
        self._is_late = False
        """Whether something went wrong since the document was last put in safety."""
        self._rest = single_shot(self, self._go_on, _SHORTEST_MS)
        self._mistaken.connect(self._on_mistake)  # queued from another thread
        self._log = sys.excepthook

    def install(self) -> None:
        """Become Python's excepthook."""
        self._log = sys.excepthook
        sys.excepthook = self._on_exception

    def _on_exception(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        self._log(kind, error, trace)
        if issubclass(kind, KeyboardInterrupt):
            return
        words = ""
        with contextlib.suppress(Exception):  # an error that cannot even say what it is
            words = str(error)
        self._mistaken.emit(visible_line(f"{kind.__name__}: {words}"))

    def _on_mistake(self, what: str) -> None:
        if what not in self._reported and len(self._reported) < _MOST_REPORTED:
            self._reported.add(what)
            self._pending = what
        self._is_late = True
        if not self._rest.isActive():
            self._put_in_safety()

    def _go_on(self) -> None:
        """Put the document in safety again, where more went wrong meanwhile."""
        if self._is_late:
            self._rest.setInterval(min(2 * self._rest.interval(), _LONGEST_MS))
            self._put_in_safety()
        else:
            self._rest.setInterval(_SHORTEST_MS)

    def _put_in_safety(self) -> None:
        self._is_late = False
        self._rest.start()
        try:
            is_kept = self._keep()
        except Exception:
            # The bug may be there too.
            is_kept = False
        _logger.info("rescue: the text %s", "is put in safety" if is_kept else "is not kept")
        what, self._pending = self._pending, ""
        if not what:
            return
        where = (
            tr("Your text is in safety: if the program stops, the next start offers it.")
            if is_kept
            else tr("Your text is still here.")
        )
        self.happened.emit(
            tr(
                "Kelvin Studio made a mistake ({what}). {where} Save your work; if the "
                "program behaves oddly, start it again.",
                what=what,
                where=where,
            )
        )

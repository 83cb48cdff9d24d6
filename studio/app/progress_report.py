"""When it is said what is done in another thread and how far it is: once it takes a moment."""

from PySide6.QtCore import QObject, Signal

from studio.app.background import Background
from studio.app.timers import single_shot

_DELAY_MS = 400
"""What is done within it is done before a message could be read."""
_BETWEEN_MS = 200
"""Numbers that change more often cannot be read."""


class ProgressReport(QObject):
    """Puts a `Background` into words.

    Args:
        background: What is reported.
        parent: The Qt parent, if any.
    """

    begun = Signal(str)
    """It takes longer than a moment: what it is, and how far."""
    went_on = Signal(str)
    """The same in other words, in place of those before."""
    ended = Signal()
    """Nothing is done any more, whether that was reported or not."""

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._delay = single_shot(self, self._report)
        self._is_reported = False
        background.changed.connect(self._follow)
        background.progressed.connect(self._on_progressed)

    def _follow(self) -> None:
        if not self._background.is_busy:
            self._delay.stop()
            self._is_reported = False
            self.ended.emit()
        elif not self._is_reported and not self._delay.isActive():
            self._delay.start(_DELAY_MS)

    def _on_progressed(self) -> None:
        if self._is_reported and not self._delay.isActive():
            self._delay.start(_BETWEEN_MS)

    def _report(self) -> None:
        words = f"{self._background.words}: {100 * self._background.share:.0f} %"
        reported = self.went_on if self._is_reported else self.begun
        self._is_reported = True
        reported.emit(words)

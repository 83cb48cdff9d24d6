"""Says what is read, how far it is, and how to end it, where that takes longer than a moment."""

from PySide6.QtCore import QObject

from studio.app.background import Background
from studio.app.timers import single_shot
from studio.translation import tr
from studio.ui.presets.notices import PresetNotices
from studio.ui.widgets.actions import make_action

_DELAY_MS = 400
"""What is read within it is there before a message could be."""
_BETWEEN_MS = 200
"""Numbers that change more often cannot be read."""


class ReadingNotice(QObject):
    """Reports a `Background` in the window that is looked at.

    Attributes:
        cancel: Ends what is read.

    Args:
        reading: It.
        notices: Where it is reported.
        parent: The Qt parent, if any.
    """

    def __init__(
        self, reading: Background, notices: PresetNotices, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._reading = reading
        self._notices = notices
        self.cancel = make_action(
            self,
            tr("&Cancel"),
            reading.cancel,
            tip=tr("Read no more of it (Esc in the main window)"),
        )
        self._delay = single_shot(self, self._report)
        self._is_reported = False
        reading.changed.connect(self._follow)
        reading.progressed.connect(self._on_progressed)

    def _follow(self) -> None:
        if not self._reading.is_busy:
            self._delay.stop()
            self._is_reported = False
            self._notices.withdraw(self.cancel)
        elif not self._is_reported and not self._delay.isActive():
            self._delay.start(_DELAY_MS)

    def _on_progressed(self) -> None:
        if self._is_reported and not self._delay.isActive():
            self._delay.start(_BETWEEN_MS)

    def _report(self) -> None:
        words = f"{self._reading.words}: {self._reading.share:.0%}".replace("%", " %")
        if not self._is_reported:
            self._is_reported = True
            self._notices.report(words, self.cancel, is_error=False)
        else:
            self._notices.report_anew(words, self.cancel)

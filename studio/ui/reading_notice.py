"""Shows what is read, how far it is, and how to end it, where that takes longer than a moment."""

from PySide6.QtCore import QObject

from studio.app.background import Background
from studio.app.progress_report import ProgressReport
from studio.translation import tr
from studio.ui.presets.notices import PresetNotices
from studio.ui.widgets.actions import make_action


class ReadingNotice(QObject):
    """Shows it in the window that is looked at.

    Attributes:
        cancel: Ends what is read.

    Args:
        reading: What is read.
        notices: Where it is shown.
        parent: The Qt parent, if any.
    """

    def __init__(
        self, reading: Background, notices: PresetNotices, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.cancel = make_action(
            self,
            tr("&Cancel"),
            reading.cancel,
            tip=tr("Read no more of it (Esc in the main window)"),
        )
        progress = ProgressReport(reading, self)
        progress.begun.connect(lambda words: notices.report(words, self.cancel, is_error=False))
        progress.went_on.connect(lambda words: notices.report_anew(words, self.cancel))
        progress.ended.connect(lambda: notices.withdraw(self.cancel))

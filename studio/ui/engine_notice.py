"""The message about an engine that does not answer, while that is so."""

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from studio.app.engine_line.client import EngineClient
from studio.translation import mark, tr
from studio.ui.widgets.notice_bar import NoticeBar

SILENT = mark(
    "The engine does not answer: it was halted, or the machine is too busy. Wait, or end it: your "
    "text stays, and the model can be opened again."
)


class EngineNotice(QObject):
    """Offers to end an engine that has fallen silent, once, and takes it back when it answers.

    Args:
        notice: Where it is reported.
        client: The engine.
        way_on: Ends the engine.
        parent: The Qt parent, if any.
    """

    def __init__(
        self,
        notice: NoticeBar,
        client: EngineClient,
        way_on: QAction,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._notice, self._client, self._way_on = notice, client, way_on
        self._is_reported = False
        client.waiting_changed.connect(self._follow)

    def _follow(self) -> None:
        is_silent = self._client.silence > 0
        if is_silent == self._is_reported:
            return
        self._is_reported = is_silent
        if is_silent:
            self._notice.report(tr(SILENT), self._way_on, dismissal=tr("Wait"))
        else:
            self._notice.withdraw(self._way_on)

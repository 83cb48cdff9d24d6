"""How the program ends where it is not its window that is closed: by a signal, or the session."""

import logging
import signal
import sys
from typing import NoReturn

from PySide6.QtCore import QObject
from PySide6.QtGui import QSessionManager
from PySide6.QtWidgets import QApplication

from studio.app.signal_watch import SignalWatch, end_at_once_from_here, end_by
from studio.own_command import own_command
from studio.ui.main_window import MainWindow

_log = logging.getLogger(__name__)


class Ending(QObject):
    """Puts the window in order at each request to end.

    An interrupt closes the window as its button does, with the question about what is not saved; a
    second one while that stands ends without it. SIGTERM and SIGHUP are not asked about, for
    nobody may be there to answer: what is not saved goes into the journal, and the next start
    offers it. The end of a session asks as closing does, where it allows that.

    Args:
        application: Whose session it is.
        window: The program's one window.
        signals: What the system asks for.
    """

    def __init__(self, application: QApplication, window: MainWindow, signals: SignalWatch) -> None:
        super().__init__(window)
        self._application = application
        self._window = window
        self._is_closing = False
        signals.interrupted.connect(self._on_interrupt)
        signals.ended.connect(self._end)
        application.commitDataRequest.connect(self._on_session_end)
        application.saveStateRequest.connect(_report_how_to_start)

    def _on_interrupt(self) -> None:
        if self._is_closing:
            self._end(signal.SIGINT)
        self._is_closing = True
        try:
            self._application.closeAllWindows()
        finally:
            self._is_closing = False

    def _end(self, number: int) -> NoReturn:
        try:
            self._window.keep()
            # All is in safety: what else is to be put in order need not be waited for.
            end_at_once_from_here()
            self._window.leave()
        except Exception:
            sys.excepthook(*sys.exc_info())
        _log.info("ended by the signal %d", number)
        logging.shutdown()
        end_by(number)

    def _on_session_end(self, manager: QSessionManager) -> None:
        if not manager.allowsInteraction():
            self._window.keep()
            return
        may_go = self._window.may_go()
        manager.release()  # others may ask now
        if not may_go:
            manager.cancel()


def _report_how_to_start(manager: QSessionManager) -> None:
    """The next session begins with this program if this one ends with it."""
    manager.setRestartCommand(own_command())

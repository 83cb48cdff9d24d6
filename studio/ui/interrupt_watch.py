"""Ctrl+C in the terminal, as a Qt signal."""

import signal
import socket
import sys

from PySide6.QtCore import QObject, QSocketNotifier, Signal


class InterruptWatch(QObject):
    """Emits `happened` when the process is interrupted, so that it can close in order.

    Qt's loop gives Python no turn while nothing happens. The signal's byte on a socket does,
    without a timer that would run at rest. Windows knows no such signal in a window's process;
    there Ctrl+C ends it as Python does.
    """

    happened = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._former = signal.getsignal(signal.SIGINT)
        if sys.platform == "win32":
            return
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        signal.set_wakeup_fd(self._writer.fileno())
        signal.signal(signal.SIGINT, lambda _signal, _frame: None)
        self._notifier = QSocketNotifier(self._reader.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._on_signal)

    def close(self) -> None:
        """Give the interrupt back to who had it before."""
        if sys.platform == "win32":
            return
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGINT, self._former)
        self._notifier.setEnabled(False)
        self._reader.close()
        self._writer.close()

    def _on_signal(self) -> None:
        if signal.SIGINT in self._reader.recv(64):
            self.happened.emit()

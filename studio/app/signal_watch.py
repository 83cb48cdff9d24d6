"""The system's requests to end this process, as Qt signals; and how to end by one of them."""

import os
import signal
import socket
import sys
import time
from types import FrameType
from typing import Any, NoReturn

from PySide6.QtCore import QObject, QSocketNotifier, Signal

_ENDS = ("SIGTERM", "SIGHUP")
_ONE_REQUEST_SECONDS = 0.5
"""A terminal that closes sends its signal twice, the shell's and its own: that is one request."""


class SignalWatch(QObject):
    """Emits what the system asks for, so that the process can end in good order.

    Qt's loop gives Python no turn while nothing happens. The signal's byte on a socket does,
    without a timer that would run at rest. A signal that is ignored stays ignored: whoever started
    the program (`nohup`, or a shell, in the background) wants that. Windows knows no such signals
    in a window's process; there Ctrl+C ends it as Python does.
    """

    interrupted = Signal()
    """Ctrl+C in the terminal."""
    ended = Signal(int)
    """The session ends or the terminal is gone: the number of the signal. A second one of its kind
    ends the process at once, whether this one was taken up or not."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._former: dict[int, Any] = {}
        self._first: dict[int, float] = {}
        """The time at which each of these signals first came."""
        if sys.platform == "win32":
            return
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        signal.set_wakeup_fd(self._writer.fileno())
        self._take(signal.SIGINT, lambda _number, _frame: None)
        for name in _ENDS:
            self._take(getattr(signal, name), self._note)
        self._notifier = QSocketNotifier(self._reader.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._on_signal)

    def close(self) -> None:
        """Restore the handlers that were there before."""
        if sys.platform == "win32":
            return
        signal.set_wakeup_fd(-1)
        for number, former in self._former.items():
            signal.signal(number, former)
        self._notifier.setEnabled(False)
        self._reader.close()
        self._writer.close()

    def _take(self, number: int, handler: Any) -> None:
        if signal.getsignal(number) is not signal.SIG_IGN:
            self._former[number] = signal.signal(number, handler)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if now - self._first.setdefault(number, now) > _ONE_REQUEST_SECONDS:
            end_by(number)

    def _on_signal(self) -> None:
        for number in dict.fromkeys(self._reader.recv(64)):
            if number == signal.SIGINT:
                self.interrupted.emit()
            elif number in self._first:
                self.ended.emit(number)


def end_at_once_from_here() -> None:
    """Restore the default action of these signals: from now on each ends the process."""
    for name in ("SIGINT", *_ENDS):
        if signal.getsignal(getattr(signal, name)) is not signal.SIG_IGN:
            signal.signal(getattr(signal, name), signal.SIG_DFL)


def end_by(number: int) -> NoReturn:
    """End this process by a signal, as if nothing had caught it: whoever waits for it sees that."""
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    os._exit(128 + number)  # not reached, unless somebody blocks it

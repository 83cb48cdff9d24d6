"""The signals that ask a command to end: an interrupt, the end of a session, a closed terminal."""

import signal
from collections.abc import Callable
from types import FrameType
from typing import Any

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")


class EndSignals:
    """From its making on, the first of these signals has `act` called.

    A second one of a kind ends the process at once, as the system does. One that is ignored stays
    so: whoever started the command (`nohup`, or a shell, in the background) wants it.

    Args:
        act: Ends what runs; it may raise.
    """

    def __init__(self, act: Callable[[], None]) -> None:
        self._act = act
        self._first = 0
        self._former: dict[int, Any] = {}
        for name in _NAMES:
            number = getattr(signal, name, None)  # Windows has no SIGHUP
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                self._former[number] = signal.signal(number, self._on_signal)

    @property
    def status(self) -> int:
        """The exit status that says so, 128 and the signal's number; 0 where none has come."""
        return 128 + self._first if self._first else 0

    def restore(self) -> None:
        """Have the signals mean what they meant before."""
        for number, former in self._former.items():
            signal.signal(number, former)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        self._first = self._first or number
        self._act()

"""Commands that wait for the engine, and the one that runs: what goes before what.

Filled by the thread that reads commands, emptied by the thread that carries them out. Knows
nothing of pipes or models.
"""

import threading
from collections import deque
from collections.abc import Callable

from studio.engine.control import Control
from studio.engine.interrupt import Interrupt
from studio.engine.messages import AnyCommand, ChangeParams, Generate, Load, LookAhead, Score, Stop

Runnable = Load | LookAhead | Score | Generate
_EVERYTHING = (Load, LookAhead, Score, Generate)


class Inbox:
    """A queue with the product's precedence.

    A generation goes before a look-ahead and a scoring, a newer one of these before an older one
    of its kind, and a load before everything. What gives way is stopped where it runs, and
    reported to `dropped` where it still waits, so that no request stays without an answer.
    """

    def __init__(self, interrupt: Interrupt, dropped: Callable[[int], None]) -> None:
        self._interrupt = interrupt
        self._dropped = dropped
        self._changed = threading.Condition()
        self._waiting: deque[tuple[Runnable, Control]] = deque()
        self._running: tuple[Runnable, Control] | None = None
        self._closed = False

    def put(self, command: AnyCommand) -> None:
        """Take a command; turns and stops act at once."""
        with self._changed:
            match command:
                case ChangeParams():
                    for control in self._controls(command.request):
                        control.params = command.params
                case Stop():
                    self._stop(command.request)
                case LookAhead():
                    self._give_way((LookAhead,))
                    self._waiting.append((command, Control(self._interrupt)))
                case Score():
                    self._give_way((Score,))
                    self._waiting.append((command, Control(self._interrupt)))
                case Generate():
                    self._give_way((LookAhead, Score))
                    self._waiting.append((command, Control(self._interrupt, command.params)))
                case Load():
                    self._give_way(_EVERYTHING)
                    self._waiting.append((command, Control(self._interrupt)))
            self._changed.notify()

    def take(self) -> tuple[Runnable, Control] | None:
        """The next command, waiting for it; None when there will be no more."""
        with self._changed:
            self._running = None
            self._changed.wait_for(lambda: self._waiting or self._closed)
            if self._closed:
                return None
            self._running = self._waiting.popleft()
            # Under the lock: a stop for this command has either marked its control already or
            # comes after this line.
            self._interrupt.clear()
            if self._running[1].stopped:
                self._interrupt.set()
            return self._running

    def close(self) -> None:
        """No more commands will come: end what runs."""
        with self._changed:
            self._closed = True
            if self._running:
                self._running[1].stop()
            self._changed.notify()

    def _controls(self, request: int) -> list[Control]:
        entries = [*self._waiting, *([self._running] if self._running else [])]
        return [control for command, control in entries if command.request == request]

    def _stop(self, request: int) -> None:
        if self._running and self._running[0].request == request:
            self._running[1].stop()
        for command, control in self._waiting:
            if command.request == request:
                # It still gets its turn, finds itself stopped, and is answered in its own way.
                control.stopped = True

    def _give_way(self, kinds: tuple[type[Runnable], ...]) -> None:
        if self._running and isinstance(self._running[0], kinds):
            self._running[1].stop()
        entries, self._waiting = self._waiting, deque()
        for command, control in entries:
            if isinstance(command, kinds):
                self._dropped(command.request)
            else:
                self._waiting.append((command, control))

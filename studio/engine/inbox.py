"""Commands that wait for the engine, and the one that runs: what goes before what.

Filled by the thread that reads commands, emptied by the thread that carries them out.
"""

import threading
from collections import deque
from collections.abc import Callable

from studio.engine.control import Control
from studio.engine.interrupt import Interrupt
from studio.engine.messages import (
    AnyCommand,
    ChangeSequence,
    ContinueSequence,
    Generate,
    Load,
    Ping,
    PreviewNextToken,
    QueueSequence,
    RemoveSequence,
    RerunSequence,
    Runnable,
    Score,
    SequenceCommand,
    Stop,
    StopSequence,
)

_RESUMING = (ContinueSequence, RerunSequence, RemoveSequence)


class Inbox:
    """A queue with the product's precedence.

    A generation goes before a preview and a scoring; a newer one of these before an older one of
    its kind, and so does a newer generation that is kept; a load before everything. What gives way
    is stopped where it runs, and reported to `dropped` where it still waits, so that no request
    stays without an answer. What concerns a sequence joins its generation, where that runs or
    waits; else it is a run of its own.

    Args:
        interrupt: Ends what is under way.
        dropped: Is given each command that a newer one replaced.
    """

    def __init__(self, interrupt: Interrupt, dropped: Callable[[int], None]) -> None:
        self._interrupt = interrupt
        self._dropped = dropped
        self._changed = threading.Condition()
        self._waiting: deque[tuple[Runnable, Control]] = deque()
        self._running: tuple[Runnable, Control] | None = None
        self._closed = False
        self._is_resting = False
        """Whether work is done that nobody asked for."""

    def put(self, command: AnyCommand) -> None:
        """Take a command; turns and stops act at once."""
        with self._changed:
            match command:
                case Stop():
                    self._stop(command.request)
                case Ping():
                    pass  # whoever reads commands has answered
                case ChangeSequence() | StopSequence() | ContinueSequence():
                    self._put_sequence_command(command)
                case RerunSequence() | QueueSequence() | RemoveSequence():
                    self._put_sequence_command(command)
                case _:
                    self._give_way(lambda older: _gives_way(older, command))
                    self._waiting.append((command, Control(self._interrupt)))
            self._end_rest()
            self._changed.notify()

    def rests(self, seconds: float) -> bool:
        """Wait for the next command; whether none comes for so long.

        Then it is a time for work that nobody asked for: the next command interrupts it.

        Args:
            seconds: How long.
        """
        with self._changed:
            self._end_running()
            is_there = self._changed.wait_for(lambda: self._waiting or self._closed, seconds)
            if not is_there:
                self._interrupt.clear()
            self._is_resting = not is_there
            return self._is_resting

    def pop(self) -> tuple[Runnable, Control] | None:
        """The next command, waiting for it; None when there will be no more."""
        with self._changed:
            self._end_running()
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
            self._end_rest()
            self._changed.notify()

    def _end_rest(self) -> None:
        if self._is_resting:
            self._is_resting = False
            self._interrupt.set()

    def _end_running(self) -> None:
        ran, self._running = self._running, None
        if ran:
            # What reached the generation when it was just over.
            for command in ran[1].commands:
                self._put_sequence_command(command)

    def _stop(self, request: int) -> None:
        if self._running and self._running[0].request == request:
            self._running[1].stop()
        for command, control in self._waiting:
            if command.request == request:
                # It still gets its turn, finds itself stopped, and is answered in its own way.
                control.stopped = True

    def _put_sequence_command(self, command: SequenceCommand) -> None:
        for found, control in [*self._waiting, *([self._running] if self._running else [])]:
            if found.request == command.request and not control.stopped:
                control.commands.append(command)
                return
        if isinstance(command, ContinueSequence | RerunSequence | RemoveSequence):
            self._give_way(lambda older: isinstance(older, PreviewNextToken | Score))
            self._waiting.append((command, Control(self._interrupt)))

    def _give_way(self, gives_way: Callable[[Runnable], bool]) -> None:
        if self._running and gives_way(self._running[0]):
            self._running[1].stop()
        entries, self._waiting = self._waiting, deque()
        for command, control in entries:
            if gives_way(command):
                self._dropped(command.request)
            else:
                self._waiting.append((command, control))


def _gives_way(older: Runnable, newer: Runnable) -> bool:
    """Whether a command is given up as soon as another one comes."""
    match newer:
        case Load():
            return True
        case PreviewNextToken() | Score():
            return type(older) is type(newer)
        case Generate():
            is_kept = isinstance(older, _RESUMING) or (isinstance(older, Generate) and older.keep)
            return isinstance(older, PreviewNextToken | Score) or (newer.keep and is_kept)
    return False

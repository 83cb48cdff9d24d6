"""Commands that wait for the engine, and the one that runs: what goes before what.

Filled by the thread that reads commands, emptied by the thread that carries them out.
"""

import threading
from collections import deque
from collections.abc import Callable

from studio.engine.lanes.lane_control import LaneControl
from studio.engine.llama.interrupt import Interrupt
from studio.engine.messages import (
    AnyCommand,
    ChangeLane,
    ChangeParams,
    Compare,
    ContinueLane,
    FindBreakers,
    FindTokens,
    FindWords,
    Generate,
    LaneCommand,
    Load,
    PreviewNextToken,
    RemoveLane,
    RerunLane,
    Score,
    Stop,
    StopLane,
)
from studio.engine.writing.control import Control

Runnable = (
    Load
    | PreviewNextToken
    | Score
    | Generate
    | FindTokens
    | FindBreakers
    | FindWords
    | Compare
    | ContinueLane
    | RerunLane
    | RemoveLane
)
_COMPARING = (Compare, ContinueLane, RerunLane, RemoveLane)
_EVERYTHING = (
    Load,
    PreviewNextToken,
    Score,
    Generate,
    FindTokens,
    FindBreakers,
    FindWords,
    *_COMPARING,
)


class Inbox:
    """A queue with the product's precedence.

    A generation goes before a look-ahead and a scoring, and so does a comparison; a newer one of
    these but a generation before an older one of its kind, and a load before everything. What
    gives way is stopped where it runs, and reported to `dropped` where it still waits, so that no
    request stays without an answer. What concerns a lane joins its comparison, where that runs or
    waits; else it is a run of its own.
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
                case PreviewNextToken():
                    self._give_way((PreviewNextToken,))
                    self._waiting.append((command, Control(self._interrupt)))
                case Score():
                    self._give_way((Score,))
                    self._waiting.append((command, Control(self._interrupt)))
                case FindTokens() | FindBreakers() | FindWords():
                    self._waiting.append((command, Control(self._interrupt)))
                case Generate():
                    self._give_way((PreviewNextToken, Score))
                    self._waiting.append((command, Control(self._interrupt, command.params)))
                case Compare():
                    self._give_way((PreviewNextToken, Score, *_COMPARING))
                    self._waiting.append((command, LaneControl(self._interrupt)))
                case ChangeLane() | StopLane() | ContinueLane() | RerunLane() | RemoveLane():
                    self._put_lane_command(command)
                case Load():
                    self._give_way(_EVERYTHING)
                    self._waiting.append((command, Control(self._interrupt)))
            self._changed.notify()

    def take(self) -> tuple[Runnable, Control] | None:
        """The next command, waiting for it; None when there will be no more."""
        with self._changed:
            ran, self._running = self._running, None
            if ran and isinstance(ran[1], LaneControl):
                # What reached the comparison when it was just over.
                for command in ran[1].orders:
                    self._put_lane_command(command)
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

    def _put_lane_command(self, command: LaneCommand) -> None:
        for control in self._controls(command.request):
            if isinstance(control, LaneControl) and not control.stopped:
                control.orders.append(command)
                return
        if isinstance(command, ContinueLane | RerunLane | RemoveLane):
            self._give_way((PreviewNextToken, Score))
            self._waiting.append((command, LaneControl(self._interrupt)))

    def _give_way(self, kinds: tuple[type[Runnable], ...]) -> None:
        if self._running and isinstance(self._running[0], kinds):
            self._running[1].stop()
        entries, self._waiting = self._waiting, deque()
        for command, control in entries:
            if isinstance(command, kinds):
                self._dropped(command.request)
            else:
                self._waiting.append((command, control))

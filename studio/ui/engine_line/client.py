"""The window's line to the engine: one child process at a time, numbered requests, events.

Knows that there is a process and that it can die; not what is loaded in it or asked of it.
"""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Signal

from studio.engine.messages import AnyCommand, AnyEvent
from studio.ui.engine_line.process import EngineProcess, Outcome


class EngineClient(QObject):
    """Sends commands to the engine and hands its events on."""

    received = Signal(object)
    """An `AnyEvent`, in the order in which the engine sent them. `listen` picks among them."""
    died = Signal(object)
    """The `Outcome` of a child that ended unasked, after its last event."""

    def __init__(self, command: list[str] | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._command = command
        self._process: EngineProcess | None = None
        self._last_request = 0
        self._listeners: dict[type[AnyEvent], list[Callable[[Any], None]]] = {}

    @property
    def is_running(self) -> bool:
        """Whether there is a child."""
        return self._process is not None

    @property
    def process_id(self) -> int:
        """The child's process id; 0 when there is none."""
        return self._process.process_id if self._process else 0

    def start(self) -> None:
        """Start a child, if there is none."""
        if self._process:
            return
        process = EngineProcess(self._command, self)
        process.received.connect(self.hand_on)
        process.ended.connect(self._on_ended)
        self._process = process
        process.start()

    def listen(self, listener: Callable[[Any], None], *kinds: type[AnyEvent]) -> None:
        """Let a listener have the events of some kinds, before `received` tells of them.

        Tokens come by the hundred in a second, and most of who listens has no use for them. A
        listener lives as long as this client.
        """
        for kind in kinds:
            self._listeners.setdefault(kind, []).append(listener)

    def hand_on(self, event: AnyEvent) -> None:
        """Give an event to those who listen for its kind."""
        for listener in self._listeners.get(type(event), ()):
            listener(event)
        self.received.emit(event)

    def next_request(self) -> int:
        """A number that no request of this session has had."""
        self._last_request += 1
        return self._last_request

    def send(self, command: AnyCommand) -> None:
        """Send a command. Where there is no child, `died` has been emitted; it is dropped."""
        if self._process:
            self._process.send(command)

    def close(self) -> None:
        """End the child in order."""
        process, self._process = self._process, None
        if process:
            process.close()
            process.deleteLater()

    def _on_ended(self, outcome: Outcome) -> None:
        process, self._process = self._process, None
        if process:
            process.deleteLater()
        self.died.emit(outcome)

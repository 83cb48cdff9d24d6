"""An engine in process for tests: a command at a time, and its events."""

from collections.abc import Callable
from pathlib import Path

from studio.engine.control import Control
from studio.engine.engine import Engine
from studio.engine.interrupt import Interrupt
from studio.engine.messages import (
    AnyEvent,
    FindBreakers,
    FindTokens,
    FindWords,
    Generate,
    Load,
    Loaded,
    LoadOptions,
    PreviewNextToken,
    Score,
)

Runnable = Load | PreviewNextToken | Score | Generate | FindTokens | FindBreakers | FindWords


class EngineBench:
    """An engine and its events, a command at a time."""

    def __init__(self) -> None:
        self.interrupt = Interrupt()
        self.events: list[AnyEvent] = []
        self.on_event: Callable[[AnyEvent, Control], None] = lambda _event, _control: None
        self._control = Control(self.interrupt)
        self.engine = Engine(self._emit, self.interrupt)

    def _emit(self, *events: AnyEvent) -> None:
        for event in events:
            self.events.append(event)
            self.on_event(event, self._control)

    def run(self, command: Runnable) -> list[AnyEvent]:
        self.events = []
        self.interrupt.clear()
        self._control = Control(self.interrupt)
        self.engine.run(command, self._control)
        assert all(event.request == command.request for event in self.events)
        return self.events

    def load(self, path: Path, context_size: int = 0) -> Loaded:
        options = LoadOptions(threads=1, gpu_layers=0, context_size=context_size)
        event = self.run(Load(request=1, path=str(path), options=options))[-1]
        assert isinstance(event, Loaded), event
        return event

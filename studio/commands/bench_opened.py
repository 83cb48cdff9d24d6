"""A model open in an engine as the window's child process has it: what the benches run."""

from pathlib import Path

from studio.engine.control import Control
from studio.engine.engine import Engine
from studio.engine.generation.pending_tokens import FRAME_SECONDS
from studio.engine.interrupt import Interrupt
from studio.engine.messages import AnyEvent, Failed, Load, Loaded, LoadOptions, Runnable

OPENING = "The old fisherman looked out over the sea and thought about the years."
"""What is written on from."""


class OpenedEngine:
    """One model, open until it is closed. What the engine refuses ends the program.

    Args:
        path: The model's file.
        context_size: Tokens; 0 for what the program chooses.

    Attributes:
        interrupt: For the controls of what is run.
        context_size: Tokens.
        threads: The engine's.
    """

    def __init__(self, path: Path, context_size: int = 0) -> None:
        self._events: list[AnyEvent] = []
        self.interrupt = Interrupt()
        self._engine = Engine(
            lambda *events: self._events.extend(events),
            self.interrupt,
            FRAME_SECONDS,
        )
        options = LoadOptions(context_size=context_size)
        load = Load(request=0, path=str(path), options=options)
        loaded = self.run(load, Control(self.interrupt))[-1]
        assert isinstance(loaded, Loaded), "nothing stops this load"
        self._engine.take_huge_pages()
        self.context_size = loaded.report.context_size
        self.threads = loaded.report.threads

    def run(self, command: Runnable, control: Control) -> list[AnyEvent]:
        """Carry a command out; the events that it gave.

        Args:
            command: What is asked of the engine.
            control: Stops it.
        """
        self._events.clear()
        self._engine.run(command, control)
        failures = [event for event in self._events if isinstance(event, Failed)]
        if failures:
            raise SystemExit(f"studio bench: {failures[0].message}")
        return list(self._events)

    def close(self) -> None:
        """Free model and context."""
        self._engine.close()

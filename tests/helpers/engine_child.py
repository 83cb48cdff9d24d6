"""The engine's real child process on pipes, for tests: send commands, wait for events.

Knows the protocol's frames and which events answer a command for good.
"""

import contextlib
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

import psutil

from studio.engine.framing import encode, event_reader
from studio.engine.messages import (
    AnyCommand,
    AnyEvent,
    Distribution,
    Failed,
    Load,
    Loaded,
    LoadOptions,
    RunFinished,
    ScoringEnded,
    Superseded,
)

ROOT = Path(__file__).parents[2]
PATIENCE = 60
"""Seconds after which a test that waits for the child gives up; nothing is timed by it."""

FINAL = (Loaded, Distribution, ScoringEnded, RunFinished, Superseded, Failed)
"""Events after which nothing more comes for a request."""


class ChildEndedError(Exception):
    """The child's stdout ended while an event was waited for."""


class EngineChild:
    """A running child; a context manager that ends it in order.

    Args:
        command: What is started; None for the program's own engine.
        environment: What it finds in its environment beside this process's.
        patience: Seconds that one event may take.
    """

    def __init__(
        self,
        command: Sequence[str] | None = None,
        environment: Mapping[str, str] | None = None,
        patience: float = PATIENCE,
    ) -> None:
        self._patience = patience
        self.process = subprocess.Popen(
            command or [sys.executable, "-m", "studio", "engine"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
        )
        self._events: queue.Queue[AnyEvent | None] = queue.Queue()
        self._log = bytearray()
        self._threads = [
            threading.Thread(target=self._read_events),
            threading.Thread(target=self._read_log),
        ]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> "EngineChild":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def send(self, *commands: AnyCommand) -> None:
        """Send commands, in one write."""
        self.write(b"".join(map(encode, commands)))

    def write(self, data: bytes) -> None:
        """Write raw bytes on the child's stdin."""
        assert self.process.stdin
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def next(self) -> AnyEvent:
        """The next event.

        Raises:
            ChildEndedError: there is none, as the child has ended.
        """
        event = self._events.get(timeout=self._patience)
        if event is None:
            self._events.put(None)
            raise ChildEndedError(self.log)
        return event

    def until(self, wanted: Callable[[AnyEvent], bool]) -> list[AnyEvent]:
        """Events up to and including the first that is `wanted`."""
        events = [self.next()]
        while not wanted(events[-1]):
            events.append(self.next())
        return events

    def answer(self, request: int) -> list[AnyEvent]:
        """The events of a request, to its last; those of others are passed over."""
        events = self.until(lambda event: event.request == request and isinstance(event, FINAL))
        return [event for event in events if event.request == request]

    def ask(self, command: AnyCommand) -> list[AnyEvent]:
        """Send a command and wait for all of its answer."""
        self.send(command)
        return self.answer(command.request)

    def load(self, path: Path, options: LoadOptions | None = None, request: int = 0) -> Loaded:
        """Load a model that can be loaded; on one thread, and small, unless something is asked."""
        options = options or LoadOptions(threads=1, context_size=2048)
        events = self.ask(Load(request=request, path=str(path), options=options))
        assert isinstance(events[-1], Loaded), events[-1]
        return events[-1]

    def wait_for_child(self) -> psutil.Process:
        """The process that this one has started for a while, once it has."""
        own = psutil.Process(self.process.pid)
        deadline = time.monotonic() + PATIENCE
        while not (children := own.children()):
            assert time.monotonic() < deadline, "it never started one"
            time.sleep(0.005)
        return children[0]

    @property
    def log(self) -> str:
        """What the child wrote to stderr so far; all of it once it has ended."""
        if self.process.poll() is not None:
            self._threads[1].join(PATIENCE)
        return self._log.decode(errors="replace")

    def end_of_input(self) -> int:
        """Close the child's stdin and wait for its exit status."""
        assert self.process.stdin
        self.process.stdin.close()
        return self.process.wait(PATIENCE)

    def close(self) -> None:
        """End the child, by force if it does not listen; then fail."""
        assert self.process.stdin
        assert self.process.stdout
        assert self.process.stderr
        with contextlib.suppress(BrokenPipeError):  # it has ended already
            self.process.stdin.close()
        try:
            self.process.wait(PATIENCE)
        finally:
            self.process.kill()
            self.process.wait()
            for thread in self._threads:
                thread.join()
            self.process.stdout.close()
            self.process.stderr.close()

    def _read_events(self) -> None:
        assert self.process.stdout
        reader = event_reader()
        try:
            while data := os.read(self.process.stdout.fileno(), 65_536):
                for event in reader.feed(data):
                    self._events.put(event)
        finally:
            self._events.put(None)

    def _read_log(self) -> None:
        assert self.process.stderr
        while data := os.read(self.process.stderr.fileno(), 65_536):
            self._log += data

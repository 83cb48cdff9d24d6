"""One window's process as the supervisor has it: asked for steps, looked at, killed."""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil

from tests.soak.desk import ROOT, Desk

_PATIENCE = 120.0
"""Seconds until a window that does not answer counts as hung; nothing is timed by it."""

_SLICE = 1.0
"""Seconds that are waited at a time."""

Answer = dict[str, Any]


class HungError(Exception):
    """A window does not answer; says what it is at."""


class Program:
    """A window.

    Args:
        desk: Where it works.
        number: Of all windows of this run.
        file: What is opened with it, if anything.
        module: What runs it.

    Attributes:
        is_alive: Whether its process answers still.
        last: Its last answer.
        announced: What it announced of itself beside its answers, in order.
    """

    def __init__(
        self,
        desk: Desk,
        number: int,
        file: Path | None = None,
        module: str = "tests.soak.window",
    ) -> None:
        self.number = number
        self.announced: list[Answer] = []
        self.log = desk.log / f"texts-{number}"
        self.log.touch()
        self._errors = desk.log / f"stderr-{number}"
        self._rest = b""
        self.is_alive = True
        self.died_at = 0.0
        self._halted = 0.0
        """Seconds in which all were halted together, as in a paused container; not counted."""
        command = [sys.executable, "-P", "-m", module]
        command += [str(desk.documents), str(self.log)]
        with self._errors.open("wb") as errors:
            self._process = subprocess.Popen(
                command + ([str(file)] if file else []),
                cwd=ROOT,
                env=desk.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
            )
        self.process = psutil.Process(self._process.pid)
        self.last: Answer = {}
        try:
            self.last = self._answer()
        except EOFError:
            status = self._process.wait()
            raise EOFError(f"status {status}\n{self.errors[-3000:]}") from None

    def do(self, number: int, name: str, chances: str) -> Answer | None:
        """Have a step done; None where the window was closed by it."""
        try:
            self.ask(number, name, chances)
            self.last = self._answer()
        except (BrokenPipeError, EOFError):
            self._end()
            return None
        return self.last

    def ask(self, number: int, name: str, chances: str) -> None:
        """Ask for a step, and wait for no answer."""
        assert self._process.stdin is not None
        command = {"number": number, "name": name, "chances": chances}
        self._process.stdin.write(json.dumps(command).encode() + b"\n")
        self._process.stdin.flush()

    def wait_for(self, what: str, seconds: float) -> bool:
        """Wait until it announces that something begins; whether it did within that time.

        Raises:
            EOFError: It has ended.
        """
        deadline = self._now() + seconds
        while (line := self._line(deadline)) is not None:
            if line.get("announced") == what and not line["has_ended"]:
                return True
        return False

    @property
    def engine(self) -> psutil.Process | None:
        """Its engine's process, if there is one."""
        if not self.is_alive:
            return None
        try:
            for child in self.process.children():
                if "engine" in child.cmdline():
                    return child
        except psutil.Error:
            pass
        return None

    @property
    def children(self) -> list[psutil.Process]:
        """The processes that it has started, and those that they have."""
        found: list[psutil.Process] = self.process.children(recursive=True)
        return found

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """End it by a signal, as the system does for want of memory, and at once."""
        self._process.send_signal(number)
        self._end()

    @property
    def status(self) -> int | None:
        """How it ended; None while it runs."""
        return self._process.poll()

    @property
    def errors(self) -> str:
        """What it wrote to stderr."""
        return self._errors.read_text(errors="replace")

    def _end(self) -> None:
        self.died_at = time.monotonic()
        self.is_alive = False
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            reported = self._stack()
            self._process.kill()
            self._process.wait()
            raise HungError(f"it closed its window and does not end\n{reported}") from None
        with contextlib.suppress(EOFError):
            while self._line(self._now()) is not None:
                pass  # what it said last
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()

    def _now(self) -> float:
        return time.monotonic() - self._halted

    def _answer(self) -> Answer:
        deadline = self._now() + _PATIENCE
        while (line := self._line(deadline)) is not None:
            if "announced" not in line:
                return line
        raise HungError(f"no answer in {_PATIENCE:.0f} s; it is at\n{self._stack()}")

    def _line(self, deadline: float) -> Answer | None:
        """The next thing that it says; None where nothing came by then."""
        assert self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        while b"\n" not in self._rest:
            begun = self._now()
            ready, _, _ = select.select([descriptor], [], [], min(_SLICE, max(0, deadline - begun)))
            self._halted += max(0.0, self._now() - begun - 2 * _SLICE)
            if not ready:
                if begun >= deadline:
                    return None
                continue
            data = os.read(descriptor, 1 << 16)
            if not data:
                raise EOFError
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        said = json.loads(line)
        assert isinstance(said, dict)
        if "announced" in said:
            self.announced.append(said)
        return said

    def _stack(self) -> str:
        """What its threads are at."""
        before = len(self.errors)
        self._process.send_signal(signal.SIGUSR1)
        deadline = time.monotonic() + 5
        while len(self.errors) == before and time.monotonic() < deadline:
            time.sleep(0.1)
        return self.errors[before:]

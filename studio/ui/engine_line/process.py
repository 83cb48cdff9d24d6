"""The engine's child process as Qt sees it: started, fed, read, mourned.

Knows the protocol's frames and the process's fate, and nothing of what messages mean.
"""

import os
import signal
from collections import deque
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, Signal

from studio.engine.framing import FrameReader, FramingError, encode, event_reader
from studio.engine.messages import AnyCommand, AnyEvent
from studio.own_command import own_command

_KEPT_LOG_LINES = 40
_FROM_OUTSIDE = ("SIGKILL", "SIGTERM", "SIGINT", "SIGHUP")
"""Signals whose cause the child cannot know."""
_GRACE_MS = 2000
"""How long a child may take to end by itself when the program closes."""
_GLIBC, _HUGE_PAGES = "GLIBC_TUNABLES", "glibc.malloc.hugetlb=1"
"""Has glibc ask Linux for pages of 2 MiB from the start, as far as it gives them, so that what a
large model fills need not be exchanged for such later (`engine.huge_pages`): eight lanes are
written 5 % faster with them, one text 0 to 4 %. Other systems and libraries ignore it."""


class End(Enum):
    """How a child process ended."""

    NOT_STARTED = "not started"
    EXITED = "exited"
    CRASHED = "crashed"
    BROKE_PROTOCOL = "broke the protocol"


class Outcome(NamedTuple):
    """Why there is no child any more."""

    end: End
    status: int
    """Exit code; for a crash on POSIX the signal's number."""
    reason: str
    log: tuple[str, ...]
    """The last lines that it (or llama.cpp in it) wrote to stderr."""

    def describe(self) -> str:
        """One sentence for the writer."""
        match self.end:
            case End.NOT_STARTED:
                return f"The engine could not be started: {self.reason}."
            case End.BROKE_PROTOCOL:
                return f"The engine sent something that cannot be read ({self.reason})."
            case End.CRASHED:
                return f"The engine stopped unexpectedly ({_signal_name(self.status)})."
            case End.EXITED:
                return f"The engine ended by itself (status {self.status})."

    @property
    def last_words(self) -> str:
        """Its last line on stderr; empty where the end came from outside and was no news to it."""
        if self.end is End.CRASHED and _signal_name(self.status).startswith(_FROM_OUTSIDE):
            return ""
        return self.log[-1] if self.log else ""


def _signal_name(number: int) -> str:
    try:
        name = signal.Signals(number).name
    except ValueError:
        return f"status {number}"
    hints = {
        "SIGKILL": "killed, perhaps by the system for want of memory",
        "SIGABRT": "llama.cpp gave up on a failed check",
        "SIGBUS": "the model file was cut short while in use",
        "SIGSEGV": "a memory error inside llama.cpp",
    }
    return f"{name}: {hints[name]}" if name in hints else name


def engine_command() -> list[str]:
    """This same program, asked for its engine."""
    return own_command("engine")


class EngineProcess(QObject):
    """One child process. When it is gone, make another."""

    received = Signal(object)
    """An `AnyEvent`."""
    ended = Signal(object)
    """The `Outcome`; emitted once, after everything that the child sent."""

    def __init__(self, command: list[str] | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._command = command or engine_command()
        self._reader: FrameReader[AnyEvent] = event_reader()
        self._log: deque[str] = deque(maxlen=_KEPT_LOG_LINES)
        self._log_rest = b""
        self._is_closing = False
        self._has_ended = False
        self._breach = ""
        """How it broke the protocol; nothing that it sends after that is read."""
        self._process = QProcess(self)
        environment = QProcessEnvironment.systemEnvironment()
        # The child must find this very package, whatever the working folder is.
        paths = [str(Path(__file__).parents[3]), environment.value("PYTHONPATH", "")]
        environment.insert("PYTHONPATH", os.pathsep.join(path for path in paths if path))
        if not environment.contains(_GLIBC):
            environment.insert(_GLIBC, _HUGE_PAGES)
        self._process.setProcessEnvironment(environment)
        self._process.readyReadStandardOutput.connect(self._read_events)
        self._process.readyReadStandardError.connect(self._read_log)
        self._process.finished.connect(self._on_finished)
        self._process.errorOccurred.connect(self._on_error)

    def start(self) -> None:
        """Start the child; commands may be sent at once."""
        self._process.start(self._command[0], self._command[1:])

    @property
    def process_id(self) -> int:
        """The child's process id; 0 when it does not run."""
        return int(self._process.processId())

    def send(self, command: AnyCommand) -> None:
        """Send a command; a child that is gone does not get it."""
        if self._process.state() != QProcess.ProcessState.NotRunning:
            self._process.write(encode(command))

    def close(self) -> None:
        """End the child: close its stdin, wait a moment, kill it if it does not listen."""
        self._is_closing = True
        if self._process.state() == QProcess.ProcessState.NotRunning:
            return
        self._process.closeWriteChannel()
        if not self._process.waitForFinished(_GRACE_MS):
            self._process.kill()
            self._process.waitForFinished(_GRACE_MS)

    def _read_events(self) -> None:
        data = bytes(self._process.readAllStandardOutput().data())
        if self._breach:
            return
        try:
            for event in self._reader.feed(data):
                self.received.emit(event)
        except FramingError as error:
            self._breach = str(error)
            self._process.kill()

    def _read_log(self) -> None:
        data = self._log_rest + bytes(self._process.readAllStandardError().data())
        *lines, self._log_rest = data.split(b"\n")
        self._log += [line.decode("utf-8", errors="replace") for line in lines if line.strip()]

    def _on_finished(self, code: int, status: QProcess.ExitStatus) -> None:
        # What it sent before it died is still in the pipe.
        self._read_events()
        self._read_log()
        if self._log_rest.strip():
            self._log.append(self._log_rest.decode("utf-8", errors="replace"))
        if self._breach:
            self._end(End.BROKE_PROTOCOL, 0, self._breach)
            return
        crashed = status == QProcess.ExitStatus.CrashExit
        self._end(End.CRASHED if crashed else End.EXITED, code, "")

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._end(End.NOT_STARTED, 0, self._process.errorString())

    def _end(self, end: End, status: int, reason: str) -> None:
        if self._has_ended or self._is_closing:
            return
        self._has_ended = True
        self.ended.emit(Outcome(end, status, reason, tuple(self._log)))

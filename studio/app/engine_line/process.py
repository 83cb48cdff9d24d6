"""The engine's child process as Qt sees it: started, fed, read, mourned."""

import logging
import os
import re
import signal
import sys
import time
from collections import deque
from enum import Enum
from typing import NamedTuple

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, Signal

from studio.app.engine_line.outbox import Outbox
from studio.app.timers import single_shot
from studio.engine.framing import FrameReader, FramingError, encode, event_reader
from studio.engine.messages import AnyCommand, AnyEvent
from studio.own_command import own_command, own_folder
from studio.translation import mark, tr, translation_file
from studio.visible_text import visible_line

_log = logging.getLogger(__name__)

_KEPT_LOG_LINES = 40
_LONGEST_LOG_LINE = 1000
"""Bytes."""
_MOST_LOGGED = 500
"""Lines of a child that the log takes as they come, and its last ones at the end: a child may
write without end."""
_MOST_UNSENT = 1 << 20
"""Bytes that the child has not taken, from which on commands wait: a pipe holds 64 KiB, and a child
that reads takes megabytes in milliseconds."""
_EVENTS_A_TURN, _SECONDS_A_TURN = 512, 0.02
"""Events handled in one go, before the window's others. Eight lanes send some fifty a frame."""
_MOST_UNREAD = 32 << 20
"""Bytes that may wait while there are messages to act on. A pipe holds 64 KiB, and the engine waits
when it is full: a child that sends more is not the engine."""
_FROM_OUTSIDE = ("SIGKILL", "SIGTERM", "SIGINT", "SIGHUP")
"""Signals whose cause the child cannot know."""
_GRACE_MS = 1000
"""How long a child may take to end by itself when the program closes: nothing is lost with it."""
_REAP_MS = 1000
"""How long the system may take to end one that is killed. It takes longer where the child waits in
a driver or for a drive that is gone; then nobody waits for it."""
_BUILD_FOLDER = re.compile(r"^\S*[/\\](?=[^/\\\s]+:\d+: )")
"""Before a source file and its line: where llama.cpp was built, which says nothing to a writer."""
_NO_ROOM = re.compile(r"(?:CUDA|ROCm|MUSA) error: out of memory|ggml_vulkan: .*OutOf\w*Memory")
"""How llama.cpp's last lines begin where a graphics card had no room: it aborts then."""
_GLIBC, _HUGE_PAGES = "GLIBC_TUNABLES", "glibc.malloc.hugetlb=1"
"""Has glibc ask Linux for pages of 2 MiB from the start, as far as it gives them, so that what a
large model fills need not be exchanged for such later (`engine.huge_pages`): eight lanes are
written 5 % faster with them, one text 0 to 4 %. Other systems and libraries ignore it."""


DID_NOT_STOP = mark("it did not stop")
"""Why a child is given up that answers pings but goes on with what it was to stop."""


class End(Enum):
    """How a child process ended."""

    NOT_STARTED = "not started"
    EXITED = "exited"
    CRASHED = "crashed"
    BROKE_PROTOCOL = "broke the protocol"
    GIVEN_UP = "given up"


class Outcome(NamedTuple):
    """How and why a child process ended."""

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
                return tr("The engine could not be started: {reason}.", reason=self.reason)
            case End.BROKE_PROTOCOL:
                return tr(
                    "The engine sent something that cannot be read ({reason}).", reason=self.reason
                )
            case End.GIVEN_UP:
                return tr("The engine was ended, because {reason}.", reason=tr(self.reason))
            case End.CRASHED:
                return tr("The engine stopped unexpectedly ({cause}).", cause=self.cause)
            case End.EXITED:
                return tr("The engine ended by itself ({cause}).", cause=self.cause)

    @property
    def cause(self) -> str:
        """What ended it, in a few words."""
        return (
            _signal_name(self.status)
            if self.end is End.CRASHED
            else tr("status {status}", status=self.status)
        )

    @property
    def is_from_outside(self) -> bool:
        """Whether it was ended from outside: by the system for want of memory, a user, a logout."""
        return self.end is End.CRASHED and _signal_name(self.status).startswith(_FROM_OUTSIDE)

    @property
    def is_for_memory(self) -> bool:
        """Whether it may have ended for want of memory: killed by the system, or by itself."""
        if self.end is not End.CRASHED:
            return False
        return _signal_name(self.status).startswith("SIGKILL") or any(
            _NO_ROOM.match(line) for line in self.log
        )

    @property
    def is_stuck(self) -> bool:
        """Whether it was alive but did not stop its work when asked to."""
        return self.end is End.GIVEN_UP and self.reason == DID_NOT_STOP

    @property
    def is_by_its_work(self) -> bool:
        """Whether its work ended it.

        A child that cannot even start ends with the status 1, and one that nobody reads with 0.
        """
        if self.end is End.CRASHED:
            return not (self.is_from_outside or self.is_for_memory)
        return self.end is End.EXITED and self.status not in (0, 1)

    @property
    def last_words(self) -> str:
        """Its last line on stderr; empty where it was ended from outside, or by the window."""
        if self.end is End.GIVEN_UP or self.is_from_outside:
            return ""
        return visible_line(_BUILD_FOLDER.sub("", self.log[-1])) if self.log else ""


def _signal_name(number: int) -> str:
    try:
        name = signal.Signals(number).name
    except ValueError:
        return tr("status {number}", number=number)
    hints = {
        "SIGKILL": tr("killed, perhaps by the system for want of memory"),
        "SIGABRT": tr("llama.cpp gave up on a failed check"),
        "SIGBUS": tr("the model file was cut short while in use"),
        "SIGSEGV": tr("a memory error inside llama.cpp"),
    }
    return f"{name}: {hints[name]}" if name in hints else name


def engine_command() -> list[str]:
    """This same program, asked for its engine, which says what it says in the user's language."""
    texts = translation_file()
    return own_command("engine", texts) if texts else own_command("engine")


_unkillable: set[QProcess] = set()
"""Children that were killed and do not end. Kept, as Qt would wait for one that it deletes."""


def end_without_unkillable(status: int) -> None:
    """End this process at once where there is a child that cannot be killed; else do nothing.

    As it takes its objects down, Qt would wait half a minute for each.

    Args:
        status: The exit status.
    """
    if _unkillable:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:  # a program without a terminal on Windows
                stream.flush()
        os._exit(status)


class EngineProcess(QObject):
    """One child process. When it is gone, make another.

    Args:
        command: What is started; None for this program's own engine.
        parent: The Qt parent, if any.
    """

    received = Signal(object)
    """An `AnyEvent`."""
    heard = Signal()
    """Something came from the child, an event or a part of one."""
    ended = Signal(object)
    """The `Outcome`; emitted once, after everything that the child sent."""

    def __init__(self, command: list[str] | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._command = command or engine_command()
        self._reader: FrameReader[AnyEvent] = event_reader()
        self._log: deque[str] = deque(maxlen=_KEPT_LOG_LINES)
        self._log_rest = b""
        self._lines = 0
        """How many lines it has written to stderr."""
        self._is_closing = False
        self._has_ended = False
        self._breach = ""
        """How it broke the protocol; nothing that it sends after that is read."""
        self._given_up = ""
        """Why it was ended from here."""
        self._finished: tuple[int, QProcess.ExitStatus] | None = None
        """How it ended, kept while there is still something to read of what it sent."""
        self._outbox = Outbox()
        self._turn = single_shot(self, self._read_on)
        self._reap = single_shot(self, self._abandon)
        self._process = QProcess(self)
        environment = QProcessEnvironment.systemEnvironment()
        if not environment.contains(_GLIBC):
            environment.insert(_GLIBC, _HUGE_PAGES)
        self._process.setProcessEnvironment(environment)
        self._process.setWorkingDirectory(str(own_folder()))
        self._process.readyReadStandardOutput.connect(self._read_events)
        self._process.readyReadStandardError.connect(self._read_log)
        self._process.finished.connect(self._on_finished)
        self._process.errorOccurred.connect(self._on_error)
        self._process.bytesWritten.connect(self._send_waiting)

    def start(self) -> None:
        """Start the child; commands may be sent at once."""
        self._process.start(self._command[0], self._command[1:])

    @property
    def process_id(self) -> int:
        """The child's process id; 0 when it does not run."""
        return int(self._process.processId())

    def send(self, command: AnyCommand) -> AnyCommand | None:
        """Send a command; it is dropped where the child is gone.

        Returns:
            An earlier command, still unsent, that this one replaces; None for none.
        """
        if self._process.state() == QProcess.ProcessState.NotRunning:
            return None
        if self._outbox or self._process.bytesToWrite() > _MOST_UNSENT:
            return self._outbox.put(command)
        self._process.write(encode(command))
        return None

    def kill(self, why: str) -> None:
        """End the child at once, whatever it does. `ended` comes, soon, with this as its reason."""
        if self._given_up or self._process.state() == QProcess.ProcessState.NotRunning:
            return
        self._given_up = why
        self._reap.start(_REAP_MS)
        self._process.kill()

    def close(self, *, is_polite: bool = True) -> None:
        """End the child: close its stdin, wait a moment, and kill it if it goes on.

        Args:
            is_polite: Whether to wait that moment; pointless where it does not answer.
        """
        self._is_closing = True
        if self._process.state() == QProcess.ProcessState.NotRunning:
            return
        self._process.closeWriteChannel()
        if is_polite and not self._given_up and self._process.waitForFinished(_GRACE_MS):
            return
        self._process.kill()
        if not self._process.waitForFinished(_REAP_MS):
            self._let_go()

    def _send_waiting(self) -> None:
        while self._outbox and self._process.bytesToWrite() <= _MOST_UNSENT:
            self._process.write(encode(self._outbox.pop()))

    def _read_events(self) -> None:
        data = bytes(self._process.readAllStandardOutput().data())
        if self._breach or self._has_ended:
            return
        if data:
            self.heard.emit()
        self._act_on(data)

    def _read_on(self) -> None:
        if not self._breach:
            self._act_on(b"")
        if self._finished and not self._turn.isActive():
            self._conclude(*self._finished)

    def _act_on(self, data: bytes) -> None:
        """Read bytes and handle the events they complete, a bounded number at a time."""
        acted, end = 0, time.perf_counter() + _SECONDS_A_TURN
        is_over = False
        try:
            for event in self._reader.feed(data):
                acted += 1
                self.received.emit(event)
                is_over = acted == _EVENTS_A_TURN or time.perf_counter() > end
                if is_over:
                    break
        except FramingError as error:
            self._break_off(str(error))
            return
        if is_over:
            self._turn.start(0)
            if self._reader.unread > _MOST_UNREAD:
                self._break_off(tr("more than can be read"))

    def _break_off(self, breach: str) -> None:
        self._breach = breach
        self._turn.stop()
        self._reap.start(_REAP_MS)
        self._process.kill()

    def _read_log(self) -> None:
        data = self._log_rest + bytes(self._process.readAllStandardError().data())
        *lines, rest = data.split(b"\n")
        self._log_rest = rest[:_LONGEST_LOG_LINE]
        self._keep([line for line in lines if line.strip()])

    def _keep(self, lines: list[bytes]) -> None:
        """Keep lines of stderr: the last ones to say why it ended, and all of them in the log."""
        self._log += [_log_line(line) for line in lines[-_KEPT_LOG_LINES:]]
        for line in lines[: max(0, _MOST_LOGGED - self._lines)]:
            _log.warning("engine: %s", _log_line(line))
        self._lines += len(lines)

    def _on_finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._reap.stop()
        # What it sent before it died is still in the pipe.
        self._read_events()
        self._read_log()
        if self._log_rest.strip():
            self._keep([self._log_rest])
        self._finished = code, status
        if not self._turn.isActive():
            self._conclude(code, status)

    def _conclude(self, code: int, status: QProcess.ExitStatus) -> None:
        if self._breach:
            self._end(End.BROKE_PROTOCOL, 0, self._breach)
        elif self._given_up:
            self._end(End.GIVEN_UP, 0, self._given_up)
        else:
            crashed = status == QProcess.ExitStatus.CrashExit
            self._end(End.CRASHED if crashed else End.EXITED, code, "")

    def _abandon(self) -> None:
        """It was killed and is still there: go on without it."""
        self._read_events()
        self._let_go()
        self._conclude(0, QProcess.ExitStatus.CrashExit)

    def _let_go(self) -> None:
        process = self._process
        process.setParent(None)
        _unkillable.add(process)

        def forget() -> None:
            _unkillable.discard(process)
            process.deleteLater()

        process.finished.connect(forget)

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._end(End.NOT_STARTED, 0, self._process.errorString())

    def _end(self, end: End, status: int, reason: str) -> None:
        if self._has_ended or self._is_closing:
            return
        self._has_ended = True
        if self._lines > _MOST_LOGGED:
            _log.warning("engine: %d lines in all; the last of them:", self._lines)
            for line in self._log:
                _log.warning("engine: %s", line)
        self.ended.emit(Outcome(end, status, reason, tuple(self._log)))


def _log_line(line: bytes) -> str:
    return line[:_LONGEST_LOG_LINE].decode("utf-8", errors="replace")

"""Runs the commands of the set-up: progress while they work, a report when they fail."""

from __future__ import annotations

import contextlib
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, TextIO

TAIL_LINES = 12
SECONDS_BETWEEN_LINES = 20.0  # where the output is no terminal: a log file, a CI page
SECONDS_BETWEEN_FRAMES = 0.25

TO_END = ("SIGTERM", "SIGHUP")  # asked to end, by a program or a closed terminal

# What the end of a failed command's output says, and what to do about it; the first that fits.
ADVICE = (
    (
        r"No space left on device|not enough space on the disk",
        "The disk is full. About 3 GB must be free here and in the temporary folder.",
    ),
    (
        r"DO NOT MATCH THE HASHES",
        "A file that was fetched is not the one that was locked. Run the same command again; if it "
        "stays so, something between here and the package registry changes files: do not go on.",
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED|certificate verify failed",
        "The network's certificate is not known here. Name your network's own in PIP_CERT.",
    ),
    (
        r"name resolution|Name or service not known|getaddrinfo failed|nodename nor servname"
        r"|Failed to establish a new connection|Network is unreachable|Connection refused"
        r"|Connection reset|timed out|ProxyError|RemoteDisconnected|Could not resolve",
        "The package registry was not reached. See to the network (and the proxy, if there is "
        "one), then run the same command again.",
    ),
    (
        r"[Kk]illed signal|signal terminated program|out of memory|virtual memory exhausted",
        "The compiler ran out of memory. Close other programs, or compile one file at a time: "
        "set CMAKE_BUILD_PARALLEL_LEVEL=1, then run the same command again.",
    ),
    (
        r"CMake Error|CMake configuration failed|CMake build failed|Failed to build",
        "Compiling llama.cpp failed. The log has the compiler's first error; if CMAKE_ARGS is set, "
        "try without it.",
    ),
    (
        r"cannot open shared object file",
        "The system lacks the library named above. Install the package that holds it, then run the "
        "same command again.",
    ),
    (
        r"No matching distribution found|is not a supported wheel",
        "Either the package registry was not reached: see to the network and run the same command "
        "again. Or a package has no build for this system and this Python: 3.11 to 3.13 on Linux "
        "(glibc), macOS and Windows, 64 bits, have all of them.",
    ),
    (
        r"Permission denied|Access is denied",
        "Something here may not be written. See that this folder is yours and that no program runs "
        "from .venv.",
    ),
)
OTHERWISE = (
    "Run the same command again: what is finished is not repeated. To begin from nothing: "
    "python3 packaging/bootstrap.py setup --fresh"
)


class SetUpError(Exception):
    """A part of the set-up failed for a reason that the user can read.

    Attributes:
        what: what failed, without a full stop.
        advice: what to do.
        lines: the last relevant lines of its output, if it had any.
        log: the file with all of its output, if there is one.
    """

    def __init__(
        self, what: str, advice: str, lines: Iterable[str] = (), log: Path | None = None
    ) -> None:
        super().__init__(what)
        self.what = what
        self.advice = advice
        self.lines = tuple(lines)
        self.log = log

    def __str__(self) -> str:
        """The report, as it is printed."""
        blocks = [f"{self.what}."]
        if self.lines:
            blocks.append("Its last lines:\n" + "\n".join(f"    {line}" for line in self.lines))
        blocks.append(f"What to do: {self.advice}")
        if self.log:
            blocks.append(f"The full log: {self.log}")
        return "\n\n".join(blocks)


def advice_for(lines: Iterable[str]) -> str:
    """Returns what to do about a failure, by the last lines that the command printed."""
    text = "\n".join(lines)
    return next((advice for pattern, advice in ADVICE if re.search(pattern, text)), OTHERWISE)


def activity(line: str) -> str | None:
    """Returns in a few words what a line of pip's output reports, or None for all other lines."""
    line = line.strip()
    if found := re.match(r"Progress (\d+) of (\d+)$", line):
        done, total = (int(number) / 1e6 for number in found.groups())
        return f"{done:.0f} of {total:.0f} MB" if total else f"{done:.0f} MB"
    if found := re.match(r"\[(\d+)/(\d+)\] ", line):
        return f"compiling, file {found[1]} of {found[2]}"
    if found := re.match(r"\[ *(\d+)%\] ", line):
        return f"compiling, {found[1]} %"
    if found := re.match(r"(Downloading|Using cached) (\S+)", line):
        return f"{found[1].lower()} {found[2].rsplit('/', 1)[-1]}"
    if found := re.match(r"(Building wheel) for ([\w.-]+)", line):
        return f"building {found[2]}"
    if line.startswith("Installing collected packages"):
        return "unpacking"
    return None


class Console:
    """Where the set-up says what it does: standard error, so that a program's output stays clean.

    On a terminal the last line is live; elsewhere a line is printed now and then.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._live = self._stream.isatty()
        self._shown = 0
        self._last_line = time.monotonic()

    def say(self, text: str) -> None:
        """Prints lines that stay."""
        self._clear()
        print(text, file=self._stream, flush=True)
        self._last_line = time.monotonic()

    def status(self, text: str) -> None:
        """Shows what is going on right now."""
        if self._live:
            text = text[: _columns(self._stream) - 1]
            print("\r" + text.ljust(self._shown), end="", file=self._stream, flush=True)
            self._shown = len(text)
        elif time.monotonic() - self._last_line >= SECONDS_BETWEEN_LINES:
            self.say(text)

    def _clear(self) -> None:
        if self._shown:
            print("\r" + " " * self._shown + "\r", end="", file=self._stream)
            self._shown = 0


def _columns(stream: TextIO) -> int:
    """Returns the terminal's width; `shutil.get_terminal_size` would ask standard output."""
    with contextlib.suppress(OSError, ValueError):
        return max(20, os.get_terminal_size(stream.fileno()).columns)
    return 80


def seconds(duration: float) -> str:
    """Returns a duration as people read it: '42 s', '3 min 07 s'."""
    minutes, rest = divmod(round(duration), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


class Runner:
    """Runs commands one after another, shows them on a console and keeps their output in a log."""

    def __init__(self, console: Console, log: Path) -> None:
        self.console = console
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_bytes(b"")

    def run(
        self, what: str, command: Sequence[str], env: Mapping[str, str], cwd: Path | None = None
    ) -> None:
        """Runs one command to its end.

        Args:
            what: what it does, for the report of a failure: 'Installing the requirements'.
            command: the program and its arguments.
            env: its whole environment.
            cwd: its working folder, ours when left out.

        Raises:
            SetUpError: it could not be started, or ended with another status than 0.
        """
        started = time.monotonic()
        tail: deque[str] = deque(maxlen=TAIL_LINES)
        with self.log.open("ab") as log:
            log.write(f"\n$ {' '.join(command)}\n".encode())
            try:
                child = subprocess.Popen(
                    command,
                    env=dict(env),
                    cwd=cwd,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    # Its children (a compiler's, say) end with it, when we end it.
                    start_new_session=True,
                )
            except OSError as error:
                raise SetUpError(f"{what} failed: {error}", OTHERWISE, log=self.log) from error
            try:
                self._watch(child, log, tail, started)
            except BaseException:
                _stop(child)
                raise
        if child.returncode:
            status = f"exit status {child.returncode}, after {seconds(time.monotonic() - started)}"
            raise SetUpError(f"{what} failed ({status})", advice_for(tail), tail, self.log)

    def _watch(
        self, child: subprocess.Popen[bytes], log: IO[bytes], tail: deque[str], started: float
    ) -> None:
        """Passes the child's output on until it ends, and keeps the clock going meanwhile."""
        assert child.stdout is not None
        lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        # A pipe cannot be waited for with a timeout on every system, a queue can.
        threading.Thread(target=_read, args=(child.stdout, lines), daemon=True).start()
        doing = ""
        while True:
            try:
                line = lines.get(timeout=SECONDS_BETWEEN_FRAMES)
            except queue.Empty:
                self.console.status(f"  {seconds(time.monotonic() - started)}  {doing}")
                continue
            if line is None:
                break
            text = line.decode("utf-8", "replace").rstrip()
            doing = activity(text) or doing
            if not text.startswith("Progress "):
                log.write(line)
                if text.strip():
                    tail.append(text)
        child.wait()


def _read(stream: IO[bytes], lines: queue.SimpleQueue[bytes | None]) -> None:
    with stream:
        for line in stream:
            lines.put(line)
    lines.put(None)


def _stop(child: subprocess.Popen[bytes]) -> None:
    """Ends a child and, where there are sessions of processes, all that it started."""

    def send(name: str) -> None:
        if sys.platform == "win32":
            child.terminate()
        else:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, getattr(signal, name))

    send("SIGTERM")
    try:
        child.wait(timeout=5)
    except subprocess.TimeoutExpired:
        send("SIGKILL")
        child.wait()


def pass_through(command: Sequence[str], env: Mapping[str, str], cwd: Path | None = None) -> int:
    """Runs a command on our own input and output and returns its exit status.

    Ctrl+C goes to the command, which ends in its own time; a request to end us is handed on to it.
    A command that a signal ended has the status that a shell would give, 128 and its number.
    """
    child = subprocess.Popen(command, env=dict(env), cwd=cwd)
    requests = [number for name in TO_END if (number := getattr(signal, name, None)) is not None]
    before = {number: signal.signal(number, lambda *_: child.terminate()) for number in requests}
    try:
        while True:
            try:
                status = child.wait()
                break
            except KeyboardInterrupt:
                continue
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return status if status >= 0 else 128 - status

"""Hands log records to the disk in a thread of its own, so that nobody who logs waits for it.

The thread is there while there is something to write, and ends then: at rest nothing runs.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from studio.error_trace import trace_of
from studio.visible_text import visible_line, visible_lines

if TYPE_CHECKING:
    from studio.app.log.rotating_file import OwnFile

LOGGER = "studio"
"""The logger above all of the program's own. Others are left out: what they say is not ours."""

_LONGEST = 1000
"""Most characters of a message; a longer one quotes something."""
_MOST_PENDING = 2000
"""Most records that wait for a drive that does not answer; more are only counted."""
_PATIENCE = 1.0
"""Seconds that the program's end waits for them."""


class LogHandler(logging.Handler):
    """Writes the log. Never raises, whatever becomes of the disk.

    Args:
        folder: Where the file is made; need not be there.
        heading: Makes the first line, in the other thread: that may take a while.
    """

    def __init__(self, folder: Path, heading: Callable[[], str]) -> None:
        super().__init__()
        self.setFormatter(_Formatter())
        self.folder = folder
        self._since = time.time()
        self._heading: Callable[[], str] | None = heading
        self._pending: deque[str] = deque()
        self._thread: threading.Thread | None = None
        """Writes what is pending, if anything is."""
        self._hand_over = threading.RLock()
        """Held where it begins, and where it finds that nothing is pending and ends."""
        self._is_held = True
        """Whether nothing is written yet but errors: the window is still being built."""
        self._is_closed = False
        self._left_out = 0
        self._file: OwnFile | None = None

    @property
    def path(self) -> Path | None:
        """The path of the newest file; None where nothing has been written, or could be."""
        return self._file.path if self._file else None

    def begin(self) -> None:
        """Write what has come until now, and all that comes."""
        self._is_held = False
        self._start()

    def emit(self, record: logging.LogRecord) -> None:
        """Take a record; it is written a moment later."""
        if self._is_closed:
            return
        try:
            if len(self._pending) >= _MOST_PENDING:
                self._left_out += 1
                return
            self._pending.append(self.format(record))
            if record.levelno >= logging.ERROR:
                self._is_held = False
            if not self._is_held:
                self._start()
        except Exception:
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Do nothing: whoever logs is not to blame where the log cannot be written."""

    def settle(self, seconds: float) -> None:
        """Wait until all is written, so many seconds at most."""
        if not self._is_closed:
            self.begin()
            if (thread := self._thread) is not None:
                thread.join(seconds)

    def flush(self) -> None:
        """Wait until all is written, a second at most. `logging.shutdown` calls it at the end."""
        self.settle(_PATIENCE)

    def close(self) -> None:
        """Write the rest, and let go of the file. `logging.shutdown` calls it at the end."""
        self.flush()
        self._is_closed = True
        if self._file is not None and self._thread is None:
            self._file.close()
        super().close()

    def _start(self) -> None:
        with self._hand_over:
            if self._thread is not None or self._is_closed:
                return
            # A daemon: the program ends without it.
            thread = threading.Thread(target=self._write, name="log", daemon=True)
            with contextlib.suppress(RuntimeError):  # no thread to be had, or Python ends
                thread.start()
                self._thread = thread

    def _write(self) -> None:
        """In the other thread."""
        try:
            if self._file is None:
                from studio.app.log.rotating_file import OwnFile

                self._file = OwnFile(self.folder)
            heading, self._heading = self._heading, None
            if heading is not None:
                self._file.write(_line(self._since, "INFO", heading()))
            while line := self._next():
                self._file.write(line)
        except BaseException:
            self._thread = None
            raise

    def _next(self) -> str:
        """The next line; empty where none is left, and the thread ends."""
        with self._hand_over:
            if self._pending:
                return self._pending.popleft()
            if self._left_out:
                count, self._left_out = self._left_out, 0
                return _line(time.time(), "WARNING", f"{count:,} records were left out")
            self._thread = None
            return ""


def is_wordy() -> bool:
    """Whether the user wants more logged: what the engine is asked whenever the writer pauses."""
    return os.environ.get("KELVIN_LOG", "").lower() == "debug"


class _Formatter(logging.Formatter):
    """One line a record, without characters that steer a terminal; then the trace, if any."""

    def format(self, record: logging.LogRecord) -> str:
        line = _line(record.created, record.levelname, record.getMessage())
        error = record.exc_info[1] if record.exc_info else None
        return f"{line}\n{visible_lines(trace_of(error)).rstrip()}" if error else line


def _line(when: float, level: str, words: str) -> str:
    day = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(when))
    return f"{day}.{int(when % 1 * 1000):03}  {level:<7}  {visible_line(words, _LONGEST)}"

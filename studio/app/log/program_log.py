"""Starts the log of the window's process, and has errors written there that nobody sees.

What the user sees of an error stays the same: each hook that was there before is called too.
"""

from __future__ import annotations

import contextlib
import logging
import platform
import re
import sys
import threading
from collections import Counter
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import (
    QMessageLogContext,
    QtMsgType,
    qFormatLogMessage,
    qInstallMessageHandler,
    qVersion,
)

from studio import __version__
from studio.app.log.handler import LOGGER, LogHandler, is_wordy
from studio.app.user_folders import state_folder
from studio.error_trace import trace_of

_log = logging.getLogger(__name__)

_MOST_KNOWN = 100
"""Most different errors and warnings; one that comes at each paint must not fill the log."""
_REPORTED_AGAIN = (10, 100, 1000, 10_000, 100_000)
_NAMES_SOMETHING = re.compile(r"[\"“”‘’'`/\\]")
"""Where a message from Qt begins to quote what it was given: a text, a path."""
_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.DEBUG,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}
_REPORTED_PACKAGES = ("PySide6", "numpy", "msgspec", "llama-cpp-python")


def log_folder() -> Path:
    """Where the log's files are."""
    return state_folder() / "log"


def log_handler() -> LogHandler | None:
    """The handler that writes this process's log; None where it has none."""
    handlers = logging.getLogger(LOGGER).handlers
    return next((each for each in handlers if isinstance(each, LogHandler)), None)


def start_log(desktop: str) -> LogHandler:
    """Have this process log, held back until `LogHandler.begin`.

    Args:
        desktop: How Qt reaches the screen: `xcb`, `wayland`.
    """
    handler = LogHandler(log_folder(), lambda: _heading(desktop))
    logger = logging.getLogger(LOGGER)
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG if is_wordy() else logging.INFO)
    _Errors().install()
    return handler


def follow_qt() -> None:
    """Log Qt's warnings too; it prints them as before.

    To be called when the application is there: while it is made, `display_check` listens.
    """
    former = None
    repeats = _Repeats()

    def on_message(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
        # First, as always: after a fatal one Qt ends the process.
        if former is not None:
            former(kind, context, text)
        elif sys.stderr is not None and (line := qFormatLogMessage(kind, context, text)):
            with contextlib.suppress(OSError, ValueError):
                sys.stderr.write(f"{line}\n")
                sys.stderr.flush()
        said = f"Qt ({getattr(context, 'category', None) or 'default'}): {qt_words(text)}"
        if count := repeats.count(said):
            times = f", for the {count}. time" if count > 1 else ""
            _log.log(_LEVELS.get(kind, logging.WARNING), "%s%s", said, times)
        handler = log_handler()
        if kind is QtMsgType.QtFatalMsg and handler is not None:
            handler.flush()

    former = qInstallMessageHandler(on_message)


def leave_qt() -> None:
    """Let Qt print by itself again: it may have something to say when Python has ended."""
    qInstallMessageHandler(None)


def qt_words(text: str) -> str:
    """The part of a message from Qt that is about Qt: up to a file's name or a quotation."""
    end = len(text)
    if found := _NAMES_SOMETHING.search(text):
        end = found.start()
    # Where it is said, what is wrong, and with what: "QString::arg: Argument missing: …".
    where, _, what = text[:end].partition(": ")
    if ": " in what:
        end = len(where) + 2 + what.index(": ") + 1
    return text if end == len(text) else f"{text[:end].rstrip()} …"


def _heading(desktop: str) -> str:
    # Here, in another thread: it brings e-mail and zip along, 20 ms.
    from importlib.metadata import PackageNotFoundError, version

    parts = [f"Kelvin Studio {__version__}", f"Python {platform.python_version()}"]
    parts += [platform.platform(), f"Qt {qVersion()} ({desktop})"]
    for name in _REPORTED_PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            parts.append(f"{name} {version(name)}")
    return ", ".join(parts)


class _Repeats:
    """Counts repeated messages, from any thread."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def count(self, said: str) -> int:
        """How often it has come; 0 where that need not be reported."""
        with self._lock:
            if said not in self._counts and len(self._counts) >= _MOST_KNOWN:
                return 0
            self._counts[said] += 1
            count = self._counts[said]
        return count if count == 1 or count in _REPORTED_AGAIN else 0


class _Errors:
    """Python's hooks for errors that nobody catches."""

    def __init__(self) -> None:
        self._repeats = _Repeats()

    def install(self) -> None:
        """Put these hooks before those that are there."""
        former_hook, former_in_thread = sys.excepthook, threading.excepthook
        former_unraisable = sys.unraisablehook

        def hook(
            kind: type[BaseException], error: BaseException, trace: TracebackType | None
        ) -> None:
            self._note("error", error)
            former_hook(kind, error, trace)

        def in_thread(found: threading.ExceptHookArgs) -> None:
            if found.exc_value is not None:
                name = found.thread.name if found.thread else "?"
                self._note(f"error in the thread “{name}”", found.exc_value)
            former_in_thread(found)

        def unraisable(found: sys.UnraisableHookArgs) -> None:
            if found.exc_value is not None:
                self._note("error that nobody could be told of", found.exc_value)
            former_unraisable(found)

        sys.excepthook, threading.excepthook = hook, in_thread
        sys.unraisablehook = unraisable

    def _note(self, what: str, error: BaseException) -> None:
        if isinstance(error, KeyboardInterrupt | SystemExit):
            return
        with contextlib.suppress(Exception):  # the log must not make it worse
            trace = trace_of(error)
            count = self._repeats.count(trace)
            if count == 1:
                _log.error("%s", what, exc_info=error)
            elif count:
                _log.error("the same error for the %s. time: %s", count, trace.splitlines()[-1])

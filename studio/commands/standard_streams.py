"""Where commands print: output that may be a file, a pipe, a terminal, full or closed.

A pipe or a file gets UTF-8, whatever the locale says, character for character. A terminal gets what
it can show: other characters, and those that would steer it, are written out. Messages on stderr
are always for the eye.
"""

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from typing import TextIO

from studio.visible_text import visible_lines


class OutputError(Exception):
    """What a command prints could not be written; the message names the system's reason."""


class _Output(io.TextIOBase):
    """Standard output of a command.

    Args:
        stream: The interpreter's, or None where the process was started without one.
    """

    def __init__(self, stream: TextIO | None) -> None:
        super().__init__()
        self._stream = stream
        self._is_screen = stream is not None and stream.isatty()
        if isinstance(stream, io.TextIOWrapper):
            encoding = None if self._is_screen else "utf-8"
            stream.reconfigure(encoding=encoding, errors="backslashreplace")

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        """Whether a terminal shows it."""
        return self._is_screen

    def write(self, text: str) -> int:
        """Prints text.

        Raises:
            BrokenPipeError: Whoever reads it has gone.
            OutputError: It cannot be written.
        """
        if self._stream is None:
            raise OutputError("the output is closed")
        with self._failures():
            self._stream.write(visible_lines(text) if self._is_screen else text)
        return len(text)

    def flush(self) -> None:
        """Hands on what is printed so far; raises as `write` does."""
        if self._stream is not None:
            with self._failures():
                self._stream.flush()

    def give_up(self) -> None:
        """Lets what could not be written go: the interpreter would try again at its exit."""
        if self._stream is None:
            return
        with contextlib.suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)

    @contextlib.contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            raise
        except (OSError, ValueError) as error:  # a closed stream is a ValueError to Python
            reason = error.strerror if isinstance(error, OSError) else None
            raise OutputError(reason or str(error)) from error


class _Messages(io.TextIOBase):
    """Standard error of a command: a message that cannot be written stops nothing."""

    def __init__(self, stream: TextIO | None) -> None:
        super().__init__()
        self._stream = stream

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        if self._stream is None:
            raise io.UnsupportedOperation("the process has no standard error")
        return self._stream.fileno()

    def write(self, text: str) -> int:
        if self._stream is not None:
            with contextlib.suppress(OSError, ValueError):
                self._stream.write(visible_lines(text))
        return len(text)

    def flush(self) -> None:
        if self._stream is not None:
            with contextlib.suppress(OSError, ValueError):
                self._stream.flush()


@contextlib.contextmanager
def standard_streams() -> Iterator[None]:
    """Has `sys.stdout` and `sys.stderr` behave as this module says.

    Raises:
        BrokenPipeError: Whoever reads the output has gone.
        OutputError: The output could not be written to its end.
    """
    former = sys.stdout, sys.stderr
    output = _Output(sys.stdout)
    sys.stdout, sys.stderr = output, _Messages(sys.stderr)
    try:
        yield
        output.flush()
    except (BrokenPipeError, OutputError):
        output.give_up()
        raise
    finally:
        with contextlib.suppress(BrokenPipeError, OutputError):
            output.flush()
        sys.stdout, sys.stderr = former

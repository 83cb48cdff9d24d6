"""What an error of ours leaves in a log: where it came about, and no word of what was written.

An exception's message may repeat what the program worked on: `int(text)` quotes the text. So the
message is kept only of those types whose words are Python's own, about code. Values of variables
are in no trace.
"""

from __future__ import annotations

import os
import sys
import traceback
from typing import TextIO

_ABOUT_CODE = (
    AttributeError,
    ImportError,
    IndexError,
    MemoryError,
    ModuleNotFoundError,
    NameError,
    NotImplementedError,
    RecursionError,
    TypeError,
    UnboundLocalError,
    ZeroDivisionError,
)
"""Exactly these: a subclass may say something else."""
_DELETED = "Internal C++ object"
"""How Qt for Python begins when an object of Qt's is gone."""
_LEFT_OUT = "(its words are left out, as they may repeat what was written)"
_MOST_FRAMES = 30
_MOST_ERRORS = 5
"""Of a chain of causes."""
_BECAUSE = "\nThe above exception was the direct cause of the following exception:\n\n"
_DURING = "\nDuring handling of the above exception, another exception occurred:\n\n"


def trace_of(error: BaseException) -> str:
    """The error as Python prints it, without what it may repeat of the user's, in lines.

    Args:
        error: One that was raised, or not: then there is no place to say.

    Returns:
        Lines that each end with a newline.
    """
    parts: list[str] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen and len(seen) < _MOST_ERRORS:
        seen.add(id(current))
        parts.append(_one(current))
        if current.__cause__ is not None:
            parts.append(_BECAUSE)
            current = current.__cause__
        elif current.__context__ is not None and not current.__suppress_context__:
            parts.append(_DURING)
            current = current.__context__
        else:
            current = None
    if parts[-1] in (_BECAUSE, _DURING):
        parts.pop()
    return "".join(reversed(parts))


def print_trace(error: BaseException, stream: TextIO | None = None) -> None:
    """Print the trace, on standard error where no stream is given and there is one.

    Args:
        error: What was raised.
        stream: Where it is printed; None for standard error.
    """
    stream = stream or sys.stderr
    if stream is not None:
        stream.write(trace_of(error))
        stream.flush()


def _one(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__, limit=-_MOST_FRAMES)
    named = [
        traceback.FrameSummary(_short(frame.filename), frame.lineno, frame.name, line=frame.line)
        for frame in frames
    ]
    lines = traceback.StackSummary.from_list(named).format()
    head = "Traceback (most recent call last):\n" if lines else ""
    return f"{head}{''.join(lines)}{_named(error)}\n"


def _named(error: BaseException) -> str:
    kind = type(error)
    name = kind.__qualname__
    if kind.__module__ not in ("builtins", "__main__"):
        name = f"{kind.__module__}.{name}"
    if isinstance(error, OSError):
        # Without the name of the file.
        return f"{name}: [Errno {error.errno}] {os.strerror(error.errno)}" if error.errno else name
    words = ""
    try:
        words = str(error)
    except Exception:  # one that cannot even say what it is
        return name
    if not words:
        return name
    if kind in _ABOUT_CODE or (kind is RuntimeError and words.startswith(_DELETED)):
        return f"{name}: {words}"
    return f"{name} {_LEFT_OUT}"


def _short(file: str) -> str:
    """A source file from where its package begins: the folders above have the user's name."""
    for folder in sys.path:
        if folder and file.startswith(folder + os.sep):
            return file[len(folder) + 1 :]
    return file

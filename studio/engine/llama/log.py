"""llama.cpp's log: warnings and errors to stderr, and what a load says of itself.

The window reads the child's stderr.
"""

import ctypes
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import llama_cpp

from studio.visible_text import visible_line

_WARN, _ERROR, _CONTINUED = 3, 4, 5
"""ggml_log_level: 1 debug, 2 info, 3 warning, 4 error, 5 continues the line before."""


_STOPPED = re.compile(
    r"graph_compute: .* failed with error 1"
    r"|process_ubatch: .* compute status: 1"
    r"|decode: removing memory module entries .*"
    r"|llama_decode: failed to decode, ret = 2"
)
"""What it says, as errors, each time that an evaluation is stopped, which is asked for at every
second key of a writer and no failure: 1 is GGML_STATUS_ABORTED."""
_LONGEST_SAID = 300
"""Characters: it may repeat what stands in the file."""


class Line(NamedTuple):
    """One message of llama.cpp."""

    level: int
    text: str


_listeners: list[list[Line]] = []
_level_of_line = 0


@llama_cpp.llama_log_callback  # type: ignore[untyped-decorator]  # ctypes' own
def _on_log(level: int, text: bytes, _data: ctypes.c_void_p) -> None:
    global _level_of_line
    if level != _CONTINUED:
        _level_of_line = level
    message = text.decode("utf-8", errors="replace")
    for lines in _listeners:
        lines.append(Line(_level_of_line, message.rstrip("\n")))
    if _level_of_line in (_WARN, _ERROR) and not _STOPPED.fullmatch(message.strip()):
        sys.stderr.write(message)
        sys.stderr.flush()


def install() -> None:
    """Take over llama.cpp's log. The callback lives as long as this module."""
    llama_cpp.llama_log_set(_on_log, ctypes.c_void_p(0))


@contextmanager
def listening() -> Iterator[list[Line]]:
    """Collect what llama.cpp says meanwhile."""
    lines: list[Line] = []
    _listeners.append(lines)
    try:
        yield lines
    finally:
        _listeners.remove(lines)


def first_error(lines: list[Line]) -> str:
    """The first error, without the function's name that llama.cpp puts before it.

    The first is the cause; those after it say of each caller that it failed too.
    """
    for line in lines:
        if line.level == _ERROR and line.text.strip():
            said = re.sub(r"^\w+: (error loading model: )?", "", line.text.strip())
            return visible_line(said.rstrip("."), _LONGEST_SAID)
    return ""


def has_flash_attention(lines: list[Line], choice: str) -> bool:
    """Whether a context has flash attention; llama.cpp has no call that says.

    Args:
        lines: What it said as the context was made.
        choice: What was asked for: "on", "off" or "auto".
    """
    for line in reversed(lines):
        if match := re.search(r"Flash Attention was auto, set to (\w+)", line.text):
            return match[1] == "enabled"
    return choice != "off"


def placed_layers(lines: list[Line]) -> dict[str, int]:
    """How many layers a load says it put on each device; llama.cpp has no call that says.

    Args:
        lines: What it said meanwhile.

    Returns:
        The numbers, by llama.cpp's name for the device.
    """
    found: dict[str, int] = {}
    for line in lines:
        if match := re.search(r"layer +\d+ assigned to device ([^,]+),", line.text):
            found[match[1]] = found.get(match[1], 0) + 1
    return found


def lacked_room(lines: list[Line]) -> bool:
    """Whether a load failed as a device had no room."""
    said = (line.text for line in lines if line.level == _ERROR)
    return any(re.search(r"allocate|out of (device )?memory", text, re.IGNORECASE) for text in said)

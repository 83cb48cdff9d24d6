"""Standard input, for commands and for the window."""

import sys
from typing import BinaryIO

STANDARD_STREAM = "-"
"""The name of a file that stands for standard input, or for standard output where it is written, as
on any Unix command line."""


def standard_input() -> BinaryIO:
    """The stream to read from.

    Raises:
        ValueError: The process was started without one.
    """
    if sys.stdin is None:
        raise ValueError("the input is closed; give a file")
    return sys.stdin.buffer

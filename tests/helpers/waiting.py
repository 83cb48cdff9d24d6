"""Waits for what another process does; nothing is timed by it."""

import time
from collections.abc import Callable

PATIENCE = 60.0
"""Seconds until a condition that never comes true fails the test."""
LONG = int(1000 * PATIENCE)
"""The same in milliseconds, as Qt counts."""


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait until a condition is true.

    Raises:
        AssertionError: It never is; says `what` never came.
    """
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"never came: {what}"
        time.sleep(0.02)

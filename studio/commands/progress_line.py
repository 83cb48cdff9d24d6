"""How far a command's work is, in one line on a terminal; nowhere else."""

import sys
import time

_SECONDS = 0.1
"""Between two times that it is shown."""


class ProgressLine:
    """A line that says how much is done, and how long the rest will take.

    It is written past `standard_streams`, which writes out what would steer a terminal.

    Args:
        name: What stands before it.
        total: How much there is to do.
        unit: What is counted.
    """

    def __init__(self, name: str, total: int, unit: str) -> None:
        stream = sys.__stderr__
        self._stream = stream if stream is not None and stream.isatty() else None
        self._name = name
        self._total = total
        self._unit = unit
        self._begun = time.monotonic()
        self._shown = 0.0

    def show(self, done: int) -> None:
        """Show how much is done."""
        now = time.monotonic()
        if self._stream is None or now - self._shown < _SECONDS:
            return
        self._shown = now
        left = (now - self._begun) * (self._total - done) / max(done, 1)
        words = f"{self._name}: {done:,} of {self._total:,} {self._unit}, {_duration(left)} left"
        print(f"\r{words}\x1b[K", end="", file=self._stream, flush=True)

    def clear(self) -> None:
        """Take it away."""
        if self._stream is not None:
            print("\r\x1b[K", end="", file=self._stream, flush=True)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"

"""How far a command's work is, in one line on a terminal; nowhere else."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_SECONDS = 0.1
"""Between two times that it is shown."""


class ProgressLine:
    """A line that shows how much is done, and how long the rest will take.

    It is written past `standard_streams`, which writes out what would steer a terminal.

    Args:
        name: What stands before it.
        total: How much there is to do.
        unit: What is counted.
    """

    def __init__(self, name: str, total: int, unit: str) -> None:
        self._name = name
        self._total = total
        self._unit = unit
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._shown = 0.0

    def show(self, done: int) -> None:
        """Show how much is done."""
        now = time.monotonic()
        stream = sys.__stderr__
        if stream is None or not stream.isatty() or now - self._shown < _SECONDS:
            return
        self._shown = now
        if self._progress is None:
            self._progress, self._task = self._begun()
        assert self._task is not None, "it has begun"
        self._progress.update(self._task, completed=done, refresh=True)

    def clear(self) -> None:
        """Take it away."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def _begun(self) -> tuple[Progress, TaskID]:
        from rich.console import Console  # only on a terminal
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn(self._unit),
            TimeRemainingColumn(),
            console=Console(file=sys.__stderr__),
            transient=True,
            auto_refresh=False,
        )
        progress.start()
        return progress, progress.add_task(self._name, total=self._total)

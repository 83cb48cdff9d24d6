"""How long it may take until everything is written, by what was written since it began."""

from __future__ import annotations

import time
from collections.abc import Callable

from studio.translation import tr

_MINUTE, _HOUR = 60.0, 3_600.0
_SURE_AFTER = 3.0
"""Seconds before which nothing is said."""


class TimeLeft:
    """Estimates it. What was written before a pause does not count after it.

    Args:
        clock: Seconds that only rise; for tests.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._begun: tuple[float, int] | None = None
        """When it began or went on, and how many there were; None while nothing is written."""

    def follow(self, is_writing: bool, done: int) -> None:
        """Take note that writing began, went on, or rests.

        Args:
            is_writing: Whether something is written now.
            done: How many are written.
        """
        if not is_writing:
            self._begun = None
        elif self._begun is None:
            self._begun = self._clock(), done

    def words(self, done: int, wanted: int) -> str:
        """Say how long it takes until all are written; nothing where that is not known yet.

        Args:
            done: How many are written.
            wanted: Of how many.
        """
        if self._begun is None or done >= wanted:
            return ""
        since, before = self._begun
        seconds = self._clock() - since
        if done <= before or seconds < _SURE_AFTER:
            return ""
        left = seconds / (done - before) * (wanted - done)
        if left < _MINUTE:
            return tr("less than a minute left")
        if left < _HOUR:
            return tr("about %n min left", "", round(left / _MINUTE))
        return tr("about %n h left", "", round(left / _HOUR))

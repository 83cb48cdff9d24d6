"""What a text must be to become a row: its length, patterns, a JSON schema.

A pattern that would search for hours is given a second, where the system has alarms (not on
Windows), and where it runs in the main thread.
"""

from __future__ import annotations

import contextlib
import re
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

import msgspec

from studio.experiments.augmentation.errors import AugmentationError
from studio.experiments.augmentation.journal import Verdict
from studio.experiments.augmentation.plan import Screen
from studio.experiments.text_measures.form import FormError, pattern_of, schema_check
from studio.translation import tr

_SECONDS = 1.0


class _SlowError(Exception):
    """A text took too long."""


class TextScreen:
    """Says of texts why they cannot be rows.

    Args:
        screen: What they must be.

    Raises:
        AugmentationError: A pattern or the schema is none.
    """

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        try:
            self._matching = [pattern_of(one) for one in screen.matching]
            self._without = [pattern_of(one) for one in screen.without]
        except FormError as error:
            raise AugmentationError(tr("--match or --without: {why}", why=error)) from error
        self._holds: Callable[[str], bool] | None = None
        if screen.schema:
            try:
                schema = msgspec.json.decode(screen.schema, type=dict[str, object])
                self._holds = schema_check(schema)
            except (FormError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
                raise AugmentationError(tr("--json-schema: {why}", why=error)) from error

    def refused(self, text: str) -> Verdict | None:
        """Why a text is no row; None where it can be one."""
        if not text.strip():
            return "empty"
        longest = self._screen.longest
        if len(text) < self._screen.shortest or (longest is not None and len(text) > longest):
            return "length"
        if not (self._matching or self._without or self._holds):
            return None
        try:
            with _limited():
                return self._refused_form(text)
        except _SlowError:
            return "slow_pattern"

    def _refused_form(self, text: str) -> Verdict | None:
        def is_in(pattern: re.Pattern[str]) -> bool:
            return pattern.search(text) is not None

        if not all(map(is_in, self._matching)) or any(map(is_in, self._without)):
            return "pattern"
        return "schema" if self._holds and not self._holds(text) else None


@contextlib.contextmanager
def _limited() -> Iterator[None]:
    """Have what takes too long fail.

    Raises:
        _SlowError: It took too long.
    """
    alarm = getattr(signal, "SIGALRM", None)
    if alarm is None or threading.current_thread() is not threading.main_thread():
        yield
        return

    def on_alarm(_number: int, _frame: FrameType | None) -> None:
        raise _SlowError

    former = signal.signal(alarm, on_alarm)
    timer = signal.setitimer(signal.ITIMER_REAL, _SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(alarm, former)
        signal.setitimer(signal.ITIMER_REAL, *timer)

"""Which lines of the modules under test an input reaches that none before it did.

A function all of whose lines are known runs at its full speed; the tracing costs where there is
something to find.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from types import CodeType, FrameType
from typing import Any

_Tracer = Callable[[FrameType, str, Any], Any]


class ReachedLines:
    """Counts lines.

    Args:
        modules: Beginnings of the names of the modules whose lines count.
    """

    def __init__(self, modules: Sequence[str]) -> None:
        self.count = 0
        """Lines that were reached, all inputs together."""
        self._modules = tuple(modules)
        self._unknown: dict[CodeType, set[int]] = {}

    def watch(self, call: Callable[[], str]) -> tuple[str, bool]:
        """What `call` answers, and whether it came to lines that are new."""
        before = self.count
        sys.settrace(self._on_call)
        try:
            answer = call()
        finally:
            sys.settrace(None)
        return answer, self.count > before

    def _on_call(self, frame: FrameType, _event: str, _argument: object) -> _Tracer | None:
        code = frame.f_code
        unknown = self._unknown.get(code)
        if unknown is None:
            is_watched = str(frame.f_globals.get("__name__")).startswith(self._modules)
            lines = {line for _, _, line in code.co_lines() if line} if is_watched else set()
            unknown = self._unknown[code] = lines
        return self._on_line if unknown else None

    def _on_line(self, frame: FrameType, event: str, _argument: object) -> _Tracer | None:
        if event == "line":
            unknown = self._unknown[frame.f_code]
            if frame.f_lineno in unknown:
                unknown.discard(frame.f_lineno)
                self.count += 1
                if not unknown:
                    return None
        return self._on_line

"""The comparisons of the writer, from first to last: what gives way to another is not lost.

As with takes, one steps back and forth between them. When the window closes they are put on a shelf
(`compare.shelf`), and the next window can step back to them. Knows no widget.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, Signal

from studio.experiments.comparison import Comparison
from studio.experiments.comparison_file import ComparisonFileError
from studio.ui.compare.record import record_of, show_record
from studio.ui.compare.shelf import CompareShelf
from studio.ui.compare.state import CompareState

MOST = 24
"""Comparisons that are kept; of more, the oldest go."""


@dataclass(eq=False)
class _Kept:
    """One comparison, as far as it is in memory, and its file on the shelf, if it has one."""

    record: Comparison | None
    path: Path | None
    source: object = None
    """As `Subject.source`."""


class CompareHistory(QObject):
    """What was in view, one after another.

    Args:
        state: The lanes in view.
        shelf: Where they are put when the window closes.
        parent: The Qt parent, if any.
    """

    changed = Signal()
    """Another one is in view, or there are more of them."""
    failed = Signal(str)
    """One message for the writer: one of them cannot be brought back."""

    def __init__(
        self, state: CompareState, shelf: CompareShelf, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._state = state
        self._shelf = shelf
        self._kept = [_Kept(None, path) for path in shelf.paths()]
        self._place: int | None = None
        """Which of them is in view; None for one that is not among them."""
        self._is_stepping = False
        state.replacing.connect(self._on_replacing)
        state.changed.connect(self.changed)

    @property
    def count(self) -> int:
        """How many there are, that in view among them."""
        return len(self._kept) + (self._place is None and self._state.has_tokens)

    @property
    def number(self) -> int | None:
        """Which of them is in view, from 1; None where nothing in view was written."""
        if self._place is not None:
            return self._place + 1
        return self.count if self._state.has_tokens else None

    def can_step(self, direction: int) -> bool:
        """Whether there is one before (-1) or after (+1) that in view."""
        return not self._state.is_running and 0 <= self._target(direction) < len(self._kept)

    def step(self, direction: int) -> None:
        """Bring back the one before or after; that in view is kept as it is."""
        if not self.can_step(direction):
            return
        target = self._target(direction)
        kept = self._kept[target]
        self._keep()
        if kept.record is None:
            assert kept.path is not None, "it is in memory or on the shelf"
            try:
                kept.record = self._shelf.load(kept.path)
            except ComparisonFileError as error:
                del self._kept[target]
                if self._place is not None and self._place > target:
                    self._place -= 1
                self.failed.emit(str(error))
                self.changed.emit()
                return
        self._place = target
        self._is_stepping = True
        show_record(self._state, kept.record, kept.source)
        self._is_stepping = False
        self.changed.emit()

    @property
    def is_on_shelf(self) -> bool:
        """Whether nothing has to be put there."""
        in_memory = any(kept.path is None for kept in self._kept)
        return not (in_memory or self._state.has_tokens)

    def put_on_shelf(self) -> None:
        """Keep all of them on the shelf.

        Raises:
            ComparisonFileError: One could not be written; what was there before still is.
        """
        self._state.origin.name_model(self._state.subject)
        self._keep()
        self._tell_fingerprint()
        for kept in self._kept:
            if kept.path is None and kept.record is not None:
                kept.path = self._shelf.put(kept.record)
        self._shelf.clear_but([kept.path for kept in self._kept if kept.path is not None])

    def forget_others(self) -> None:
        """Have none but that in view, on the shelf neither."""
        self._keep()
        place = self._place
        self._kept = [] if place is None else [self._kept[place]]
        self._place = None if place is None else 0
        self._shelf.clear_but([kept.path for kept in self._kept if kept.path is not None])
        self.changed.emit()

    def _tell_fingerprint(self) -> None:
        """Runs that gave way before the fingerprint of their model was known get it now."""
        origin = self._state.origin
        for kept in self._kept:
            record = kept.record
            if record and not record.model.hash and origin.is_open_model(kept.source):
                model = msgspec.structs.replace(record.model, hash=origin.fingerprint())
                kept.record = msgspec.structs.replace(record, model=model)

    def _target(self, direction: int) -> int:
        place = len(self._kept) if self._place is None else self._place
        return place + direction

    def _on_replacing(self) -> None:
        if not self._is_stepping:
            self._keep()
            # What comes now is another one.
            self._place = None
            del self._kept[:-MOST]

    def _keep(self) -> None:
        """Record what is in view."""
        if not self._state.has_tokens:
            return
        record = record_of(self._state)
        if self._place is None:
            self._kept.append(_Kept(record, None, self._state.subject.source))
            self._place = len(self._kept) - 1
        elif record != self._kept[self._place].record:
            self._kept[self._place] = _Kept(record, None, self._state.subject.source)

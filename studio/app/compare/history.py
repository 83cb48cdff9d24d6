"""The writer's comparisons, from first to last: what gives way to a later one is not lost.

As with takes, the writer steps back and forth between them. When a run ends it is put on a shelf
(`compare.shelf`), and the next window can step back to it.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, Signal

from studio.app.background import Background
from studio.app.compare.record import record_of, show_record
from studio.app.compare.shelf import CompareShelf
from studio.app.compare.shelf_writer import Kept, ShelfWriter
from studio.app.compare.state import CompareState
from studio.app.timers import single_shot
from studio.experiments.comparison import Comparison
from studio.experiments.comparison_file import ComparisonFileError
from studio.memory_budgets import RUNS
from studio.progress import At
from studio.translation import tr

MOST = 24
"""Comparisons that are kept; of more, the oldest go."""

_MOST_NAMELESS = 4
"""Budgets that runs may fill whose model is not known by its fingerprint."""

_PATIENCE = 1.0
"""Seconds that a closing window waits for the fingerprint of the model whose runs it keeps. It is
made in the background from the time the lanes begin, so it is usually there."""

_REST_MS = 100
"""From the end of a run until it is put on the shelf: its figures come a little later."""


class CompareHistory(QObject):
    """What was in view, one after another.

    Args:
        state: The lanes in view.
        shelf: Where they are put when they have ended.
        reading: Reads them again while the window goes on; without it they are waited for.
        parent: The Qt parent, if any.
    """

    changed = Signal()
    """Another one is in view, or there are more of them."""
    failed = Signal(str)
    """One message for the writer: a run cannot be brought back, or cannot be put on the shelf."""

    def __init__(
        self,
        state: CompareState,
        shelf: CompareShelf,
        reading: Background | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._reading = reading
        self._awaited: Kept | None = None
        """The run that is shown once it is read."""
        self._state = state
        self._shelf = shelf
        self._kept = [Kept(path) for path in shelf.paths()]
        self._place: int | None = None
        """Which of them is in view; None where what is in view is not among them."""
        self._is_stepping = False
        self._has_failed = False
        self._writer = ShelfWriter(shelf, self)
        self._writer.failed.connect(self._on_failed)
        self._writer.done.connect(self._let_go)
        self._rest = single_shot(self, self._put_in_time, _REST_MS)
        for over in (state.ended, state.origin.changed):
            over.connect(self._rest.start)
        state.replacing.connect(self._on_replacing)
        state.changed.connect(self.changed)

    @property
    def count(self) -> int:
        """How many there are, including the one in view."""
        return len(self._kept) + (self._place is None and self._state.has_tokens)

    @property
    def number(self) -> int | None:
        """Which of them is in view, from 1; None where nothing in view was written."""
        if self._place is not None:
            return self._place + 1
        return self.count if self._state.has_tokens else None

    @property
    def held(self) -> int:
        """About how many bytes of runs that are not in view are in memory."""
        return sum(kept.size for number, kept in enumerate(self._kept) if number != self._place)

    def can_step(self, direction: int) -> bool:
        """Whether there is one before (-1) or after (+1) that in view."""
        is_free = not self._state.is_running and self._awaited is None
        return is_free and 0 <= self._target(direction) < len(self._kept)

    def step(self, direction: int) -> None:
        """Bring back the one before or after; the one in view is kept as it is.

        One that is on the shelf alone is shown once it is read.
        """
        if not self.can_step(direction):
            return
        kept = self._kept[self._target(direction)]
        if kept.record is not None:
            self._show(kept)
        elif self._reading is None:
            self._on_read(kept, _read(self._shelf, kept.path))
        else:
            self._awaited = kept
            self._reading.start(
                partial(_read, self._shelf, kept.path),
                partial(self._on_read, kept),
                tr("Reading a run"),
            )
            self.changed.emit()

    def _on_read(self, kept: Kept, found: Comparison | ComparisonFileError | None) -> None:
        """Show the run that was stepped to, or say why not; None where reading was cancelled."""
        self._awaited = None
        if kept not in self._kept:
            found = None  # it was forgotten meanwhile
        if isinstance(found, ComparisonFileError):
            target = self._kept.index(kept)
            del self._kept[target]
            if self._place is not None and self._place > target:
                self._place -= 1
            self.failed.emit(str(found))
        elif found is not None and not self._state.is_running:
            kept.record = kept.written = found
            self._show(kept)
            return
        self.changed.emit()

    def _show(self, kept: Kept) -> None:
        assert kept.record is not None, "it was read"
        self._keep()
        self._place = self._kept.index(kept)
        self._is_stepping = True
        show_record(self._state, kept.record, kept.source)
        self._is_stepping = False
        self._put()
        self._let_go()
        self.changed.emit()

    @property
    def is_on_shelf(self) -> bool:
        """Whether nothing is left to be put on the shelf."""
        return all(kept.is_on_shelf for kept in self._kept) and not self._state.has_tokens

    def put_on_shelf(self, patience: float = _PATIENCE) -> None:
        """Put all of them on the shelf now.

        Args:
            patience: Seconds to wait at most for the fingerprint of the open model, where it is
                needed and not known yet. A run without it is worth keeping all the same.

        Raises:
            ComparisonFileError: A run could not be written; its file is as it was.
        """
        self._rest.stop()
        origin = self._state.origin
        self._keep()
        if self._is_nameless and origin.is_known_within(patience):
            origin.name_model(self._state.run_input)
            self._keep()
            self._add_fingerprint()
        # As they are now, by the other thread too: this one never waits for a drive that is gone.
        self._put()
        self._writer.finish()
        for kept in self._kept:
            if kept.record is not None and not kept.is_on_shelf:
                self._shelf.put(kept.path, kept.record)
                kept.written = kept.record
        self._shelf.clear_but([kept.path for kept in self._kept])
        self._shelf.make_room()

    def forget_others(self) -> None:
        """Forget all but the one in view, and delete them from the shelf."""
        self._keep()
        place = self._place
        self._forget([kept for number, kept in enumerate(self._kept) if number != place])
        self._place = None if place is None else 0
        self.changed.emit()

    def _put_in_time(self) -> None:
        """Put what has ended on the shelf, without holding up the window."""
        if self._state.is_running:
            return
        self._keep()
        if self._state.origin.is_known:
            self._add_fingerprint()
        self._put()

    def _put(self) -> None:
        for kept in self._kept:
            self._writer.put(kept)

    def _let_go(self) -> None:
        """Keep in memory the run in view, and of the others the latest that the budget holds."""
        total = 0
        for number, kept in reversed(list(enumerate(self._kept))):
            if number != self._place:
                total += kept.size
                # One that does not name its model yet is named when that is known.
                if total > (RUNS if kept.names_model else _MOST_NAMELESS * RUNS):
                    kept.let_go()

    def _forget(self, others: list[Kept]) -> None:
        for kept in others:
            self._kept.remove(kept)
            kept.record = None  # one that waits for its turn is not written any more
        self._writer.clear_but([kept.path for kept in self._kept])

    def _on_failed(self, why: str) -> None:
        # Once: when the window closes the writer is asked about it.
        if not self._has_failed:
            self._has_failed = True
            self.failed.emit(
                tr("Runs cannot be kept for the next window at present. {why}", why=why)
            )

    @property
    def _is_nameless(self) -> bool:
        """Whether the open model wrote one that does not name its fingerprint."""
        origin = self._state.origin
        return any(
            not kept.names_model and origin.is_open_model(kept.source) for kept in self._kept
        )

    def _add_fingerprint(self) -> None:
        """Give runs the fingerprint of their model, which was not known when they gave way."""
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
            if len(self._kept) > MOST:
                self._forget(self._kept[:-MOST])
            self._put()

    def _keep(self) -> None:
        """Record what is in view."""
        if not self._state.has_tokens:
            return
        record = record_of(self._state)
        source = self._state.run_input.source
        if self._place is None:
            self._kept.append(Kept(self._shelf.new_path(), record, source))
            self._place = len(self._kept) - 1
        elif record != self._kept[self._place].record:
            kept = self._kept[self._place]
            kept.record, kept.source = record, source


def _read(
    shelf: CompareShelf, path: Path, at: At = lambda _share: None
) -> Comparison | ComparisonFileError:
    """Read a run from the shelf; the error where it cannot be read. Usually in another thread."""
    try:
        return shelf.load(path, at)
    except ComparisonFileError as error:
        return error

"""The writer's comparisons, from first to last: what gives way to a later one is not lost.

As with takes, the writer steps back and forth between them. When a run ends it is put on a shelf
(`compare.shelf`), and the next window can step back to it. The document that it was made for keeps
it too: whoever opens that finds it among the others, on any machine.
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
from studio.app.writing.document_state import DocumentState
from studio.app.writing.draft import Draft
from studio.experiments.comparison import Comparison
from studio.experiments.comparison_file import ComparisonFileError, from_json
from studio.manuscript import KeptRun
from studio.memory_budgets import RUNS
from studio.progress import At
from studio.translation import tr

MOST = 24
"""Comparisons that the shelf keeps; of more, the oldest go."""

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
        draft: The document in front, whose own are among them.
        reading: Reads them again while the window goes on; without it they are waited for.
        parent: The Qt parent, if any.
    """

    changed = Signal()
    """Another one is in view, or there are more of them, or the lanes have changed."""
    failed = Signal(str)
    """One message for the writer: a run cannot be brought back, or cannot be put on the shelf."""

    def __init__(
        self,
        state: CompareState,
        shelf: CompareShelf,
        draft: Draft,
        reading: Background | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._reading = reading
        self._awaited: Kept | None = None
        """The run that is shown once it is read."""
        self._state = state
        self._shelf = shelf
        self._draft = draft
        self._kept = [Kept(path) for path in shelf.paths()]
        self._made_for: dict[Kept, DocumentState] = {}
        """The open documents that some were made for."""
        self._shown: Kept | None = None
        """Which of them is in view; None where what is in view is not among them."""
        self._is_stepping = False
        self._has_failed = False
        self._writer = ShelfWriter(shelf, self)
        self._writer.failed.connect(self._on_failed)
        self._writer.written.connect(self._on_written)
        self._writer.done.connect(self._let_go)
        self._rest = single_shot(self, self._put_in_time, _REST_MS)
        for over in (state.ended, state.origin.changed):
            over.connect(self._rest.start)
        state.replacing.connect(self._on_replacing)
        state.changed.connect(self.changed)
        draft.runs_changed.connect(self._follow_document)
        self._follow_document()

    @property
    def count(self) -> int:
        """How many there are, including the one in view."""
        return len(self._kept) + (self._shown is None and self._state.has_tokens)

    @property
    def number(self) -> int | None:
        """Which of them is in view, from 1; None where nothing in view was written."""
        if self._shown is not None:
            return self._kept.index(self._shown) + 1
        return self.count if self._state.has_tokens else None

    @property
    def held(self) -> int:
        """About how many bytes of runs that are not in view are in memory."""
        return sum(kept.size for kept in self._kept if kept is not self._shown)

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
            self._on_read(kept, _read(self._shelf, kept.path, self._own(kept)))
        else:
            self._awaited = kept
            self._reading.start(
                partial(_read, self._shelf, kept.path, self._own(kept)),
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
            self._kept.remove(kept)
            self.failed.emit(str(found))
        elif found is not None and not self._state.is_running:
            kept.record = kept.written = found
            self._show(kept)
            return
        self.changed.emit()

    def _show(self, kept: Kept) -> None:
        assert kept.record is not None, "it was read"
        self._keep()
        self._shown = kept
        kept.is_brought_back = self._is_stepping = True
        show_record(self._state, kept.record, kept.source)
        self._state.run_input.document = self._made_for.get(kept)
        self._is_stepping = False
        self._put()
        self._let_go()
        self._follow_document()

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
        """Forget all but the one in view: on the shelf, and in the document in front."""
        self._keep()
        self._forget([kept for kept in self._kept if kept is not self._shown])
        self._draft.keep_no_run_but("" if self._shown is None else self._shown.name)

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
        for kept in reversed(self._kept):
            if kept is not self._shown:
                total += kept.size
                # One that does not name its model yet is named when that is known.
                if total > (RUNS if kept.names_model else _MOST_NAMELESS * RUNS):
                    kept.let_go()

    def _forget(self, others: list[Kept]) -> None:
        for kept in others:
            self._kept.remove(kept)
            self._made_for.pop(kept, None)
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
        place = len(self._kept) if self._shown is None else self._kept.index(self._shown)
        return place + direction

    def _on_replacing(self) -> None:
        if not self._is_stepping:
            self._keep()
            # What comes now is another one.
            self._shown = None
            shelved = [kept for kept in self._kept if kept.is_shelved]
            if len(shelved) > MOST:
                self._forget(shelved[:-MOST])
            self._follow_document()
            self._put()

    def _keep(self) -> None:
        """Record what is in view."""
        if not self._state.has_tokens:
            return
        record = record_of(self._state)
        run_input = self._state.run_input
        if self._shown is None:
            self._shown = Kept(self._shelf.new_path(), record, run_input.source)
            self._kept.append(self._shown)
            self._note_document(self._shown, run_input.document)
        elif self._shown.is_other(record):
            # Of one that a document alone had, the shelf has what became of it.
            self._shown.is_shelved, self._shown.is_brought_back = True, False
            self._shown.record, self._shown.source = record, run_input.source

    def _note_document(self, kept: Kept, document: DocumentState | None) -> None:
        kept.is_of_document = document is not None
        if document is not None:
            self._made_for[kept] = document

    def _on_written(self, kept: Kept, data: bytes) -> None:
        if kept in self._made_for:  # else it was forgotten meanwhile
            self._draft.keep_run(self._made_for[kept], KeptRun(kept.name, data))

    def _own(self, kept: Kept) -> tuple[Path, bytes] | None:
        """A run as a document has it, and that document's file; None where none has it."""
        document = self._made_for.get(kept)
        runs = document.runs if document is not None else ()
        path = kept.path if document is None or document.path is None else document.path
        return next(((path, run.data) for run in runs if run.name == kept.name), None)

    def _follow_document(self) -> None:
        """Have those that the document in front keeps among the others, and none of another."""
        front = self._draft.state
        names = {run.name for run in front.runs}
        known = {kept.name: kept for kept in self._kept}
        for name in names:
            kept = known.get(name) or Kept(self._shelf.path(name), is_shelved=False)
            if name not in known:
                self._kept.append(kept)
            self._note_document(kept, front)
        for kept in [kept for kept in self._kept if not kept.is_shelved]:
            if kept.name not in names and kept is not self._shown:
                self._kept.remove(kept)
                self._made_for.pop(kept, None)
        self._kept.sort(key=lambda kept: kept.name)
        self.changed.emit()


def _read(
    shelf: CompareShelf,
    path: Path,
    own: tuple[Path, bytes] | None,
    at: At = lambda _share: None,
) -> Comparison | ComparisonFileError:
    """Read a run; the error where it cannot be read. Usually in another thread.

    Args:
        shelf: Has it, perhaps.
        path: Its file there.
        own: A document's file, and what that has of it; None where none has it.
        at: Is given how far it is.
    """
    try:
        return shelf.load(path, at)
    except ComparisonFileError as error:
        if own is None:
            return error
    try:
        return from_json(own[1], own[0], at)
    except ComparisonFileError as error:
        return error

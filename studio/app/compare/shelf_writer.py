"""Puts runs on the shelf in another thread: the window does not wait for encoder and disk."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

import msgspec
from PySide6.QtCore import QObject, Signal

from studio.app.background import Background
from studio.app.compare.shelf import CompareShelf
from studio.experiments.comparison import Comparison
from studio.experiments.comparison_file import ComparisonFileError, fitting, to_json
from studio.memory_budgets import DOCUMENT_RUNS
from studio.translation import tr

_TOKEN, _SPELLING = 500, 100
"""Bytes of a token without its sketch, and of an entry in the list of spellings."""


class Kept(msgspec.Struct, eq=False):
    """One run that is kept.

    Attributes:
        path: Its file on the shelf, whether it is there yet or not.
        record: It, as far as it is in memory.
        source: As `RunInput.source`.
        written: The record that its file has; set by the other thread.
        is_of_document: Whether it was made for a document, which keeps it too.
        is_shelved: Whether the shelf has it, or will; else a document alone has it.
        is_brought_back: Whether it was shown again, and is as it was then.
    """

    path: Path
    record: Comparison | None = None
    source: object = None
    written: Comparison | None = None
    is_of_document: bool = False
    is_shelved: bool = True
    is_brought_back: bool = False

    @property
    def name(self) -> str:
        """By which it is known: that of its file."""
        return self.path.stem

    @property
    def is_on_shelf(self) -> bool:
        """Whether nothing of it is to be written: its file, or its document, has it as it is."""
        return self.written is self.record

    def is_other(self, record: Comparison) -> bool:
        """Whether this is to be kept in its place.

        How long its lanes would be now is no reason; nor is what the window has learnt of the
        tokens of one that was merely brought back.

        Args:
            record: What is in view.
        """
        if (known := self.record) is None:
            return True
        alike = msgspec.structs.replace(record, max_tokens=known.max_tokens)
        if self.is_brought_back:
            alike = msgspec.structs.replace(alike, spellings=known.spellings)
        return alike != known

    @property
    def size(self) -> int:
        """About how many bytes it takes in memory."""
        if self.record is None:
            return 0
        tokens = sum(
            _TOKEN + len(token.sketch) for lane in self.record.lanes for token in lane.tokens
        )
        return tokens + _SPELLING * len(self.record.spellings)

    @property
    def names_model(self) -> bool:
        """Whether it names the fingerprint of the model that wrote it."""
        return self.record is None or bool(self.record.model.hash)

    def let_go(self) -> None:
        """Have it on the shelf alone, where it is."""
        if self.is_on_shelf:
            self.record = self.written = None


class ShelfWriter(QObject):
    """Does one thing after another, in the order in which it was asked.

    Args:
        shelf: While something is under way nobody else writes to it.
        parent: The Qt parent, if any.
    """

    written = Signal(object, bytes)
    """A `Kept` that was made for a document has been encoded: as a document keeps it."""
    failed = Signal(str)
    """One message for the writer: a run could not be written. What was there before still is."""
    done = Signal()
    """All is done that was asked."""

    def __init__(self, shelf: CompareShelf, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._shelf = shelf
        self._queued: dict[Kept, Comparison] = {}
        """What each was last asked to be written as."""
        self._background = Background("shelf", self)
        self._background.changed.connect(self._on_changed)

    def put(self, kept: Kept) -> None:
        """Have a run written as it is now, if its file has it otherwise."""
        record = kept.record
        if record is None or kept.is_on_shelf or self._queued.get(kept) is record:
            return
        self._queued[kept] = record
        shelf = self._shelf
        self._background.start(
            lambda _at: _write(shelf, kept, record), lambda done: self._on_written(kept, done)
        )

    def clear_but(self, paths: Collection[Path]) -> None:
        """Have the files of all other runs deleted."""
        shelf, kept = self._shelf, list(paths)
        self._background.start(lambda _at: shelf.clear_but(kept), lambda _: None)

    def finish(self) -> None:
        """Wait until all is done that was asked, seconds at most.

        Raises:
            ComparisonFileError: The shelf's drive does not answer.
        """
        if not self._background.finish():
            raise ComparisonFileError(
                self._shelf.new_path().parent,
                tr(
                    "it cannot be written to: its drive does not answer. Export the comparison to "
                    "another place, or close without it."
                ),
            )

    def _on_written(self, kept: Kept, done: _Done | None) -> None:
        if done is not None and done.data:
            self.written.emit(kept, done.data)
        if done is not None and done.problem:
            self.failed.emit(done.problem)

    def _on_changed(self) -> None:
        if not self._background.is_busy:
            self._queued.clear()
            self.done.emit()


class _Done(NamedTuple):
    problem: str
    """Why it could not be written; empty where it is."""
    data: bytes
    """As a document keeps it; empty where none does."""


def _write(shelf: CompareShelf, kept: Kept, record: Comparison) -> _Done:
    """In the other thread."""
    if kept.record is not record:
        return _Done("", b"")  # it gave way to another one, which comes next
    problem = ""
    try:
        data = shelf.put(kept.path, record)
        kept.written = record
    except ComparisonFileError as error:
        problem, data = str(error), to_json(record)
    if not kept.is_of_document:
        data = b""
    elif len(data) > DOCUMENT_RUNS:
        data, _ = fitting(record, DOCUMENT_RUNS)
    return _Done(problem, data if len(data) <= DOCUMENT_RUNS else b"")

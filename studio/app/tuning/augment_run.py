"""An augmentation that the window's engine writes, and the data set that comes of it."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal

from studio.app.background import Background
from studio.app.engine_line.client import EngineClient
from studio.app.model.fingerprint import ModelFingerprint
from studio.app.model.state import ModelState
from studio.app.tuning.augment_form import AugmentForm
from studio.app.tuning.sample_writing import SampleWriting
from studio.app.tuning.time_left import TimeLeft
from studio.experiments.augmentation.data_set import DataSet, begun_seed
from studio.experiments.augmentation.errors import AugmentationError
from studio.experiments.augmentation.journal import ROWS, Choice, Entry
from studio.experiments.samples import SampleRun, WrittenSample
from studio.model_record import ModelRecord
from studio.translation import tr
from studio.visible_text import visible_path

TextKey = tuple[int, int]
"""A text's prompt, and its number there."""


class _Opened(NamedTuple):
    data_set: DataSet
    entries: list[Entry]
    chosen: dict[TextKey, bool]


class AugmentRun(QObject):
    """Writes a data set, and lets its rows be chosen by hand.

    Attributes:
        out: The rows' file; None before the first.
        entries: All texts, in the order in which they came.
        message: What the writer is to know; empty for nothing.

    Args:
        client: The line to the engine.
        model: The open model.
        fingerprint: Its fingerprint.
        gives_way: Whether something else is to be written now.
        parent: The Qt parent, if any.
    """

    changed = Signal()
    """It runs or has ended, or there is something to know."""
    begun = Signal()
    """`entries` are those of another data set."""
    added = Signal()
    """There is one more of them, or several."""
    chosen = Signal()
    """Other ones of them are rows."""

    def __init__(
        self,
        client: EngineClient,
        model: ModelState,
        fingerprint: ModelFingerprint,
        gives_way: Callable[[], bool],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.out: Path | None = None
        self.entries: list[Entry] = []
        self.message = ""
        self._model = model
        self._fingerprint = fingerprint
        self._wanted: tuple[Path, AugmentForm] | None = None
        """What waits for the model's fingerprint."""
        self._data_set: DataSet | None = None
        self._chosen: dict[TextKey, bool] = {}
        self._background = Background("augmentation", self)
        self.writing = SampleWriting(client, model, gives_way, self)
        self._time_left = TimeLeft()
        self.writing.changed.connect(self._follow_writing)
        self.writing.ended.connect(self._on_ended)
        fingerprint.changed.connect(self._open)

    @property
    def is_busy(self) -> bool:
        """Whether a data set is opened, written, or put on the disk."""
        return self.writing.is_running or self._wanted is not None or self._background.is_busy

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self._data_set.made.rows if self._data_set else 0

    @property
    def progress(self) -> str:
        """How far it is, for the writer; empty before the first."""
        if self._wanted is not None or (self._background.is_busy and self._data_set is None):
            return tr("The data set is opened…")
        if self._data_set is None:
            return ""
        made = self._data_set.made
        words = tr("{rows:,} of {wanted:,} rows", rows=made.rows, wanted=made.wanted)
        dropped = len(self.entries) - made.rows
        if dropped:
            words = tr(
                "{words}, %n texts left out",
                "",
                dropped,
                one="{words}, %n text left out",
                words=words,
            )
        if self.writing.is_running and not self.writing.is_writing:
            waits = tr("paused") if self.writing.is_paused else tr("it waits")
            words = tr("{words}; {waits}", words=words, waits=waits)
        return ", ".join(filter(None, (words, self._time_left.words(made.rows, made.wanted))))

    def is_row(self, entry: Entry) -> bool:
        """Whether a text is a row."""
        return self._chosen.get((entry.row, entry.sample), entry.verdict in ROWS)

    def can_choose(self) -> bool:
        """Whether rows can be chosen now: not while they are put on the disk."""
        return self._data_set is not None and not self._background.is_busy

    def begin(self, out: Path, form: AugmentForm) -> None:
        """Write a data set, or go on with one.

        Args:
            out: The rows' file.
            form: What is wanted.
        """
        self.close()
        self.out, self.entries, self._chosen, self.message = out, [], {}, ""
        self.begun.emit()
        if not self._model.is_ready:
            self._say(tr("Open a model first: it is the one that writes."))
            return
        self._wanted = out, form
        self._fingerprint.ask()
        self._open()

    def choose(self, entries: list[Entry], *, is_row: bool) -> None:
        """Have texts be rows, or not.

        Args:
            entries: The texts.
            is_row: Whether they are to be.
        """
        if self._data_set is None or not self.can_choose():
            return
        try:
            for entry in entries:
                self._data_set.made.choose(entry.row, entry.sample, is_row=is_row)
                self._chosen[entry.row, entry.sample] = is_row
        except OSError as error:
            self._say(_not_written(self._data_set.out, error))
        self.chosen.emit()
        self.changed.emit()

    def write_rows(self) -> None:
        """Put the rows that there are on the disk, with their card."""
        data_set = self._data_set
        if data_set is not None and not self._background.is_busy:
            self._background.start(lambda _at: _written(data_set), self._on_rows)
            self.changed.emit()

    def fill_up(self) -> None:
        """Write on until each prompt has its rows: some were refused."""
        if self._data_set is not None and not self.is_busy and self._model.is_ready:
            self._write(self._data_set)

    def close(self) -> None:
        """End it; what was written is in its journal."""
        self._wanted = None
        self.writing.stop()
        self._background.finish()
        data_set, self._data_set = self._data_set, None
        if data_set is not None:
            with contextlib.suppress(OSError):
                data_set.close()

    # --------------------------------------------------------------------------------------------

    def _open(self) -> None:
        """Read prompts and journal, once the model's fingerprint is known."""
        if self._wanted is None or self._fingerprint.known is None:
            return
        (out, form), self._wanted = self._wanted, None
        record = self._fingerprint.record
        assert record is not None, "it has a fingerprint"
        self._background.start(partial(_opened, out, form, record, self._on_entry), self._on_opened)
        self.changed.emit()

    def _on_opened(self, found: _Opened | str | None) -> None:
        if not isinstance(found, _Opened):
            self._say(found or tr("The data set could not be opened."))
            return
        self._data_set, self.entries, self._chosen = found
        self.begun.emit()
        self._write(self._data_set)

    def _write(self, data_set: DataSet) -> None:
        self.message = ""
        self.writing.begin(
            partial(SampleRun, 1, data_set.made.next_sample, partial(self._take, data_set))
        )

    def _take(self, data_set: DataSet, written: WrittenSample) -> None:
        try:
            data_set.made.take(written)
        except OSError as error:
            self.writing.stop()
            self._say(_not_written(data_set.out, error))

    def _follow_writing(self) -> None:
        self._time_left.follow(self.writing.is_writing, self.rows)
        self.changed.emit()

    def _on_entry(self, entry: Entry) -> None:
        self.entries.append(entry)
        self.added.emit()

    def _on_ended(self, message: str) -> None:
        made = self._data_set.made if self._data_set else None
        if made is not None and not message and made.short:
            message = tr(
                "%n prompts have fewer rows than wanted: too many of their texts were none",
                "",
                made.short,
                one="%n prompt has fewer rows than wanted: too many of its texts were none",
            )
        self.message = message
        self.write_rows()

    def _on_rows(self, message: str | None) -> None:
        self._say(message or self.message)

    def _say(self, message: str) -> None:
        self.message = message
        self.changed.emit()


def _opened(
    out: Path,
    form: AugmentForm,
    model: ModelRecord,
    on_entry: Callable[[Entry], object],
    _at: object,
) -> _Opened | str:
    """In the other thread: the data set, or why there is none."""
    try:
        plan = form.plan(begun_seed(out))
        data_set = DataSet(out, plan, form.table(), model, on_entry, _LaterSync())
    except AugmentationError as error:
        return str(error)
    except OSError as error:
        return _not_written(out, error)
    entries, chosen = list[Entry](), dict[TextKey, bool]()
    for _, line in data_set.journal.entries():
        if isinstance(line, Choice):
            chosen[line.row, line.sample] = line.is_row
        else:
            entries.append(line)
    return _Opened(data_set, entries, chosen)


def _written(data_set: DataSet) -> str:
    """In the other thread: write the rows; why that did not work, or nothing."""
    try:
        data_set.write()
    except OSError as error:
        return _not_written(data_set.out, error)
    return ""


def _not_written(out: Path, error: OSError) -> str:
    return tr(
        "“{name}” could not be written: {why}",
        name=visible_path(out),
        why=error.strerror or error,
    )


class _LaterSync:
    """Flushes a file to the disk in another thread: a window waits for no disk."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None

    def __call__(self, descriptor: int) -> None:
        """Flush it, unless that is being done."""
        if self._thread is not None and self._thread.is_alive():
            return
        self._thread = threading.Thread(target=_sync, args=(descriptor,), daemon=True)
        self._thread.start()


def _sync(descriptor: int) -> None:
    with contextlib.suppress(OSError):  # it was closed, and flushed, meanwhile
        os.fsync(descriptor)

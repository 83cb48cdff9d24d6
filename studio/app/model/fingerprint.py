"""Which weights the open model has: its file's fingerprint, made in the background.

Reading a file of many gigabytes takes seconds; the window goes on meanwhile.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, Signal

from studio.app.background import Background
from studio.app.model.state import ModelState
from studio.engine.messages import ModelReport
from studio.engine.model_files.model_hash import model_hash
from studio.experiments.recorder import model_record
from studio.model_record import ModelRecord

_Version = tuple[str, int, int]
"""A file's path, size and time of its last change."""

_LONGEST_WAIT = 5.0
"""Seconds. `model_hash` reads at most 512 MiB, in some 1.5 s; of a drive that is gone, never."""

UNREADABLE = ""
"""The fingerprint of a file that cannot be read."""


class ModelFingerprint(QObject):
    """The open model's fingerprint, once somebody asks for it.

    Args:
        model: Whose file it is.
        parent: The Qt parent, if any.
    """

    changed = Signal()
    """A fingerprint has become known."""
    named = Signal(object, object)
    """Before that: what `record` was of the model, and what it is with its fingerprint."""

    def __init__(self, model: ModelState, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._known: dict[_Version, str] = {}
        self._pending: set[_Version] = set()
        self._record: tuple[ModelReport, ModelRecord] | None = None
        """What is kept of the model that was looked at last, and the report that it is of."""
        self._unnamed: dict[_Version, ModelRecord] = {}
        """Those whose fingerprint is being made."""
        # Where the model writes meanwhile, it goes first.
        self._background = Background("fingerprint", self, gives_way=True)

    @property
    def known(self) -> str | None:
        """The open model's `model_hash`; "" where its file cannot be read, None while unknown."""
        version = self._version()
        return None if version is None else self._known.get(version)

    @property
    def record(self) -> ModelRecord | None:
        """What is kept of the open model, the same object each time; None where none is open."""
        report = self._model.report
        if report is None:
            return None
        if self._record is None or self._record[0] is not report:
            self._record = report, model_record(report, self.known or "")
        return self._record[1]

    def ask(self) -> None:
        """Begin to make it, unless it is known or being made."""
        version, record = self._version(), self.record
        if version is None or version in self._known or version in self._pending:
            return
        self._pending.add(version)
        if record is not None and not record.hash:
            self._unnamed[version] = record
        self._background.start(lambda _at: _made(version), partial(self._on_made, version))

    def wait(self, seconds: float | None = None) -> str | None:
        """Wait for the fingerprint, seconds at most; None where it does not come by then."""
        version = self._version()
        if version is None:
            return UNREADABLE
        self.ask()
        if version not in self._known:
            self._background.finish(_LONGEST_WAIT if seconds is None else seconds)
        return self._known.get(version)

    def _version(self) -> _Version | None:
        report = self._model.report
        if report is None:
            return None
        try:
            status = Path(report.path).stat()
        except (OSError, ValueError):  # ValueError: a NUL, which no engine of ours sends
            return report.path, -1, 0
        return report.path, status.st_size, status.st_mtime_ns

    def _on_made(self, version: _Version, made: str | None) -> None:
        self._pending.discard(version)
        old = self._unnamed.pop(version, None)
        if made is None:
            return
        self._known[version] = made
        if made and old is not None:
            new = msgspec.structs.replace(old, hash=made)
            if self._record is not None and self._record[1] is old:
                self._record = self._record[0], new
            self.named.emit(old, new)
        self.changed.emit()


def _made(version: _Version) -> str:
    try:
        return model_hash(Path(version[0]))
    except OSError:
        return UNREADABLE

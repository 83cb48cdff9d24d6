"""Which weights the open model has: its file's fingerprint, made in the background.

Reading a file of many gigabytes takes seconds; the window goes on meanwhile. Knows nothing of what
the fingerprint is for.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QThread, QThreadPool, Signal

from studio.experiments.model_hash import model_hash
from studio.ui.model_state import ModelState

_Version = tuple[str, int, int]
"""A file's path, size and time of its last change."""

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
    _made = Signal(object, str)

    def __init__(self, model: ModelState, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._known: dict[_Version, str] = {}
        self._asked: set[_Version] = set()
        # Its own: when this object goes, it waits for what is under way.
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        # Where the model writes meanwhile, it goes first.
        self._pool.setThreadPriority(QThread.Priority.IdlePriority)
        self._made.connect(self._on_made)

    @property
    def known(self) -> str | None:
        """The open model's `model_hash`; "" where its file cannot be read, None while unknown."""
        version = self._version()
        return None if version is None else self._known.get(version)

    def ask(self) -> None:
        """Have it made, if it is not made yet."""
        version = self._version()
        if version is None or version in self._asked:
            return
        self._asked.add(version)

        def make() -> None:
            try:
                fingerprint = model_hash(Path(version[0]))
            except OSError:
                fingerprint = UNREADABLE
            self._made.emit(version, fingerprint)

        self._pool.start(make)

    def wait(self) -> str:
        """The same at once, though the window waits for it; "" where it cannot be had."""
        version = self._version()
        if version is None:
            return UNREADABLE
        if version not in self._known:
            try:
                self._known[version] = model_hash(Path(version[0]))
            except OSError:
                self._known[version] = UNREADABLE
        return self._known[version]

    def _version(self) -> _Version | None:
        report = self._model.report
        if report is None:
            return None
        try:
            status = Path(report.path).stat()
        except OSError:
            return report.path, -1, 0
        return report.path, status.st_size, status.st_mtime_ns

    def _on_made(self, version: _Version, fingerprint: str) -> None:
        self._known[version] = fingerprint
        self.changed.emit()

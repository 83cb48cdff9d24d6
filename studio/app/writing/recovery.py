"""Keeps the document in the journal, a moment after each change, while it is not saved.

Decides when a record is written; `manuscript.journal` writes it. At rest nothing runs.
"""

import logging

from PySide6.QtCore import QObject, Signal

from studio.app.background import Background
from studio.app.timers import single_shot
from studio.app.writing.draft import Draft
from studio.app.writing.writing import Writing
from studio.manuscript import Journal, RecoveryRecord
from studio.translation import mark, tr

_log = logging.getLogger(__name__)

_DELAY_MS = 1000
"""From a change until a record of it is written, with all changes made meanwhile."""

_FAILED = mark(
    "What you write cannot be put in safety in “{where}”: {why}. It is all still here. Save it, "
    "and make room there or check the permissions of that folder."
)


class Recovery(QObject):
    """Writes the draft's records into the journal.

    They are encoded and written in another thread: a long text does not hold up the next key.

    Args:
        draft: The document.
        writing: The end of a generation is kept at once.
        journal: Where it is kept.
        parent: The Qt parent, if any.
    """

    failed = Signal(str)
    """It cannot be kept: a message for the writer, emitted once until it works again."""

    def __init__(
        self, draft: Draft, writing: Writing, journal: Journal, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._draft = draft
        self._journal = journal
        self._disk = Background("recovery", self)
        self._is_kept = False
        """Whether the journal may hold a record."""
        self._is_late = False
        """Whether it should be written again after the write that is under way."""
        self._is_closed = False
        self._has_failed = False
        self._delay = single_shot(self, self.keep_now, _DELAY_MS)
        draft.manuscript.changed.connect(lambda *_: self._follow())
        draft.manuscript.state_changed.connect(self._follow)
        for changed in (draft.prompt_changed, draft.brief_changed, draft.file_changed):
            changed.connect(self._follow)
        # Not in the same turn of the window's, which shows the generation's end.
        self._at_end = single_shot(self, self.keep_now)
        writing.ended.connect(self._at_end.start)

    def keep_now(self) -> None:
        """Keep the document, if it is not saved, without waiting for the disk."""
        self._delay.stop()
        self._is_late = False
        if self._is_closed:
            return
        if self._disk.is_busy:
            self._is_late = True
        elif self._is_worth_keeping:
            self._is_kept = True
            record = self._draft.record()
            self._disk.start(lambda _at: self._write(record), self._on_written)
        elif self._is_kept:
            self._is_kept = False
            self._journal.clear()

    def hurry(self) -> None:
        """Keep now what would be kept in a moment, if there is something."""
        if self._delay.isActive():
            self.keep_now()

    def keep_and_wait(self) -> bool:
        """Keep the document, if it is not saved; whether it is in the journal now."""
        self._delay.stop()
        self._is_late = False  # it is written here
        if not self._disk.finish() or self._is_closed or not self._is_worth_keeping:
            return False
        self._is_kept = True
        try:
            self._journal.write(self._draft.record())
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Forget what was kept: everything is saved, or was given up."""
        self._is_closed = True
        self._delay.stop()
        if self._disk.finish():
            self._journal.close()

    @property
    def _is_worth_keeping(self) -> bool:
        draft = self._draft
        is_something = draft.path is not None or bool(len(draft.manuscript) or draft.brief)
        return draft.is_modified and is_something

    def _follow(self) -> None:
        """Look whether something changed: at each key, and at each frame of a growing text."""
        if self._is_closed or self._delay.isActive():
            return
        if self._draft.is_modified:
            self._delay.start()
        elif self._is_kept:
            # Saved, or given up: at once, so that nothing is offered that is not missing.
            self.keep_now()

    def _write(self, record: RecoveryRecord) -> str:
        """In the other thread; empty, or why it could not be written."""
        try:
            self._journal.write(record)
        except OSError as error:
            return error.strerror or str(error)
        return ""

    def _on_written(self, why_not: str | None) -> None:
        if why_not is None:
            why_not = tr("an error of the program")
        if why_not and not self._has_failed:
            _log.error("recovery: the text cannot be put in safety: %s", why_not)
            self.failed.emit(tr(_FAILED, where=self._journal.root, why=why_not))
        if self._has_failed and not why_not:
            _log.info("recovery: the text is put in safety again")
        self._has_failed = bool(why_not)
        if self._is_late:
            self.keep_now()

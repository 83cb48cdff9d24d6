"""Keeps each open document in a journal, a moment after each change, while it is not saved.

Decides when a record is written; `manuscript.journal` writes it. At rest nothing runs.
"""

import logging
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from studio.app.background import Background
from studio.app.timers import single_shot
from studio.app.writing.document_state import DocumentState
from studio.app.writing.draft import Draft
from studio.app.writing.writing import Writing
from studio.manuscript import Journal, RecoveryRecord
from studio.translation import mark, tr

_log = logging.getLogger(__name__)

_DELAY_MS = 1000
"""From a change until a record of it is written, with all changes made meanwhile."""

_GROWING_MS = 1500
"""The same while a take grows, which waits for each record, and at whose end all is kept. A key
that was pressed meanwhile, or just before, is in safety within two seconds, too."""

_FAILED = mark(
    "What you write cannot be put in safety in “{where}”: {why}. It is all still here. Save it, "
    "and make room there or check the permissions of that folder."
)


class Recovery(QObject):
    """Writes the draft's records, each document's into a journal of its own.

    They are encoded and written in another thread: a long text does not hold up the next key. One
    that is not in front does not change, and stays as it was kept.

    Args:
        draft: The document in front.
        writing: The end of a generation is kept at once.
        root: The folder of journals.
        parent: The Qt parent, if any.
    """

    failed = Signal(str)
    """It cannot be kept: a message for the writer, emitted once until it works again."""

    def __init__(
        self, draft: Draft, writing: Writing, root: Path, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._draft = draft
        self._root = root
        self._journals: dict[DocumentState, Journal] = {}
        """Of each document of which a record may be kept."""
        self._disk = Background("recovery", self)
        self._is_late = False
        """Whether it should be written again after the write that is under way."""
        self._is_closed = False
        self._has_failed = False
        self._delay = single_shot(self, self.keep_now, _DELAY_MS)
        self._waits_longer = False
        """Whether a take has grown since the first change that is not kept."""
        draft.manuscript.changed.connect(lambda *_: self._follow())
        draft.manuscript.state_changed.connect(self._follow)
        for changed in (
            draft.prompt_changed,
            draft.brief_changed,
            draft.file_changed,
            draft.runs_changed,
        ):
            changed.connect(self._follow)
        draft.saved.connect(self._on_saved)
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
        else:
            self._keep()

    def put_aside(self) -> None:
        """Keep now what would be kept in a moment: another document comes to the front."""
        is_due = self._delay.isActive() or self._at_end.isActive() or self._is_late
        self._delay.stop()
        self._at_end.stop()
        self._is_late = False
        if is_due and not self._is_closed:
            self._keep()

    def forget(self, state: DocumentState) -> None:
        """Forget what was kept of a document: it is saved, or was given up."""
        journal = self._journals.pop(state, None)
        if journal is not None and self._disk.is_busy:
            self._disk.start(lambda _at: journal.close(), lambda _none: self._go_on())
        elif journal is not None:
            journal.close()

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
        try:
            self._journal().write(self._draft.record())
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Forget what was kept: everything is saved, or was given up."""
        self._is_closed = True
        self._delay.stop()
        if self._disk.finish():
            for journal in self._journals.values():
                journal.close()

    @property
    def _is_worth_keeping(self) -> bool:
        return self._draft.state.is_worth_keeping(self._draft.manuscript)

    def _journal(self) -> Journal:
        """That of the document in front."""
        return self._journals.setdefault(self._draft.state, Journal(self._root))

    def _keep(self) -> None:
        """Keep the document behind all that is being written, or forget it where it is saved."""
        if not self._is_worth_keeping:
            self.forget(self._draft.state)
            return
        journal, record = self._journal(), self._draft.record()
        self._disk.start(lambda _at: _write(journal, record), self._on_written)

    def _follow(self) -> None:
        """Look whether something changed: at each key, and at each frame of a growing text."""
        if self._is_closed:
            return
        if self._draft.is_modified:
            is_growing = self._draft.manuscript.growing is not None
            if not self._delay.isActive():
                self._delay.start(_GROWING_MS if is_growing else _DELAY_MS)
                self._waits_longer = is_growing
            elif is_growing and not self._waits_longer:
                self._delay.start(self._delay.remainingTime() + _GROWING_MS - _DELAY_MS)
                self._waits_longer = True
        elif self._draft.state in self._journals:
            # Saved, or given up: at once, so that nothing is offered that is not missing.
            self.keep_now()

    def _on_saved(self, state: DocumentState) -> None:
        """Have nothing kept that is older than the file.

        A save takes some time, in which the writer writes on, or shows another document.
        """
        if state is self._draft.state:
            if state in self._journals:
                self.keep_now()
        elif state.content is not None and not state.is_worth_keeping(state.content):
            self.forget(state)

    def _on_written(self, why_not: str | None) -> None:
        if why_not is None:
            why_not = tr("an error of the program")
        if why_not and not self._has_failed:
            _log.error("recovery: the text cannot be put in safety: %s", why_not)
            self.failed.emit(tr(_FAILED, where=self._root, why=why_not))
        if self._has_failed and not why_not:
            _log.info("recovery: the text is put in safety again")
        self._has_failed = bool(why_not)
        self._go_on()

    def _go_on(self) -> None:
        if self._is_late:
            self.keep_now()


def _write(journal: Journal, record: RecoveryRecord) -> str:
    """In the other thread; empty, or why it could not be written."""
    try:
        journal.write(record)
    except OSError as error:
        return error.strerror or str(error)
    return ""

"""Guards the document's file against changes by other programs and other windows of this one.

It looks when asked; at rest nothing runs. Before a save replaces what was not seen here, the writer
is asked.
"""

import contextlib
from collections.abc import Callable
from enum import Enum
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from studio.app.writing.document_state import DocumentState
from studio.app.writing.draft import Draft
from studio.file_lock import FileLock
from studio.manuscript import Outside, document_key
from studio.translation import mark, tr
from studio.ui.widgets.actions import make_action
from studio.ui.widgets.ask import ask
from studio.visible_text import visible_name

KEEP, TAKE, BESIDE = mark("Keep mine"), mark("Take theirs"), mark("Save beside…")
AGAIN, ALL_THE_SAME = mark("Save it again"), mark("Save here all the same")
"""The answers that the writer can give."""

_CHOICES = mark(
    "Save beside: both stay, yours in a file of its own.\n"
    "Keep mine: a save replaces theirs.\n"
    "Take theirs: it replaces yours here; Undo brings yours back."
)


class Clearance(Enum):
    """Whether a file may be written."""

    YES = "yes"
    NO = "no"
    """The file stays as it is; the document too, unless it has taken the file's text."""
    DONE = "done"
    """The document was saved beside it instead."""


class FileGuard(QObject):
    """Guards the file of the document in front; those of the others stay locked.

    Args:
        window: The parent of questions.
        draft: The document in front.
        locks: The folder of locks, by which windows of this program see what others have open.
        take_theirs: Replaces the text here by what the file holds now.
        save_beside: Asks for another name and saves there.
    """

    noticed = Signal(str, QAction)
    """Something happened to the file: a message for the writer, and an action for it."""
    settled = Signal(QAction)
    """The message with this action is no longer true."""

    def __init__(
        self,
        window: QWidget,
        draft: Draft,
        locks: Path,
        take_theirs: Callable[[], None],
        save_beside: Callable[[], bool],
    ) -> None:
        super().__init__(window)
        self._window = window
        self._draft = draft
        self._locks = locks
        self._take_theirs = take_theirs
        self._save_beside = save_beside
        self._seen = Outside.SAME
        """The state of the file that the writer was informed of."""
        self.decide = make_action(
            window, tr("Decide…"), self._decide, tip=tr("Keep mine, take theirs, or save beside")
        )
        self.beside = make_action(
            window, tr(BESIDE), save_beside, tip=tr("Save under another name in the same folder")
        )

    def look(self) -> None:
        """Look whether the file is still as it was; if not, inform the writer, once."""
        outside = self._draft.compare()
        if outside is self._seen:
            return
        self._seen = outside
        match outside:
            case Outside.SAME:
                self._settle()
            case Outside.CHANGED:
                self.noticed.emit(
                    tr(
                        "“{name}” was changed by another program since it was opened here.",
                        name=self._name,
                    ),
                    self.decide,
                )
            case Outside.GONE:
                # What is nowhere else is not saved, whatever it was before.
                self._draft.manuscript.mark_unsaved()
                self.noticed.emit(
                    tr(
                        "“{name}” is gone: another program deleted or moved it. Your text is "
                        "still here; Save writes it again.",
                        name=self._name,
                    ),
                    self.beside,
                )

    def look_anew(self) -> None:
        """Look at the file of another document, which is in front now."""
        self._settle()
        self.look()

    def hold(self, state: DocumentState) -> None:
        """Show other windows which file is open here; inform the writer if one has it already.

        Args:
            state: The document of the file.
        """
        path = state.path
        if state is self._draft.state:
            self._settle()
        is_new = path is None or state.lock is None or state.lock[0] != path.resolve()
        if is_new:
            self.release(state)
        if path is not None and self._is_elsewhere(path, state) and is_new:
            self.noticed.emit(
                tr(
                    "“{name}” is open in another window of Kelvin Studio too. What is saved "
                    "last stays; write in one of the two.",
                    name=visible_name(path.name),
                ),
                self.beside,
            )

    def release(self, state: DocumentState) -> None:
        """Show other windows that the file of a document is open here no more."""
        held, state.lock = state.lock, None
        if held is not None and held[1] is not None:
            held[1].release()

    def is_open_elsewhere(self, path: Path) -> bool:
        """Whether another window has a file open; asking changes nothing."""
        try:
            lock = FileLock.acquire(self._lock_of(path))
        except OSError:
            return False
        if lock is not None:
            lock.release()
        return lock is None

    def clearance(self, path: Path) -> Clearance:
        """Whether to write to `path` now; asks if that replaces what was not seen here."""
        own = self._draft.path
        is_own = own is not None and own.resolve() == path.resolve()
        if is_own and (cleared := self._ask_outside()) is not Clearance.YES:
            return cleared
        state = self._draft.state
        if not (self._is_elsewhere(path, state) if is_own else self.is_open_elsewhere(path)):
            return Clearance.YES
        answer = ask(
            self._window,
            tr("Open in another window"),
            tr(
                "“{name}” is open in another window of Kelvin Studio.", name=visible_name(path.name)
            ),
            tr(
                "Save beside: this text goes into a file of its own.\n{answer}: "
                "what is saved last stays.",
                answer=tr(ALL_THE_SAME),
            ),
            (tr(BESIDE), tr(ALL_THE_SAME)),
        )
        return self._cleared(answer, ALL_THE_SAME)

    @property
    def _name(self) -> str:
        return visible_name(self._draft.path.name) if self._draft.path else ""

    def _ask_outside(self) -> Clearance:
        """Whether the document's own file may be written now."""
        match self._draft.compare():
            case Outside.SAME:
                return Clearance.YES
            case Outside.CHANGED:
                answer = ask(
                    self._window,
                    tr("Changed by another program"),
                    tr(
                        "“{name}” was changed by another program since it was opened here.",
                        name=self._name,
                    ),
                    tr(_CHOICES),
                    (tr(BESIDE), tr(KEEP), tr(TAKE)),
                )
                if answer == tr(TAKE):
                    self._take_theirs()
                return self._cleared(answer, KEEP)
            case Outside.GONE:
                answer = ask(
                    self._window,
                    tr("The file is gone"),
                    tr("“{name}” was deleted or moved by another program.", name=self._name),
                    tr(
                        "Save it again: in the same place.\n"
                        "Save beside: in the same folder, under another name."
                    ),
                    (tr(AGAIN), tr(BESIDE)),
                )
                return self._cleared(answer, AGAIN)

    def _settle(self) -> None:
        """Withdraw all messages: none is true any more."""
        self._seen = Outside.SAME
        self.settled.emit(self.decide)
        self.settled.emit(self.beside)

    def _cleared(self, answer: str | None, yes: str) -> Clearance:
        if answer == tr(BESIDE) and self._save_beside():
            return Clearance.DONE
        return Clearance.YES if answer == tr(yes) else Clearance.NO

    def _decide(self) -> None:
        is_changed = self._draft.compare() is Outside.CHANGED
        if is_changed and self._ask_outside() is Clearance.YES:
            self._draft.keep_mine()
            self._settle()

    def _is_elsewhere(self, path: Path, state: DocumentState) -> bool:
        """Whether another window has the file; if not, it is locked for this one."""
        if state.lock is not None and state.lock[1] is not None:
            return False
        lock = None
        is_elsewhere = False
        with contextlib.suppress(OSError):
            lock = FileLock.acquire(self._lock_of(path))
            is_elsewhere = lock is None
        state.lock = path.resolve(), lock
        return is_elsewhere

    def _lock_of(self, path: Path) -> Path:
        self._locks.mkdir(parents=True, exist_ok=True, mode=0o700)
        return self._locks / f"{document_key(path)}.lock"

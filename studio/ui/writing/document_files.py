"""New, Open, Close: which documents are open, and the question before anything is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QMessageBox, QWidget

from studio.app.background import Background
from studio.app.settings import (
    FOLDER,
    LAST_CARET,
    LAST_FILE,
    OPEN_FILES,
    RECENT_FILES,
    Settings,
)
from studio.app.timers import single_shot
from studio.app.user_folders import state_folder
from studio.app.writing.document_state import DocumentState
from studio.app.writing.draft import Draft
from studio.app.writing.large_texts import FoundText, quoted_name
from studio.app.writing.open_documents import OpenDocuments
from studio.app.writing.remembered_files import of_text, to_text
from studio.app.writing.writing import Writing
from studio.interchange import DOCUMENT_SUFFIXES
from studio.manuscript import (
    NO_PLAN,
    BriefError,
    FileState,
    ManuscriptFileError,
    Outside,
    RecoveryRecord,
    TextFile,
    is_document_name,
    shape_of,
)
from studio.manuscript.text_shape import LIMITS, fits, too_large
from studio.path_checks import exists
from studio.translation import mark, tr
from studio.ui.widgets import file_dialog
from studio.ui.widgets.ask import ask, question
from studio.ui.writing.document_saving import ALL_FILES, DocumentSaving
from studio.ui.writing.file_guard import FileGuard
from studio.ui.writing.text_reading import SAVE_AS_FILE, TextReading
from studio.visible_text import visible_names, visible_path

_READABLE = mark("Documents and texts (*.kelvin *.txt *.md *.docx *.odt)")

_REST_MS = 1000
"""From the last move of the caret until it is remembered."""

_Button = QMessageBox.StandardButton


class DocumentFiles(QObject):
    """What the File menu does.

    Args:
        window: The parent of dialogs.
        draft: The document in front.
        documents: All that are open.
        writing: A growing take is ended before another document comes to the front.
        settings: Remembers folders and files.
        reading: Reads long files while the window goes on.

    Attributes:
        saving: Writes them.
        guard: Looks after the file of the one in front.
    """

    failed = Signal(str)
    """One message for the writer; the text is untouched."""
    saved = Signal(str)
    """A document is saved: a message for the writer."""
    reported = Signal(str)
    """One message for the writer that is not a failure."""
    caret_wanted = Signal(int)
    """A document was opened: its caret was before this code point."""

    def __init__(
        self,
        window: QWidget,
        draft: Draft,
        documents: OpenDocuments,
        writing: Writing,
        settings: Settings,
        reading: Background,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._draft = draft
        self._documents = documents
        self._writing = writing
        self._settings = settings
        self.saving = DocumentSaving(
            window, draft, documents, settings, lambda path: self.guard.clearance(path)
        )
        self.guard = FileGuard(
            window, draft, state_folder() / "open", self._take_theirs, self.saving.save_beside
        )
        self._texts = TextReading(
            window,
            settings,
            reading,
            lambda file: self._leave(lambda: self._begin(file)),
            self.open,
        )
        for part in (self.saving, self._texts):
            part.failed.connect(self.failed)
            part.reported.connect(self.reported)
        self.saving.saved.connect(self.saved)
        self.saving.stored.connect(self._follow_file)
        self.saving.unsettled.connect(self.guard.look)
        # Not at each key: the settings are written by this thread.
        self._rest = single_shot(self, self._remember_caret, _REST_MS)
        draft.prompt_changed.connect(self._rest.start)
        documents.shown.connect(self.guard.look_anew)
        documents.changed.connect(self._remember)

    # Open and show

    def new(self, then: Callable[[], None] = lambda: None) -> None:
        """Begin an empty manuscript, beside what is open.

        Args:
            then: Called once it has begun.
        """

        def begin() -> None:
            self._documents.begin()
            then()

        self._leave(begin)

    def ask_open(self) -> None:
        """Ask for files and open them."""
        paths = file_dialog.ask_open_several(
            self._window,
            tr("Open manuscript"),
            str(self.saving.folder),
            f"{tr(_READABLE)};;{tr(ALL_FILES)}",
        )
        for path in paths:
            self.open(Path(path))

    def open(self, path: Path) -> None:
        """Open a file beside what is open; show it where it is open already."""
        there = self._documents.at(path)
        if there is not None:
            self._settings.remember(RECENT_FILES, str(path.resolve()))
            self._show_instead(there)
        elif path.suffix.lower() in DOCUMENT_SUFFIXES:
            self._take_from(path)
        else:
            self._read(path)

    def open_last(self) -> None:
        """Open what was open last, with the carets where they were."""
        last = Path(self._settings.get(LAST_FILE))
        caret = self._settings.get(LAST_CARET)
        if last.name and not exists(last):
            self._settings.set(LAST_FILE, "")
            self.reported.emit(
                tr(
                    "“{path}”, which was open last, is not there any more. This page "
                    "is empty; File › Open recent has others.",
                    path=visible_path(last),
                )
            )
            last = Path()
        if last.name and self.guard.is_open_elsewhere(last):
            last = Path()  # the other window has it
        self.restore_tabs()
        there = self._documents.at(last) if last.name else None
        if there is not None:
            self._show_instead(there)
        elif last.name:
            self._read(last, caret)

    def restore_tabs(self) -> None:
        """Have the files among the open documents that were open last; they are read when shown.

        Not a single one, for which nothing but it would be shown: see `open_last`.
        """
        known = of_text(self._settings.get(OPEN_FILES))
        if set(known) == {Path(self._settings.get(LAST_FILE))}:
            return
        for path, caret in known.items():
            is_open = self._documents.at(path) is not None
            if not is_open and exists(path) and not self.guard.is_open_elsewhere(path):
                self.guard.hold(self._documents.add_unread(path, caret))

    def begin_with(self, file: TextFile, name: str) -> None:
        """Begin a manuscript without a file with a text from elsewhere.

        Args:
            file: The text.
            name: The name of the text in messages.
        """
        self._texts.look_at(file, name)

    def show(
        self,
        state: DocumentState,
        then: Callable[[], object] = lambda: None,
        otherwise: Callable[[], object] = lambda: None,
    ) -> None:
        """Bring an open document to the front.

        Args:
            state: Which.
            then: Called once it is there.
            otherwise: Called where it cannot be read; it is open no more then.
        """

        def come() -> None:
            if state in self._documents.all:  # else it was closed meanwhile
                self._documents.show(state)
                then()

        def give_up() -> None:
            if state in self._documents.all:
                self._remove(state)
            otherwise()

        if state is self._documents.front:
            then()
        elif state.is_read:
            self._leave(come)
        elif state.path is not None:
            self._read(state.path, state.caret, state, then, give_up)

    def show_beside(self, step: int) -> None:
        """Bring the document before (-1) or behind (+1) the one in front to the front."""
        self.show(self._documents.beside(step))

    def restore(self, record: RecoveryRecord, then: Callable[[bool], object]) -> None:
        """Restore a document that was not saved, in its file's place among the open ones.

        Args:
            record: The document as it was kept.
            then: Is given whether it was restored.
        """

        def load() -> None:
            there = self._documents.at(record.path) if record.path is not None else None
            if there is None:
                self._begin_page()
            else:
                self._documents.show(there)
                there.is_read = True
            self._draft.restore(record)
            self._follow_file(self._draft.state)
            self.caret_wanted.emit(record.caret)
            self.guard.look()
            then(True)

        def ask_and_load() -> None:
            if self._may_close_front():
                self._when_idle(load)
            else:
                then(False)

        there = self._documents.at(record.path) if record.path is not None else None
        if len(record.text) > LIMITS.characters or not fits(shape_of(record.text)):
            self._save_kept(record)
            then(False)
        elif there is not None and self._documents.is_modified(there):
            self.show(there, ask_and_load)
        else:
            self._when_idle(load)

    def is_saved(self, record: RecoveryRecord) -> bool:
        """Whether a document that was kept is exactly what its file holds now."""
        if record.path is None:
            return False
        if is_document_name(record.path):
            return _is_in_document(record, record.path)
        written = FileState.of(record.file.to_bytes())
        try:
            is_same = written.compare(record.path) is Outside.SAME
            is_same = is_same and self.saving.briefs.load(record.path) == record.brief
            # None too where the record alone was looked at.
            plan = record.document.plan if record.document is not None else None
            return is_same and plan in (None, self.saving.briefs.plan(record.path))
        except BriefError:
            return False

    # Close

    def close(self, state: DocumentState | None = None) -> None:
        """Close an open document, after the question about unsaved changes.

        Args:
            state: Which; None for the one in front. The last one leaves an empty page.
        """
        front = self._documents.front
        if state is None or state is front:
            if self._may_close_front():
                self._when_idle(lambda: self._close_now(front))
        elif state in self._documents.unsaved:
            self.show(state, self.close)
        else:
            self._remove(state)

    def may_close_all(self) -> bool:
        """Whether all documents may be closed; the writer is asked once where something is lost."""
        documents = self._documents
        if not self._may_give_up([state for state in documents.all if state.saving]):
            return False
        self.guard.look()
        unsaved = [state for state in documents.unsaved if not state.saving]
        if not self._writing.is_idle and documents.front not in unsaved:
            unsaved.append(documents.front)
        if len(unsaved) < 2:
            for state in unsaved:
                documents.show(state)
            return not unsaved or self._may_lose_front()
        names = visible_names([documents.name(state) for state in unsaved])
        answer = question(
            self._window,
            tr("Unsaved changes"),
            tr("Save the changes to {names}? Otherwise they are lost.", names=names),
            _Button.SaveAll | _Button.Discard | _Button.Cancel,
            _Button.SaveAll,
        )
        if answer != _Button.SaveAll:
            return answer == _Button.Discard
        if self._writing.is_idle:
            return self._save_all()
        # The others cannot come to the front before the take has ended; then it is closed anew.
        self._when_idle(lambda: QTimer.singleShot(0, self, self._save_and_close))
        return False

    def _save_and_close(self) -> None:
        if self._save_all():
            self._window.close()

    def _save_all(self) -> bool:
        for state in self._documents.unsaved:
            self._documents.show(state)
            if not self.saving.save_now():
                return False
        return True

    def _may_close_front(self) -> bool:
        """Whether the document in front may be closed."""
        front = self._documents.front
        if front.saving and not self.saving.finish():
            return self._may_give_up([front])
        self.guard.look()
        is_something = front in self._documents.unsaved or not self._writing.is_idle
        return not is_something or self._may_lose_front()

    def _may_lose_front(self) -> bool:
        """Whether the document in front is saved now, or need not be."""
        answer = question(
            self._window,
            tr("Unsaved changes"),
            tr(
                "Save the changes to “{title}”? Otherwise they are lost.",
                title=self._documents.name(self._documents.front),
            ),
            _Button.Save | _Button.Discard | _Button.Cancel,
            _Button.Save,
        )
        if answer == _Button.Save:
            return self.saving.save_now()
        return answer == _Button.Discard

    def _may_give_up(self, states: list[DocumentState]) -> bool:
        """Whether what is being saved is saved, or need not be."""
        if not states or self.saving.finish():
            return True
        answer = question(
            self._window,
            tr("Not saved yet"),
            tr(
                "“{title}” is being saved, and its drive does not answer. Give it up? "
                "What is not saved is lost then.",
                title=self._documents.name(states[0]),
            ),
            _Button.Discard | _Button.Cancel,
            _Button.Cancel,
        )
        return answer == _Button.Discard

    def _close_now(self, closed: DocumentState) -> None:
        """Close a document of which nothing is to be kept; in front of it comes the nearest one."""
        states = list(self._documents.all)
        if closed is not self._documents.front:  # another came to the front first
            self._remove(closed)
            return
        at, mark = states.index(closed), self._documents.mark(closed)

        def remove() -> None:
            # What is written while a long text is read that comes to the front is not given up.
            if self._documents.mark(closed) == mark:
                self._remove(closed)

        def show_next(left: list[DocumentState]) -> None:
            if left:
                self.show(left[0], remove, lambda: show_next(left[1:]))
            else:
                self._documents.begin()
                remove()

        show_next([*states[at + 1 :], *reversed(states[:at])])

    def _remove(self, state: DocumentState) -> None:
        self.guard.release(state)
        self._documents.remove(state)

    def _show_instead(self, state: DocumentState) -> None:
        """Bring an open document to the front, and close an empty page that nobody has touched."""
        empty, is_untouched = self._documents.front, self._documents.is_front_untouched

        def close() -> None:
            # It may have been written on while something was read.
            is_empty = empty.path is None and empty not in self._documents.unsaved
            if is_empty and empty is not self._documents.front and empty in self._documents.all:
                self._remove(empty)

        self.show(state, then=close if is_untouched else lambda: None)

    # What the sections above share

    def remember_carets(self) -> None:
        """Remember where the carets stand, at the end; of a window without files, nothing else."""
        if any(state.path for state in self._documents.all):
            self._remember()
        else:
            self._remember_caret()

    def _remember(self) -> None:
        """Remember which files are open, which is in front, and where their carets stand."""
        states = self._documents.all
        files = [(state.place, state.caret) for state in states if state.place is not None]
        self._settings.set(OPEN_FILES, to_text(files))
        self._settings.set(LAST_FILE, str(self._draft.state.place or ""))
        self._remember_caret()

    def _remember_caret(self) -> None:
        self._settings.set(LAST_CARET, self._draft.caret)

    def _when_idle(self, act: Callable[[], object]) -> None:
        if self._writing.is_idle:
            act()
            return
        # The engine answers a stop within milliseconds; the take is whole only then.
        self._writing.call_when_ended(act)
        self._writing.stop()

    def _leave(self, act: Callable[[], object]) -> None:
        """Have another document come to the front: nothing is written into one that is not."""
        if not self._writing.is_idle:
            title = self._documents.name(self._documents.front)
            self.reported.emit(
                tr(
                    "The model has stopped writing in “{title}”: what it wrote is there, and "
                    "another document is in front.",
                    title=title,
                )
            )
        self._when_idle(act)

    def _begin_page(self) -> None:
        """Have an empty page in front: the one that is there, if nothing was done to it."""
        if not self._documents.is_front_untouched:
            self._documents.begin()

    def _begin(self, file: TextFile) -> None:
        """Begin a document without a file, with a text."""
        self._begin_page()
        self._draft.begin_with(file)
        self._follow_file(self._draft.state)

    def _take_from(self, path: Path) -> None:
        """Begin a manuscript with the text of another program's document."""

        def load(file: TextFile) -> None:
            self._begin(file)
            self._draft.state.taken_from = path
            self._settings.set(FOLDER, str(path.resolve().parent))
            self.reported.emit(
                tr(
                    "This is the text of {name}, as a new manuscript, not saved yet. The "
                    "document itself stays as it is.",
                    name=quoted_name(path),
                )
            )

        self._texts.read_foreign(path, lambda file: self._leave(lambda: load(file)))

    def _read(
        self,
        path: Path,
        caret: int | None = None,
        state: DocumentState | None = None,
        then: Callable[[], object] = lambda: None,
        otherwise: Callable[[], object] = lambda: None,
    ) -> None:
        """Read a file, and bring it to the front.

        Args:
            path: Which.
            caret: Where the caret goes; None for where the file says.
            state: The open document that it is of; None where it is to be one.
            then: Called once it is there.
            otherwise: Called where it cannot be read.
        """
        brief, plan, problem = "", NO_PLAN, ""
        try:
            if not is_document_name(path):
                brief, plan = self.saving.briefs.load(path), self.saving.briefs.plan(path)
        except BriefError as error:
            problem = str(error)

        def load(found: FoundText) -> None:
            known = state or self._documents.at(path)
            if known is None:
                self._begin_page()
            elif known not in self._documents.all:
                return  # closed while it was read
            elif known.is_read:
                self._documents.show(known)  # opened twice
                then()
                return
            else:
                self._documents.show(known)
            self._draft.state.is_read = True
            if found.document is not None:
                self._draft.open_document(path, found.document, found.held)
            else:
                self._draft.open(path, found.file, found.held, brief, plan)
            self._follow_file(self._draft.state)
            wanted = found.document.caret if found.document and caret is None else caret
            if wanted is not None:
                self.caret_wanted.emit(min(max(wanted, 0), len(self._draft.manuscript)))
            if problem:
                self.failed.emit(problem)
            then()

        def show(found: FoundText) -> None:
            self._texts.show_or_offer(
                found, path, quoted_name(path), lambda: self._leave(lambda: load(found))
            )

        self._texts.read(path, show, otherwise)

    def _save_kept(self, record: RecoveryRecord) -> None:
        """Save a recovered text that is too large for a page as a file, to open in parts."""
        answer = ask(
            self._window,
            tr("Larger than a page"),
            tr(
                "This text has grown to {count:,} characters, or has paragraphs that no "
                "page holds.",
                count=len(record.text),
            ),
            tr(
                "{answer}: it can be opened wrapped or in parts then. Until it is "
                "discarded it stays kept here too.",
                answer=tr(SAVE_AS_FILE),
            ),
            (tr(SAVE_AS_FILE),),
        )
        path = self.saving.ask_path(record.path) if answer == tr(SAVE_AS_FILE) else None
        if path is not None:
            self._texts.save_kept(record, path)

    def _take_theirs(self) -> None:
        path = self._draft.path
        assert path is not None, "a draft without a file has none that others change"

        def take(found: FoundText) -> None:
            if self._draft.path != path:
                return
            if not found.fits:
                why = too_large(quoted_name(path), found.shape)
                self.failed.emit(tr("{why} Save yours beside it, then open it in parts.", why=why))
                return
            self._draft.take_theirs(found.file, found.held, found.document)
            self.guard.look()

        def take_when_idle(found: FoundText) -> None:
            self._when_idle(lambda: take(found))

        self._when_idle(lambda: self._texts.read(path, take_when_idle))

    def _follow_file(self, state: DocumentState) -> None:
        """Remember a document's file, and lock it."""
        self.guard.hold(state)
        self._remember()
        if state.place is not None:
            self._settings.set(FOLDER, str(state.place.parent))
            self._settings.remember(RECENT_FILES, str(state.place))


def _is_in_document(record: RecoveryRecord, path: Path) -> bool:
    """Whether a document was saved after a record of it was kept, and holds what that says."""
    from studio.manuscript.document_file import open_document

    try:
        document, held = open_document(path)
    except ManuscriptFileError:
        return False
    is_newer = record.held is None or held.digest != record.held.digest
    return is_newer and (document.text, document.brief) == (record.text, record.brief)

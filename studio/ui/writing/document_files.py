"""New, Open, Save, Save As: the draft's file, and the question before anything is lost."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import NamedTuple, TypeVar

from PySide6.QtCore import QObject, QStandardPaths, QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from studio.app.background import Background
from studio.app.file_kinds import TEXT_SUFFIXES
from studio.app.settings import FOLDER, LAST_CARET, LAST_FILE, RECENT_FILES, Settings
from studio.app.timers import single_shot
from studio.app.user_folders import data_folder, state_folder
from studio.app.writing.draft import Draft, Saving
from studio.app.writing.large_texts import (
    FIRST,
    SPLIT,
    WRAP,
    FoundText,
    look_at,
    offer,
    quoted_name,
    read_text,
    split_names,
)
from studio.app.writing.writing import Writing
from studio.interchange import DOCUMENT_SUFFIXES
from studio.manuscript import (
    SUFFIX,
    BriefError,
    BriefFolder,
    FileState,
    ManuscriptFileError,
    Outside,
    RecoveryRecord,
    TextFile,
    is_document_name,
    shape_of,
    write_text_file,
)
from studio.manuscript.text_shape import LIMITS, fits, too_large
from studio.path_checks import exists, is_folder, size_of
from studio.progress import At
from studio.translation import mark, tr
from studio.ui.widgets.ask import ask, question
from studio.ui.writing.file_guard import Clearance, FileGuard
from studio.visible_text import visible_name, visible_path

_log = logging.getLogger(__name__)

_ALL_FILES = mark("All files (*)")
_DOCUMENTS = mark("Kelvin Studio document, with takes (*.kelvin)")
_TEXTS = mark("Text (*.txt *.md)")
_READABLE = mark("Documents and texts (*.kelvin *.txt *.md *.docx *.odt)")

_AT_ONCE = 2**18
"""Bytes of a file that is read while the window waits: a few milliseconds."""

SAVE_AS_FILE = mark("Save as a file…")
"""The answer for a recovered text that is too large for a page."""

_REST_MS = 1000
"""From the last move of the caret until it is remembered."""

_MISTAKE = mark("{name} could not be saved: an error of the program. Your text is still here.")

_READ = 0.8
"""How much of the work reading a document is; the rest is looking at its text."""

_TEXT_ALONE = mark(
    "It keeps the text alone. To keep takes and probabilities too, save it as a Kelvin Studio "
    "document (Save as)."
)

_Found = TypeVar("_Found")


class DocumentFiles(QObject):
    """What the File menu does.

    Args:
        window: The parent of dialogs.
        draft: The document.
        writing: A growing take is ended before the text is replaced or saved.
        settings: Remembers folders and recent files.
        reading: Reads long files while the window goes on.
    """

    failed = Signal(str)
    """One message for the writer; the text is untouched."""
    saved = Signal(str)
    """The document is saved: a message for the writer."""
    reported = Signal(str)
    """One message for the writer that is not a failure."""
    caret_wanted = Signal(int)
    """A document was reopened: its caret was before this code point."""

    def __init__(
        self,
        window: QWidget,
        draft: Draft,
        writing: Writing,
        settings: Settings,
        reading: Background,
    ) -> None:
        super().__init__(window)
        self._reading = reading
        self._disk = Background("saving", self)
        self._late: Path | None = None
        """Where to save again after the save that is under way."""
        self._taken_from: Path | None = None
        """The document of another program that the text comes from; it is not written to."""
        self._is_saved = False
        """Whether the last save went well."""
        self._has_warned = set[Path]()
        """Plain texts of which it was said that they keep the text alone."""
        self._changes = 0
        """Counts changes of the document: some may be made while a file is being read."""
        draft.manuscript.changed.connect(self._count_change)
        draft.brief_changed.connect(self._count_change)
        draft.manuscript.loaded.connect(self._forget_late)
        self._window = window
        self._draft = draft
        self._writing = writing
        self._settings = settings
        self._briefs = BriefFolder(data_folder() / "briefs")
        # Not at each key: the settings are written by this thread.
        self._rest = single_shot(self, self.remember_caret, _REST_MS)
        draft.prompt_changed.connect(self._rest.start)
        self.guard = FileGuard(
            window, draft, state_folder() / "open", self._take_theirs, self._save_beside
        )

    @property
    def title(self) -> str:
        """The document's name as it is shown, in the window's title too."""
        return visible_name(self._draft.path.stem) if self._draft.path else tr("Untitled")

    def new(self, then: Callable[[], None] = lambda: None) -> None:
        """Begin an empty manuscript.

        Args:
            then: Called once it has begun, and never if the writer wants to keep the one there is.
        """

        def begin() -> None:
            self._new_now()
            then()

        self._replace(begin)

    def ask_open(self) -> None:
        """Ask for a file and open it."""
        path, _ = QFileDialog.getOpenFileName(
            self._window,
            tr("Open manuscript"),
            str(self.folder),
            f"{tr(_READABLE)};;{tr(_ALL_FILES)}",
        )
        if path:
            self.open(Path(path))

    def open(self, path: Path) -> None:
        """Open a file, after the question about unsaved changes."""
        self._replace(lambda: self._open_now(path))

    def open_last(self) -> None:
        """Open the document that was open last, with the caret where it was."""
        last = Path(self._settings.get(LAST_FILE))
        if not last.name:
            return
        if not exists(last):
            self._settings.set(LAST_FILE, "")
            self.reported.emit(
                tr(
                    "“{path}”, which was open last, is not there any more. This page "
                    "is empty; File › Open recent has others.",
                    path=visible_path(last),
                )
            )
            return
        if self.guard.is_open_elsewhere(last):
            return  # the other window has it
        self._open_now(last, self._settings.get(LAST_CARET))

    def begin_with(self, file: TextFile, name: str) -> None:
        """Begin a manuscript without a file with a text from elsewhere.

        Args:
            file: The text.
            name: The name of the text in messages.
        """

        def show(found: FoundText) -> None:
            self._show_or_offer(found, None, name, lambda: self._begin(found.file))

        if len(file.text) <= _AT_ONCE:
            show(look_at(file, None))
        else:
            self._start(tr("Opening {name}", name=name), partial(look_at, file, None), show)

    def remember_caret(self) -> None:
        """Remember where the caret stands in the document that `open_last` would open."""
        self._settings.set(LAST_CARET, self._draft.caret)

    def restore(self, record: RecoveryRecord, then: Callable[[bool], object]) -> None:
        """Restore a document, after the question about the one that is open.

        Args:
            record: The document as it was kept.
            then: Is given whether it was restored.
        """

        def load() -> None:
            self._draft.restore(record)
            self._follow_file()
            self.caret_wanted.emit(record.caret)
            self.guard.look()
            then(True)

        if not self.may_close():
            then(False)
        elif len(record.text) > LIMITS.characters or not fits(shape_of(record.text)):
            self._save_kept(record)
            then(False)
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
            return is_same and self._briefs.load(record.path) == record.brief
        except BriefError:
            return False

    def save(self) -> bool:
        """Save while the window goes on; asks for a name where there is none yet.

        Returns:
            Whether it is being saved now. `saved` and `failed` say what came of it.
        """
        saving = self._draft.saving
        path = saving.path if saving else self._draft.path
        return self._save_to(path) if path else self.save_as()

    def save_as(self) -> bool:
        """Ask for a name, and save as `save` does."""
        taken_from = self._taken_from
        beside = taken_from.with_name(f"{taken_from.stem}{SUFFIX}") if taken_from else None
        return self._ask_and_save(self._draft.path or beside)

    def finish(self) -> bool:
        """Wait until nothing is being saved any more, seconds at most.

        Returns:
            Whether that is so; it is not where a drive does not answer.
        """
        return self._disk.finish()

    def _ask_and_save(self, suggested: Path | None) -> bool:
        target = self._ask_path(suggested)
        return target is not None and self._save_to(target)

    def _ask_path(self, suggested: Path | None) -> Path | None:
        """Ask where to save."""
        is_plain = suggested is not None and not is_document_name(suggested)
        suggested = suggested or self.folder / f"{self.title}{SUFFIX}"
        filters = [tr(_TEXTS), tr(_DOCUMENTS)] if is_plain else [tr(_DOCUMENTS), tr(_TEXTS)]
        path, chosen = QFileDialog.getSaveFileName(
            self._window,
            tr("Save manuscript"),
            str(suggested),
            ";;".join([*filters, tr(_ALL_FILES)]),
        )
        if not path:
            return None
        target = Path(path)
        if is_plain and chosen == tr(_DOCUMENTS) and not is_document_name(target):
            # The form was chosen, and the dialog left the name that was suggested as it was.
            target = target.with_suffix(SUFFIX)
            if exists(target) and not self._may_replace(target):
                return None
        elif target.suffix.lower() not in TEXT_SUFFIXES and chosen != tr(_ALL_FILES):
            # Not `with_suffix`: “1. The sea” has none, whatever follows its full stop.
            suffix = ".txt" if chosen == tr(_TEXTS) else SUFFIX
            target = target.with_name(f"{target.name}{suffix}")
            # The dialog has asked about the name that was typed, and not about this one.
            if exists(target) and not self._may_replace(target):
                return None
        return target

    def may_close(self) -> bool:
        """Whether the document may be closed; the writer is asked where something would be lost."""
        buttons = QMessageBox.StandardButton
        if not self.finish():
            answer = question(
                self._window,
                tr("Not saved yet"),
                tr(
                    "“{title}” is being saved, and its drive does not answer. Give it up? "
                    "What is not saved is lost then.",
                    title=self.title,
                ),
                buttons.Discard | buttons.Cancel,
                buttons.Cancel,
            )
            return answer == buttons.Discard
        self.guard.look()
        draft = self._draft
        is_something = draft.is_modified and (draft.path or len(draft.manuscript) or draft.brief)
        if self._writing.is_idle and not is_something:
            return True
        answer = question(
            self._window,
            tr("Unsaved changes"),
            tr("Save the changes to “{title}”? Otherwise they are lost.", title=self.title),
            buttons.Save | buttons.Discard | buttons.Cancel,
            buttons.Save,
        )
        if answer == buttons.Save:
            return self.save() and self._is_saved_now()
        return answer == buttons.Discard

    def _is_saved_now(self) -> bool:
        """Wait for a save that has begun; whether it went well."""
        if not self.finish():
            self.failed.emit(
                tr("“{title}” is not saved yet: its drive does not answer.", title=self.title)
            )
            return False
        return self._is_saved

    @property
    def folder(self) -> Path:
        """Where a dialog begins: the folder used last, or the writer's documents."""
        place = QStandardPaths.StandardLocation.DocumentsLocation
        used = Path(self._settings.get(FOLDER) or QStandardPaths.writableLocation(place))
        return used if is_folder(used) else Path.home()

    def _may_replace(self, target: Path) -> bool:
        buttons = QMessageBox.StandardButton
        answer = question(
            self._window,
            tr("Replace the file"),
            tr("“{name}” is there already. Replace it?", name=visible_name(target.name)),
            buttons.Yes | buttons.No,
            buttons.No,
        )
        return answer == buttons.Yes

    def _replace(self, load: Callable[[], object]) -> None:
        if self.may_close():
            self._when_idle(load)

    def _when_idle(self, act: Callable[[], object]) -> None:
        if self._writing.is_idle:
            act()
            return
        # The engine answers a stop within milliseconds; the take is whole only then.
        self._writing.call_when_ended(act)
        self._writing.stop()

    def _new_now(self) -> None:
        self._draft.new()
        self._follow_file()

    def _open_now(self, path: Path, caret: int | None = None) -> None:
        """Open a file; the caret goes where it is wanted."""
        if path.suffix.lower() in DOCUMENT_SUFFIXES:
            self._take_from(path)
            return
        brief, problem = "", ""
        try:
            brief = "" if is_document_name(path) else self._briefs.load(path)
        except BriefError as error:
            problem = str(error)

        def show(found: FoundText) -> None:
            def load() -> None:
                if found.document is not None:
                    self._draft.open_document(path, found.document, found.held)
                else:
                    self._draft.open(path, found.file, found.held, brief)
                self._follow_file()
                wanted = found.document.caret if found.document and caret is None else caret
                if wanted is not None:
                    self.caret_wanted.emit(min(max(wanted, 0), len(self._draft.manuscript)))
                if problem:
                    self.failed.emit(problem)

            self._show_or_offer(found, path, quoted_name(path), load)

        self._read(path, show)

    def _take_from(self, path: Path) -> None:
        """Begin a manuscript with the text of another program's document."""

        def show(found: FoundText | ManuscriptFileError) -> None:
            if isinstance(found, ManuscriptFileError):
                self.failed.emit(str(found))
                return

            def load() -> None:
                self._begin(found.file)
                self._taken_from = path
                self._settings.set(FOLDER, str(path.resolve().parent))
                self.reported.emit(
                    tr(
                        "This is the text of {name}, as a new manuscript, not saved yet. The "
                        "document itself stays as it is.",
                        name=quoted_name(path),
                    )
                )

            self._show_or_offer(found, None, quoted_name(path), load)

        name = quoted_name(path)
        self._start(tr("Opening {name}", name=name), partial(_read_document, path), show)

    def _read(self, path: Path, then: Callable[[FoundText], object]) -> None:
        """Read a text file, a long one while the window goes on, or say why it cannot be read."""

        def report(found: FoundText | ManuscriptFileError) -> None:
            if isinstance(found, FoundText):
                then(found)
                return
            self._settings.forget(RECENT_FILES, str(path))
            self.failed.emit(str(found))

        if size_of(path) <= _AT_ONCE:
            report(read_text(path))
            return
        self._start(
            tr("Opening {name}", name=quoted_name(path)),
            partial(read_text, path),
            report,
        )

    def _start(
        self, words: str, work: Callable[[At], _Found], then: Callable[[_Found], object]
    ) -> None:
        """Do work in another thread after which another document is opened, unless cancelled."""
        changes = self._changes

        def come(found: _Found | None) -> None:
            if found is not None:
                self._replace_since(changes, lambda: then(found))

        self._reading.start(work, come, words)

    def _replace_since(self, changes: int, load: Callable[[], object]) -> None:
        """Load another document, after a question where the open one was changed meanwhile.

        Args:
            changes: The count of changes when the writer was last asked.
            load: Loads it.
        """
        if changes == self._changes:
            self._when_idle(load)
        else:
            self._replace(load)

    def _show_or_offer(
        self, found: FoundText, path: Path | None, name: str, load: Callable[[], object]
    ) -> None:
        """Open a text; where it is too large, say so and do what the writer chooses."""
        if found.fits:
            load()
        else:
            # A turn later: by then it is no longer reported that the text is read.
            QTimer.singleShot(0, self, lambda: self._offer(found, path, name))

    def _offer(self, found: FoundText, path: Path | None, name: str) -> None:
        more, answers = offer(found, is_file=path is not None)
        title = tr("Larger than a page")
        answer = ask(self._window, title, too_large(name, found.shape), more, answers)
        if answer == tr(SPLIT) and path is not None:
            self._split(path, found)
        elif answer in (tr(WRAP), tr(FIRST)):
            self._begin(replace(found.file, text=found.parts[0]))

    def _begin(self, file: TextFile) -> None:
        self._draft.begin_with(file)
        self._follow_file()

    def _split(self, path: Path, found: FoundText) -> None:
        """Write a file's parts beside it, and open the first."""
        names = split_names(path, len(found.parts))
        if there := next((name for name in names if exists(name)), None):
            self.failed.emit(
                tr(
                    "{name} is there already: nothing was written. Move the parts of "
                    "an earlier time away, or open one of them.",
                    name=quoted_name(there),
                )
            )
            return

        changes, written = self._changes, list[Path]()

        def write(at: At) -> str:
            for number, (name, part) in enumerate(zip(names, found.parts, strict=True)):
                at(number / len(names))
                try:
                    write_text_file(name, replace(found.file, text=part))
                except ManuscriptFileError as error:
                    return str(error)
                written.append(name)
            return ""

        def report(problem: str | None) -> None:
            if problem == "":
                self.reported.emit(
                    tr(
                        "{name} is split into %n files beside it.",
                        "",
                        len(names),
                        name=quoted_name(path),
                    )
                )
                self._replace_since(changes, lambda: self._open_now(names[0]))
                return
            unfinished = tr("{name} is not split to its end:", name=quoted_name(path))
            so_far = tr(
                "{done:,} of {parts:,} parts are written.", done=len(written), parts=len(names)
            )
            self.failed.emit(f"{problem or unfinished} {so_far}")

        self._reading.start(write, report, tr("Splitting {name}", name=quoted_name(path)))

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
        path = self._ask_path(record.path) if answer == tr(SAVE_AS_FILE) else None
        if path is None:
            return

        def write(_at: At) -> str:
            try:
                if is_document_name(path):
                    from studio.manuscript.document_file import write_document

                    write_document(path, record.whole)
                else:
                    write_text_file(path, record.file)
            except ManuscriptFileError as error:
                return str(error)
            return ""

        def report(problem: str | None) -> None:
            if problem:
                self.failed.emit(problem)
            elif problem == "":
                self._replace_since(changes, lambda: self._open_now(path))

        changes = self._changes
        self._reading.start(write, report, tr("Saving {name}", name=quoted_name(path)))

    def _count_change(self, *_: object) -> None:
        self._changes += 1

    def _forget_late(self) -> None:
        """What was to be saved once more is no longer here, nor what came from elsewhere."""
        self._late = self._taken_from = None

    def _save_to(self, path: Path) -> bool:
        if self._disk.is_busy:
            self._late = path
            self.reported.emit(tr("“{title}” is still being saved.", title=self.title))
            return True
        cleared = self.guard.clearance(path)
        if cleared is not Clearance.YES:
            return cleared is Clearance.DONE
        draft = self._draft
        is_moved = draft.path is None or draft.path.resolve() != path.resolve()
        # A brief that stays is kept anew with what the file holds now, by which it is known.
        is_kept = is_moved or draft.brief or not draft.is_brief_saved
        briefs = self._briefs if is_kept and not is_document_name(path) else None
        saving = draft.begin_save(path)
        self._is_saved = False
        self._disk.start(lambda _at: _write(saving, briefs), partial(self._on_written, saving))
        return True

    def _on_written(self, saving: Saving, written: _Written | None) -> None:
        held, problem = written or _Written(None, tr(_MISTAKE, name=quoted_name(saving.path)))
        late, self._late = self._late, None
        is_open = self._draft.end_save(saving, held, is_brief_saved=not problem)
        if is_open and held is not None:
            self._follow_file()
        if problem:
            _log.warning("a text, or its brief, could not be saved")
            self.failed.emit(problem)
        else:
            self._is_saved = True
            self.saved.emit(
                " ".join(
                    [
                        tr("{name} is saved.", name=quoted_name(saving.path)),
                        *([tr(_TEXT_ALONE)] if self._leaves_takes(saving) else []),
                    ]
                )
            )
        if late is not None and (late != saving.path or self._draft.is_modified):
            self._save_to(late)
        elif problem:
            self.guard.look()  # nothing could be said of the file meanwhile

    def _leaves_takes(self, saving: Saving) -> bool:
        """Whether takes of what was saved are not in its file; once for each file."""
        if saving.document is not None or saving.path in self._has_warned:
            return False
        self._has_warned.add(saving.path)
        return bool(self._draft.manuscript.take_sets)

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
            if found.document is not None:
                self._draft.take_theirs_whole(found.document, found.held)
            else:
                self._draft.take_theirs(found.file, found.held)
            self.guard.look()

        def take_when_idle(found: FoundText) -> None:
            self._when_idle(lambda: take(found))

        self._when_idle(lambda: self._read(path, take_when_idle))

    def _save_beside(self) -> bool:
        path = self._draft.path
        return self._ask_and_save(_free_name(path) if path else None)

    def _follow_file(self) -> None:
        """Remember the document's file, and lock it."""
        path = self._draft.path
        self.guard.hold()
        self._settings.set(LAST_FILE, str(path.resolve()) if path else "")
        self.remember_caret()
        if path is not None:
            resolved = path.resolve()
            self._settings.set(FOLDER, str(resolved.parent))
            self._settings.remember(RECENT_FILES, str(resolved))


class _Written(NamedTuple):
    held: FileState | None
    """The file's state now; None where it could not be written."""
    problem: str
    """A message for the writer; empty where everything was saved."""


def _read_document(path: Path, at: At) -> FoundText | ManuscriptFileError:
    """Read another program's document, and look at what is in it; in the other thread."""
    from studio.interchange.documents import read_document  # few need it, and not at the start

    try:
        text = read_document(path, lambda share: at(_READ * share))
    except ManuscriptFileError as error:
        return error
    return look_at(TextFile(text), None, lambda share: at(_READ + (1 - _READ) * share))


def _write(saving: Saving, briefs: BriefFolder | None) -> _Written:
    """Write a text, then its brief if given a folder for that; in the other thread."""
    held = None
    try:
        if saving.document is not None:
            from studio.manuscript.document_file import write_document

            held = write_document(saving.path, saving.document)
        else:
            held = write_text_file(saving.path, saving.file)
        if briefs is not None:
            briefs.save(saving.path, saving.brief)
    except (ManuscriptFileError, BriefError) as error:
        return _Written(held, str(error))
    return _Written(held, "")


def _is_in_document(record: RecoveryRecord, path: Path) -> bool:
    """Whether a document was saved after a record of it was kept, and holds what that says."""
    from studio.manuscript.document_file import open_document

    try:
        document, held = open_document(path)
    except ManuscriptFileError:
        return False
    is_newer = record.held is None or held.digest != record.held.digest
    return is_newer and (document.text, document.brief) == (record.text, record.brief)


def _free_name(path: Path) -> Path:
    """A free name in the same folder: “The Sea 2.txt”."""
    names = (path.with_name(f"{path.stem} {number}{path.suffix}") for number in count(2))
    return next(name for name in names if not exists(name))

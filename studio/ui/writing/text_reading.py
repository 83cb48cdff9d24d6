"""Reads texts from files, long ones while the window goes on.

What is too large for a page is offered in parts.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from studio.app.background import Background
from studio.app.settings import RECENT_FILES, Settings
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
from studio.manuscript import (
    ManuscriptFileError,
    RecoveryRecord,
    TextFile,
    is_document_name,
    write_text_file,
)
from studio.manuscript.text_shape import too_large
from studio.path_checks import exists, size_of
from studio.progress import At
from studio.translation import mark, tr
from studio.ui.widgets.ask import ask

_AT_ONCE = 2**18
"""Bytes of a file that is read while the window waits: a few milliseconds."""

SAVE_AS_FILE = mark("Save as a file…")
"""The answer for a recovered text that is too large for a page."""

_READ = 0.8
"""How much of the work reading a document is; the rest is looking at its text."""

_Found = TypeVar("_Found")


class TextReading(QObject):
    """Reads, and hands on what was read.

    Args:
        window: The parent of questions.
        settings: Forgets recent files that cannot be read.
        reading: Reads long files.
        begin: Begins a new document with a text.
        open_file: Opens a file.
    """

    failed = Signal(str)
    """One message for the writer."""
    reported = Signal(str)
    """One message for the writer that is not a failure."""

    def __init__(
        self,
        window: QWidget,
        settings: Settings,
        reading: Background,
        begin: Callable[[TextFile], object],
        open_file: Callable[[Path], object],
    ) -> None:
        super().__init__(window)
        self._window = window
        self._settings = settings
        self._reading = reading
        self._begin = begin
        self._open_file = open_file

    def look_at(self, file: TextFile, name: str) -> None:
        """Begin a document with a text from elsewhere, if a page holds it.

        Args:
            file: The text.
            name: The name of the text in messages.
        """

        def show(found: FoundText) -> None:
            self.show_or_offer(found, None, name, lambda: self._begin(found.file))

        if len(file.text) <= _AT_ONCE:
            show(look_at(file, None))
        else:
            self._start(tr("Opening {name}", name=name), partial(look_at, file, None), show)

    def read(
        self,
        path: Path,
        then: Callable[[FoundText], object],
        otherwise: Callable[[], object] = lambda: None,
    ) -> None:
        """Read a text file, or say why it cannot be read.

        Args:
            path: Which.
            then: Takes what was read.
            otherwise: Called where it could not be read.
        """

        def report(found: FoundText | ManuscriptFileError) -> None:
            if isinstance(found, FoundText):
                then(found)
                return
            self._settings.forget(RECENT_FILES, str(path))
            # What is said of a document goes when another one comes to the front.
            otherwise()
            self.failed.emit(str(found))

        if size_of(path) <= _AT_ONCE:
            report(read_text(path))
            return
        self._start(
            tr("Opening {name}", name=quoted_name(path)),
            partial(read_text, path),
            report,
        )

    def read_foreign(self, path: Path, then: Callable[[TextFile], object]) -> None:
        """Read the text of another program's document, or say why it cannot be read.

        Args:
            path: Which.
            then: Takes it.
        """

        def show(found: FoundText | ManuscriptFileError) -> None:
            if isinstance(found, FoundText):
                self.show_or_offer(found, None, quoted_name(path), lambda: then(found.file))
            else:
                self.failed.emit(str(found))

        name = quoted_name(path)
        self._start(tr("Opening {name}", name=name), partial(_read_document, path), show)

    def show_or_offer(
        self, found: FoundText, path: Path | None, name: str, load: Callable[[], object]
    ) -> None:
        """Open a text; where it is too large, say so and do what the writer chooses.

        Args:
            found: The text.
            path: Its file; None where it has none.
            name: Its name in messages.
            load: Opens it.
        """
        if found.fits:
            load()
        else:
            # A turn later: by then it is no longer reported that the text is read.
            QTimer.singleShot(0, self, lambda: self._offer(found, path, name))

    def save_kept(self, record: RecoveryRecord, path: Path) -> None:
        """Save a recovered text that is too large for a page as a file, to open in parts.

        Args:
            record: The text.
            path: Where.
        """

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
                self._open_file(path)

        self._reading.start(write, report, tr("Saving {name}", name=quoted_name(path)))

    def _start(
        self, words: str, work: Callable[[At], _Found], then: Callable[[_Found], object]
    ) -> None:
        """Do work in another thread, and hand on what came of it, unless cancelled."""

        def come(found: _Found | None) -> None:
            if found is not None:
                then(found)

        self._reading.start(work, come, words)

    def _offer(self, found: FoundText, path: Path | None, name: str) -> None:
        more, answers = offer(found, is_file=path is not None)
        title = tr("Larger than a page")
        answer = ask(self._window, title, too_large(name, found.shape), more, answers)
        if answer == tr(SPLIT) and path is not None:
            self._split(path, found)
        elif answer in (tr(WRAP), tr(FIRST)):
            self._begin(found.file.with_text(found.parts[0]))

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

        written = list[Path]()

        def write(at: At) -> str:
            for number, (name, part) in enumerate(zip(names, found.parts, strict=True)):
                at(number / len(names))
                try:
                    write_text_file(name, found.file.with_text(part))
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
                self._open_file(names[0])
                return
            unfinished = tr("{name} is not split to its end:", name=quoted_name(path))
            so_far = tr(
                "{done:,} of {parts:,} parts are written.", done=len(written), parts=len(names)
            )
            self.failed.emit(f"{problem or unfinished} {so_far}")

        self._reading.start(write, report, tr("Splitting {name}", name=quoted_name(path)))


def _read_document(path: Path, at: At) -> FoundText | ManuscriptFileError:
    """Read another program's document, and look at what is in it; in the other thread."""
    from studio.interchange.documents import read_document  # few need it, and not at the start

    try:
        text = read_document(path, lambda share: at(_READ * share))
    except ManuscriptFileError as error:
        return error
    return look_at(TextFile(text), None, lambda share: at(_READ + (1 - _READ) * share))

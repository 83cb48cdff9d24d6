"""Save and Save As: writes the document in front, while the window goes on."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QObject, QStandardPaths, Signal
from PySide6.QtWidgets import QMessageBox, QWidget

from studio.app.background import Background
from studio.app.file_kinds import TEXT_SUFFIXES
from studio.app.settings import FOLDER, Settings
from studio.app.user_folders import data_folder
from studio.app.writing.document_state import Saving
from studio.app.writing.draft import Draft
from studio.app.writing.large_texts import quoted_name
from studio.app.writing.open_documents import OpenDocuments
from studio.manuscript import (
    NO_PLAN,
    SUFFIX,
    BriefError,
    BriefFolder,
    FileState,
    ManuscriptFileError,
    is_document_name,
    write_text_file,
)
from studio.path_checks import exists, is_folder
from studio.translation import mark, tr
from studio.ui.widgets import file_dialog
from studio.ui.widgets.ask import question
from studio.ui.writing.file_guard import Clearance
from studio.visible_text import visible_name

_log = logging.getLogger(__name__)

ALL_FILES = mark("All files (*)")
_DOCUMENTS = mark("Kelvin Studio document, with takes (*.kelvin)")
_TEXTS = mark("Text (*.txt *.md)")

_MISTAKE = mark("{name} could not be saved: an error of the program. Your text is still here.")

_TEXT_ALONE = mark(
    "It keeps the text alone. To keep takes and probabilities too, save it as a Kelvin Studio "
    "document (Save as)."
)


class DocumentSaving(QObject):
    """Saves, one document after another.

    Attributes:
        briefs: What is kept for files that hold the text alone.

    Args:
        window: The parent of dialogs.
        draft: The document in front.
        documents: All that are open.
        settings: Remembers the folder.
        clearance: Says whether a file may be written now.
    """

    failed = Signal(str)
    """One message for the writer; the text is untouched."""
    saved = Signal(str)
    """A document is saved: a message for the writer."""
    reported = Signal(str)
    """One message for the writer that is not a failure."""
    stored = Signal(object)
    """The file of a document, a `DocumentState`, is written; it may be another one than before."""
    unsettled = Signal()
    """A save has failed: nothing could be said of the file meanwhile."""

    def __init__(
        self,
        window: QWidget,
        draft: Draft,
        documents: OpenDocuments,
        settings: Settings,
        clearance: Callable[[Path], Clearance],
    ) -> None:
        super().__init__(window)
        self._window = window
        self._draft = draft
        self._documents = documents
        self._settings = settings
        self._clearance = clearance
        self.briefs = BriefFolder(data_folder() / "briefs")
        self._disk = Background("saving", self)
        self._under_way: Path | None = None
        """What is being written."""
        self._is_saved = False
        """Whether the last save went well."""
        self._has_warned = set[Path]()
        """Plain texts of which it was said that they keep the text alone."""
        documents.shown.connect(self._save_again)

    @property
    def folder(self) -> Path:
        """Where a dialog begins: the folder used last, or the writer's documents."""
        place = QStandardPaths.StandardLocation.DocumentsLocation
        used = Path(self._settings.get(FOLDER) or QStandardPaths.writableLocation(place))
        return used if is_folder(used) else Path.home()

    def save(self) -> bool:
        """Save while the window goes on; asks for a name where there is none yet.

        Returns:
            Whether it is being saved now. `saved` and `failed` say what came of it.
        """
        state = self._draft.state
        path = state.saving.path if state.saving else state.path
        return self._save_to(path) if path else self.save_as()

    def save_as(self) -> bool:
        """Ask for a name, and save as `save` does."""
        taken_from = self._draft.state.taken_from
        beside = taken_from.with_name(f"{taken_from.stem}{SUFFIX}") if taken_from else None
        return self._ask_and_save(self._draft.path or beside)

    def save_beside(self) -> bool:
        """Ask for another name in the same folder, and save there."""
        path = self._draft.path
        return self._ask_and_save(_free_name(path) if path else None)

    def save_now(self) -> bool:
        """Save, and wait until it is written; whether it went well."""
        if not self.save():
            return False
        if not self.finish():
            self.failed.emit(
                tr("“{title}” is not saved yet: its drive does not answer.", title=self._title)
            )
            return False
        return self._is_saved

    def finish(self) -> bool:
        """Wait until nothing is being saved any more, seconds at most.

        Returns:
            Whether that is so; it is not where a drive does not answer.
        """
        return self._disk.finish()

    def ask_path(self, suggested: Path | None) -> Path | None:
        """Ask where to save."""
        is_plain = suggested is not None and not is_document_name(suggested)
        suggested = suggested or self.folder / f"{self._title}{SUFFIX}"
        filters = [tr(_TEXTS), tr(_DOCUMENTS)] if is_plain else [tr(_DOCUMENTS), tr(_TEXTS)]
        path, chosen = file_dialog.ask_save(
            self._window,
            tr("Save manuscript"),
            str(suggested),
            ";;".join([*filters, tr(ALL_FILES)]),
        )
        if not path:
            return None
        target = Path(path)
        if is_plain and chosen == tr(_DOCUMENTS) and not is_document_name(target):
            # The form was chosen, and the dialog left the name that was suggested as it was.
            target = target.with_suffix(SUFFIX)
            if exists(target) and not self._may_replace(target):
                return None
        elif target.suffix.lower() not in TEXT_SUFFIXES and chosen != tr(ALL_FILES):
            # Not `with_suffix`: “1. The sea” has none, whatever follows its full stop.
            suffix = ".txt" if chosen == tr(_TEXTS) else SUFFIX
            target = target.with_name(f"{target.name}{suffix}")
            # The dialog has asked about the name that was typed, and not about this one.
            if exists(target) and not self._may_replace(target):
                return None
        return target

    @property
    def _title(self) -> str:
        return self._documents.name(self._draft.state)

    def _ask_and_save(self, suggested: Path | None) -> bool:
        target = self.ask_path(suggested)
        return target is not None and self._save_to(target)

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

    def _save_to(self, path: Path) -> bool:
        draft = self._draft
        if self._documents.at(path) not in (None, draft.state):
            self.failed.emit(
                tr(
                    "{name} is open in another tab, and stays as it is. Save this text under "
                    "another name, or close that tab first.",
                    name=quoted_name(path),
                )
            )
            return False
        if self._disk.is_busy and self._under_way is not None:
            draft.state.save_again = path
            self.reported.emit(
                tr("{name} is still being saved.", name=quoted_name(self._under_way))
            )
            return True
        cleared = self._clearance(path)
        if cleared is not Clearance.YES:
            return cleared is Clearance.DONE
        is_moved = draft.path is None or draft.path.resolve() != path.resolve()
        # A brief that stays is kept anew with what the file holds now, by which it is known.
        is_kept = is_moved or draft.brief or draft.plan != NO_PLAN or not draft.is_brief_saved
        briefs = self.briefs if is_kept and not is_document_name(path) else None
        saving = draft.begin_save(path)
        self._is_saved, self._under_way = False, path
        self._disk.start(lambda _at: _write(saving, briefs), partial(self._on_written, saving))
        return True

    def _on_written(self, saving: Saving, written: _Written | None) -> None:
        held, problem = written or _Written(None, tr(_MISTAKE, name=quoted_name(saving.path)))
        is_open = self._draft.end_save(saving, held, is_brief_saved=not problem)
        if is_open and held is not None:
            self.stored.emit(saving.state)
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
        if not self._save_again() and problem:
            self.unsettled.emit()

    def _save_again(self) -> bool:
        """Save the document in front once more, if that was asked for while it was written."""
        state = self._draft.state
        path, state.save_again = state.save_again, None
        is_due = path is not None and (path != state.path or self._draft.is_modified)
        if is_due and path is not None:
            self._save_to(path)
        return is_due

    def _leaves_takes(self, saving: Saving) -> bool:
        """Whether takes of what was saved are not in its file; once for each file."""
        if saving.document is not None or saving.path in self._has_warned:
            return False
        self._has_warned.add(saving.path)
        return saving.has_takes


class _Written(NamedTuple):
    held: FileState | None
    """The file's state now; None where it could not be written."""
    problem: str
    """A message for the writer; empty where everything was saved."""


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
            briefs.save(saving.path, saving.brief, saving.plan)
    except (ManuscriptFileError, BriefError) as error:
        return _Written(held, str(error))
    return _Written(held, "")


def _free_name(path: Path) -> Path:
    """A free name in the same folder: “The Sea 2.txt”."""
    names = (path.with_name(f"{path.stem} {number}{path.suffix}") for number in count(2))
    return next(name for name in names if not exists(name))

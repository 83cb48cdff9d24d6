"""New, Open, Save, Save As: the draft's file, and the question before anything is lost."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QStandardPaths, Signal
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from studio.manuscript import ManuscriptFileError
from studio.ui.settings import FOLDER, RECENT_FILES, Settings
from studio.ui.writing.draft import Draft
from studio.ui.writing.writing import Writing

_ALL_FILES = "All files (*)"
_FILTER = f"Text (*.txt *.md);;{_ALL_FILES}"
TEXT_SUFFIXES = frozenset({".txt", ".md", ".markdown", ".text"})


class DocumentFiles(QObject):
    """What the File menu does.

    Args:
        window: what dialogs belong to.
        draft: whose file it is.
        writing: a growing take is ended before the text is replaced or saved.
        settings: remembers folders and recent files.
    """

    failed = Signal(str)
    """One message for the writer; the text is untouched."""

    def __init__(self, window: QWidget, draft: Draft, writing: Writing, settings: Settings) -> None:
        super().__init__(window)
        self._window = window
        self._draft = draft
        self._writing = writing
        self._settings = settings

    @property
    def title(self) -> str:
        """The document's name for the window's title."""
        return self._draft.path.stem if self._draft.path else "Untitled"

    def new(self) -> None:
        """Begin an empty manuscript."""
        self._replace(self._draft.new)

    def ask_open(self) -> None:
        """Ask for a file and open it."""
        path, _ = QFileDialog.getOpenFileName(
            self._window, "Open manuscript", str(self._folder), _FILTER
        )
        if path:
            self.open(Path(path))

    def open(self, path: Path) -> None:
        """Open a file, after the question about unsaved changes."""
        self._replace(lambda: self._open_now(path))

    def save(self) -> bool:
        """Save; asks for a name where there is none yet. Whether it is saved now."""
        return self._save_to(self._draft.path) if self._draft.path else self.save_as()

    def save_as(self) -> bool:
        """Ask for a name and save. Whether it is saved now."""
        suggested = self._draft.path or self._folder / f"{self.title}.txt"
        path, chosen = QFileDialog.getSaveFileName(
            self._window, "Save manuscript", str(suggested), _FILTER
        )
        if not path:
            return False
        target = Path(path)
        if target.suffix.lower() not in TEXT_SUFFIXES and chosen != _ALL_FILES:
            # Not `with_suffix`: “1. The sea” has none, whatever follows its full stop.
            target = target.with_name(f"{target.name}.txt")
            # The dialog has asked about the name that was typed, and not about this one.
            if target.exists() and not self._may_replace(target):
                return False
        return self._save_to(target)

    def may_close(self) -> bool:
        """Whether nothing would be lost, asking the writer where something would."""
        manuscript = self._draft.manuscript
        if manuscript.is_clean and self._writing.is_idle:
            return True
        if not manuscript.text and not self._draft.path and self._writing.is_idle:
            return True
        buttons = QMessageBox.StandardButton
        answer = QMessageBox.question(
            self._window,
            "Unsaved changes",
            f"Save the changes to “{self.title}”? Otherwise they are lost.",
            buttons.Save | buttons.Discard | buttons.Cancel,
            buttons.Save,
        )
        if answer == buttons.Save:
            return self.save()
        return answer == buttons.Discard

    @property
    def _folder(self) -> Path:
        """Where a dialog begins: the folder used last, or the writer's documents."""
        place = QStandardPaths.StandardLocation.DocumentsLocation
        used = Path(self._settings.get(FOLDER) or QStandardPaths.writableLocation(place))
        return used if used.is_dir() else Path.home()

    def _may_replace(self, target: Path) -> bool:
        buttons = QMessageBox.StandardButton
        answer = QMessageBox.question(
            self._window,
            "Replace the file",
            f"“{target.name}” is there already. Replace it?",
            buttons.Yes | buttons.No,
            buttons.No,
        )
        return answer == buttons.Yes

    def _replace(self, load: Callable[[], None]) -> None:
        if not self.may_close():
            return
        if self._writing.is_idle:
            load()
            return
        # The engine answers a stop within milliseconds; the take is whole only then.
        self._writing.call_when_ended(load)
        self._writing.stop()

    def _open_now(self, path: Path) -> None:
        try:
            self._draft.open(path)
        except ManuscriptFileError as error:
            self._settings.forget(RECENT_FILES, str(path))
            self.failed.emit(str(error))
            return
        self._remember(path)

    def _save_to(self, path: Path) -> bool:
        try:
            self._draft.save(path)
        except ManuscriptFileError as error:
            self.failed.emit(str(error))
            return False
        self._remember(path)
        return True

    def _remember(self, path: Path) -> None:
        resolved = path.resolve()
        self._settings.set(FOLDER, str(resolved.parent))
        self._settings.remember(RECENT_FILES, str(resolved))

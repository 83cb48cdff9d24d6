"""File › Export manuscript: asks how and where, writes in another thread, says what came of it."""

from __future__ import annotations

import logging
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale, QObject, Signal
from PySide6.QtWidgets import QDialog, QWidget

from studio.app.model.names import model_name
from studio.app.session import Session
from studio.app.settings import FOLDER, Settings
from studio.progress import At
from studio.translation import tr
from studio.ui.theme.faces import Face
from studio.ui.theme.theme import Theme
from studio.ui.widgets.new_file import ask_new_file
from studio.ui.writing.document_saving import DocumentSaving
from studio.visible_text import visible_name

if TYPE_CHECKING:
    from studio.app.writing.exporting import ExportChoice, ExportSource
    from studio.interchange.publication import Paper

_log = logging.getLogger(__name__)

_TAKEN_APART = 0.3
"""Of the work; most of the rest is setting pages, or packing."""
_MADE = 0.95
_LONGEST_FILE = 80
"""Characters of a title that are suggested as a file's name."""


class ManuscriptExport(QObject):
    """Exports what is written now.

    Args:
        window: What dialogs belong to.
        session: Whose text.
        theme: Where colours and the typeface come from.
        settings: Remembers what was chosen.
        saving: Whose folder is suggested.
    """

    failed = Signal(str)
    """One message for the writer; what stood where it was to go is untouched."""
    exported = Signal(str)
    """It is written; says so."""
    reported = Signal(str)
    """Another one, of something that is no failure."""

    def __init__(
        self,
        window: QWidget,
        session: Session,
        theme: Theme,
        settings: Settings,
        saving: DocumentSaving,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._theme = theme
        self._settings = settings
        self._saving = saving

    def ask_report(self) -> None:
        """The same of a report on who wrote it."""
        self.ask(is_report=True)

    def ask(self, *, is_report: bool = False) -> None:
        """Ask how and where, and begin.

        Args:
            is_report: Whether a report is offered at first, and not the text.
        """
        # Few need them, and not at the start.
        from studio.app.writing.exporting import ExportSource, first_choice, remember_choice
        from studio.ui.export.dialog import ExportDialog

        source = ExportSource.of(self._session.draft, self._model_name)
        if source.is_empty:
            self.reported.emit(tr("The manuscript is empty: there is nothing to export yet."))
            return
        first = first_choice(self._settings, source)
        dialog = ExportDialog(source, first, self._theme, self._window, is_report=is_report)
        try:
            if dialog.exec() != QDialog.DialogCode.Accepted:
                return
            choice = dialog.choice
        finally:
            dialog.deleteLater()
        remember_choice(self._settings, source, choice)
        path = self._ask_path(source, choice)
        if path is not None:
            self._begin(source, choice, path)

    @property
    def _model_name(self) -> str:
        report = self._session.model.report
        return model_name(report.path, report.quantization) if report else ""

    def _ask_path(self, source: ExportSource, choice: ExportChoice) -> Path | None:
        """Ask for the file's name; None where there is none, or where it cannot be."""
        stem = source.path.stem if source.path else _file_name(choice.title) or tr("Untitled")
        if choice.is_report:
            stem = tr("{title}, who wrote it", title=stem)
        suffix = choice.format.suffix
        suggested = self._saving.folder / f"{stem}{suffix}"
        kinds = f"{tr(choice.format.name)} (*{suffix})"
        title = tr("Export manuscript")
        path, _ = ask_new_file(self._window, title, suggested, kinds, suffix)
        if path is None:
            return None
        if source.path is not None and path.resolve() == source.path.resolve():
            self.failed.emit(
                tr(
                    "“{name}” is the manuscript itself, and nothing was written. Choose another "
                    "name for the export; File › Save saves the manuscript.",
                    name=visible_name(path.name),
                )
            )
            return None
        self._settings.set(FOLDER, str(path.resolve().parent))
        return path

    def _begin(self, source: ExportSource, choice: ExportChoice, path: Path) -> None:
        name = f"“{visible_name(path.name)}”"

        def report(problem: str | None) -> None:
            if problem == "":
                _log.info("a manuscript was exported as %s", choice.format.key)
                self.exported.emit(tr("{name} is exported.", name=name))
            elif problem:
                self.failed.emit(problem)
            else:
                self.reported.emit(tr("The export of {name} was given up.", name=name))

        work = partial(_export, source, choice, path, _paper(), self._theme.face)
        self._session.reading.start(work, report, tr("Exporting {name}", name=name))


def _export(
    source: ExportSource, choice: ExportChoice, path: Path, paper: Paper, face: Face, at: At
) -> str:
    """In another thread; empty, or why it could not be written."""
    from studio.app.writing.exporting import publication_of
    from studio.atomic_write import atomic_write
    from studio.interchange.formats import PDF, writer_of

    publication = publication_of(source, choice, paper, lambda share: at(_TAKEN_APART * share))

    def on_share(share: float) -> None:
        at(_TAKEN_APART + (_MADE - _TAKEN_APART) * share)

    if choice.format is PDF:
        from studio.ui.export.pdf import to_pdf

        data = to_pdf(publication, face, on_share)
    else:
        data = writer_of(choice.format)(publication, on_share)
    at(_MADE)
    try:
        atomic_write(path, data)
    except OSError as error:
        return tr(
            "“{name}” could not be written: {why}. What was there before is unchanged. Choose "
            "another place, or make room.",
            name=visible_name(path.name),
            why=error.strerror or error,
        )
    return ""


def _paper() -> Paper:
    """What printers have where the program is used."""
    is_american = QLocale.system().measurementSystem() == QLocale.MeasurementSystem.ImperialUSSystem
    return "Letter" if is_american else "A4"


def _file_name(title: str) -> str:
    """A title as a file may be called on any system."""
    signs = "".join(
        " " if sign in '\\/:*?"<>|' or not sign.isprintable() else sign for sign in title
    )
    return " ".join(signs.split())[:_LONGEST_FILE].strip(". ")

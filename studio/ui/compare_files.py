"""A comparison's files: saved, opened again without the model, exported to be read elsewhere.

Asks for names and says what went wrong; what a file holds is `studio.experiments`' affair.
"""

import contextlib
from collections.abc import Callable
from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from studio.atomic_write import atomic_write
from studio.experiments.comparison import Comparison
from studio.experiments.comparison_file import (
    ComparisonFileError,
    load_comparison,
    save_comparison,
)
from studio.experiments.html_page import to_html
from studio.experiments.markdown import to_markdown
from studio.experiments.model_hash import model_hash
from studio.ui.compare_lanes import NOTHING_TO_KEEP, RUNS
from studio.ui.compare_record import record_of, show_record
from studio.ui.compare_state import CompareState
from studio.ui.model_state import ModelState
from studio.ui.settings import FOLDER, Settings

SUFFIX = ".json"


class CompareFiles(QObject):
    """What the Compare menu does with files.

    Args:
        window: What dialogs belong to.
        state: Whose comparison.
        model: Whose file's fingerprint is saved with it, while it is open.
        settings: Remembers the folder.
    """

    failed = Signal(str)
    """One message for the writer; what is in view is untouched."""

    def __init__(
        self, window: QWidget, state: CompareState, model: ModelState, settings: Settings
    ) -> None:
        super().__init__(window)
        self._window = window
        self._state = state
        self._model = model
        self._settings = settings

    def ask_open(self) -> None:
        """Ask for a file and open it."""
        path, _ = QFileDialog.getOpenFileName(
            self._window,
            "Open comparison",
            self._settings.get(FOLDER),
            "Comparisons (*.json);;All files (*)",
        )
        if path:
            self.open(Path(path))

    def open(self, path: Path) -> bool:
        """Show a comparison that was saved; whether it is shown."""
        if self._state.is_running:
            self.failed.emit(RUNS)
            return False
        try:
            comparison = load_comparison(path)
        except ComparisonFileError as error:
            self.failed.emit(str(error))
            return False
        show_record(self._state, comparison)
        self._settings.set(FOLDER, str(path.resolve().parent))
        return True

    def save(self) -> None:
        """Ask for a name and save."""
        comparison = self._kept(with_hash=True)
        path = self._ask_name("Save comparison", SUFFIX, "Comparisons (*.json)")
        if comparison is None or path is None:
            return
        try:
            save_comparison(path, comparison)
        except ComparisonFileError as error:
            self.failed.emit(str(error))

    def export_markdown(self) -> None:
        """Ask for a name and write the comparison as Markdown."""
        self._export("Export as Markdown", ".md", "Markdown (*.md)", to_markdown)

    def export_html(self) -> None:
        """Ask for a name and write the comparison as a page that needs nothing else."""
        self._export("Export as HTML", ".html", "HTML pages (*.html)", to_html)

    def _export(
        self, title: str, suffix: str, kinds: str, render: Callable[[Comparison], str]
    ) -> None:
        comparison = self._kept(with_hash=False)
        path = self._ask_name(title, suffix, kinds)
        if comparison is None or path is None:
            return
        try:
            atomic_write(path, render(comparison).encode())
        except OSError as error:
            self.failed.emit(
                f"“{path.name}” could not be written: {error.strerror or error}. What was there "
                "before is unchanged. Choose another place, or make room."
            )

    def _kept(self, *, with_hash: bool) -> Comparison | None:
        state = self._state
        if state.why_not_keep or state.kept_model is None:
            self.failed.emit(state.why_not_keep or NOTHING_TO_KEEP)
            return None
        model = state.kept_model
        report = self._model.report
        is_open = report is not None and state.source == self._model.vocabulary
        if with_hash and not model.hash and report is not None and is_open:
            # Without, where the model's file is gone: the comparison is worth keeping.
            with contextlib.suppress(OSError):
                model = msgspec.structs.replace(model, hash=model_hash(Path(report.path)))
            state.kept_model = model
        return record_of(state, model)

    def _ask_name(self, title: str, suffix: str, kinds: str) -> Path | None:
        if self._state.why_not_keep:
            return None
        suggested = Path(self._settings.get(FOLDER)) / f"Comparison{suffix}"
        name, _ = QFileDialog.getSaveFileName(self._window, title, str(suggested), kinds)
        if not name:
            return None
        path = Path(name)
        if path.suffix.lower() != suffix:
            path = path.with_name(f"{path.name}{suffix}")
            # The dialog has asked about the name that was typed, and not about this one.
            if path.exists() and not self._may_replace(path):
                return None
        self._settings.set(FOLDER, str(path.resolve().parent))
        return path

    def _may_replace(self, path: Path) -> bool:
        buttons = QMessageBox.StandardButton
        answer = QMessageBox.question(
            self._window,
            "Replace the file",
            f"“{path.name}” is there already. Replace it?",
            buttons.Yes | buttons.No,
            buttons.No,
        )
        return answer == buttons.Yes

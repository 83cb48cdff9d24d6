"""A comparison's files: saved, opened again without the model, exported to be read elsewhere.

Asks for names and says what went wrong; what a file holds is `studio.experiments`' affair.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMessageBox, QWidget

from studio.app.background import Background
from studio.app.compare.history import CompareHistory
from studio.app.compare.lanes import NOTHING_TO_KEEP, RUNS
from studio.app.compare.record import record_of, show_record
from studio.app.compare.state import CompareState
from studio.app.settings import COMPARE_SKETCHES, FOLDER, Settings
from studio.atomic_write import atomic_write
from studio.experiments.comparison import Comparison
from studio.experiments.comparison_file import (
    MOST_BYTES,
    ComparisonFileError,
    fitting,
    load_comparison,
    to_json,
    write_comparison,
)
from studio.experiments.html_page import to_html
from studio.experiments.markdown import to_markdown
from studio.progress import At
from studio.translation import mark, tr
from studio.ui.widgets import file_dialog
from studio.ui.widgets.ask import question
from studio.ui.widgets.new_file import ask_new_file
from studio.visible_text import visible_name

SUFFIX = ".json"
TOO_LARGE = mark(
    "The comparison has {size} even without distributions; files of at most {most} are opened. "
    "Export it as Markdown or HTML instead, or save a shorter one."
)
IS_WRITING = mark(
    "A comparison is still being written. Its drive is slow: try again when it is saved."
)
_BUTTONS = QMessageBox.StandardButton


class CompareFiles(QObject):
    """What the Compare menu does with files.

    Args:
        window: What dialogs belong to.
        state: Whose comparison.
        settings: Remembers the folder, and whether distributions are saved.
        reading: Reads them while the window goes on.
    """

    failed = Signal(str)
    """One message for the writer; what is in view is untouched."""
    opened = Signal()
    """A comparison that was saved is shown."""

    def __init__(
        self, window: QWidget, state: CompareState, settings: Settings, reading: Background
    ) -> None:
        super().__init__(window)
        self._window = window
        self._state = state
        self._settings = settings
        self._reading = reading
        self._disk = Background("comparison", self)
        self._is_written = False
        """Whether the last file was written."""

    def ask_open(self) -> None:
        """Ask for a file and open it."""
        path = file_dialog.ask_open(
            self._window,
            tr("Open comparison"),
            self._settings.get(FOLDER),
            tr("Comparisons (*.json);;All files (*)"),
        )
        if path:
            self.open(Path(path))

    def open(self, path: Path) -> None:
        """Show a comparison that was saved, once it is read."""
        if self._state.is_running:
            self.failed.emit(RUNS)
            return

        def show(found: Comparison | ComparisonFileError | None) -> None:
            if isinstance(found, ComparisonFileError):
                self.failed.emit(str(found))
            elif found is not None:
                self._show(found, path)

        self._reading.start(
            partial(_read, path), show, tr("Reading “{name}”", name=visible_name(path.name))
        )

    def _show(self, comparison: Comparison, path: Path) -> None:
        if self._state.is_running:  # it was begun meanwhile
            self.failed.emit(RUNS)
            return
        show_record(self._state, comparison)
        self._settings.set(FOLDER, str(path.resolve().parent))
        self.opened.emit()

    def save(self) -> bool:
        """Ask for a name, and whether with distributions; whether it is being saved."""
        comparison = self._kept()
        if comparison is None:
            return False
        whole, most = fitting(comparison)
        small = to_json(comparison.without_sketches())
        if len(small) > MOST_BYTES:
            self.failed.emit(tr(TOO_LARGE, size=_size(len(small)), most=_size(MOST_BYTES)))
            return False
        kinds = (
            f"{_with_distributions(most)}, {_size(len(whole))} (*.json)",
            tr(
                "Without distributions, {size}: not re-tempered later (*.json)",
                size=_size(len(small)),
            ),
        )
        is_whole = self._settings.get(COMPARE_SKETCHES)
        path, kind = self._ask_name(
            tr("Save comparison"), SUFFIX, ";;".join(kinds), kinds[0 if is_whole else 1]
        )
        if path is None:
            return False
        if kind in kinds:
            is_whole = kind == kinds[0]
        self._settings.set(COMPARE_SKETCHES, is_whole)
        self._start(
            partial(_save, path, whole if is_whole else small), path, mark("{name} is saved.")
        )
        return True

    def export_markdown(self) -> None:
        """Ask for a name and write the comparison as Markdown."""
        self._export(tr("Export as Markdown"), ".md", tr("Markdown (*.md)"), to_markdown)

    def export_html(self) -> None:
        """Ask for a name and write the comparison as a page that needs nothing else."""
        self._export(tr("Export as HTML"), ".html", tr("HTML pages (*.html)"), to_html)

    def may_close(self, history: CompareHistory) -> bool:
        """Put all runs on the shelf; whether the window may go.

        Where that fails the writer is asked, as about an unsaved manuscript.
        """
        try:
            history.put_on_shelf()
        except ComparisonFileError as error:
            answer = question(
                self._window,
                tr("Runs could not be kept"),
                tr(
                    "{error}\n\nSave the comparison in view to a file of your own? Otherwise "
                    "it is lost.",
                    error=error,
                ),
                _BUTTONS.Save | _BUTTONS.Discard | _BUTTONS.Cancel,
                _BUTTONS.Save,
            )
            if answer == _BUTTONS.Save:
                return self.save() and self.finish() and self._is_written
            return answer == _BUTTONS.Discard
        return True

    def finish(self) -> bool:
        """Wait until what is being written is, seconds at most; whether nothing is any more."""
        return self._disk.finish()

    def _export(
        self, title: str, suffix: str, kinds: str, render: Callable[[Comparison], str]
    ) -> None:
        comparison = self._kept()
        if comparison is None:
            return
        path, _ = self._ask_name(title, suffix, kinds)
        if path is None:
            return
        self._start(partial(_export, path, comparison, render), path, mark("{name} is written."))

    def _start(self, write: Callable[[], str], path: Path, done: str) -> None:
        """Write a file while the window goes on, and say what came of it."""
        name = f"“{visible_name(path.name)}”"

        def report(problem: str | None) -> None:
            self._is_written = problem == ""
            if self._is_written:
                self._state.reported.emit(tr(done, name=name))
            else:
                self.failed.emit(
                    problem or tr("{name} could not be written: an error of the program", name=name)
                )

        self._is_written = False
        self._disk.start(lambda _at: write(), report)

    def _kept(self) -> Comparison | None:
        """What is in view, to be written; None where nothing can be, and the writer knows why."""
        state = self._state
        if self._disk.is_busy:
            self.failed.emit(tr(IS_WRITING))
            return None
        if state.why_not_keep or state.run_input.prompt is None:
            self.failed.emit(state.why_not_keep or NOTHING_TO_KEEP)
            return None
        state.origin.name_model(state.run_input)
        return record_of(state)

    def _ask_name(
        self, title: str, suffix: str, kinds: str, kind: str = ""
    ) -> tuple[Path | None, str]:
        """The file's name, None where the writer gave none; and which of the kinds was chosen."""
        suggested = Path(self._settings.get(FOLDER)) / (tr("Comparison") + suffix)
        path, kind = ask_new_file(self._window, title, suggested, kinds, suffix, kind)
        if path is not None:
            self._settings.set(FOLDER, str(path.resolve().parent))
        return path, kind


def _save(path: Path, data: bytes) -> str:
    """In the other thread; empty, or why it could not be written."""
    try:
        write_comparison(path, data)
    except ComparisonFileError as error:
        return str(error)
    return ""


def _export(path: Path, comparison: Comparison, render: Callable[[Comparison], str]) -> str:
    """In the other thread; empty, or why it could not be written."""
    try:
        atomic_write(path, render(comparison).encode())
    except OSError as error:
        return tr(
            "“{name}” could not be written: {why}. What was there before is "
            "unchanged. Choose another place, or make room.",
            name=visible_name(path.name),
            why=error.strerror or error,
        )
    return ""


def _read(path: Path, at: At) -> Comparison | ComparisonFileError:
    """In another thread."""
    try:
        return load_comparison(path, at=at)
    except ComparisonFileError as error:
        return error


def _with_distributions(most: int | None) -> str:
    """How many distributions a file has: all, or those of so many tokens of each lane."""
    if most is None:
        return tr("With distributions")
    return tr(
        "With distributions of each lane’s first %n tokens, as many as a file may have",
        "",
        most,
        one="With distributions of each lane’s first %n token, as many as a file may have",
    )


def _size(count: int) -> str:
    """A file's size in words."""
    if count < 1_000_000:
        return tr("{size:,} kB", size=max(1, round(count / 1000)))
    if count < 10_000_000:
        return tr("{size:.1f} MB", size=count / 1e6)
    return tr("{size:,.0f} MB", size=count / 1e6)

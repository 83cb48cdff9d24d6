"""Many texts of one prompt or of a file of them, as a data set, in a window beside the studio's."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from studio.app.session import Session
from studio.app.tuning.augment_form import AugmentForm
from studio.app.tuning.augment_run import AugmentRun
from studio.app.tuning.row_diversity import RowDiversity
from studio.experiments.augmentation.plan import Duplicates
from studio.presets import Preset
from studio.translation import mark, tr
from studio.ui.theme.controls import ComboBox, SpinBox
from studio.ui.theme.spacing import set_margins, set_spacing
from studio.ui.theme.theme import Theme
from studio.ui.tuning.text_table import Shown, TextTable
from studio.ui.widgets import file_dialog
from studio.ui.widgets.labels import PlainLabel
from studio.ui.widgets.screen_room import size_on_screen
from studio.ui.widgets.tips import set_tip
from studio.visible_text import visible_lines, visible_name

_SIZE = (1080, 720)
_MOST_SAMPLES = 10_000
_USUAL_SAMPLES = 20
_TEMPERATURES = "0.7..1.3"
_DUPLICATES: tuple[tuple[Duplicates, str], ...] = (
    ("drop", mark("duplicates are dropped")),
    ("mark", mark("duplicates are marked")),
    ("keep", mark("duplicates are kept")),
)
_PROMPT_FILES = mark("Prompts (*.csv *.tsv *.jsonl *.ndjson *.parquet *.txt)")
_ROW_FILES = ((".jsonl", "JSON lines"), (".csv", "CSV"), (".parquet", "Parquet"))
_NOTHING = mark(
    "The model writes many texts of one prompt, at temperatures of a range. Each becomes a row of "
    "a file, with its T, seed and figures; after a crash the same file is gone on with."
)


class AugmentWindow(QDialog):
    """A window that stays while one works. Esc pauses what is written; again, it closes.

    Attributes:
        run: What is written.
        diversity: How much its rows differ.
        table: Its texts.
        source: What is continued.
        template: What a prompt of a file stands in.
        samples: Rows for each prompt.
        temperatures: Of the texts.
        begin: Begins.
        pause: Pauses, and goes on.

    Args:
        session: Whose text and model it is.
        theme: Where the colours come from.
        parent: The window it belongs to.
    """

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._file: Path | None = None
        self.run = AugmentRun(
            session.client, session.model, session.fingerprint, lambda: session.writes, self
        )
        self.diversity = RowDiversity(self.run, self)
        session.writes_changed.connect(self.run.writing.look)
        self.setWindowTitle(tr("Augment: many texts of one prompt"))
        self.resize(size_on_screen(self, *_SIZE))
        self._build_form(theme)
        self._build_table(theme)
        self._build_layout()
        self.run.changed.connect(self._follow)
        self.run.added.connect(lambda: self._progress.setText(self.run.progress))
        self.diversity.changed.connect(self._show_diversity)
        self._follow()
        self._show_diversity()
        application = QCoreApplication.instance()
        assert application is not None, "windows have one"
        application.aboutToQuit.connect(self.end)

    def open(self) -> None:
        """Come to the front."""
        self.show()
        self.raise_()
        self.activateWindow()
        self.samples.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Have Space tick all rows that are selected."""
        is_press = event.type() is QEvent.Type.KeyPress
        if is_press and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Space:
            self._turn_chosen()
            return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Pause on Esc, before it closes the window."""
        if event.key() == Qt.Key.Key_Escape and self.run.writing.is_writing:
            self.run.writing.pause()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """What is written is paused meanwhile."""
        self.run.writing.pause()
        super().closeEvent(event)

    def reject(self) -> None:
        """Close it."""
        self.run.writing.pause()
        super().reject()

    def end(self) -> None:
        """End all that it does: the program ends."""
        self.diversity.close()
        self.run.close()

    # -- what it consists of -----------------------------------------------------------------------

    def _build_form(self, theme: Theme) -> None:
        self.source = ComboBox(theme)
        self.source.setAccessibleName(tr("What is continued"))
        self.source.setToolTip(
            tr(
                "The text before the caret, with the brief; or each prompt of a file: .csv, "
                ".jsonl, .parquet, or a prompt a line"
            )
        )
        self.source.activated.connect(self._choose_source)
        self.template = QLineEdit("{prompt}")
        self.template.setAccessibleName(tr("Template"))
        set_tip(
            self.template,
            tr("What is continued of a file’s prompts: a field’s name in braces stands for it"),
        )
        self.samples = SpinBox(theme)
        self.samples.setRange(1, _MOST_SAMPLES)
        self.samples.setValue(_USUAL_SAMPLES)
        self.samples.setAccessibleName(tr("Rows for each prompt"))
        set_tip(self.samples, tr("How many rows each prompt gets"))
        self.temperatures = QLineEdit(_TEMPERATURES)
        self.temperatures.setAccessibleName(tr("Temperatures"))
        set_tip(
            self.temperatures,
            tr("A range, of which each text draws its own, 0.7..1.3; or 1; or several, 0.7,1,1.3"),
        )
        self.duplicates = ComboBox(theme)
        self.duplicates.setAccessibleName(tr("Duplicates"))
        self.duplicates.setToolTip(tr("What becomes of a text that is there already, or nearly"))
        for value, words in _DUPLICATES:
            self.duplicates.addItem(tr(words), value)
        self.begin = QPushButton(tr("Begin…"))
        set_tip(
            self.begin, tr("Choose where the rows go, and write. A file of before is gone on with")
        )
        self.begin.clicked.connect(self._begin)
        self.pause = QPushButton(tr("Pause"))
        set_tip(self.pause, tr("Write nothing for now; what is under way is written anew later"))
        self.pause.clicked.connect(self._pause)
        self.fill_up = QPushButton(tr("Fill up"))
        set_tip(self.fill_up, tr("Write other texts in the place of rows that were refused"))
        self.fill_up.clicked.connect(self.run.fill_up)
        self._progress = PlainLabel()
        self._progress.setProperty("role", "muted")
        self._message = PlainLabel()
        self._message.setWordWrap(True)
        self._fill_source()

    def _build_table(self, theme: Theme) -> None:
        self.table = TextTable(self.run)
        set_tip(
            self.table,
            tr("Space has the texts that are selected be rows, or not; a column’s head sorts"),
        )
        self.table.installEventFilter(self)
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._follow_choice())
        self.filter = QLineEdit()
        self.filter.setPlaceholderText(tr("Filter"))
        self.filter.setAccessibleName(tr("Filter"))
        self.filter.setClearButtonEnabled(True)
        set_tip(self.filter, tr("Only texts that have this in them"))
        self.shown = ComboBox(theme)
        self.shown.setAccessibleName(tr("Which texts are shown"))
        self.shown.setToolTip(tr("All texts, only rows, or only what became none"))
        for shown in Shown:
            self.shown.addItem(tr(shown.value), shown)
        self.filter.textChanged.connect(lambda _text: self._show_only())
        self.shown.activated.connect(lambda _row: self._show_only())
        self._whole = QPlainTextEdit()
        self._whole.setReadOnly(True)
        self._whole.setFrameShape(QFrame.Shape.NoFrame)
        self._whole.setAccessibleName(tr("The text that is selected"))
        self._whole.setPlaceholderText(tr(_NOTHING))
        self._diversity = PlainLabel()
        self._diversity.setWordWrap(True)
        self._diversity.setAccessibleName(tr("Diversity"))

    def _build_layout(self) -> None:
        form = QHBoxLayout()
        set_spacing(form, 8)
        form.addWidget(self.source, 2)
        form.addWidget(self.template, 2)
        for widget, words in ((self.samples, tr("rows at T")), (self.temperatures, "")):
            form.addWidget(widget)
            if words:
                form.addWidget(PlainLabel(words))
        form.addWidget(self.duplicates)
        form.addWidget(self.begin)
        state = QHBoxLayout()
        set_spacing(state, 8)
        state.addWidget(self._progress, 1)
        state.addWidget(self.fill_up)
        state.addWidget(self.pause)
        choice = QHBoxLayout()
        set_spacing(choice, 8)
        choice.addWidget(self.filter, 1)
        choice.addWidget(self.shown)
        beside = QWidget()
        side = QVBoxLayout(beside)
        set_margins(side, 12, 0, 0, 0)
        set_spacing(side, 10)
        side.addWidget(self._diversity)
        side.addWidget(self._whole, 1)
        parts = QSplitter(Qt.Orientation.Horizontal)
        parts.setChildrenCollapsible(False)
        parts.addWidget(self.table)
        parts.addWidget(beside)
        parts.setStretchFactor(0, 3)
        parts.setStretchFactor(1, 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.write = QPushButton(tr("Write rows"))
        set_tip(self.write, tr("Put the rows as they are now into their file, with its card"))
        self.write.clicked.connect(self.run.write_rows)
        buttons.addButton(self.write, QDialogButtonBox.ButtonRole.ActionRole)
        close = buttons.button(QDialogButtonBox.StandardButton.Close)
        close.setToolTip(tr("Close this window; what is written is paused"))
        for button in (self.begin, self.pause, self.fill_up, self.write, close):
            button.setAutoDefault(False)
        buttons.rejected.connect(self.reject)
        whole = QVBoxLayout(self)
        set_margins(whole, 16, 14, 16, 12)
        set_spacing(whole, 10)
        whole.addLayout(form)
        whole.addLayout(state)
        whole.addWidget(self._message)
        whole.addLayout(choice)
        whole.addWidget(parts, 1)
        whole.addWidget(buttons)

    # -- what is asked for -------------------------------------------------------------------------

    def _fill_source(self) -> None:
        self.source.clear()
        self.source.addItem(tr("This text, to the caret"))
        if self._file is not None:
            self.source.addItem(visible_name(self._file.name))
            self.source.setCurrentIndex(1)
        self.source.addItem(tr("A file of prompts…"))
        self.template.setVisible(self._file is not None)

    def _choose_source(self, row: int) -> None:
        if row == 0:
            self._file = None
        elif row == self.source.count() - 1:
            filters = ";;".join([tr(_PROMPT_FILES), tr("All files (*)")])
            name = file_dialog.ask_open(self, tr("Prompts"), "", filters)
            self._file = Path(name) if name else self._file
        self._fill_source()

    def _begin(self) -> None:
        kinds = [f"{words} (*{ending})" for ending, words in _ROW_FILES]
        suggested = self.run.out or Path("rows.jsonl")
        # A data set of before is gone on with, and any other file refused: none is replaced.
        name, kind = file_dialog.ask_save(
            self,
            tr("Where the rows go"),
            str(suggested),
            ";;".join(kinds),
            confirms=False,
        )
        if name:
            out = Path(name)
            endings = [ending for ending, _ in _ROW_FILES]
            if out.suffix.lower() not in endings:
                place = kinds.index(kind) if kind in kinds else 0
                out = out.with_name(out.name + endings[place])
            self.run.begin(out, self.form())

    def form(self) -> AugmentForm:
        """What is chosen."""
        session, prompting = self._session, self._session.draft.prompting
        preset = Preset(
            name=session.preset_choice.current.name,
            prompt_format=prompting.prompt_format,
            system_message=prompting.system_message,
            stop=prompting.stop,
            max_tokens=session.sampling.max_tokens,
            sampling=session.sampling.whole,
        )
        return AugmentForm(
            prompt=session.draft.prompt(),
            file=self._file,
            template=self.template.text(),
            preset=preset,
            temperatures=self.temperatures.text(),
            samples=self.samples.value(),
            duplicates=self.duplicates.currentData(),
        )

    def _pause(self) -> None:
        writing = self.run.writing
        if writing.is_paused:
            writing.resume()
        else:
            writing.pause()

    def _turn_chosen(self) -> None:
        chosen = self.table.chosen
        if chosen and self.run.can_choose():
            self.run.choose(chosen, is_row=not self.run.is_row(chosen[0]))

    def _show_only(self) -> None:
        self.table.show_only(self.filter.text(), self.shown.currentData())

    # -- what is shown -----------------------------------------------------------------------------

    def _follow(self) -> None:
        run = self.run
        self._progress.setText(run.progress)
        self._message.setText(run.message)
        self._message.setVisible(bool(run.message))
        self._enable_begin_and_pause()
        self.pause.setText(tr("Go on") if run.writing.is_paused else tr("Pause"))
        self.fill_up.setEnabled(run.can_choose() and not run.is_busy)
        self.write.setEnabled(run.can_choose())

    def _enable_begin_and_pause(self) -> None:
        """Have the keyboard go from the one to the other, as one can be pressed or the other."""
        can_begin, can_pause = not self.run.is_busy, self.run.writing.is_running
        for button, is_on in ((self.begin, can_begin), (self.pause, can_pause)):
            if button.hasFocus() and not is_on:
                self.setFocus()  # else Qt hands it to whatever comes next
            button.setEnabled(is_on)
        if self.hasFocus() and (can_begin or can_pause):
            (self.pause if can_pause else self.begin).setFocus()

    def _follow_choice(self) -> None:
        entry = self.table.current
        self._whole.setPlainText(visible_lines(entry.text) if entry else "")

    def _show_diversity(self) -> None:
        found = self.diversity.found
        if found is None:
            self._diversity.setText(tr("How much the rows differ is shown here."))
            return
        first, second, third = found.distinct
        median, decile = found.similarities
        lines = [
            tr(
                "Different among all words {first:.2f}, pairs {second:.2f}, threes {third:.2f}",
                first=first,
                second=second,
                third=third,
            ),
            tr(
                "Similarity to the nearest: half below {median:.2f}, nine in ten below "
                "{decile:.2f}",
                median=median,
                decile=decile,
            ),
            tr(
                "{tokens:.0f} tokens on average; {ended:.0f} % ended by themselves",
                tokens=found.tokens,
                ended=100 * found.ended,
            ),
        ]
        self._diversity.setText("\n".join(lines))

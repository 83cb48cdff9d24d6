"""Temperature swept over one text or over a plan, in a window beside the studio's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QHideEvent, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from studio.app.session import Session
from studio.app.timers import single_shot
from studio.app.tuning.sweep_form import (
    AIMS,
    MOST_SAMPLES,
    MOST_TOKENS,
    TEMPERATURES,
    WAYS,
    FormError,
    SweepForm,
)
from studio.app.tuning.sweep_run import SweepRun
from studio.atomic_write import atomic_write
from studio.experiments.sweep.measures import Measure
from studio.experiments.sweep.plan import PlanError, plan_of, read_plan
from studio.experiments.sweep.recommendation import (
    not_shown,
    shown,
    shown_interval,
    value_words,
)
from studio.experiments.sweep.result import SweepResult
from studio.translation import mark, tr
from studio.ui.theme.controls import ComboBox, SpinBox
from studio.ui.theme.spacing import set_margins, set_spacing
from studio.ui.theme.theme import Theme
from studio.ui.tuning.sweep_plot import SweepPlot
from studio.ui.widgets import file_dialog
from studio.ui.widgets.labels import PlainLabel
from studio.ui.widgets.new_file import ask_new_file
from studio.ui.widgets.screen_room import size_on_screen
from studio.ui.widgets.tips import set_tip
from studio.visible_text import visible_line, visible_lines, visible_path

NOTHING_YET = mark(
    "Texts are written at each T from the same random draws, and measured: how likely, how varied, "
    "how repetitive. The text before the caret is continued, or what a plan (TOML) has."
)
_SIZE = (940, 700)
_PARTS = [270, 200, 100]
"""Pixels of table, plot and texts at first, as far as there are so many."""
_SAMPLES, _TOKENS = 12, 64
_NUMBERS = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_MOST_SHOWN = 40
"""Texts of a value that are shown."""


class SweepWindow(QDialog):
    """A window that stays while one works. Esc stops what is written; again, it closes.

    Attributes:
        run: What is written, and what it comes to.
        way: Of what T is.
        temperatures: The values, as typed.
        samples: Texts at each.
        tokens: Their length at most.
        aim: What is looked for.
        begin: Begins, or stops.
        plan: Opens a plan instead.
        export: What can be kept.
        lead: What the criterion chooses, and how far it is.
        table: A row for each measure, a column for each value.
        plot: The chosen row.
        texts: What was written at the chosen column's value.

    Args:
        session: Whose text is continued.
        theme: Where the colours come from.
        parent: The window it belongs to.
    """

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._shown: SweepResult | None = None
        # In turns of their own: table, chart and texts together take longer than two frames.
        self._later = single_shot(self, self._follow_cell)
        self._value = 0
        """The place of the value whose texts are shown."""
        self.run = SweepRun(
            session.client, session.model, session.fingerprint, lambda: session.writes, self
        )
        session.writes_changed.connect(self.run.writing.look)
        self.setWindowTitle(tr("Sweep temperature"))
        self.resize(size_on_screen(self, *_SIZE))
        self._build_form(theme)
        self.lead = _label("lead")
        self.lead.setAccessibleName(tr("Result"))
        self.note = _label()
        self.note.setProperty("role", "muted")
        self.table = _table()
        self.table.currentCellChanged.connect(lambda *_: self._follow_cell())
        self.plot = SweepPlot(theme)
        self.plot.value_chosen.connect(self._choose_value)
        self.texts = QPlainTextEdit()
        self.texts.setReadOnly(True)
        self.texts.setFrameShape(QFrame.Shape.NoFrame)
        self.texts.setAccessibleName(tr("Texts written at this value"))
        self._build_layout()
        self.run.changed.connect(self._follow)
        self._follow()
        application = QCoreApplication.instance()
        assert application is not None, "windows have one"
        application.aboutToQuit.connect(self.run.close)

    def _build_form(self, theme: Theme) -> None:
        self.way = ComboBox(theme)
        self.way.setAccessibleName(tr("Of what T is"))
        for way in WAYS:
            self.way.addItem(tr(way.title), way)
        set_tip(
            self.way,
            tr(
                "T of each token is what writing has. T of the text draws short texts as a whole, "
                "in proportion to their probability to the power 1/T: by the weights of 16 that "
                "are written token by token, or block by block. It takes many times as long, and "
                "no filter or penalty acts beside it"
            ),
        )
        self.temperatures = QLineEdit(TEMPERATURES)
        self.temperatures.setAccessibleName(tr("Temperatures"))
        set_tip(self.temperatures, tr("The values of T, with commas between them"))
        self.temperatures.returnPressed.connect(self._begin)
        self.samples = SpinBox(theme)
        self.samples.setRange(2, MOST_SAMPLES)
        self.samples.setValue(_SAMPLES)
        self.samples.setAccessibleName(tr("Texts at each T"))
        set_tip(self.samples, tr("How many texts are written at each T: more are surer"))
        self.tokens = SpinBox(theme)
        self.tokens.setRange(4, MOST_TOKENS)
        self.tokens.setSingleStep(16)
        self.tokens.setValue(_TOKENS)
        self.tokens.setAccessibleName(tr("Tokens of a text at most"))
        set_tip(self.tokens, tr("How long a text may be, in tokens"))
        self.aim = ComboBox(theme)
        self.aim.setAccessibleName(tr("What is looked for"))
        for aim in AIMS:
            self.aim.addItem(tr(aim.title), aim)
        set_tip(self.aim, tr("By which a value is recommended; the figures are the same"))
        self.begin = _button(tr("Begin"), "", self._toggle)
        self.plan = _button(
            tr("Plan…"),
            tr("Sweep what a plan has (TOML): several prompts, any parameter, presets"),
            self._open_plan,
        )
        self.export = _button(tr("Export"), tr("Keep figures, chart or page as a file"))
        menu = QMenu(self.export)
        for title, suffix, data in _EXPORTS:
            menu.addAction(tr(title)).triggered.connect(
                lambda _checked, suffix=suffix, data=data: self._export(suffix, data)
            )
        menu.addAction(tr("Chart shown, PNG…")).triggered.connect(lambda: self._export_png())
        self.export.setMenu(menu)

    def _build_layout(self) -> None:
        form = QHBoxLayout()
        set_spacing(form, 8)
        form.addWidget(self.way)
        form.addWidget(self.temperatures, 1)
        form.addWidget(self.begin)
        form.addWidget(self.plan)
        more = QHBoxLayout()
        set_spacing(more, 8)
        more.addWidget(self.samples)
        more.addWidget(PlainLabel(tr("texts of")))
        more.addWidget(self.tokens)
        more.addWidget(PlainLabel(tr("tokens at each T;")))
        more.addWidget(self.aim)
        more.addStretch(1)
        self._parts = QSplitter(Qt.Orientation.Vertical)
        self._parts.setChildrenCollapsible(False)
        for part in (self.table, self.plot, self.texts):
            self._parts.addWidget(part)
        self._parts.setSizes(_PARTS)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close = buttons.button(QDialogButtonBox.StandardButton.Close)
        close.setToolTip(tr("Close this window"))
        close.setAutoDefault(False)
        buttons.addButton(self.export, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.reject)
        whole = QVBoxLayout(self)
        set_margins(whole, 16, 14, 16, 12)
        set_spacing(whole, 10)
        whole.addLayout(form)
        whole.addLayout(more)
        whole.addWidget(self.lead)
        whole.addWidget(self.note)
        whole.addWidget(self._parts, 1)
        whole.addStretch(0)
        whole.addWidget(buttons)

    def open(self) -> None:
        """Come to the front."""
        self.show()
        self.raise_()
        self.activateWindow()
        self.temperatures.setFocus()

    def hideEvent(self, event: QHideEvent) -> None:
        """Closed, it writes nothing."""
        super().hideEvent(event)
        if not event.spontaneous():  # minimised, it goes on
            self.run.stop()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Stop on Esc, before it closes the window."""
        if event.key() == Qt.Key.Key_Escape and self.run.is_running:
            self.run.stop()
        else:
            super().keyPressEvent(event)

    # What is swept

    def _toggle(self) -> None:
        if self.run.is_running:
            self.run.stop()
        else:
            self._begin()

    def _begin(self) -> None:
        session = self._session
        form = SweepForm(
            session.draft.prompt(),
            session.sampling.params,
            session.draft.stop,
            self.temperatures.text(),
            self.samples.value(),
            self.tokens.value(),
            self.aim.currentData(),
            self.way.currentData(),
        )
        try:
            self.run.begin(plan_of(form.plan(), Path(), session.presets.folder.find))
        except (FormError, PlanError) as error:
            self._refuse(str(error))

    def _open_plan(self) -> None:
        filters = ";;".join([tr("Plans (*.toml)"), tr("All files (*)")])
        name = file_dialog.ask_open(self, tr("Plan of a sweep"), "", filters)
        if name:
            self.open_plan(Path(name))

    def open_plan(self, path: Path) -> None:
        """Sweep what a plan has."""
        try:
            self.run.begin(read_plan(path, self._session.presets.folder.find))
        except PlanError as error:
            self._refuse(str(error))
        except OSError as error:
            self._refuse(f"“{visible_path(path)}”: {error.strerror or error}")

    def _refuse(self, why: str) -> None:
        self.note.setText(why)
        self.note.setVisible(True)

    # What came out of it

    def _follow(self) -> None:
        run = self.run
        self.begin.setText(tr("Stop") if run.is_running else tr("Begin"))
        tip = tr("End it (Esc); what was written stays") if run.is_running else tr("Write (Enter)")
        set_tip(self.begin, tip)
        self.plan.setEnabled(not run.is_running)
        self.export.setEnabled(run.result is not None)
        if run.result is not self._shown:
            self._shown = run.result
            self._show_result()
        self._parts.setVisible(run.result is not None)
        chosen = run.result.chosen if run.result else None
        self.lead.setText(" ".join(chosen.sentences) if chosen else "")
        self.lead.setVisible(chosen is not None)
        words = run.progress if run.is_running else run.message
        if not words and run.result is None:
            words = tr(NOTHING_YET) if run.sweep is None else tr("It is measured…")
        if not words and run.result is not None:
            result = run.result
            words = " ".join(not_shown(result.sweep, result.figures, result.model.title))
        self._refuse(words)

    def _show_result(self) -> None:
        result = self._shown
        row = self.table.currentRow()
        self.table.blockSignals(True)
        self.table.clear()
        if result is not None:
            if row < 0:
                row, self._value = self._first_cell(result)
            self._fill_table(result)
            last = self.table.rowCount() - 1, self.table.columnCount() - 1
            self.table.setCurrentCell(min(row, last[0]), min(1 + self._value, last[1]))
        self.table.blockSignals(False)
        self._later.start()

    @staticmethod
    def _first_cell(result: SweepResult) -> tuple[int, int]:
        """The measure that the criterion looks at, and the value that it chooses."""
        criterion, names = result.sweep.plan.criterion, [it.name for it in result.sweep.measures]
        row = names.index(criterion.measure) if criterion else 0
        return row, (result.chosen.value if result.chosen else None) or 0

    def _fill_table(self, result: SweepResult) -> None:
        sweep = result.sweep
        self.table.setRowCount(len(sweep.measures))
        self.table.setColumnCount(1 + len(sweep.values))
        names = [value_words(sweep, place) for place in range(len(sweep.values))]
        self.table.setHorizontalHeaderLabels(["", *names])
        header = self.table.horizontalHeader()
        header.setDefaultAlignment(_NUMBERS)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        for row, measure in enumerate(sweep.measures):
            name = QTableWidgetItem(tr(measure.title))
            name.setToolTip(tr(measure.help))
            self.table.setItem(row, 0, name)
            for column, interval in enumerate(result.figures.pooled[measure.name], 1):
                item = QTableWidgetItem(shown(measure, interval.figure))
                item.setToolTip(shown_interval(measure, interval))
                item.setTextAlignment(_NUMBERS)
                self.table.setItem(row, column, item)

    def _choose_value(self, place: int) -> None:
        self.table.setCurrentCell(max(self.table.currentRow(), 0), 1 + place)
        self.table.setFocus()

    def _follow_cell(self) -> None:
        """Show the measure of the row that is chosen, and the texts of the column."""
        self._later.stop()
        result = self._shown
        row, column = self.table.currentRow(), self.table.currentColumn()
        if column > 0:
            self._value = column - 1
        measure: Measure | None = None
        if result is not None and 0 <= row < len(result.sweep.measures):
            measure = result.sweep.measures[row]
        self.plot.show_measure(result, measure, self._value)
        self.texts.setPlainText(self._texts_at(result, self._value) if result else "")

    def _texts_at(self, result: SweepResult, value: int) -> str:
        sweep = result.sweep
        own = [text for text in result.figures.texts if text.value == value]
        parts = [
            f"{value_words(sweep, value)} · {visible_line(sweep.prompts[text.prompt].name)} · "
            f"{tr('seed {seed}', seed=text.seed)}\n{visible_lines(text.text.rstrip())}"
            for text in own[:_MOST_SHOWN]
        ]
        if len(own) > _MOST_SHOWN:
            parts.append(tr("… and %n more", "", len(own) - _MOST_SHOWN))
        return "\n\n".join(parts)

    # What is kept

    def _export(self, suffix: str, data: Callable[[SweepResult], str]) -> None:
        if self._shown is not None:
            self._write(suffix, data(self._shown).encode())

    def _export_png(self) -> None:
        path = self._ask(".png")
        if path is not None and not self.plot.grab().save(str(path), "PNG"):
            self._refuse(tr("“{file}” could not be written.", file=visible_path(path)))

    def _write(self, suffix: str, data: bytes) -> None:
        path = self._ask(suffix)
        if path is None:
            return
        try:
            atomic_write(path, data)
        except OSError as error:
            why = error.strerror or error
            words = tr("“{file}” could not be written: {why}.", file=visible_path(path), why=why)
            self._refuse(words)

    def _ask(self, suffix: str) -> Path | None:
        path, _ = ask_new_file(self, tr("Export"), Path(tr("sweep") + suffix), f"*{suffix}", suffix)
        return path


_EXPORTS: tuple[tuple[str, str, Callable[[SweepResult], str]], ...] = (
    (mark("Page, HTML…"), ".html", lambda result: result.page),
    (mark("Figures, CSV…"), ".csv", lambda result: result.table),
    (mark("All charts, SVG…"), ".svg", lambda result: result.picture),
    (mark("Plan, TOML…"), ".toml", lambda result: result.sweep.source.decode("utf-8-sig")),
)


def _table() -> QTableWidget:
    table = QTableWidget()
    table.setAccessibleName(tr("Figures"))
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setFrameShape(QFrame.Shape.NoFrame)
    table.setShowGrid(False)
    table.setTabKeyNavigation(False)
    table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    table.verticalHeader().hide()
    return table


def _label(role: str = "") -> PlainLabel:
    label = PlainLabel()
    label.setWordWrap(True)
    if role:
        label.setProperty("type", role)
    return label


def _button(name: str, tip: str, act: Callable[[], object] | None = None) -> QPushButton:
    button = QPushButton(name)
    button.setAutoDefault(False)
    set_tip(button, tip)
    if act is not None:
        button.clicked.connect(lambda: act())
    return button

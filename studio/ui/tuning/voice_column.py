"""What the fit of one text says: a sentence, figures, a table, and what to do with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QPalette
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from studio.app.tuning.fit_words import (
    PLACE_TIPS,
    PLACES,
    details,
    figures,
    fitted_temperature,
    interval_words,
    lead,
    meaning,
    perplexity,
)
from studio.app.tuning.fitted_text import FittedText
from studio.experiments.text_fit import TextFit
from studio.sampling.analysis.fitted_temperature import TemperatureFit
from studio.translation import mark, tr
from studio.ui.theme.spacing import set_spacing
from studio.ui.widgets.labels import PlainLabel
from studio.ui.widgets.letters import follow_letters
from studio.ui.widgets.tips import plain_tip, set_tip
from studio.visible_text import visible_line

BEGINNING = mark("(before the first heading)")
_PART, _T, _INTERVAL, _PERPLEXITY, _TOKENS = range(5)
_NUMBERS = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class VoiceColumn(QWidget):
    """One text's fit.

    Attributes:
        heading: What the text is called, and its colour; to be shown beside another one.
        lead: The sentence.
        note: How far the work is, or what the fit leaves out.
        table: The parts.
        stop: Ends the work.
        use: Puts the fitted T in force.
        keep: Makes a preset with it.
        details: Shows or hides β and the intervals by each way.

    Args:
        text: What is fitted.
        parent: The Qt parent, if any.
    """

    use_wanted = Signal()
    """The fitted T is to be put in force."""
    keep_wanted = Signal()
    """A preset is to be made with it."""

    def __init__(self, text: FittedText, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = text
        self._shown: TextFit | None = None
        self.heading = QWidget()
        self._name = PlainLabel()
        self._name.setProperty("role", "heading")
        self._color = QFrame()
        self._color.setAutoFillBackground(True)
        self.lead = _label("lead")
        self.lead.setAccessibleName(tr("Fitted temperature"))
        self._meaning = _label()
        self._figures = _label()
        self._figures.setProperty("role", "muted")
        self.note = _label()
        self.note.setProperty("role", "muted")
        self.note.setAccessibleName(tr("State of the fit"))
        self.stop = _button(tr("Stop"), tr("End it (Esc); what was read stays read"), text.stop)
        self.use = _button(tr("Use here"), "", self.use_wanted.emit)
        self.keep = _button(tr("Make preset"), "", self.keep_wanted.emit)
        self.details = _button(tr("Details ▸"), tr("Show or hide β and how the interval is made"))
        self.details.setProperty("flat", True)
        self.details.setProperty("fold", True)
        self.details.setProperty("role", "muted")
        self.details.setAccessibleName(tr("Details of the fit"))
        self.details.setCheckable(True)
        self.details.toggled.connect(self._show_details)
        self._details = _label()
        self._details.setProperty("role", "muted")
        self.table = _table()
        self._build_layout()
        text.changed.connect(self._follow)
        self._show_fit(None)
        self._follow()

    def _build_layout(self) -> None:
        state = QHBoxLayout()
        set_spacing(state, 8)
        state.addWidget(self.note, 1)
        state.addWidget(self.stop)
        ways = QHBoxLayout()
        set_spacing(ways, 8)
        for button in (self.use, self.keep, self.details):
            ways.addWidget(button)
        ways.addStretch(1)
        name = QHBoxLayout(self.heading)
        name.setContentsMargins(0, 0, 0, 0)
        set_spacing(name, 8)
        name.addWidget(self._color)
        name.addWidget(self._name, 1)
        follow_letters(self._color, self._fit_color)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        set_spacing(column, 6)
        for label in (self.heading, self.lead, self._meaning, self._figures):
            column.addWidget(label)
        column.addLayout(state)
        column.addLayout(ways)
        column.addWidget(self._details)
        column.addWidget(self.table, 1)
        column.addStretch(0)

    @property
    def name(self) -> str:
        """What the heading calls the text."""
        return self._name.text()

    def set_color(self, color: str) -> None:
        """Have the heading bear the colour of the text's curve.

        Args:
            color: As ``#rrggbb``.
        """
        palette = self._color.palette()
        palette.setColor(QPalette.ColorRole.Window, QColor(color))
        self._color.setPalette(palette)

    def _fit_color(self, letters: QFontMetrics) -> None:
        self._color.setFixedSize(letters.averageCharWidth() * 2, max(3, letters.height() // 5))

    def report(self, words: str) -> None:
        """Say what was done with the fit, until there is other news of it."""
        self.note.setText(words)
        self.note.setVisible(True)

    def _show_details(self, is_detailed: bool) -> None:
        self.details.setText(tr("Details ▾") if is_detailed else tr("Details ▸"))
        self._details.setVisible(is_detailed and self._shown is not None)

    def _follow(self) -> None:
        text, fit = self._text, self._text.fit
        self._name.setText(text.subject)
        self.report(text.progress if text.is_busy else text.message)
        self.note.setVisible(bool(self.note.text()))
        self.stop.setVisible(text.is_busy)
        if fit is not self._shown:
            self._shown = fit
            self._show_fit(fit)

    def _show_fit(self, fit: TextFit | None) -> None:
        for part in (self.lead, self._meaning, self._figures, self.table, self.details):
            part.setVisible(fit is not None)
        for way in (self.use, self.keep):
            way.setVisible(fit is not None)
        self._show_details(self.details.isChecked())
        self.table.clear()
        if fit is None:
            return
        whole = fit.whole
        self.lead.setText(lead(self._text.subject, whole))
        self._meaning.setText(meaning(whole))
        self._figures.setText(figures(whole))
        self._details.setText("\n".join(details(whole)))
        t = fitted_temperature(whole.temperature)
        set_tip(self.use, tr("Put T {t} in force where the caret is", t=t))
        set_tip(
            self.keep,
            tr("Keep T {t}, with all else that is in force, as a preset of your own", t=t),
        )
        self._fill_table(fit)

    def _fill_table(self, fit: TextFit) -> None:
        places = [(tr(PLACES[it.place]), it.tokens, it.fit) for it in fit.places]
        group = self._add_group(tr("By place in the sentence"), places)
        for row, it in enumerate(fit.places):
            item = group.child(row)
            if item is not None:
                item.setToolTip(_PART, tr(PLACE_TIPS[it.place]))
        if fit.chapters:
            chapters = [
                (visible_line(it.title) or tr(BEGINNING), it.tokens, it.fit) for it in fit.chapters
            ]
            self._add_group(tr("By chapter"), chapters)
        self.table.expandAll()

    def _add_group(
        self, title: str, rows: Sequence[tuple[str, int, TemperatureFit | None]]
    ) -> QTreeWidgetItem:
        group = QTreeWidgetItem(self.table, [title])
        group.setFlags(Qt.ItemFlag.ItemIsEnabled)
        group.setFirstColumnSpanned(True)
        for name, tokens, fit in rows:
            item = QTreeWidgetItem(group, [name, *_cells(fit), f"{tokens:,}"])
            item.setToolTip(_PART, plain_tip(name))
            for column in (_T, _INTERVAL, _PERPLEXITY, _TOKENS):
                item.setTextAlignment(column, _NUMBERS)
        return group


def _cells(fit: TemperatureFit | None) -> list[str]:
    if fit is None:
        return ["–", "–", "–"]
    return [
        fitted_temperature(fit.temperature),
        interval_words((fit.low, fit.high)),
        perplexity(fit.perplexity_t1),
    ]


def _table() -> QTreeWidget:
    table = QTreeWidget()
    table.setAccessibleName(tr("Fitted temperature of each part"))
    table.setHeaderLabels([tr("Part"), tr("T"), tr("95 %"), tr("Perplexity"), tr("Tokens")])
    head = table.headerItem()
    head.setToolTip(_T, tr("Under which the model finds this part most likely"))
    head.setToolTip(_INTERVAL, tr("The interval that holds it at 95 %"))
    head.setToolTip(_PERPLEXITY, tr("At T 1: among how many equal choices the model was in doubt"))
    for column in (_T, _INTERVAL, _PERPLEXITY, _TOKENS):
        head.setTextAlignment(column, _NUMBERS)
    set_tip(table, tr("The same fit for each place in the sentence, and for each chapter"))
    table.setRootIsDecorated(False)
    table.setItemsExpandable(False)
    table.setIndentation(10)
    table.setFrameShape(QFrame.Shape.NoFrame)
    table.setUniformRowHeights(True)
    table.setVerticalScrollMode(QTreeWidget.ScrollMode.ScrollPerPixel)
    header = table.header()
    header.setStretchLastSection(False)
    header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    header.setSectionResizeMode(_PART, QHeaderView.ResizeMode.Stretch)
    return table


def _label(role: str = "") -> PlainLabel:
    label = PlainLabel()
    label.setWordWrap(True)
    if role:
        label.setProperty("type", role)
    return label


def _button(name: str, tip: str, act: Callable[[], object] = lambda: None) -> QPushButton:
    button = QPushButton(name)
    button.setAutoDefault(False)
    set_tip(button, tip)
    button.clicked.connect(lambda: act())
    return button

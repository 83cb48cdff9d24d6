"""The temperature fitted to the writer's text, in a window beside the studio's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QHideEvent, QKeyEvent
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from studio.app.session import Session
from studio.app.tuning.fit_scope import FitScope
from studio.app.tuning.fit_words import fitted_temperature, preset_name, settable
from studio.app.tuning.fitted_text import FittedText
from studio.app.tuning.other_text_fit import OtherTextFit
from studio.app.tuning.own_text_fit import OwnTextFit
from studio.app.writing.document_state import DocumentState
from studio.experiments.text_fit import TextFit
from studio.manuscript import ManuscriptContent
from studio.translation import mark, tr
from studio.ui.theme.controls import ComboBox
from studio.ui.theme.spacing import set_margins, set_spacing
from studio.ui.theme.theme import Theme
from studio.ui.tuning.likelihood_plot import LikelihoodPlot, Voice
from studio.ui.tuning.voice_column import VoiceColumn
from studio.ui.widgets import file_dialog
from studio.ui.widgets.dragged_files import local_files
from studio.ui.widgets.labels import PlainLabel
from studio.ui.widgets.screen_room import size_on_screen
from studio.ui.widgets.tips import set_tip
from studio.visible_text import visible_name

STALE = mark("The text has changed since: “Fit again” counts what is new.")
_FILES = mark("Texts and documents (*.txt *.md *.markdown *.text *.kelvin *.docx *.odt)")
_SIZE = (720, 760)
_WIDTH_OF_TWO = 1120


class FitWindow(QDialog):
    """A window that stays while one works. Esc stops what is under way; again, it closes.

    Attributes:
        own: The fit of the text in front.
        other: That of a second text.
        scope: Which part of the text in front counts.
        again: Fits it once more.
        second: Which text stands beside it.
        plot: The likelihood against T.
        columns: What each text's fit says.

    Args:
        session: Whose texts they are.
        theme: Where the colours come from.
        parent: The window it belongs to.
    """

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._theme = theme
        self.own = OwnTextFit(
            session.draft, session.model, session.records, session.next_token, self
        )
        self.other = OtherTextFit(
            session.client,
            session.model,
            session.records,
            session.writing,
            session.reading,
            self,
        )
        self.setWindowTitle(tr("Fit temperature to this text"))
        self.setAcceptDrops(True)
        self.resize(size_on_screen(self, *_SIZE))
        self.scope = ComboBox(theme)
        self.scope.setAccessibleName(tr("What counts"))
        self.scope.setToolTip(tr("Which part of the text in front is fitted"))
        for scope in FitScope:
            self.scope.addItem(tr(scope.value), scope)
        self.scope.activated.connect(lambda _row: self.begin())
        self.again = QPushButton(tr("Fit again"))
        self.again.setAutoDefault(False)
        set_tip(self.again, tr("Read what was not read of the text, and fit it once more"))
        self.again.clicked.connect(lambda: self.begin())
        self.second = ComboBox(theme)
        self.second.setAccessibleName(tr("Second text"))
        self.second.setToolTip(
            tr("Another open document or a file, to see both beside each other; or drop one here")
        )
        self.second.activated.connect(self._choose_second)
        self.plot = LikelihoodPlot(theme)
        self.columns = [VoiceColumn(self.own), VoiceColumn(self.other)]
        self.columns[1].hide()
        self._drawn: list[TextFit | None] = [None, None]
        """The fits that the plot shows."""
        for column, text in zip(self.columns, (self.own, self.other), strict=True):
            self._bind(column, text)
        for column, beside in (self.columns, reversed(self.columns)):
            column.details.toggled.connect(beside.details.setChecked)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close = buttons.button(QDialogButtonBox.StandardButton.Close)
        close.setToolTip(tr("Close this window"))
        close.setAutoDefault(False)
        buttons.rejected.connect(self.reject)
        self._build_layout(buttons)
        theme.changed.connect(self._draw)
        session.documents.changed.connect(self._fill_second)
        self._fill_second()
        self._draw()
        self._follow()

    def _bind(self, column: VoiceColumn, text: FittedText) -> None:
        column.use_wanted.connect(lambda: self._use(column, text))
        column.keep_wanted.connect(lambda: self._keep(column, text))
        text.changed.connect(self._follow)

    def _build_layout(self, buttons: QDialogButtonBox) -> None:
        choice = QHBoxLayout()
        set_spacing(choice, 8)
        choice.addWidget(self.scope, 1)
        choice.addWidget(self.again)
        choice.addSpacing(8)
        choice.addWidget(PlainLabel(tr("beside")))
        choice.addWidget(self.second, 1)
        voices = QHBoxLayout()
        set_spacing(voices, 24)
        for column in self.columns:
            voices.addWidget(column, 1)
        whole = QVBoxLayout(self)
        set_margins(whole, 16, 14, 16, 12)
        set_spacing(whole, 10)
        whole.addLayout(choice)
        whole.addWidget(self.plot)
        whole.addLayout(voices, 1)
        whole.addWidget(buttons)

    def open(self) -> None:
        """Come to the front, and fit the text as it is now."""
        if not self.isVisible():
            self.show()
            self.begin()
        self.raise_()
        self.activateWindow()
        self.scope.setFocus()

    def begin(self) -> None:
        """Fit the chosen part of the text in front."""
        self.own.begin(self.scope.currentData())

    def hideEvent(self, event: QHideEvent) -> None:
        """Closed, it reads nothing and keeps nothing."""
        super().hideEvent(event)
        if not event.spontaneous():  # minimised, it comes back as it was
            self.own.clear()
            self.other.clear()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Stop on Esc, before it closes the window."""
        if event.key() == Qt.Key.Key_Escape and (self.own.is_busy or self.other.is_busy):
            self.own.stop()
            self.other.stop()
        else:
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take a local file."""
        if local_files(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Fit the file beside the text in front."""
        if paths := local_files(event.mimeData()):
            event.acceptProposedAction()
            self.other.begin_file(paths[0])

    def _follow(self) -> None:
        own, other = self.own, self.other
        self.again.setEnabled(not own.is_busy)
        if own.is_stale and not own.is_busy:
            self.columns[0].report(tr(STALE))
        is_beside = other.is_there
        self.columns[0].heading.setVisible(is_beside)
        if is_beside and self.columns[1].isHidden():
            self.resize(self.size().expandedTo(size_on_screen(self, _WIDTH_OF_TWO, 0)))
        if is_beside == self.columns[1].isHidden():
            self.columns[1].setVisible(is_beside)
            self._fill_second()
        fits = [own.fit, other.fit]
        if any(fit is not drawn for fit, drawn in zip(fits, self._drawn, strict=True)):
            self._draw()

    def _draw(self) -> None:
        colors = self._theme.colors
        self._drawn = [self.own.fit, self.other.fit]
        shown = []
        for column, text, color in zip(
            self.columns, (self.own, self.other), (colors.accent, colors.cold), strict=True
        ):
            column.set_color(color)
            if text.fit is not None:
                shown.append(Voice(text.subject, text.fit, color))
        self.plot.setVisible(bool(shown))
        self.plot.show_voices(shown)

    # The second text

    def _fill_second(self) -> None:
        documents, other = self._session.documents, self.other
        self.second.clear()
        self.second.addItem(tr("No second text"))
        names = []
        for state in documents.all:
            if state is not documents.front:
                names.append(documents.name(state))
                self.second.addItem(names[-1], state)
        if other.is_there and visible_name(other.name) not in names:
            names.append(visible_name(other.name))
            self.second.addItem(names[-1], other.begin_again)
        if other.is_there:
            self.second.setCurrentIndex(1 + names.index(visible_name(other.name)))
        self.second.addItem(tr("A file…"), self._ask_file)

    def _choose_second(self, row: int) -> None:
        chosen: DocumentState | Callable[[], object] | None = self.second.itemData(row)
        if isinstance(chosen, DocumentState):
            self._show_document(chosen)
        elif chosen is None:
            self.other.clear()
        else:
            chosen()
        self._fill_second()

    def _show_document(self, state: DocumentState) -> None:
        text = self._session.documents.text(state)
        if isinstance(text, ManuscriptContent):
            self.other.begin(self._session.documents.name(state), text.text)
        elif state.path is not None:
            self.other.begin_file(state.path)

    def _ask_file(self) -> None:
        filters = ";;".join([tr(_FILES), tr("All files (*)")])
        path = file_dialog.ask_open(self, tr("Second text"), "", filters)
        if path:
            self.other.begin_file(Path(path))

    # What is done with a fit

    def _use(self, column: VoiceColumn, text: FittedText) -> None:
        if text.fit is not None:
            temperature = text.fit.whole.temperature
            with self._session.scrub.paused():  # no take is rewritten by it
                self._session.sampling.change(temperature=settable(temperature))
            column.report(tr("T {t} is in force.", t=fitted_temperature(temperature)))

    def _keep(self, column: VoiceColumn, text: FittedText) -> None:
        if text.fit is None:
            return
        session = self._session
        params = msgspec.structs.replace(
            session.sampling.whole, temperature=settable(text.fit.whole.temperature)
        )
        documents = session.documents
        name = self.other.name if text is self.other else documents.name(documents.front)
        kept = session.presets.keep(preset_name(name), params)
        if kept is not None:
            column.report(tr("Kept as the preset “{name}”.", name=visible_name(kept.name)))

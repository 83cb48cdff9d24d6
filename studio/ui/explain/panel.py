"""The panel that teaches temperature: a step's words, its chart, and the way through the steps.

It binds an `ExplainState` (which step) and an `ExplainSource` (which place) to widgets and keeps
nothing itself. Hidden, it computes nothing.
"""

import re
from collections.abc import Callable

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QHideEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from studio.app.explain.figures import figure
from studio.app.explain.source import ExplainSource
from studio.app.explain.state import ExplainState
from studio.app.explain.text import STEPS
from studio.app.explain.words import source_line, words
from studio.app.explain_steps import STEP_NAMES, StepName
from studio.app.parameters.sampling_state import SamplingState
from studio.app.session import Session
from studio.translation import tr
from studio.ui.explain.chart import ExplainChart
from studio.ui.temperature.slider import TemperatureSlider
from studio.ui.theme.spacing import set_margins, set_spacing
from studio.ui.theme.theme import Theme
from studio.ui.theme.type_scale import grown
from studio.ui.widgets.keys import claims_escape
from studio.ui.widgets.labels import PlainLabel
from studio.ui.widgets.letters import follow_letters
from studio.ui.widgets.page_scroll import PageScroll
from studio.ui.widgets.side_dock import INSET, SideDock
from studio.ui.widgets.tips import set_tip

_DOT = 8
_DOT_ROOM = 16
_BESIDE_THE_BAR = 10

_BEFORE_NUMBER = re.compile(r"\b([Tβ]) (?=[\d∞])")


class ExplainPanel(QFrame):
    """One step at a time. ← and → go through them, ↑ and ↓ scroll, Esc closes.

    Args:
        state: Which step is read.
        source: Which place it speaks of.
        sampling: Whose temperature its control turns.
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    close_asked = Signal()
    """Esc, or Done at the last step."""

    def __init__(
        self,
        state: ExplainState,
        source: ExplainSource,
        sampling: SamplingState,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._state = state
        self._source = source
        self.setProperty("card", True)
        self.setAccessibleName(tr("Explain temperature"))
        self._number = PlainLabel()
        self._number.setProperty("role", "muted")
        self._title = PlainLabel()
        self._title.setWordWrap(True)
        self._title.setProperty("type", "title")
        self._body = QLabel()
        self._body.setTextFormat(Qt.TextFormat.RichText)
        self._body.setWordWrap(True)
        self._caption = PlainLabel()
        self._caption.setProperty("role", "muted")
        self._caption.setWordWrap(True)
        self._chart = ExplainChart(theme)
        self._slider = TemperatureSlider(sampling, theme)
        self._slider.setAccessibleName(tr("Temperature, in Explain"))
        self._origin = PlainLabel()
        self._origin.setProperty("role", "muted")
        self._origin.setWordWrap(True)
        self._back = _StepButton(tr("Back"), tr("The step before (←)"), state.back)
        self._next = _StepButton(tr("Next"), tr("The next step (→)"), self._go_on)
        self._dots = [_Dot(name, index, state, theme) for index, name in enumerate(STEP_NAMES)]
        self._build_layout()
        state.changed.connect(self._on_step)
        source.changed.connect(self._refresh)

    def _build_layout(self) -> None:
        page = QWidget()
        column = self._column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        set_spacing(column, 8)
        column.addWidget(self._body)
        column.addWidget(self._caption)
        column.addWidget(self._chart, 1)
        column.addSpacing(4)
        column.addWidget(self._slider)
        column.addStretch(0)
        self._scroll = PageScroll(page)
        self._scroll.verticalScrollBar().rangeChanged.connect(self._keep_off_the_bar)

        way = QHBoxLayout()
        way.setSpacing(0)
        way.addWidget(self._back)
        way.addStretch(1)
        for dot in self._dots:
            way.addWidget(dot)
        way.addStretch(1)
        way.addWidget(self._next)

        whole = QVBoxLayout(self)
        set_margins(whole, INSET, 11, INSET, 13)
        set_spacing(whole, 6)
        whole.addWidget(self._number)
        whole.addWidget(self._title)
        whole.addWidget(self._scroll, 1)
        whole.addWidget(self._origin)
        whole.addLayout(way)

    def sizeHint(self) -> QSize:
        """Wide enough for sixty letters in a line."""
        return QSize(self.fontMetrics().averageCharWidth() * 60 + 2 * INSET, 640)

    def minimumSizeHint(self) -> QSize:
        """Narrow, and as low as a few lines with the controls under them."""
        return QSize(self.fontMetrics().averageCharWidth() * 44 + 2 * INSET, 260)

    def focus(self) -> None:
        """Give the keyboard to the way through the steps."""
        self._next.setFocus(Qt.FocusReason.OtherFocusReason)

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what happened while it was hidden."""
        super().showEvent(event)
        self._source.set_active(True)
        self._on_step()

    def hideEvent(self, event: QHideEvent) -> None:
        """Follow nothing."""
        super().hideEvent(event)
        self._source.set_active(False)

    def event(self, event: QEvent) -> bool:
        """Claims Esc from a shortcut of the window while the keyboard is here."""
        return claims_escape(event) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """What the controls leave: through the steps, up and down the page, out."""
        bar = self._scroll.verticalScrollBar()
        moves: dict[int, Callable[[], object]] = {
            Qt.Key.Key_Left: self._state.back,
            Qt.Key.Key_Right: self._state.forward,
            Qt.Key.Key_Escape: self.close_asked.emit,
            Qt.Key.Key_Down: lambda: bar.setValue(bar.value() + bar.singleStep()),
            Qt.Key.Key_Up: lambda: bar.setValue(bar.value() - bar.singleStep()),
            Qt.Key.Key_PageDown: lambda: bar.setValue(bar.value() + bar.pageStep()),
            Qt.Key.Key_PageUp: lambda: bar.setValue(bar.value() - bar.pageStep()),
        }
        move = moves.get(event.key())
        if move is None or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            super().keyPressEvent(event)
        else:
            move()

    def _go_on(self) -> None:
        if self._state.is_last:
            self.close_asked.emit()
        else:
            self._state.forward()

    def _keep_off_the_bar(self, _least: int, most: int) -> None:
        set_margins(self._column, 0, 0, _BESIDE_THE_BAR if most else 0, 0)

    def _on_step(self) -> None:
        state = self._state
        _set_text(
            self._number,
            tr("Step {number} of {count}", number=state.index + 1, count=len(STEP_NAMES)),
        )
        _set_text(self._title, tr(STEPS[state.step].title))
        self._slider.setVisible(STEPS[state.step].turns)
        self._origin.setVisible(STEPS[state.step].is_of_place)
        if state.is_first and self._back.hasFocus():
            self._next.setFocus(Qt.FocusReason.OtherFocusReason)
        self._back.setEnabled(not state.is_first)
        self._next.setText(tr("Done") if state.is_last else tr("Next"))
        self._scroll.verticalScrollBar().setValue(0)
        self._refresh()

    def _refresh(self) -> None:
        if not self.isVisible():
            return
        step, place, params = self._state.step, self._source.place, self._source.params
        reported = words(step, place, params)
        _set_text(self._body, kept_together(reported.body))
        _set_text(self._caption, kept_together(reported.caption))
        _set_text(self._origin, source_line(place, is_held=self._source.is_held))
        self._chart.set_figure(figure(step, place, params))


class _StepButton(QPushButton):
    """A button that leaves the arrow keys to the panel; Qt's would move the focus with them."""

    def __init__(self, name: str, tip: str, act: Callable[[], object]) -> None:
        super().__init__(name)
        set_tip(self, tip)
        self.setAccessibleName(name)
        self.clicked.connect(lambda: act())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        arrows = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down)
        if event.key() in arrows:
            event.ignore()
        else:
            super().keyPressEvent(event)


class _Dot(QAbstractButton):
    """One of the steps; filled where one is."""

    def __init__(self, name: StepName, index: int, state: ExplainState, theme: Theme) -> None:
        super().__init__()
        self._index = index
        self._state = state
        self._theme = theme
        follow_letters(self, lambda _letters: self._fit())
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        # Back, Next and the arrow keys lead everywhere; eight more stops would be in the way.
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        title = tr(STEPS[name].title)
        self.setAccessibleName(tr("Step {number}: {title}", number=index + 1, title=title))
        self.setToolTip(f"{index + 1}. {title}")
        self.clicked.connect(lambda: state.go(name))
        state.changed.connect(self.update)
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = self._theme.colors
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        dot = _DOT * grown(self.font())
        inset = (self.width() - dot) / 2
        circle = QRectF(inset, inset, dot, dot)
        is_here = self._state.index == self._index
        painter.setPen(QColor(colors.text if is_here else colors.ghost))
        painter.setBrush(QColor(colors.text) if is_here else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(circle)

    def _fit(self) -> None:
        side = round(_DOT_ROOM * grown(self.font()))
        self.setFixedSize(side, side)


def kept_together(text: str) -> str:
    """The text with no line break between a number and what it is of."""
    return _BEFORE_NUMBER.sub("\\1\u00a0", text).replace("\u202f%", "\u00a0%")


def _set_text(label: QLabel, text: str) -> None:
    # Also the same text would lay the page out anew.
    if label.text() != text:
        label.setText(text)


class ExplainDock(SideDock):
    """The panel that teaches, beside the writing.

    Attributes:
        state: Which step is read.
        source: Which place is spoken of.
        panel: The contents.

    Args:
        window: Where it docks.
        session: Whose caret it speaks of.
        theme: Where the colours come from.
        step: The step to begin with.
        place: Where it stood, as `place` reported; empty for the first time.
        width: How wide it was when it stood docked; 0 for the first time.
    """

    def __init__(
        self,
        window: QMainWindow,
        session: Session,
        theme: Theme,
        step: str,
        place: str,
        width: int,
    ) -> None:
        state = ExplainState(step)
        source = ExplainSource(
            session.next_token,
            session.draft,
            session.sampling,
            session.writing,
            session.next_token_preview,
        )
        panel = ExplainPanel(state, source, session.sampling, theme)
        super().__init__(window, panel, tr("Explain temperature"), place, width)
        self.setObjectName("explain")
        self.state, self.source, self.panel = state, source, panel
        for part in (state, source):
            part.setParent(self)
        panel.close_asked.connect(self.dismiss)

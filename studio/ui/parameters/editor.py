"""The editor of all parameters: a search, the groups, and what sets all of them back.

It puts rows together and binds them to the state objects; it keeps what is sought for.
"""

from collections.abc import Callable
from functools import cached_property

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QMainWindow,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from studio.app.parameters.groups import (
    BIASES,
    BREAKERS,
    GROUPS,
    ORDER,
    PARAMETERS,
    PROMPT_FORMAT,
    STOP,
    WORDS,
)
from studio.app.parameters.parameter import Number, Parameter
from studio.app.parameters.sampler_order_state import SamplerOrder
from studio.app.parameters.values import ParameterValues
from studio.app.session import Session
from studio.app.tokens.lookup import TokenLookup
from studio.app.tokens.next_token import NextToken
from studio.translation import mark, tr
from studio.ui.histogram.bars import TokenBars
from studio.ui.parameters.biases import ParameterBiases
from studio.ui.parameters.prompt import PromptFormatChoice, SystemMessageEdit
from studio.ui.parameters.row import NumberRow, ParameterRow
from studio.ui.parameters.sampler_order_rows import SamplerOrderPanel
from studio.ui.parameters.section import ParameterSection
from studio.ui.parameters.texts import ParameterTexts
from studio.ui.parameters.word_rows import ParameterWords
from studio.ui.theme.spacing import set_margins, set_spacing
from studio.ui.theme.theme import Theme
from studio.ui.widgets.keys import claims_escape
from studio.ui.widgets.labels import PlainLabel
from studio.ui.widgets.page_scroll import PageScroll
from studio.ui.widgets.side_dock import SideDock

_MARGIN = 12
_CHARACTERS = 66
_NARROWEST = 44
_LOWEST = 220
_HIGHEST = 640
_NOT_FOUND = mark("No parameter has these words in its name or its help.")
_BARS_TIP = mark(
    "<p>What the model would say next, with these parameters: it follows each change at once. "
    "Filled, and the number: will be used. Tick: the model’s own, T 1.</p>"
)


class ParameterEditor(QFrame):
    """All parameters in groups that fold.

    Attributes:
        search: What is typed there is looked for in labels, names and help.
        sections: The groups, by name.
        bars: The next token, where the editor does not stand beside the histogram.

    Args:
        values: The parameters in force.
        order: The order of the steps.
        lookup: Knows tokens.
        next_token: What the bars show.
        theme: Where the colours come from.
        explain: Opens a step of Explain.
        parent: The Qt parent, if any.
    """

    close_asked = Signal()
    """Esc, with nothing left to give up."""

    def __init__(
        self,
        values: ParameterValues,
        order: SamplerOrder,
        lookup: TokenLookup,
        next_token: NextToken,
        theme: Theme,
        explain: Callable[[str], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setProperty("card", True)
        self.setAccessibleName(tr("All sampling parameters"))
        self._values = values
        self._lookup = lookup
        self._theme = theme
        self._explain = explain
        self.bars = TokenBars(
            next_token, theme, tr("Next token with these parameters"), tr(_BARS_TIP)
        )
        next_token.changed.connect(self._describe_bars)
        self.bars.hide()
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Search by name or by what it does"))
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName(tr("Search the parameters"))
        self.search.setToolTip(tr("Show only the parameters that have these words in name or help"))
        self.search.textChanged.connect(self._seek)
        self._reset = QPushButton()
        self._reset.setObjectName("reset_all")
        self._reset.clicked.connect(self._on_reset)
        self._order = order
        self.sections = {
            group.name: ParameterSection(group, self._make_row, values) for group in GROUPS
        }
        self.sections["temperature"].set_open(True)
        self._none = PlainLabel(tr(_NOT_FOUND))
        self._none.setProperty("role", "muted")
        self._none.setWordWrap(True)
        self._none.hide()
        self._build_layout()
        values.changed.connect(self._follow)
        self._follow()

    @cached_property
    def order(self) -> SamplerOrderPanel:
        """The order of the steps."""
        panel = SamplerOrderPanel(self._order, self._theme)
        panel.rows.moved_to.connect(self._keep_in_view)
        return panel

    def _build_layout(self) -> None:
        page = QWidget()
        column = QVBoxLayout(page)
        set_margins(column, 4, 0, 8, 4)
        set_spacing(column, 4)
        for section in self.sections.values():
            column.addWidget(section)
        column.addWidget(self._none)
        column.addStretch(1)
        self._scroll = PageScroll(page)
        head = QHBoxLayout()
        set_margins(head, 4, 0, 4, 0)
        set_spacing(head, 8)
        head.addWidget(self.search, 1)
        head.addWidget(self._reset)
        whole = QVBoxLayout(self)
        set_margins(whole, _MARGIN, 11, _MARGIN - 4, 8)
        set_spacing(whole, 8)
        whole.addWidget(self.bars)
        whole.addLayout(head)
        whole.addWidget(self._scroll, 1)

    def sizeHint(self) -> QSize:
        """Wide enough for a line of help beside its field."""
        width = self.fontMetrics().averageCharWidth() * _CHARACTERS + 2 * _MARGIN
        return QSize(width, _HIGHEST)

    def minimumSizeHint(self) -> QSize:
        """Narrow, and as low as a few rows."""
        width = self.fontMetrics().averageCharWidth() * _NARROWEST + 2 * _MARGIN
        return QSize(width, _LOWEST)

    def focus(self) -> None:
        """Give the keyboard to the search."""
        self.search.setFocus(Qt.FocusReason.OtherFocusReason)
        self.search.selectAll()

    def row(self, name: str) -> ParameterRow:
        """The row of a parameter, by its name."""
        section, parameter = self._place(name)
        return section.row(parameter)

    def go_to(self, name: str) -> None:
        """Show a parameter and give its control the keyboard; a search ends."""
        self.search.clear()
        section, parameter = self._place(name)
        section.set_open(True)
        row = section.row(parameter)
        row.take_focus()
        self._keep_in_view(row)

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what happened while it was hidden."""
        super().showEvent(event)
        self._values.set_watched(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Follow nothing."""
        super().hideEvent(event)
        self._values.set_watched(False)

    def event(self, event: QEvent) -> bool:
        """Claims Esc from a shortcut of the window while the keyboard is here."""
        return claims_escape(event) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc ends a search, then closes; ↓ goes from the search into the parameters."""
        if event.key() == Qt.Key.Key_Escape:
            if self.search.text():
                self.search.clear()
                self.focus()
            else:
                self.close_asked.emit()
        elif event.key() == Qt.Key.Key_Down and self.search.hasFocus():
            self.focusNextChild()
        else:
            super().keyPressEvent(event)

    def _place(self, name: str) -> tuple[ParameterSection, Parameter]:
        return next(
            (section, parameter)
            for section in self.sections.values()
            for parameter in section.group.parameters
            if parameter.name == name
        )

    def _make_row(self, parameter: Parameter) -> ParameterRow:
        values, explain = self._values, self._explain
        if isinstance(parameter, Number):
            return NumberRow(parameter, values, explain)
        row = ParameterRow(parameter, values, explain)
        if parameter in (BREAKERS, STOP):
            texts = ParameterTexts(parameter, values)
            texts.refused.connect(row.refuse)
            row.put_below(texts)
        elif parameter is WORDS:
            words = ParameterWords(values, self._lookup)
            words.refused.connect(row.refuse)
            row.put_below(words)
        elif parameter is BIASES:
            biases = ParameterBiases(values, self._lookup)
            biases.refused.connect(row.refuse)
            row.put_below(biases)
        elif parameter is ORDER:
            row.put_below(self.order)
        elif parameter is PROMPT_FORMAT:
            row.put_beside(PromptFormatChoice(values, self._theme))
        else:
            message = SystemMessageEdit(values)
            message.refused.connect(row.refuse)
            row.put_below(message)
        return row

    def _seek(self, words: str) -> None:
        found = sum(section.seek(words.strip()) for section in self.sections.values())
        self._none.setVisible(not found)
        self._scroll.verticalScrollBar().setValue(0)

    def _on_reset(self) -> None:
        if self._values.can_bring_back:
            self._values.bring_back()
        else:
            self._values.reset(PARAMETERS.values())

    def _describe_bars(self) -> None:
        if self.bars.isVisible():
            self.bars.describe()

    def _follow(self) -> None:
        can_bring_back = self._values.can_bring_back
        tip = (
            tr("Put the values in force again that were set back last")
            if can_bring_back
            else tr("Set every parameter back to neutral; it can be undone")
        )
        self._reset.setText(tr("Undo reset") if can_bring_back else tr("Reset all"))
        self._reset.setToolTip(tip)
        self._reset.setAccessibleName(self._reset.text())
        self._reset.setAccessibleDescription(tip)
        self._reset.setEnabled(can_bring_back or bool(self._values.turned(PARAMETERS.values())))

    def _keep_in_view(self, row: QWidget) -> None:
        # Later: a row that was only just moved has its new place after the layout.
        QTimer.singleShot(0, lambda: self._scroll.ensureWidgetVisible(row, 0, 8))


class ParameterDock(SideDock):
    """The editor beside the writing; afloat it has bars of its own.

    Attributes:
        editor: The contents.

    Args:
        window: Where it docks.
        session: Whose parameters they are.
        theme: Where the colours come from.
        explain: Opens a step of Explain.
        place: Where it stood, as `place` reported; empty for the first time.
        width: How wide it was when it stood docked; 0 for the first time.
    """

    def __init__(
        self,
        window: QMainWindow,
        session: Session,
        theme: Theme,
        explain: Callable[[str], None],
        place: str,
        width: int,
    ) -> None:
        values = ParameterValues(session.sampling, session.draft.prompting)
        order = SamplerOrder(session.sampling)
        editor = ParameterEditor(values, order, session.lookup, session.next_token, theme, explain)
        super().__init__(window, editor, tr("All sampling parameters"), place, width)
        self.setObjectName("parameters")
        self.editor = editor
        for part in (values, order):
            part.setParent(self)
        editor.close_asked.connect(self.dismiss)
        self.topLevelChanged.connect(editor.bars.setVisible)
        editor.bars.setVisible(self.isFloating())

"""The window in which two presets stand side by side, field by field."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from studio.app.presets.comparison import ComparedField
from studio.app.presets.comparison_state import ACTIVE, PresetComparisonState
from studio.app.presets.words import around_difference, field_words, value_words
from studio.presets import preset_words
from studio.translation import mark, tr
from studio.ui.theme.controls import CheckBox, ComboBox
from studio.ui.theme.spacing import set_spacing
from studio.ui.theme.table import Table
from studio.ui.theme.theme import Theme
from studio.ui.widgets.labels import PlainLabel
from studio.ui.widgets.screen_room import size_on_screen
from studio.ui.widgets.tips import plain_tip
from studio.visible_text import LONGEST_LINE, visible_line, visible_name

_SIZE = (720, 560)
_ACTIVE_WORDS = mark("Values in force")
_SIGN, _FIELD, _LEFT, _RIGHT = range(4)
_DIFFERS = "≠"


class PresetComparisonWindow(QDialog):
    """Two lists to choose from, and a table of all fields.

    Args:
        state: What is compared.
        theme: Where the colours come from.
        parent: The window it belongs to.
    """

    def __init__(
        self, state: PresetComparisonState, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._state = state
        self.setWindowTitle(tr("Compare presets"))
        self.resize(size_on_screen(self, *_SIZE))
        self.left = ComboBox(theme)
        self.right = ComboBox(theme)
        swap = QPushButton("⇄")
        swap.setAccessibleName(tr("Change the sides"))
        swap.setToolTip(tr("Change the sides"))
        swap.clicked.connect(state.swap)
        choice = QHBoxLayout()
        set_spacing(choice, 8)
        for box, name in ((self.left, tr("Left side")), (self.right, tr("Right side"))):
            box.setAccessibleName(name)
            box.setToolTip(tr("A preset as it is saved, or the values in force"))
            box.activated.connect(self._choose)
        choice.addWidget(self.left, 1)
        choice.addWidget(swap)
        choice.addWidget(self.right, 1)
        self._words = PlainLabel()
        self.only_differences = CheckBox(tr("&Only what differs"), theme)
        self.only_differences.setToolTip(tr("Leave fields with the same value on both sides out"))
        self.only_differences.toggled.connect(state.set_only_differences)
        line = QHBoxLayout()
        line.addWidget(self._words)
        line.addStretch(1)
        line.addWidget(self.only_differences)
        self.table = _Table(theme)
        self.table.entered_row.connect(self._take)
        self.table.itemSelectionChanged.connect(self._follow_row)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.take = buttons.addButton(tr("&Take over"), QDialogButtonBox.ButtonRole.ActionRole)
        self.take.setAutoDefault(False)
        self.take.clicked.connect(self._take)
        close = buttons.button(QDialogButtonBox.StandardButton.Close)
        close.setAutoDefault(False)
        close.setToolTip(tr("Close this window (Esc)"))
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        set_spacing(column, 10)
        column.addLayout(choice)
        column.addLayout(line)
        column.addWidget(self.table, 1)
        column.addWidget(buttons)
        state.changed.connect(self._follow)
        theme.changed.connect(self._follow)

    def open_with(self, left: str, right: str) -> None:
        """Compare two, and come to the front.

        Args:
            left: The name of one.
            right: The name of the other.
        """
        self._state.compare(left, right)
        self.show()
        self._follow()
        self.raise_()
        self.activateWindow()
        self.table.setFocus()

    def _choose(self) -> None:
        self._state.compare(self.left.currentData(), self.right.currentData())

    def _follow(self) -> None:
        if not self.isVisible():
            return
        state = self._state
        for box, side in ((self.left, state.left), (self.right, state.right)):
            _fill(box, state.choices, side)
        self.only_differences.setChecked(state.only_differences)
        fields = state.fields
        count = sum(entry.differs for entry in fields)
        self._words.setText(_count_words(count, len(fields)))
        self.table.show_fields(state.shown, (_side_words(state.left), _side_words(state.right)))
        self._follow_row()

    def _follow_row(self) -> None:
        entry = self.table.selected
        why = self._state.why_not_take(entry) if entry else tr("Choose a row")
        self.take.setEnabled(not why)
        self.take.setToolTip(why or tr("Put the preset’s value in force (Enter)"))

    def _take(self) -> None:
        if self.table.selected:
            self._state.adopt(self.table.selected)


class _Table(Table):
    """All fields of two presets; rows that differ are marked."""

    entered_row = Signal()
    """Enter was pressed on a row, or it was clicked twice."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(0, 4, tr("Fields of both presets"))
        self._theme = theme
        self._fields: list[ComparedField] = []
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        header = self.horizontalHeader()
        self._fit_columns(QHeaderView.ResizeMode.ResizeToContents)
        for column in (_LEFT, _RIGHT):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        self.cellDoubleClicked.connect(lambda *_: self.entered_row.emit())

    def _fit_columns(self, mode: QHeaderView.ResizeMode) -> None:
        for column in (_SIGN, _FIELD):
            self.horizontalHeader().setSectionResizeMode(column, mode)

    @property
    def selected(self) -> ComparedField | None:
        """The row that is selected."""
        row = self.currentRow()
        return self._fields[row] if 0 <= row < len(self._fields) else None

    def show_fields(self, fields: list[ComparedField], sides: tuple[str, str]) -> None:
        """Show these rows; the row selected stays so."""
        selected = self.selected.field if self.selected else ""
        self._fields = []
        self.setHorizontalHeaderLabels(["", tr("Field"), *sides])
        # Else each cell that comes has Qt measure all cells of these columns.
        self._fit_columns(QHeaderView.ResizeMode.Fixed)
        self.setRowCount(len(fields))
        for row, entry in enumerate(fields):
            self._fill_row(row, entry)
        self._fit_columns(QHeaderView.ResizeMode.ResizeToContents)
        self._fields = fields
        names = [entry.field for entry in fields]
        self.setCurrentCell(names.index(selected) if selected in names else 0, _FIELD)
        self.resizeRowsToContents()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter takes a row's value over."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.entered_row.emit()
        else:
            super().keyPressEvent(event)

    def _fill_row(self, row: int, entry: ComparedField) -> None:
        left, right = (value_words(entry.field, side) for side in (entry.left, entry.right))
        shown = around_difference(left, right, LONGEST_LINE - 2) if entry.differs else (left, right)
        colors = self._theme.colors
        texts = (_DIFFERS if entry.differs else "", field_words(entry.field), *shown)
        for column, text in enumerate(texts):
            item = QTableWidgetItem(visible_line(text))
            item.setTextAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
            item.setForeground(QColor(colors.text if entry.differs else colors.muted))
            if column == _SIGN:
                item.setForeground(QColor(colors.text))
                spoken = tr("differs") if entry.differs else tr("the same")
                item.setData(Qt.ItemDataRole.AccessibleTextRole, spoken)
                item.setToolTip(spoken)
            elif column == _FIELD:
                item.setToolTip(entry.field)
            else:
                whole = left if column == _LEFT else right
                item.setToolTip(plain_tip(visible_line(whole)))
            self.setItem(row, column, item)


def _fill(box: ComboBox, choices: list[str], side: str) -> None:
    names = [box.itemData(place) for place in range(box.count())]
    if names != choices:
        box.clear()
        for choice in choices:
            box.addItem(_side_words(choice), choice)
    box.setCurrentIndex(choices.index(side))


def _side_words(side: str) -> str:
    return tr(_ACTIVE_WORDS) if side == ACTIVE else visible_name(preset_words(side))


def _count_words(count: int, fields: int) -> str:
    if not count:
        return tr("Nothing differs: all {fields} fields have the same value.", fields=fields)
    return tr(
        "%n of {fields} fields differ.",
        "",
        count,
        one="%n of {fields} fields differs.",
        fields=fields,
    )

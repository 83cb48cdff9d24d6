"""The texts of a data set as a table: filled as they come, sorted and filtered, rows to tick."""

from __future__ import annotations

from enum import Enum
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
)
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from studio.app.tuning.augment_run import AugmentRun
from studio.engine.messages import FinishReason
from studio.experiments.augmentation.journal import Entry, Verdict
from studio.translation import mark, tr
from studio.ui.theme.type_scale import grown
from studio.ui.widgets.tips import plain_tip
from studio.visible_text import visible_line

Index = QModelIndex | QPersistentModelIndex

ROW, TEXT, T, TOKENS, LIKELY, WHAT = range(6)
_HEADS = (
    (mark("Row"), mark("Whether the text is a row of the data set; Space changes it")),
    (mark("Text"), mark("What the model wrote")),
    (mark("T"), mark("The temperature that it was written at")),
    (mark("Tokens"), mark("How many it has")),
    (mark("ln p"), mark("The mean of its tokens’ ln p at T 1, without filters")),
    (mark("What of it"), mark("Why it is no row, or how it ended")),
)
_VERDICTS: dict[Verdict, str] = {
    "row": "",
    "duplicate": mark("exact duplicate"),
    "near_duplicate": mark("near duplicate"),
    "dropped_duplicate": mark("exact duplicate"),
    "dropped_near_duplicate": mark("near duplicate"),
    "empty": mark("empty"),
    "length": mark("its length"),
    "pattern": mark("a pattern"),
    "slow_pattern": mark("a pattern took too long"),
    "schema": mark("the JSON schema"),
    "no_room": mark("no room for its prompt"),
}
_REASONS: dict[FinishReason, str] = {
    "end_of_text": mark("ended by itself"),
    "stop_string": mark("at a stop string"),
    "max_tokens": mark("full length"),
    "context_full": mark("the context was full"),
    "stopped": mark("stopped"),
}
_LONGEST_TEXT = 300
_MOST_FITTING = 1_000
"""Texts whose beginnings are kept: many times as many as are in view."""
_WIDEST = {
    ROW: "0000",
    T: "00.00",
    TOKENS: "00,000",
    LIKELY: "−00.00",
    WHAT: "the context was full",
}
"""What a column has room for, beside its head."""
_AIR = 24
_LARGER = (QEvent.Type.FontChange, QEvent.Type.StyleChange)
"""What a zoom brings."""
_SORT = Qt.ItemDataRole.UserRole


class Shown(Enum):
    """Which texts are shown."""

    ALL = mark("All texts")
    ROWS = mark("Rows")
    OTHERS = mark("Texts that are no rows")


class TextModel(QAbstractTableModel):
    """The texts of a run, in the order in which they came.

    Args:
        run: It.
        parent: The Qt parent, if any.
    """

    def __init__(self, run: AugmentRun, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._run = run
        self._count = len(run.entries)
        run.begun.connect(self._begin)
        run.added.connect(self._add)
        run.chosen.connect(self._follow_choice)

    def entry(self, row: int) -> Entry:
        """A row's text."""
        return self._run.entries[row]

    def is_row(self, row: int) -> bool:
        """Whether a row's text is one of the data set."""
        return self._run.is_row(self.entry(row))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's
        """How many texts there are."""
        return 0 if parent.isValid() else self._count

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's
        """How many columns."""
        return 0 if parent.isValid() else len(_HEADS)

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """What the columns are."""
        if orientation == Qt.Orientation.Horizontal:
            name, tip = _HEADS[section]
            if role == Qt.ItemDataRole.DisplayRole:
                return tr(name)
            if role == Qt.ItemDataRole.ToolTipRole:
                return tr(tip)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """What can be done with a cell."""
        found = super().flags(index)
        return found | Qt.ItemFlag.ItemIsUserCheckable if index.column() == ROW else found

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A cell."""
        entry, column = self.entry(index.row()), index.column()
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._words(entry, column)
            case Qt.ItemDataRole.ToolTipRole if column == TEXT:
                return plain_tip(visible_line(entry.text, _LONGEST_TEXT))
            case Qt.ItemDataRole.AccessibleTextRole if column == ROW:
                return tr("row") if self._run.is_row(entry) else tr("no row")
            case Qt.ItemDataRole.CheckStateRole if column == ROW:
                is_row = self._run.is_row(entry)
                return Qt.CheckState.Checked if is_row else Qt.CheckState.Unchecked
            case _ if role == _SORT:
                return self._value(entry, column)
        return None

    def setData(  # noqa: N802 - Qt's name
        self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole
    ) -> bool:
        """Have a text be a row, or not."""
        if role != Qt.ItemDataRole.CheckStateRole or not self._run.can_choose():
            return False
        is_row = Qt.CheckState(value) == Qt.CheckState.Checked
        self._run.choose([self.entry(index.row())], is_row=is_row)
        return True

    def _words(self, entry: Entry, column: int) -> str | None:
        match column:
            case _ if column == TEXT:
                return visible_line(" ".join(entry.text.split()), _LONGEST_TEXT)
            case _ if column == T:
                return "∞" if entry.temperature is None else f"{entry.temperature:.2f}"
            case _ if column == TOKENS:
                return f"{entry.tokens:,}"
            case _ if column == LIKELY:
                known = entry.logprob_t1 is not None
                return f"{entry.logprob_t1:.2f}".replace("-", "−") if known else ""
            case _ if column == WHAT:
                return tr(_VERDICTS[entry.verdict] or _REASONS[entry.reason])
        return None

    def _value(self, entry: Entry, column: int) -> object:
        """What a column is sorted by."""
        match column:
            case _ if column == ROW:
                return int(self._run.is_row(entry))
            case _ if column == TEXT:
                return entry.text[:_LONGEST_TEXT].casefold()
            case _ if column == T:
                return float("inf") if entry.temperature is None else entry.temperature
            case _ if column == TOKENS:
                return entry.tokens
            case _ if column == LIKELY:
                return float("-inf") if entry.logprob_t1 is None else entry.logprob_t1
        return self._words(entry, column)

    def _begin(self) -> None:
        self.beginResetModel()
        self._count = len(self._run.entries)
        self.endResetModel()

    def _add(self) -> None:
        count = len(self._run.entries)
        if count > self._count:
            self.beginInsertRows(QModelIndex(), self._count, count - 1)
            self._count = count
            self.endInsertRows()

    def _follow_choice(self) -> None:
        if self._count:
            last = self.index(self._count - 1, WHAT)
            self.dataChanged.emit(self.index(0, ROW), last)


class _Filter(QSortFilterProxyModel):
    """Those of the texts that are shown, in the order of a column."""

    def __init__(self, texts: TextModel) -> None:
        super().__init__(texts)
        self._texts = texts
        self._words = ""
        self._shown = Shown.ALL
        self.setSourceModel(texts)
        self.setSortRole(_SORT)
        self.setDynamicSortFilter(True)

    def show_only(self, words: str, shown: Shown) -> None:
        """Show texts that have some words in them.

        Args:
            words: In whatever case; none for any text.
            shown: Which of these.
        """
        self._words, self._shown = words.casefold().strip(), shown
        self.invalidate()

    def filterAcceptsRow(self, row: int, parent: Index) -> bool:  # noqa: N802 - Qt's name
        """Whether a text is shown."""
        if self._shown is not Shown.ALL and self._texts.is_row(row) != (self._shown is Shown.ROWS):
            return False
        return not self._words or self._words in self._texts.entry(row).text.casefold()


class _Cell(QStyledItemDelegate):
    """A cell without a frame of its own where its whole row is shown as selected."""

    def initStyleOption(  # noqa: N802 - Qt's name
        self, option: QStyleOptionViewItem, index: Index
    ) -> None:
        """As Qt has it, but for the frame."""
        super().initStyleOption(option, index)
        if option.state & QStyle.StateFlag.State_Selected:
            option.state &= ~QStyle.StateFlag.State_HasFocus


class _FittingText(_Cell):
    """A text that ends where its cell does.

    Qt lays a whole text out whenever it is painted, to find its last letters: here that is done
    once a text and width. It halves the time that a table takes which is filled row by row.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._fitting: dict[str, str] = {}
        self._room: tuple[int, str] | None = None
        """The width in pixels, and the font, of those."""

    def initStyleOption(  # noqa: N802 - Qt's name
        self, option: QStyleOptionViewItem, index: Index
    ) -> None:
        """As of every cell, with as much of the text as is seen."""
        super().initStyleOption(option, index)
        margin = option.widget.style().pixelMetric(
            QStyle.PixelMetric.PM_FocusFrameHMargin, option, option.widget
        )
        width = option.rect.width() - 2 * (margin + 1)
        room = width, option.font.key()
        if room != self._room or len(self._fitting) > _MOST_FITTING:
            self._room = room
            self._fitting.clear()
        text = option.text
        if (fitting := self._fitting.get(text)) is None:
            end = Qt.TextElideMode.ElideRight
            fitting = self._fitting[text] = option.fontMetrics.elidedText(text, end, width)
        option.text = fitting


class TextTable(QTableView):
    """The table.

    Args:
        run: Whose texts.
    """

    def __init__(self, run: AugmentRun) -> None:
        super().__init__()
        self._texts = TextModel(run, self)
        self._filter = _Filter(self._texts)
        self.setModel(self._filter)
        self.setAccessibleName(tr("Texts"))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setTabKeyNavigation(False)  # Tab leads on
        self.setItemDelegate(_Cell(self))
        self.setItemDelegateForColumn(TEXT, _FittingText(self))
        self.setShowGrid(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWordWrap(False)
        self.setSortingEnabled(True)
        self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        header.setSectionResizeMode(TEXT, QHeaderView.ResizeMode.Stretch)
        self._fit_columns()
        for changed in (
            self._filter.rowsInserted,
            self._filter.rowsRemoved,
            self._filter.modelReset,
            self._filter.layoutChanged,
        ):
            changed.connect(lambda *_: self._follow_count())
        self._follow_count()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show where the keyboard is: at a row."""
        super().focusInEvent(event)
        if not self.currentIndex().isValid() and self.count:
            self.go_to(0)

    def _follow_count(self) -> None:
        # Nothing in an empty table shows that the keyboard is there.
        policy = Qt.FocusPolicy.StrongFocus if self.count else Qt.FocusPolicy.NoFocus
        if policy != self.focusPolicy():
            self.setFocusPolicy(policy)

    def changeEvent(self, event: QEvent) -> None:
        """Keep the columns as wide as what they hold."""
        super().changeEvent(event)
        if event.type() in _LARGER:
            self._fit_columns()

    def _fit_columns(self) -> None:
        metrics, air = self.fontMetrics(), round(_AIR * grown(self.font()))
        for column, widest in _WIDEST.items():
            words = (tr(_HEADS[column][0]), widest)
            width = max(map(metrics.horizontalAdvance, words)) + air
            self.horizontalHeader().resizeSection(column, width)

    @property
    def chosen(self) -> list[Entry]:
        """The texts that are selected, from top to bottom."""
        model = self.selectionModel()
        found = sorted(index.row() for index in model.selectedRows())
        return [self._texts.entry(self._source_row(row)) for row in found]

    @property
    def current(self) -> Entry | None:
        """The text that the keyboard is at."""
        index = self.currentIndex()
        return self._texts.entry(self._source_row(index.row())) if index.isValid() else None

    @property
    def count(self) -> int:
        """How many are shown."""
        return self._filter.rowCount()

    def show_only(self, words: str, shown: Shown) -> None:
        """Show some of the texts.

        Args:
            words: That they have in them.
            shown: Which of these.
        """
        self._filter.show_only(words, shown)

    def go_to(self, row: int) -> None:
        """Give the keyboard to a row that is shown."""
        index = self._filter.index(row, TEXT)
        flags = QItemSelectionModel.SelectionFlag
        self.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)

    def _source_row(self, row: int) -> int:
        return self._filter.mapToSource(self._filter.index(row, TEXT)).row()

"""The parts of the prompt as rows: name, cost, whether each is sent, and how much of it."""

from functools import partial

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QSizePolicy,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from studio.app.writing.plan_edits import TEXT_PART, PartKey, PlanEdits
from studio.app.writing.prompt_costs import PartRow, PromptCosts
from studio.engine.messages import PINNED_PART
from studio.translation import mark, tr
from studio.ui.theme.controls import SpinBox
from studio.ui.theme.theme import Theme
from studio.ui.widgets.token_limit import token_limit

_NAME, _COST, _MOST = range(3)
_AIR = 4
"""Pixels between one field and the next."""
_MOST_ROWS = 10
"""So many are seen at once; others are scrolled to."""
_SENT_TIP = mark("Ticked parts are sent to the model")
_PASSAGE_TIP = mark(
    "Ticked, it is sent even where the text before the caret is cut; else it is left out"
)
_TEXT_TIP = mark(
    "Of the text before the caret. Where it is cut, that is done in blocks, so that what is read "
    "stays read while you write"
)


class PromptPartList(QTreeWidget):
    """A row a part; ticks and limits change the plan.

    Args:
        costs: Knows the parts.
        edits: Changes the plan.
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    def __init__(
        self, costs: PromptCosts, edits: PlanEdits, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._costs = costs
        self._edits = edits
        self._theme = theme
        self._keys: tuple[PartKey, ...] = ()
        self._is_following = False
        self.setAccessibleName(tr("Parts of the prompt"))
        self.setHeaderLabels([tr("Part"), tr("Tokens"), tr("At most")])
        self.setRootIsDecorated(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.headerItem().setTextAlignment(
            _COST, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        )
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(_NAME, QHeaderView.ResizeMode.Stretch)
        self.itemChanged.connect(self._on_ticked)

    def follow(self) -> None:
        """Show the parts as they are now."""
        rows = self._costs.rows()
        keys = tuple(row.key for row in rows)
        self._is_following = True
        if keys != self._keys:
            self._keys = keys
            self.clear()
            for row in rows:
                self._add(row)
        for place, row in enumerate(rows):
            self._show(place, row)
        self._is_following = False
        self._fit()

    def limit(self, key: PartKey) -> SpinBox | None:
        """The field with how much of a part is sent."""
        field = self.itemWidget(self.item_of(key), _MOST)
        return field if isinstance(field, SpinBox) else None

    def item_of(self, key: PartKey) -> QTreeWidgetItem:
        """The row of a part."""
        item = self.topLevelItem(self._keys.index(key))
        assert item is not None, "each part has one"
        return item

    def _add(self, row: PartRow) -> None:
        item = QTreeWidgetItem(self)
        flags = Qt.ItemFlag.ItemIsEnabled
        is_passage = isinstance(row.key, int) and row.key <= PINNED_PART
        if row.is_sent is not None:
            flags |= Qt.ItemFlag.ItemIsUserCheckable
            item.setToolTip(_NAME, tr(_PASSAGE_TIP) if is_passage else tr(_SENT_TIP))
        item.setFlags(flags)
        item.setTextAlignment(_COST, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if row.most is not None:
            field = token_limit(self._theme, tr("Tokens of “{part}” at most", part=row.name))
            if row.key == TEXT_PART:
                field.setToolTip(tr(_TEXT_TIP))
            field.valueChanged.connect(partial(self._limit, row.key))
            item.setSizeHint(_MOST, field.sizeHint() + QSize(0, _AIR))
            self.setItemWidget(item, _MOST, field)
        elif is_passage:
            forget = QToolButton()
            forget.setText("×")
            forget.setAutoRaise(True)
            forget.setAccessibleName(tr("As the rest of the text: {part}", part=row.name))
            forget.setToolTip(tr("Neither pinned nor left out: as the rest of the text"))
            forget.clicked.connect(partial(self._edits.forget_passage, row.key))
            self.setItemWidget(item, _MOST, forget)

    def _show(self, place: int, row: PartRow) -> None:
        item = self.topLevelItem(place)
        assert item is not None, "it was added"
        item.setText(_NAME, row.name)
        item.setText(_COST, row.words)
        if row.is_sent is not None:
            state = Qt.CheckState.Checked if row.is_sent else Qt.CheckState.Unchecked
            item.setCheckState(_NAME, state)
        field = self.itemWidget(item, _MOST)
        if isinstance(field, SpinBox) and row.most is not None:
            field.setValue(row.most)

    def _limit(self, key: PartKey, most: int) -> None:
        if not self._is_following:
            self._edits.set_most(key, most)

    def _on_ticked(self, item: QTreeWidgetItem, column: int) -> None:
        if self._is_following or column != _NAME:
            return
        key = self._keys[self.indexOfTopLevelItem(item)]
        self._edits.set_sent(key, item.checkState(_NAME) is Qt.CheckState.Checked)

    def _fit(self) -> None:
        """Be as high as the rows, within limits."""
        count = min(self.topLevelItemCount(), _MOST_ROWS)
        shown = [self.item_of(key) for key in self._keys[:count]]
        rows = sum([self.rowHeight(self.indexFromItem(item)) for item in shown])
        self.setFixedHeight(self.header().sizeHint().height() + rows + 2 * self.frameWidth())

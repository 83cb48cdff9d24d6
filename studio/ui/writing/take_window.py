"""The takes of a manuscript: a tree in a window beside the studio's, and two of them compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QEvent, QItemSelectionModel, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QFrame,
    QHeaderView,
    QPushButton,
    QSplitter,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from studio.app.compare.takes import FEWEST, MOST, show_takes
from studio.app.frame_clock import FrameClock
from studio.app.session import Session
from studio.app.writing.take_comparison import source_of
from studio.app.writing.take_tree import PlaceNode, TakeNode, Way, take_tree
from studio.app.writing.take_words import temperatures
from studio.manuscript import Take, TakeSet
from studio.translation import mark, tr
from studio.ui.theme.spacing import set_margins, set_spacing
from studio.ui.theme.theme import Theme
from studio.ui.widgets.labels import PlainLabel
from studio.ui.widgets.screen_room import size_on_screen
from studio.ui.widgets.tips import plain_tip
from studio.ui.writing.take_comparison import TakeComparison
from studio.visible_text import visible_line, visible_name

NO_TAKES = mark(
    "Nothing was written by the model yet. Continue writes a take, Retake another in its place; "
    "all of them are kept here."
)
DELETE = mark("Delete the chosen takes (Delete); undo brings them back")
ONLY_ONE = mark("The only take of a place is text: what is to go of it is deleted there")
TO_COMPARE = mark(
    "Two to eight takes as lanes of Compare: as they were written, or where that is not known, "
    "their settings"
)
_SIZE = (820, 560)
_DELETES = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)
_NAME, _T, _PRESET, _WORDS, _SURPRISE = range(5)
_NUMBERS = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_NUMBER = Qt.ItemDataRole.UserRole
_LONGEST_NAME = 120
_LOOK_MS = 200


class _Row(NamedTuple):
    take: Take
    name: str
    text: str
    way: Way

    @property
    def take_set(self) -> TakeSet:
        return self.way[-1][0]


class TakeWindow(QDialog):
    """A window that stays while one works, and follows the text while it is open.

    Enter or a double click puts the chosen take into the text, F2 names it, Delete deletes those
    that are chosen. Where two are chosen, they are compared.

    Attributes:
        tree: The takes.
        comparison: Two of them beside each other.
        compare: Makes lanes of those that are chosen.

    Args:
        session: Whose takes they are.
        theme: Where the colours come from.
        parent: The window it belongs to.
    """

    caret_wanted = Signal(int)
    """A take stands in the text now: the caret goes behind it, before this code point."""
    lanes_wanted = Signal(str)
    """The lanes are of takes now, and are to be looked at; what the writer should know of it."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._rows: list[_Row] = []
        """By the number that their items in the tree have."""
        self._items: list[QTreeWidgetItem] = []
        """Theirs."""
        self._deleted_at: int | None = None
        """Which row was deleted just now; None for none."""
        self._is_filling = False
        self.setWindowTitle(tr("Takes"))
        self.resize(size_on_screen(self, *_SIZE))
        self._nothing = PlainLabel(tr(NO_TAKES))
        self._nothing.setWordWrap(True)
        self._nothing.setProperty("role", "muted")
        self.tree = QTreeWidget()
        self.tree.setAccessibleName(tr("Takes"))
        self.tree.setHeaderLabels(
            [tr("Take"), tr("T"), tr("Preset"), tr("Words"), tr("Mean surprise")]
        )
        for number in (_WORDS, _SURPRISE):
            self.tree.headerItem().setTextAlignment(number, _NUMBERS)
        self.tree.headerItem().setToolTip(
            _SURPRISE,
            tr("In bits a token, as the sampler used its probabilities: how unexpected it is"),
        )
        self.tree.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.tree.setFrameShape(QFrame.Shape.NoFrame)
        self.tree.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.tree.setUniformRowHeights(True)
        self.tree.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(_NAME, QHeaderView.ResizeMode.Stretch)
        self.tree.installEventFilter(self)
        self.tree.itemActivated.connect(self._show)
        self.tree.itemChanged.connect(self._rename)
        self.tree.itemSelectionChanged.connect(self._follow_choice)
        self.comparison = TakeComparison(theme)
        self._show_button = QPushButton(tr("Show in the text"))
        self._show_button.setToolTip(tr("Put the chosen take into the text (Enter)"))
        self._show_button.clicked.connect(lambda: self._show_row(self._chosen[0]))
        self._name_button = QPushButton(tr("Name…"))
        self._name_button.setToolTip(tr("Give the chosen take a name (F2)"))
        self._name_button.setShortcut("F2")
        self._name_button.clicked.connect(self._edit_name)
        self._delete_button = QPushButton(tr("Delete"))
        self._delete_button.clicked.connect(self._delete)
        self.compare = QPushButton(tr("To Compare"))
        self.compare.clicked.connect(self._to_lanes)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        for button in (
            self._show_button,
            self._name_button,
            self._delete_button,
            self.compare,
        ):
            button.setAutoDefault(False)
            buttons.addButton(button, QDialogButtonBox.ButtonRole.ActionRole)
        close = buttons.button(QDialogButtonBox.StandardButton.Close)
        close.setToolTip(tr("Close this window"))
        close.setAutoDefault(False)  # Enter is the tree's
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        set_margins(column, 16, 14, 16, 12)
        set_spacing(column, 10)
        column.addWidget(self._nothing)
        parts = QSplitter(Qt.Orientation.Vertical)
        parts.setChildrenCollapsible(False)
        parts.addWidget(self.tree)
        parts.addWidget(self.comparison)
        column.addWidget(parts, 1)
        column.addWidget(buttons)
        self._clock = FrameClock(self._fill, self, _LOOK_MS)
        session.writing.takes_changed.connect(self._follow)
        session.writing.changed.connect(self._follow_choice)
        session.compare.changed.connect(self._follow_choice)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Delete with the key, which belongs to a name where that is written."""
        is_press = event.type() is QEvent.Type.KeyPress
        if is_press and isinstance(event, QKeyEvent) and event.key() in _DELETES:
            self._delete()
            return True
        return super().eventFilter(watched, event)

    @property
    def is_settled(self) -> bool:
        """Whether what is shown is that of the text as it is now."""
        return self._clock.is_settled

    def open(self) -> None:
        """Come to the front, with the takes that there are now."""
        self.show()
        self.raise_()
        self.activateWindow()
        self.tree.setFocus()

    def showEvent(self, event: QShowEvent) -> None:
        """Show what came meanwhile."""
        super().showEvent(event)
        self._fill()

    def _follow(self) -> None:
        if self.isVisible():
            self._clock.request()

    def _fill(self) -> None:
        chosen = [row.take for row in self._chosen]
        self._is_filling = True
        self.tree.clear()
        self._rows.clear()
        self._items.clear()
        places = take_tree(self._session.draft.manuscript)
        for place in places:
            self._add(self.tree.invisibleRootItem(), place, chosen)
        self.tree.expandAll()
        if not self.tree.selectedItems() and (item := self._nearest()) is not None:
            self.tree.setCurrentItem(item)
        self._is_filling = False
        self._nothing.setVisible(not places)
        self.tree.setVisible(bool(places))
        self._follow_choice()

    def _add(self, parent: QTreeWidgetItem, place: PlaceNode, chosen: Sequence[Take]) -> None:
        where = visible_line(place.before)
        heading = tr("after “{where}”", where=where) if where else tr("at the beginning")
        under = QTreeWidgetItem(parent, [heading])
        under.setFlags(Qt.ItemFlag.ItemIsEnabled)
        under.setFirstColumnSpanned(True)
        for number, node in enumerate(place.takes, 1):
            item = QTreeWidgetItem(under, _cells(number, node))
            item.setFlags(
                Qt.ItemFlag.ItemIsEnabled
                | Qt.ItemFlag.ItemIsSelectable
                | Qt.ItemFlag.ItemIsEditable
            )
            for column in (_WORDS, _SURPRISE):
                item.setTextAlignment(column, _NUMBERS)
            font = item.font(_NAME)
            font.setBold(node.is_shown)
            item.setFont(_NAME, font)
            where = tr("It stands in the text.") if node.is_shown else tr("It is kept.")
            item.setToolTip(_NAME, plain_tip(" ".join(filter(None, [where, _model(node.take)]))))
            name = visible_line(node.take.name) or tr("Take {number}", number=number)
            self._rows.append(_Row(node.take, name, node.text, node.way))
            item.setData(_NAME, _NUMBER, len(self._rows) - 1)
            self._items.append(item)
            if node.take in chosen:
                item.setSelected(True)
                if node.take is chosen[0]:
                    self.tree.setCurrentItem(item, _NAME, QItemSelectionModel.SelectionFlag.Current)
            for inner in node.inside:
                self._add(item, inner, chosen)

    def _nearest(self) -> QTreeWidgetItem | None:
        """What is chosen where nothing is: where the last deleted take stood, or what is shown."""
        if self._deleted_at is not None and self._items:
            return self._items[min(self._deleted_at, len(self._items) - 1)]
        return next((item for item in self._items if item.font(_NAME).bold()), None)

    @property
    def _chosen(self) -> list[_Row]:
        """In the order of the tree."""
        numbers = (item.data(_NAME, _NUMBER) for item in self.tree.selectedItems())
        return [self._rows[number] for number in sorted(n for n in numbers if n is not None)]

    def _row(self, item: QTreeWidgetItem | None) -> _Row | None:
        number = item.data(_NAME, _NUMBER) if item is not None else None
        return None if number is None else self._rows[number]

    def _follow_choice(self) -> None:
        if self._is_filling or not self.isVisible():
            return
        chosen, session = self._chosen, self._session
        can_change = session.writing.can_show_takes
        self._name_button.setEnabled(len(chosen) == 1)
        self._show_button.setEnabled(len(chosen) == 1 and can_change)
        manuscript = session.draft.manuscript
        self._delete_button.setEnabled(
            can_change and any(manuscript.can_delete_take(row.take_set, row.take) for row in chosen)
        )
        is_deletable = self._delete_button.isEnabled()
        self._delete_button.setToolTip(tr(DELETE) if is_deletable else tr(ONLY_ONE))
        is_some = FEWEST <= len(chosen) <= MOST
        is_free = session.writing.is_idle and not session.compare.is_running
        self.compare.setEnabled(is_some and is_free)
        self.compare.setToolTip(tr(TO_COMPARE))
        self.comparison.setVisible(len(chosen) == 2)
        if len(chosen) == 2:
            first, second = chosen
            vocabulary = session.next_token
            is_ours = all(
                source_of(row.take) in (None, session.records.spans.source) for row in chosen
            )
            self.comparison.show_takes(
                (first.take, second.take),
                (first.name, second.name),
                (first.text, second.text),
                vocabulary if is_ours else None,
            )

    def _show(self, item: QTreeWidgetItem | None) -> None:
        if (row := self._row(item)) is not None:
            self._show_row(row)

    def _show_row(self, row: _Row) -> None:
        caret = self._session.writing.show_take(row.way)
        if caret is not None:
            self.caret_wanted.emit(caret)

    def _delete(self) -> None:
        """Delete what is chosen, each in a step of its own; what cannot be stays."""
        manuscript, carets = self._session.draft.manuscript, list[int]()
        if not self._session.writing.can_show_takes:
            return
        chosen = self._chosen
        for row in chosen:
            if manuscript.can_delete_take(row.take_set, row.take):
                caret = manuscript.delete_take(row.take_set, row.take)
                carets += [] if caret is None else [caret]
        self._deleted_at = self._rows.index(chosen[0]) if chosen else None
        self._clock.flush()
        self._deleted_at = None
        if carets:
            self.caret_wanted.emit(carets[-1])

    def _to_lanes(self) -> None:
        session = self._session
        report = show_takes(
            session.compare,
            session.model,
            session.draft,
            session.writing,
            session.next_token,
            [(row.take_set, row.take) for row in self._chosen],
        )
        self.lanes_wanted.emit(report)

    def _edit_name(self) -> None:
        item = self.tree.currentItem()
        if item is not None:
            self.tree.editItem(item, _NAME)

    def _rename(self, item: QTreeWidgetItem, column: int) -> None:
        row = None if self._is_filling else self._row(item)
        if row is None or column != _NAME:
            return
        name = " ".join(item.text(_NAME).split())[:_LONGEST_NAME]
        self._session.draft.manuscript.name_take(row.take, name)
        self._clock.request()  # where nothing was typed it says its first words again


def _model(take: Take) -> str:
    """Which model wrote a take, with the fingerprint of its file, as far as known."""
    if take.model is None:
        return ""
    name, fingerprint = visible_name(take.model.title), visible_line(take.model.hash)
    if not fingerprint:
        return tr("{model} wrote it.", model=name)
    return tr("{model} wrote it ({fingerprint}).", model=name, fingerprint=fingerprint)


def _cells(number: int, node: TakeNode) -> list[str]:
    take = node.take
    surprise = node.mean_surprise
    return [
        visible_line(take.name) or f"{number}  {visible_line(node.first_words)}",
        temperatures(take),
        visible_line(take.preset),
        f"{node.words:,}",
        "" if surprise is None else tr("{bits:.2f} bits", bits=surprise),
    ]

"""The takes of a manuscript: a tree in a window beside the studio's."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QFrame,
    QHeaderView,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from studio.app.frame_clock import FrameClock
from studio.app.session import Session
from studio.app.writing.take_tree import PlaceNode, TakeNode, Way, take_tree
from studio.app.writing.take_words import temperatures
from studio.manuscript import Take
from studio.translation import mark, tr
from studio.ui.theme.spacing import set_margins, set_spacing
from studio.ui.widgets.labels import PlainLabel
from studio.visible_text import visible_line

NO_TAKES = mark(
    "Nothing was written by the model yet. Continue writes a take, Retake another in its place; "
    "all of them are kept here."
)
_SIZE = (760, 460)
_NAME, _T, _PRESET, _WORDS, _SURPRISE = range(5)
_NUMBER = Qt.ItemDataRole.UserRole
_LONGEST_NAME = 120
_LOOK_MS = 200


class _Row(NamedTuple):
    take: Take
    way: Way


class TakeWindow(QDialog):
    """A window that stays while one works, and follows the text while it is open.

    Enter or a double click puts the chosen take into the text; F2 names it.

    Args:
        session: Whose takes they are.
        parent: The window it belongs to.
    """

    caret_wanted = Signal(int)
    """A take stands in the text now: the caret goes behind it, before this code point."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._rows: list[_Row] = []
        """By the number that their items in the tree have."""
        self._is_filling = False
        self.setWindowTitle(tr("Takes"))
        self.resize(*_SIZE)
        self._nothing = PlainLabel(tr(NO_TAKES))
        self._nothing.setWordWrap(True)
        self._nothing.setProperty("role", "muted")
        self.tree = QTreeWidget()
        self.tree.setAccessibleName(tr("Takes"))
        self.tree.setHeaderLabels(
            [tr("Take"), tr("T"), tr("Preset"), tr("Words"), tr("Mean surprise")]
        )
        self.tree.headerItem().setToolTip(
            _SURPRISE,
            tr("In bits a token, as the sampler used its probabilities: how unexpected it is"),
        )
        self.tree.setFrameShape(QFrame.Shape.NoFrame)
        self.tree.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.tree.setUniformRowHeights(True)
        self.tree.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(_NAME, QHeaderView.ResizeMode.Stretch)
        self.tree.itemActivated.connect(self._show)
        self.tree.itemChanged.connect(self._rename)
        self.tree.currentItemChanged.connect(self._follow_choice)
        self._show_button = QPushButton(tr("Show in the text"))
        self._show_button.setToolTip(tr("Put the chosen take into the text (Enter)"))
        self._show_button.clicked.connect(lambda: self._show(self.tree.currentItem()))
        self._name_button = QPushButton(tr("Name…"))
        self._name_button.setToolTip(tr("Give the chosen take a name (F2)"))
        self._name_button.setShortcut("F2")
        self._name_button.clicked.connect(self._edit_name)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        for button in (self._show_button, self._name_button):
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
        column.addWidget(self.tree, 1)
        column.addWidget(buttons)
        self._clock = FrameClock(self._fill, self, _LOOK_MS)
        session.writing.takes_changed.connect(self._follow)
        session.writing.changed.connect(self._follow_choice)

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
        chosen = self._chosen
        self._is_filling = True
        self.tree.clear()
        self._rows.clear()
        places = take_tree(self._session.draft.manuscript)
        for place in places:
            self._add(self.tree.invisibleRootItem(), place, chosen)
        self.tree.expandAll()
        self._is_filling = False
        self._nothing.setVisible(not places)
        self.tree.setVisible(bool(places))
        self._follow_choice()

    def _add(self, parent: QTreeWidgetItem, place: PlaceNode, chosen: Take | None) -> None:
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
                item.setTextAlignment(
                    column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                )
            font = item.font(_NAME)
            font.setBold(node.is_shown)
            item.setFont(_NAME, font)
            said = tr("It stands in the text.") if node.is_shown else tr("It is kept.")
            item.setToolTip(_NAME, said)
            self._rows.append(_Row(node.take, node.way))
            item.setData(_NAME, _NUMBER, len(self._rows) - 1)
            if node.take is chosen or (chosen is None and node.is_shown):
                self.tree.setCurrentItem(item)
            for inner in node.inside:
                self._add(item, inner, chosen)

    @property
    def _chosen(self) -> Take | None:
        row = self._row(self.tree.currentItem())
        return row.take if row else None

    def _row(self, item: QTreeWidgetItem | None) -> _Row | None:
        number = item.data(_NAME, _NUMBER) if item is not None else None
        return None if number is None else self._rows[number]

    def _follow_choice(self) -> None:
        is_take = self._chosen is not None
        self._name_button.setEnabled(is_take)
        self._show_button.setEnabled(is_take and self._session.writing.can_show_takes)

    def _show(self, item: QTreeWidgetItem | None) -> None:
        row = self._row(item)
        caret = self._session.writing.show_take(row.way) if row else None
        if caret is not None:
            self.caret_wanted.emit(caret)

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


def _cells(number: int, node: TakeNode) -> list[str]:
    take = node.take
    surprise = node.mean_surprise
    return [
        take.name or f"{number}  {visible_line(node.first_words)}",
        temperatures(take).removeprefix("T "),
        visible_line(take.preset),
        f"{node.words:,}",
        "" if surprise is None else tr("{bits:.2f} bits", bits=surprise),
    ]

"""The library's list: a Qt model of the rows, and the view with its keys, clicks and drags.

How a row looks is the delegate's. Both show a `PresetLibraryState` and keep nothing of it.
"""

from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListView, QWidget

from studio.app.presets.library_entries import Entry, Heading
from studio.app.presets.library_state import PresetLibraryState
from studio.translation import tr
from studio.ui.presets.drag import NAME_FORMAT, DragFolder, PresetMimeData
from studio.ui.presets.library_delegate import PresetLibraryDelegate
from studio.ui.theme.theme import Theme
from studio.ui.widgets.tips import plain_tip
from studio.visible_text import visible_name

ROW = Qt.ItemDataRole.UserRole
"""The `Row` itself."""

_Index = QModelIndex | QPersistentModelIndex


class PresetLibraryModel(QAbstractListModel):
    """The rows for Qt.

    Args:
        state: Whose rows.
        folder: Where files are written that are dragged out.
        parent: The Qt parent, if any.
    """

    def __init__(
        self, state: PresetLibraryState, folder: DragFolder, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._state = state
        self._folder = folder
        self._rows = state.rows
        state.changed.connect(self._follow)

    def rowCount(self, parent: _Index | None = None) -> int:  # noqa: N802 - Qt's name
        """How many rows."""
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """A row's text, words for those who hear it, or the row itself."""
        row = self._rows[index.row()]
        if role == ROW:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            return row.title if isinstance(row, (Entry, Heading)) else row.text
        if isinstance(row, Entry):
            if role == Qt.ItemDataRole.AccessibleTextRole:
                return row.words
            if role == Qt.ItemDataRole.ToolTipRole:
                return plain_tip(row.line)
        return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Entries are selected; presets are dragged."""
        row = self._rows[index.row()]
        if not isinstance(row, Entry):
            return Qt.ItemFlag.NoItemFlags
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsDragEnabled if row.preset else flags

    def mimeTypes(self) -> list[str]:  # noqa: N802 - Qt's name
        """What a drag carries."""
        return [NAME_FORMAT, "text/uri-list", "text/plain"]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:  # noqa: N802 - Qt's name
        """The preset that is dragged."""
        for index in indexes:
            row = self._rows[index.row()]
            document = self._state.document(row) if isinstance(row, Entry) else None
            if document:
                return PresetMimeData(document, self._folder)
        return QMimeData()

    def place(self, entry: Entry | None) -> QModelIndex:
        """Where an entry stands."""
        keys = [row.key if isinstance(row, Entry) else None for row in self._rows]
        return self.index(keys.index(entry.key)) if entry and entry.key in keys else QModelIndex()

    def _follow(self) -> None:
        rows = self._state.rows
        if list(map(_identity, rows)) == list(map(_identity, self._rows)):
            # The same rows with other marks: nothing moves, and no selection is lost.
            self._rows = rows
            self.dataChanged.emit(self.index(0), self.index(max(0, len(rows) - 1)))
            return
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()


class PresetLibraryList(QListView):
    """The list with its keys: Enter uses a preset, Ctrl+D gives it a star.

    Args:
        state: Whose rows.
        folder: Where files are written that are dragged out.
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    used = Signal()
    """The selected preset is to be put in force."""

    def __init__(
        self,
        state: PresetLibraryState,
        folder: DragFolder,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._state = state
        self._model = PresetLibraryModel(state, folder, self)
        self.setModel(self._model)
        delegate = PresetLibraryDelegate(theme, self)
        delegate.starred.connect(
            lambda entry: state.set_favourite(entry.key, not entry.is_favourite)
        )
        self.setItemDelegate(delegate)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName(tr("Presets"))
        self.setMouseTracking(True)
        self.setUniformItemSizes(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setDefaultDropAction(Qt.DropAction.CopyAction)
        self.activated.connect(lambda _index: self.used.emit())
        self.selectionModel().currentChanged.connect(self._select)
        theme.changed.connect(self.viewport().update)
        state.changed.connect(self._follow)
        state.selection_changed.connect(self._follow)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter uses what is selected, on every platform; the rest is Qt's."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.used.emit()
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Another font makes other heights."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.scheduleDelayedItemsLayout()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the rows; where a search finds nothing, say so."""
        super().paintEvent(event)
        if self._state.rows or not self._state.query:
            return
        painter = QPainter(self.viewport())
        painter.setPen(self.palette().placeholderText().color())
        room = self.viewport().rect().adjusted(16, 16, -16, -16)
        painter.drawText(
            room,
            int(Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap),
            tr(
                "No preset has “{query}” in its name, description, task or notes.",
                query=visible_name(self._state.query.strip()),
            ),
        )

    def _follow(self) -> None:
        index = self._model.place(self._state.selected)
        if index != self.currentIndex():
            self.setCurrentIndex(index)
        if index.isValid():
            self.scrollTo(index)
        self.viewport().update()

    def _select(self, index: QModelIndex, _before: QModelIndex) -> None:
        row = index.data(ROW) if index.isValid() else None
        if isinstance(row, Entry):
            self._state.select(row.key)


def _identity(row: object) -> object:
    return (row.key, row.kind) if isinstance(row, Entry) else row

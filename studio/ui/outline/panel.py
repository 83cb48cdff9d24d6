"""The list of chapters: how it looks, and its clicks, keys and drags."""

from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QHideEvent, QKeyEvent, QPainter, QPalette, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QMainWindow,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from studio.app.writing.outline import Outline
from studio.translation import mark, tr
from studio.ui.theme.spacing import set_margins, set_spacing
from studio.ui.theme.theme import Theme
from studio.ui.theme.type_scale import grown
from studio.ui.widgets.keys import claims_escape, claims_step, step_of
from studio.ui.widgets.labels import PlainLabel
from studio.ui.widgets.side_dock import INSET, SideDock
from studio.ui.widgets.tips import plain_tip
from studio.visible_text import visible_line

NO_CHAPTERS = mark(
    "No headings yet. A line that begins with # and a space is one: “# Chapter 1”; with ## it is "
    "one under that."
)
_HOW = mark("Click or Enter goes there. Drag it, or press Alt+↑ or Alt+↓, to move the chapter")
_ROW_FORMAT = "application/x-kelvin-chapter"
_LONGEST_TITLE = 200
_INDENT = 14
_ABOVE, _BETWEEN = 5, 10
"""Pixels round the words of a row and between them, at a zoom of 100 %."""
_BAR = 3
_WIDTH = 36
"""Letters that a row has room for at first."""

_Index = QModelIndex | QPersistentModelIndex
_Role = Qt.ItemDataRole
_LEVEL, _WORDS, _IS_CURRENT = _Role.UserRole, _Role.UserRole + 1, _Role.UserRole + 2


class _ChapterModel(QAbstractListModel):
    """The chapters for Qt."""

    dropped = Signal(int, int)
    """A chapter was dropped before another one."""

    def __init__(self, outline: Outline, parent: QWidget) -> None:
        super().__init__(parent)
        self._outline = outline
        self._titles: list[tuple[int, str]] = []
        outline.changed.connect(self._follow)

    def rowCount(self, parent: _Index | None = None) -> int:  # noqa: N802 - Qt's name
        """How many chapters."""
        return 0 if parent is not None and parent.isValid() else len(self._titles)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """What is shown of a chapter, and words for those who hear it."""
        row = index.row()
        if not 0 <= row < len(self._titles):
            return None
        level, title = self._titles[row]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return visible_line(title, _LONGEST_TITLE)
            case Qt.ItemDataRole.AccessibleTextRole:
                return tr(
                    "{title}, level {level}, {words} words",
                    title=visible_line(title, _LONGEST_TITLE),
                    level=level,
                    words=self._words(row),
                )
            case Qt.ItemDataRole.ToolTipRole:
                return plain_tip(f"{visible_line(title, _LONGEST_TITLE)}\n{tr(_HOW)}")
            case int() if role == _LEVEL:
                return level
            case int() if role == _WORDS:
                return self._words(row)
            case int() if role == _IS_CURRENT:
                return row == self._outline.current
        return None

    def _words(self, row: int) -> str:
        words = self._outline.words(row) if row < len(self._outline.chapters) else None
        return "" if words is None else f"{words:,}"

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Chapters are dragged, and dropped between others."""
        if not index.isValid():
            return Qt.ItemFlag.ItemIsDropEnabled
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsDragEnabled if self._outline.can_move else flags

    def supportedDropActions(self) -> Qt.DropAction:  # noqa: N802 - Qt's name
        """A chapter is moved."""
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:  # noqa: N802 - Qt's name
        """What a drag carries."""
        return [_ROW_FORMAT]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:  # noqa: N802 - Qt's name
        """The number of the chapter that is dragged."""
        data = QMimeData()
        for index in indexes:
            data.setData(_ROW_FORMAT, str(index.row()).encode())
        return data

    def dropMimeData(  # noqa: N802 - Qt's name
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: _Index
    ) -> bool:
        """Move a chapter, once the drag is over: the list must stay as it is until then."""
        number = bytes(data.data(_ROW_FORMAT).data())
        if not number.isdigit():
            return False
        before = row if row >= 0 else len(self._titles)
        QTimer.singleShot(0, self, lambda: self.dropped.emit(int(number), before))
        return True

    def _follow(self) -> None:
        titles = [(chapter.level, chapter.title) for chapter in self._outline.chapters]
        if titles == self._titles:
            # Nothing moves, and no selection is lost.
            if titles:
                self.dataChanged.emit(self.index(0), self.index(len(titles) - 1))
            return
        self.beginResetModel()
        self._titles = titles
        self.endResetModel()


class _ChapterDelegate(QStyledItemDelegate):
    """A row: the title, set in by its level, and how many words; a bar at the current one."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._view = parent

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """As high as its words."""
        size = grown(option.font)
        return QSize(0, option.fontMetrics.height() + 2 * round(_ABOVE * size))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Paint one."""
        colors, size = self._theme.colors, grown(option.font)
        rect: QRect = option.rect
        is_current = bool(index.data(_IS_CURRENT))
        painter.save()
        # Elsewhere the chapter at the caret is the one that counts.
        has_keyboard = self._view.hasFocus()
        if has_keyboard and option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, option.palette.color(QPalette.ColorRole.Highlight))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, QColor(colors.hover))
        if is_current:
            bar = QRect(rect.left(), rect.top(), round(_BAR * size), rect.height())
            painter.fillRect(bar, QColor(colors.focus))
        side, between = round(INSET * size), round(_BETWEEN * size)
        inner = rect.adjusted(side, 0, -side, 0)
        words = str(index.data(_WORDS))
        painter.setFont(option.font)
        painter.setPen(QColor(colors.muted))
        painter.drawText(inner, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, words)
        inner.setRight(inner.right() - option.fontMetrics.horizontalAdvance(words) - between)
        inner.setLeft(inner.left() + (int(index.data(_LEVEL)) - 1) * round(_INDENT * size))
        font = QFont(option.font)
        if is_current:
            font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(QColor(colors.text))
        title = painter.fontMetrics().elidedText(
            str(index.data()), Qt.TextElideMode.ElideRight, inner.width()
        )
        painter.drawText(inner, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, title)
        painter.restore()


class ChapterList(QListView):
    """The chapters. Enter and a click go there, Alt+Up and Alt+Down move one, as a drag does.

    Args:
        outline: Whose.
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    chosen = Signal(int)
    """To be gone to: where the chapter begins, in code points."""
    moved = Signal(int)
    """A chapter has moved; it begins here now."""

    def __init__(self, outline: Outline, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._outline = outline
        model = _ChapterModel(outline, self)
        self.setModel(model)
        self.setItemDelegate(_ChapterDelegate(theme, self))
        self.setAccessibleName(tr("Chapters"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setAutoFillBackground(False)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setDropIndicatorShown(True)
        self.clicked.connect(self._go)
        model.dropped.connect(self._drop)
        model.modelReset.connect(self._choose_current)
        theme.changed.connect(self.viewport().update)

    def event(self, event: QEvent) -> bool:
        """Claim from the window's shortcuts the keys that move a chapter."""
        return claims_step(event) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move a chapter, or go there."""
        if step := step_of(event):
            here = self.currentIndex()
            if here.isValid():
                self._move_to(self._outline.move_by(here.row(), step))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._go(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def _go(self, index: QModelIndex) -> None:
        self._outline.look()
        if index.isValid() and index.row() < len(self._outline.chapters):
            self.chosen.emit(self._outline.chapters[index.row()].start)

    def _drop(self, dragged: int, before: int) -> None:
        self._move_to(self._outline.move_before(dragged, before))

    def _move_to(self, start: int | None) -> None:
        if start is None:
            return
        self.moved.emit(start)
        self._outline.look()
        self._choose_current()

    def _choose_current(self) -> None:
        # What moved has the caret, and goes on being moved by the next key.
        if self._outline.current is not None:
            self.setCurrentIndex(self.model().index(self._outline.current, 0))


class OutlineDock(SideDock):
    """The list in its dock; hidden, it follows nothing.

    Attributes:
        chapters: The list.

    Args:
        window: Where it docks.
        outline: The chapters.
        theme: Where the colours come from.
        place: Where it stood.
        width: How wide it was.
    """

    def __init__(
        self, window: QMainWindow, outline: Outline, theme: Theme, place: str, width: int
    ) -> None:
        panel = _Panel(outline, theme)
        super().__init__(window, panel, tr("Outline"), place, width)
        self._outline = outline
        self.chapters = panel.chapters

    def event(self, event: QEvent) -> bool:
        """Claim Esc from a shortcut of the window while the keyboard is here."""
        return claims_escape(event) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Close on Esc."""
        if event.key() == Qt.Key.Key_Escape:
            self.dismiss()
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        """Follow the text."""
        super().showEvent(event)
        self._outline.set_followed(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Follow it no longer."""
        super().hideEvent(event)
        self._outline.set_followed(False)


class _Panel(QWidget):
    """The list, or words on what a heading is."""

    def __init__(self, outline: Outline, theme: Theme) -> None:
        super().__init__()
        self._outline = outline
        self.chapters = ChapterList(outline, theme)
        self._nothing = PlainLabel(tr(NO_CHAPTERS))
        self._nothing.setWordWrap(True)
        self._nothing.setProperty("role", "muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        set_spacing(column, 6)
        inside = QVBoxLayout()
        set_margins(inside, INSET, 0, INSET, 0)
        inside.addWidget(self._nothing)
        column.addLayout(inside)
        column.addWidget(self.chapters, 1)
        column.addStretch(0)
        outline.changed.connect(self._follow)
        self._follow()

    def sizeHint(self) -> QSize:
        """Wide enough for a title."""
        return QSize(self.fontMetrics().averageCharWidth() * _WIDTH, 400)

    def _follow(self) -> None:
        has_some = bool(self._outline.chapters)
        self._nothing.setVisible(not has_some)
        self.chapters.setVisible(has_some)

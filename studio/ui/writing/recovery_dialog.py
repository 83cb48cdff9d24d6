"""Shows documents that a program that died has left: to be restored, discarded or kept.

It emits the answer; `recovery_offer` carries it out.
"""

from collections.abc import Sequence

from PySide6.QtCore import QDate, QDateTime, QLocale, Qt, Signal
from PySide6.QtGui import QFont, QIcon
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QListWidget,
    QListWidgetItem,
    QMessageBox,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from studio.manuscript import Glance, Leftover
from studio.translation import tr
from studio.ui.theme.spacing import set_margins, set_spacing
from studio.ui.widgets.ask import question
from studio.ui.widgets.labels import ElidedLabel, PlainLabel
from studio.ui.widgets.screen_room import size_on_screen
from studio.ui.widgets.tips import plain_tip
from studio.visible_text import visible_line, visible_name, visible_path

_PREVIEW_MARGIN = 10
"""Pixels around the text that is shown, which has its own background."""
_LINE = 60
"""Characters of a text that represent it in the list."""
_MOST_ROWS = 4
_SPACING = 3
_ROLE = QDialogButtonBox.ButtonRole


class RecoveryDialog(QDialog):
    """The list of documents, where there are several, and the text of the chosen one.

    Args:
        leftovers: At least one, the latest first.
        parent: The window.
    """

    restored = Signal(object)
    """The `Leftover` to restore; the dialog closes."""
    discarded = Signal(object)
    """The `Leftover` to delete; it was removed from the list."""

    def __init__(self, leftovers: Sequence[Leftover], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Not saved last time"))
        self.resize(size_on_screen(self, 600, 440))
        several = len(leftovers) > 1
        words = PlainLabel(
            tr(
                "Kelvin Studio ended before these texts were saved. Restore them all, each in a "
                "tab, or the one that is chosen; the others are offered again at the next start."
            )
            if several
            else tr("Kelvin Studio ended before this text was saved. Here it is as you left it.")
        )
        words.setWordWrap(True)
        self.list = QListWidget()
        self.list.setAccessibleName(tr("Texts that were not saved"))
        self.list.setToolTip(tr("Texts that were not saved, the latest first"))
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        for leftover in leftovers:
            item = QListWidgetItem(_line(leftover.glance))
            item.setData(Qt.ItemDataRole.UserRole, leftover)
            self.list.addItem(item)
        self.list.setSpacing(_SPACING)
        rows = min(len(leftovers), _MOST_ROWS)
        self.list.ensurePolished()  # its rows are as high as its face asks for
        row = self.list.sizeHintForRow(0) + 2 * _SPACING
        self.list.setFixedHeight(row * rows + 2 * _SPACING + 4)
        self.list.setVisible(several)
        self.name = ElidedLabel()
        bold = self.name.font()
        bold.setWeight(QFont.Weight.DemiBold)
        self.name.setFont(bold)
        self.facts = PlainLabel()
        self.facts.setProperty("role", "muted")
        self.preview = QPlainTextEdit()
        self.preview.setReadOnly(True)
        self.preview.setTabChangesFocus(True)
        self.preview.document().setDocumentMargin(_PREVIEW_MARGIN)
        # Else a space at a line's end, which hangs over, would bring a scroll bar of its own.
        self.preview.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.preview.setFrameShape(QFrame.Shape.NoFrame)
        self.preview.setAccessibleName(tr("The text that was not saved"))
        self.preview.setToolTip(tr("The text around the place where the caret stood"))
        card = QFrame()
        card.setProperty("card", True)
        inside = QVBoxLayout(card)
        set_margins(inside, 0, 0, 0, 8)
        set_spacing(inside, 4)
        inside.addWidget(self.name)
        inside.addWidget(self.facts)
        inside.addSpacing(6)
        inside.addWidget(self.preview, 1)
        buttons = QDialogButtonBox()
        self.restore = buttons.addButton(tr("Restore"), _ROLE.AcceptRole)
        self.restore.setToolTip(tr("Open it in this window, with its brief, not saved yet"))
        self.restore_all = buttons.addButton(tr("Restore &all"), _ROLE.AcceptRole)
        self.restore_all.setToolTip(tr("Open each in a tab, with its brief, not saved yet"))
        self.restore_all.setVisible(several)
        self.discard = buttons.addButton(tr("Discard"), _ROLE.DestructiveRole)
        self.discard.setToolTip(tr("Delete it; its file, if it has one, stays as it is"))
        self.later = buttons.addButton(tr("Keep for later"), _ROLE.RejectRole)
        self.later.setToolTip(tr("Decide at the next start"))
        for button in (self.restore, self.restore_all, self.discard, self.later):
            button.setIcon(QIcon())
        first = self.restore_all if several else self.restore
        first.setProperty("primary", True)
        first.setDefault(True)
        column = QVBoxLayout(self)
        set_margins(column, 18, 16, 18, 16)
        set_spacing(column, 12)
        column.addWidget(words)
        column.addWidget(self.list)
        column.addWidget(card, 1)
        column.addWidget(buttons)
        self.list.currentItemChanged.connect(self._show)
        self.list.itemActivated.connect(lambda _item: self._restore())
        self.restore.clicked.connect(self._restore)
        self.restore_all.clicked.connect(self._restore_all)
        self.discard.clicked.connect(self._discard)
        self.later.clicked.connect(self.reject)
        self.list.setCurrentRow(0)
        first.setFocus()

    @property
    def chosen(self) -> Leftover | None:
        """The leftover that is chosen."""
        item = self.list.currentItem()
        return None if item is None else _leftover_of(item)

    def _show(self) -> None:
        leftover = self.chosen
        if leftover is None:
            return
        glance = leftover.glance
        self.name.setText(_name(glance))
        self.name.setToolTip(
            plain_tip(visible_path(glance.path)) if glance.path else tr("It was never saved")
        )
        self.facts.setText(_facts(glance))
        self.preview.setPlainText(glance.before + glance.behind)
        cursor = self.preview.textCursor()
        cursor.setPosition(len(glance.before.encode("utf-16-le")) // 2)
        self.preview.setTextCursor(cursor)

    def _restore(self) -> None:
        self.restored.emit(self.chosen)
        if isValid(self):  # what is restored may ask about the text that is open, which takes time
            self.accept()

    def _restore_all(self) -> None:
        # The latest last: it is in front then, as it most likely was.
        for row in reversed(range(self.list.count())):
            self.restored.emit(_leftover_of(self.list.item(row)))
        self.accept()

    def _discard(self) -> None:
        leftover = self.chosen
        if leftover is None or not self._may_discard(leftover):
            return
        self.list.takeItem(self.list.currentRow())
        self.discarded.emit(leftover)
        if self.list.count() == 0:
            self.accept()

    def _may_discard(self, leftover: Leftover) -> bool:
        buttons = QMessageBox.StandardButton
        answer = question(
            self,
            tr("Discard"),
            tr(
                "Discard what was not saved of “{name}”? It cannot be brought back.",
                name=_name(leftover.glance),
            ),
            buttons.Discard | buttons.Cancel,
            buttons.Cancel,
        )
        return answer == buttons.Discard


def _leftover_of(item: QListWidgetItem) -> Leftover:
    leftover = item.data(Qt.ItemDataRole.UserRole)
    assert isinstance(leftover, Leftover), "each row has one"
    return leftover


def _name(glance: Glance) -> str:
    return visible_name(glance.path.name) if glance.path else tr("Untitled")


def _line(glance: Glance) -> str:
    begins = visible_line(" ".join(glance.begins.split()), _LINE)
    return f"{_name(glance)} – {begins}" if begins else _name(glance)


def _facts(glance: Glance) -> str:
    words = tr("%n words", "", glance.words, one="%n word")
    brief = tr(", with a brief") if glance.has_brief else ""
    return f"{_when(glance.written_at)}, {words}{brief}"


def _when(seconds: float) -> str:
    moment = QDateTime.fromSecsSinceEpoch(int(seconds))
    time = moment.toString("HH:mm")
    days = moment.date().daysTo(QDate.currentDate())
    if days in (0, 1):
        return tr("Yesterday at {time}", time=time) if days else tr("Today at {time}", time=time)
    date = QLocale().toString(moment.date(), QLocale.FormatType.LongFormat)
    return tr("{date} at {time}", date=date, time=time)

"""What a program that died has left: to be restored, discarded, or kept for later.

Shows and asks; what becomes of each is `recovery_offer`'s affair.
"""

from collections.abc import Sequence

from PySide6.QtCore import QDateTime, QLocale, Qt, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QMessageBox,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from studio.manuscript import Leftover, RecoveryRecord

_LONGEST = 4000
"""Characters that are shown of a text."""
_ROLE = QDialogButtonBox.ButtonRole


class RecoveryDialog(QDialog):
    """A list of documents and the beginning of the one that is chosen.

    Args:
        leftovers: At least one, the latest first.
        parent: The window.
    """

    restored = Signal(object)
    """The `Leftover` to restore; the dialog closes."""
    discarded = Signal(object)
    """The `Leftover` to delete; it is out of the list."""

    def __init__(self, leftovers: Sequence[Leftover], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Not saved last time")
        self.resize(560, 420)
        several = len(leftovers) > 1
        words = QLabel(
            "Kelvin Studio ended before these texts were saved. One can be restored here; the "
            "others are offered again at the next start."
            if several
            else "Kelvin Studio ended before this text was saved. It is as it was, to the last "
            "second or two."
        )
        words.setWordWrap(True)
        self.list = QListWidget()
        self.list.setAccessibleName("Texts that were not saved")
        self.list.setToolTip("Texts that were not saved, the latest first")
        for leftover in leftovers:
            item = QListWidgetItem(_line(leftover.record))
            item.setData(Qt.ItemDataRole.UserRole, leftover)
            self.list.addItem(item)
        self.list.setMaximumHeight(self.list.sizeHintForRow(0) * min(len(leftovers), 5) + 10)
        self.preview = QPlainTextEdit()
        self.preview.setReadOnly(True)
        self.preview.setTabChangesFocus(True)
        self.preview.setAccessibleName("How the text begins")
        self.preview.setToolTip("How the text begins, after its brief")
        buttons = QDialogButtonBox()
        self.restore = buttons.addButton("Restore", _ROLE.AcceptRole)
        self.restore.setToolTip("Open it in this window, with its brief, not saved yet")
        self.discard = buttons.addButton("Discard", _ROLE.DestructiveRole)
        self.discard.setToolTip("Delete it; its file, if it has one, stays as it is")
        self.later = buttons.addButton("Keep for later", _ROLE.RejectRole)
        self.later.setToolTip("Decide at the next start")
        for button in (self.restore, self.discard, self.later):
            button.setIcon(QIcon())
        self.restore.setProperty("primary", True)
        self.restore.setDefault(True)
        column = QVBoxLayout(self)
        column.setSpacing(10)
        column.addWidget(words)
        column.addWidget(self.list)
        column.addWidget(self.preview, 1)
        column.addWidget(buttons)
        self.list.currentItemChanged.connect(self._show)
        self.list.itemActivated.connect(lambda _item: self._restore())
        self.restore.clicked.connect(self._restore)
        self.discard.clicked.connect(self._discard)
        self.later.clicked.connect(self.reject)
        self.list.setCurrentRow(0)
        self.restore.setFocus()

    @property
    def chosen(self) -> Leftover | None:
        """The one that is chosen."""
        item = self.list.currentItem()
        if item is None:
            return None
        leftover = item.data(Qt.ItemDataRole.UserRole)
        assert isinstance(leftover, Leftover), "each row has one"
        return leftover

    def _show(self) -> None:
        leftover = self.chosen
        if leftover is not None:
            record = leftover.record
            whole = f"{record.brief}\n\n{record.text}" if record.brief else record.text
            self.preview.setPlainText(whole[:_LONGEST])

    def _restore(self) -> None:
        self.restored.emit(self.chosen)
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
        answer = QMessageBox.question(
            self,
            "Discard",
            f"Discard what was not saved of “{_name(leftover.record)}”? It cannot be brought back.",
            buttons.Discard | buttons.Cancel,
            buttons.Cancel,
        )
        return answer == buttons.Discard


def _name(record: RecoveryRecord) -> str:
    return record.path.name if record.path else "Untitled"


def _line(record: RecoveryRecord) -> str:
    when = QDateTime.fromSecsSinceEpoch(int(record.written_at))
    shown = QLocale().toString(when, QLocale.FormatType.ShortFormat)
    first = " ".join((record.text or record.brief)[:200].split())
    begins = f"{first[:60].rstrip()}…" if len(first) > 60 else first
    return f"{_name(record)}, {shown}\n{begins}"

"""The log's newest part, to be read, copied and sent along with a report."""

from pathlib import Path

from PySide6.QtCore import QEvent, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QFontDatabase, QGuiApplication, QTextCursor, QTextOption
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from studio.app.log.last_part import last_part
from studio.app.log.program_log import log_folder, log_handler
from studio.translation import mark, tr
from studio.ui.theme.spacing import set_margins, set_spacing
from studio.ui.theme.type_scale import INTERFACE_SIZE, grown
from studio.ui.widgets.labels import ElidedLabel, PlainLabel
from studio.ui.widgets.screen_room import size_on_screen
from studio.visible_text import visible_path

WHAT_IT_HOLDS = mark(
    "What the program, the engine and llama.cpp have done, the newest last. Names of models are "
    "in it; nothing that you or a model wrote, and no document’s name."
)
NOTHING_YET = mark("Nothing has been logged yet.")
NO_LOG = mark("The log cannot be written: there is no room, or the program may not write there.")
_SIZE = (880, 560)
_AIR = 8
_LARGER = (QEvent.Type.FontChange, QEvent.Type.StyleChange)
"""What a zoom brings: the font, and a stylesheet that takes it back from the text."""
_PATIENCE = 0.1
"""Seconds that the newest lines are waited for, should the disk be slow."""


class LogWindow(QDialog):
    """A window beside the studio's: it stays while one works, and looks anew when one comes back.

    Args:
        parent: The window it belongs to.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Log"))
        self.resize(size_on_screen(self, *_SIZE))
        words = PlainLabel(tr(WHAT_IT_HOLDS))
        words.setWordWrap(True)
        self.text = QPlainTextEdit()
        self.text.setAccessibleName(tr("Log"))
        self.text.setReadOnly(True)
        self.text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.text.setTabChangesFocus(True)
        self.text.setUndoRedoEnabled(False)
        self.text.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.text.document().setDocumentMargin(_AIR)
        self.text.setFrameShape(QFrame.Shape.NoFrame)
        self._place = ElidedLabel()
        self._place.setProperty("role", "muted")
        self._copy = QPushButton(tr("Copy all"))
        self._copy.setToolTip(tr("Copy all that is shown; Ctrl+C copies what is selected"))
        self._copy.clicked.connect(
            lambda: QGuiApplication.clipboard().setText(self.text.toPlainText())
        )
        self._open = QPushButton(tr("Open folder"))
        self._open.setToolTip(tr("Show the log's files where they lie"))
        self._open.clicked.connect(
            lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(log_folder())))
        )
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        for button in (self._copy, self._open):
            button.setAutoDefault(False)
            buttons.addButton(button, QDialogButtonBox.ButtonRole.ActionRole)
        close = buttons.button(QDialogButtonBox.StandardButton.Close)
        close.setToolTip(tr("Close this window"))
        buttons.rejected.connect(self.reject)
        row = QHBoxLayout()
        set_spacing(row, 14)
        row.addWidget(self._place, 1)
        row.addWidget(buttons)
        column = QVBoxLayout(self)
        set_margins(column, 16, 14, 16, 12)
        set_spacing(column, 10)
        column.addWidget(words)
        column.addWidget(self.text, 1)
        column.addLayout(row)
        self._set_font()
        self.look()

    def open(self) -> None:
        """Come to the front, with the log as it is now."""
        self.look()
        self.show()
        self.raise_()
        self.activateWindow()
        self.text.setFocus()

    def look(self) -> None:
        """Read the log anew; who reads its end sees the new end, who reads above stays there."""
        handler = log_handler()
        if handler is not None:
            handler.settle(_PATIENCE)
        path: Path | None = handler.path if handler else None
        shown = last_part(path) if path else ""
        self._place.setText(visible_path(path or log_folder()))
        self._open.setEnabled(log_folder().is_dir())
        self._copy.setEnabled(bool(shown))
        self.text.setPlaceholderText(tr(NO_LOG) if handler and not path else tr(NOTHING_YET))
        before = self.text.toPlainText()
        if shown == before:
            return
        bar = self.text.verticalScrollBar()
        was_at_end, place = bar.value() == bar.maximum(), bar.value()
        if before and shown.startswith(before):
            # What is selected stays so.
            end = QTextCursor(self.text.document())
            end.movePosition(QTextCursor.MoveOperation.End)
            end.insertText(shown[len(before) :])
        else:
            self.text.setPlainText(shown)
        bar.setValue(bar.maximum() if was_at_end or not before else place)

    def changeEvent(self, event: QEvent) -> None:
        """Look anew when the window comes to the front, and follow the zoom."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.ActivationChange and self.isActiveWindow():
            self.look()
        elif event.type() in _LARGER:
            self._set_font()

    def _set_font(self) -> None:
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPixelSize(round(INTERFACE_SIZE * grown(self.font())))
        self.text.setFont(font)

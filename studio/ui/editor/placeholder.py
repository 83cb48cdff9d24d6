"""The words on an empty page, whole however narrow it is.

Qt paints a placeholder no higher than an empty paragraph, and cuts off what wraps. So these are
painted behind the text, in the same place, and Qt's own have no ink.
"""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QGuiApplication, QPainter, QPalette, QTextOption
from PySide6.QtWidgets import QTextEdit

from studio.ui.editor.underlay import Underlay


class EditorPlaceholder:
    """The words of one editor; they are its `placeholderText`, for those who hear the window.

    Args:
        editor: On whose page.
        underlay: What is painted there behind the text.
        words: What is said while there is none.
    """

    def __init__(self, editor: QTextEdit, underlay: Underlay, words: str) -> None:
        self._editor = editor
        editor.setPlaceholderText(words)
        without_ink = QPalette()
        # All other colours stay the application's, and follow it.
        without_ink.setResolveMask(0)
        # In a window that is not the active one too.
        without_ink.setColor(QPalette.ColorRole.PlaceholderText, Qt.GlobalColor.transparent)
        editor.setPalette(without_ink)
        self._underlay = underlay
        self._was_empty = editor.document().isEmpty()
        underlay.lay_tint(self._paint, self._was_empty)
        editor.document().contentsChanged.connect(self._follow)

    def _follow(self) -> None:
        is_empty = self._editor.document().isEmpty()
        if is_empty != self._was_empty:
            self._was_empty = is_empty
            # All of the page is painted anew then: Qt would paint a line of it.
            self._underlay.lay_tint(self._paint, is_empty)

    def _paint(self, painter: QPainter) -> None:
        document = self._editor.document()
        margin = document.documentMargin()
        room = QRectF(self._editor.viewport().rect()).adjusted(margin, margin, -margin, -margin)
        room.setTop(room.top() - self._editor.verticalScrollBar().value())
        option = QTextOption(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        option.setWrapMode(QTextOption.WrapMode.WordWrap)
        painter.setFont(document.defaultFont())
        painter.setPen(QGuiApplication.palette().color(QPalette.ColorRole.PlaceholderText))
        painter.drawText(room, self._editor.placeholderText(), option)

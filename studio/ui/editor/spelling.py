"""Misspelled words in the editor: a wavy line under each, and in the menu what it might be.

It is painted behind the text, in the paragraphs that are painted anyway; nothing is set on them.
"""

from typing import cast

from PySide6.QtCore import QObject, QPoint, QPointF
from PySide6.QtGui import QAction, QColor, QFont, QPainter, QPen, QPolygonF, QTextBlock, QTextCursor
from PySide6.QtWidgets import QMenu

from studio.app.writing.spelling import Spelling
from studio.manuscript import Edit
from studio.translation import tr
from studio.ui.editor.document import in_units
from studio.ui.editor.editor import ManuscriptEditor
from studio.ui.theme.theme import Theme
from studio.ui.widgets.actions import button_text
from studio.visible_text import visible_line

_WAVE, _DEPTH = 3.0, 1.5
"""Half the length of a wave and half its height, in pixels of a zoom of 100 %."""
_BELOW = 2.5
"""From the foot of the letters to the line."""
_LONGEST_NAME = 40


class EditorSpelling(QObject):
    """Shows a `Spelling` in one editor.

    Args:
        editor: Whose text.
        spelling: What is known of words.
        theme: Where the colours come from.
    """

    def __init__(self, editor: ManuscriptEditor, spelling: Spelling, theme: Theme) -> None:
        super().__init__(editor)
        self._editor = editor
        self._spelling = spelling
        self._theme = theme
        self._paragraph = 0
        """The number of that which the caret was in last."""
        spelling.changed.connect(self._follow)
        theme.changed.connect(editor.viewport().update)
        editor.cursorPositionChanged.connect(self._follow_caret)
        editor.menu_asked.connect(self._offer)
        self._follow()

    def _follow(self) -> None:
        self._editor.underlay.lay_frame(self._paint, self._spelling.is_on)

    def _follow_caret(self) -> None:
        if not self._spelling.is_on:
            return
        # A word that is left may be marked now.
        editor = self._editor
        block = editor.textCursor().block()
        for place in (editor.document().findBlockByNumber(self._paragraph), block):
            if place.isValid():
                editor.viewport().update(editor.paragraph_rect(place))
        self._paragraph = block.blockNumber()

    def _paint(self, painter: QPainter) -> None:
        editor = self._editor
        offset = editor.verticalScrollBar().value()
        area = painter.clipBoundingRect()
        layout = editor.document().documentLayout()
        pen = QPen(QColor(self._theme.colors.ghost), 1.2 * editor.grown)
        painter.setPen(pen)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        block = editor.cursorForPosition(area.topLeft().toPoint()).block()
        while block.isValid():
            place = layout.blockBoundingRect(block).translated(0, -offset)
            if place.top() > area.bottom():
                break
            for start, end in self.wrong_in(block):
                self._underline(painter, block, place.topLeft(), start, end)
            block = block.next()

    def wrong_in(self, block: QTextBlock) -> list[tuple[int, int]]:
        """The misspelled words of a paragraph, in its UTF-16 units; not the one that is typed."""
        caret = self._editor.textCursor()
        is_typed = self._editor.hasFocus() and not caret.hasSelection() and caret.block() == block
        here = caret.positionInBlock() if is_typed else -1
        return self._spelling.wrong(in_units(block.text()), here)

    def _underline(
        self, painter: QPainter, block: QTextBlock, corner: QPointF, start: int, end: int
    ) -> None:
        """Paint the line under a word, which may be broken into two lines."""
        layout, size = block.layout(), self._editor.grown
        for number in range(layout.lineCount()):
            line = layout.lineAt(number)
            low = max(start, line.textStart())
            high = min(end, line.textStart() + line.textLength())
            if low >= high:
                continue
            # Qt gives the place, and beside it the position that it took.
            ends = [cast(tuple[float, int], line.cursorToX(at))[0] for at in (low, high)]
            y = corner.y() + line.y() + line.ascent() + _BELOW * size
            x, last = corner.x() + min(ends), corner.x() + max(ends)
            wave, up = QPolygonF(), True
            while x < last:
                wave.append(QPointF(x, y + (0 if up else _DEPTH * size)))
                x, up = x + _WAVE * size, not up
            painter.drawPolyline(wave)

    def _offer(self, menu: QMenu, point: QPoint) -> None:
        """Put at the top of a menu what a misspelled word there might be."""
        cursor = self._editor.cursorForPosition(point)
        word = self._wrong_at(cursor)
        if word is None:
            return
        start, end = word
        text = self._editor.manuscript.part(start, end)
        shown = button_text(visible_line(text, _LONGEST_NAME))
        actions = []
        for suggestion in self._spelling.suggestions(text):
            action = QAction(button_text(visible_line(suggestion, _LONGEST_NAME)), menu)
            font = QFont(menu.font())
            font.setWeight(QFont.Weight.DemiBold)
            action.setFont(font)
            action.triggered.connect(
                lambda _checked, suggestion=suggestion: self._replace(start, text, suggestion)
            )
            actions.append(action)
        if not actions:
            nothing = QAction(tr("No suggestions"), menu)
            nothing.setEnabled(False)
            actions.append(nothing)
        add = QAction(tr("&Add “{word}” to the dictionary", word=shown), menu)
        add.triggered.connect(lambda: self._spelling.add(text))
        ignore = QAction(tr("&Ignore “{word}”", word=shown), menu)
        ignore.triggered.connect(lambda: self._spelling.ignore(text))
        separators = [QAction(menu), QAction(menu)]
        for separator in separators:
            separator.setSeparator(True)
        first = next(iter(menu.actions()), None)
        for action in (*actions, separators[0], add, ignore, separators[1]):
            menu.insertAction(first, action) if first else menu.addAction(action)

    def _wrong_at(self, cursor: QTextCursor) -> tuple[int, int] | None:
        block, place = cursor.block(), cursor.positionInBlock()
        for start, end in self._spelling.wrong(in_units(block.text())):
            if start <= place <= end:
                begin = block.position()
                points = self._editor.code_points
                return points(begin + start), points(begin + end)
        return None

    def _replace(self, start: int, text: str, by: str) -> None:
        manuscript = self._editor.manuscript
        if manuscript.part(start, start + len(text)) != text:
            return  # it was changed while the menu was open
        if "’" in text:
            by = by.replace("'", "’")
        if self._editor.replace_ranges([Edit(start, len(text), by)]):
            self._editor.move_caret(start + len(by))

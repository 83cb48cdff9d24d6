"""Rewriting in one editor: the menu at what is selected, and the panel below the page."""

from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.app.writing.rewrite_request import RewriteKind
from studio.app.writing.rewriting import Rewriting
from studio.ui.editor.editor import ManuscriptEditor
from studio.ui.theme.theme import Theme
from studio.ui.widgets.keys import claims_escape
from studio.ui.writing.rewrite_menu import RewriteMenu

if TYPE_CHECKING:
    from studio.ui.writing.rewrite_panel import RewritePanel


class EditorRewrite(QObject):
    """Leads from the selection to the versions, and back.

    Attributes:
        menu: The ways to rewrite.
        panel: What has been written; made when something is rewritten for the first time.

    Args:
        editor: Where words are selected.
        rewriting: Rewrites them.
        theme: Where letters and colours come from.
    """

    def __init__(self, editor: ManuscriptEditor, rewriting: Rewriting, theme: Theme) -> None:
        super().__init__(editor)
        self._editor = editor
        self._rewriting = rewriting
        self.menu = RewriteMenu(rewriting, editor)
        self._theme = theme
        self.panel: RewritePanel | None = None
        self._is_open = False
        editor.context_menus.append(self.menu)
        rewriting.used.connect(editor.move_caret)
        rewriting.changed.connect(self._on_changed)

    def offer(self) -> None:
        """Open the menu at what is selected, or say why nothing can be rewritten."""
        if self._rewriting.why_not(RewriteKind.AGAIN):
            self._rewriting.begin(RewriteKind.AGAIN)  # which says it
            return
        self._editor.ensureCursorVisible()
        start, end = self._editor.selection
        words = self._editor.manuscript.part(start, end).rstrip()
        line = self._editor.line_at(start + len(words))
        self.menu.popup(self._editor.viewport().mapToGlobal(line.bottomLeft() + QPoint(0, 1)))

    def _on_changed(self) -> None:
        if self._rewriting.is_open == self._is_open:
            return
        self._is_open = self._rewriting.is_open
        if not self._is_open:
            self._editor.removeEventFilter(self)
            return
        self._editor.installEventFilter(self)
        if self.panel is None:
            self._make_panel()

    def _make_panel(self) -> None:
        from studio.ui.writing.rewrite_panel import RewritePanel  # not every session needs it

        holder = self._editor.parentWidget()
        column = holder.layout() if holder is not None else None
        assert isinstance(column, QVBoxLayout), "the page stands in a column"
        self.panel = RewritePanel(self._rewriting, self._theme, holder)
        column.insertWidget(column.indexOf(self._editor) + 1, self.panel)
        for before, behind in pairwise((self._editor, *self.panel.stops)):
            QWidget.setTabOrder(before, behind)
        self.panel.closed.connect(self._editor.setFocus)
        self._editor.room_changed.connect(self._align)
        self._align()
        self.panel.follow()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Leave at Esc on the page, too."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            is_escape = event.key() == Qt.Key.Key_Escape
            if is_escape:
                self._rewriting.close()
            return is_escape
        return claims_escape(event)

    def _align(self) -> None:
        assert self.panel is not None, "it is made"
        viewport = self._editor.viewport()
        margin = round(self._editor.document().documentMargin())
        left = viewport.mapTo(self._editor, QPoint(0, 0)).x() + margin
        right = self._editor.width() - left - viewport.width() + 2 * margin
        self.panel.set_sides(left, right)

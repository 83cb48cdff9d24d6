"""A take that is turned, in the editor: what would not have been written is grey.

At the first such token a thin line stands. The text itself does not change.
"""

from PySide6.QtCore import QObject, QRect
from PySide6.QtGui import QColor, QPainter

from studio.app.writing.scrub import Scrub
from studio.ui.editor.editor import ManuscriptEditor
from studio.ui.theme.theme import Theme

_LINE = 2
"""How thick the line is, in pixels of a zoom of 100 %."""


class EditorScrub(QObject):
    """Shows it in one editor, for as long as that lives.

    Args:
        editor: Where the take stands.
        scrub: What is turned.
        theme: Where the colours come from.
    """

    def __init__(self, editor: ManuscriptEditor, scrub: Scrub, theme: Theme) -> None:
        super().__init__(editor)
        self._editor = editor
        self._scrub = scrub
        self._theme = theme
        self._range = (0, 0)
        scrub.changed.connect(self._follow)
        scrub.caret_wanted.connect(editor.move_caret)
        theme.changed.connect(self._fade)

    def _follow(self) -> None:
        shown = self._scrub.shown
        parts = (0, 0)
        if shown is not None and shown.divergence is not None:
            parts = shown.parts, shown.end
        if parts != self._range:
            self._range = parts
            self._editor.underlay.lay_frame(self._paint, parts != (0, 0))
            self._fade()

    def _fade(self) -> None:
        self._editor.fade(*self._range, QColor(self._theme.colors.ghost))

    @property
    def line(self) -> QRect:
        """Where the line stands in the viewport."""
        place = self._editor.line_at(self._range[0])
        thick = round(_LINE * self._editor.grown)
        return QRect(place.left() - thick // 2, place.top(), thick, place.height())

    def _paint(self, painter: QPainter) -> None:
        painter.fillRect(self.line, QColor(self._theme.colors.accent))

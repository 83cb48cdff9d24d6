"""Who wrote what, in the editor: a quiet tint behind each part that was not typed.

Nothing is set on the text: the tints are rectangles under it, in the viewport.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, QPoint
from PySide6.QtGui import QColor, QPainter

from studio.app.writing.who_wrote import Part, WhoWrote
from studio.manuscript import Provenance
from studio.ui.editor.editor import ManuscriptEditor
from studio.ui.editor.tokens import Tile, lay_out
from studio.ui.theme.colors import Colors
from studio.ui.theme.theme import Theme


def tint_of(source: Provenance, colors: Colors) -> str:
    """The tint of a source; the page itself for what was typed, unless it is looked at alone.

    Args:
        source: It.
        colors: Where it comes from.
    """
    return {
        Provenance.TYPED: colors.hover,
        Provenance.GENERATED: colors.by_model,
        Provenance.EDITED: colors.by_hand,
        Provenance.PASTED: colors.from_clipboard,
        Provenance.OPENED: colors.from_file,
    }[source]


class EditorProvenance(QObject):
    """The underlay of one editor, for as long as the editor lives.

    Args:
        editor: Behind whose text is painted.
        state: What is shown.
        theme: Where the colours come from.
    """

    def __init__(self, editor: ManuscriptEditor, state: WhoWrote, theme: Theme) -> None:
        super().__init__(editor)
        self._editor = editor
        self._state = state
        self._theme = theme
        self._made_for: object = None
        self._parts: list[Part] = []
        self._tiles: list[Tile] = []
        state.changed.connect(self._follow)
        theme.changed.connect(editor.viewport().update)
        editor.manuscript.state_changed.connect(self._on_state_changed)
        self._follow()

    def _follow(self) -> None:
        self._made_for = None
        self._editor.underlay.lay_tint(self._paint, self._state.is_on)

    def _on_state_changed(self) -> None:
        # What is painted between a change of the text and this knows not where takes stand.
        self._made_for = None

    def step(self, direction: int) -> None:
        """Select the next part (+1) or the one before (-1)."""
        part = self._state.beside(*self._editor.selection, direction)
        if part is not None:
            self._editor.select_range(part.start, part.end)

    def tints(self) -> list[tuple[Tile, Provenance]]:
        """What is painted: the tiles of the parts in view, in the document's coordinates."""
        editor = self._editor
        key = (
            editor.document().revision(),
            editor.viewport().size(),
            editor.verticalScrollBar().value(),
            editor.document().size(),
            editor.prose_font,
        )
        if key != self._made_for:
            self._made_for = key
            start, end = editor.visible_range()
            seen = self._state.parts(start, end)
            self._parts = [part for part in seen if part.end >= start and part.start <= end]
            self._tiles = lay_out(editor, [(part.start, part.end) for part in self._parts])
        return [(tile, self._parts[tile.place].source) for tile in self._tiles]

    def _paint(self, painter: QPainter) -> None:
        colors = self._theme.colors
        painter.translate(QPoint(0, -self._editor.verticalScrollBar().value()))
        for tile, source in self.tints():
            painter.fillRect(tile.rect, QColor(tint_of(source, colors)))
            if source is Provenance.EDITED:
                # Distinguished by more than its colour.
                rect = tile.rect
                painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, QColor(colors.muted))

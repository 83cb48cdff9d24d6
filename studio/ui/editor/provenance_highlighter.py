"""Tints what the model wrote, quietly, in the colour it is given.

Qt calls it for every paragraph that changed, and for no other.
"""

from PySide6.QtGui import QColor, QSyntaxHighlighter, QTextCharFormat, QTextDocument

from studio.manuscript import Manuscript, Origin, runs_of
from studio.ui.editor.document import DocumentMirror


class ProvenanceHighlighter(QSyntaxHighlighter):
    """Colours generated characters, paragraph by paragraph.

    Args:
        document: Whose text is coloured.
        manuscript: Says who wrote a character.
        mirror: Translates positions between the two. It must have been made first, so that the
            manuscript already knows of a change when Qt asks for the colours of its paragraph.
    """

    def __init__(
        self, document: QTextDocument, manuscript: Manuscript, mirror: DocumentMirror
    ) -> None:
        super().__init__(document)
        self._manuscript = manuscript
        self._mirror = mirror
        self._generated = QTextCharFormat()

    def set_generated_color(self, color: QColor) -> None:
        """Sets the colour of generated text, at once and for all of it."""
        self._generated.setForeground(color)
        for start, end in runs_of(self._manuscript.origins(), Origin.GENERATED):
            # A long text has few such paragraphs beside all others.
            block = self.document().findBlock(self._mirror.units(start))
            last = self._mirror.units(end)
            while block.isValid() and block.position() < last:
                self.rehighlightBlock(block)
                block = block.next()

    def highlightBlock(self, text: str) -> None:
        """Colours the paragraph that Qt has at hand."""
        begin = self.currentBlock().position()
        start = self._mirror.code_points(begin)
        for first, last in runs_of(
            self._manuscript.origins(start, start + len(text)), Origin.GENERATED
        ):
            units = self._mirror.units(start + first)
            length = self._mirror.units(start + last) - units
            self.setFormat(units - begin, length, self._generated)

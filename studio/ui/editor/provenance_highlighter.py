"""Tints what the model wrote, quietly, in the colour it is given; shows Markdown, if asked to.

Qt calls it for every paragraph that changed, and for no other. The text stays what it is.
"""

from typing import TYPE_CHECKING

from PySide6.QtGui import QColor, QSyntaxHighlighter, QTextCharFormat, QTextDocument

from studio.manuscript import Manuscript, Origin, runs_of
from studio.ui.editor.document import DocumentMirror

if TYPE_CHECKING:
    from studio.ui.editor.markdown_formats import MarkdownFormats


class ProvenanceHighlighter(QSyntaxHighlighter):
    """Colours generated characters, and gives Markdown its look, paragraph by paragraph.

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
        self._markdown: MarkdownFormats | None = None
        """How Markdown looks; None while it is not shown."""

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

    def show_markdown(self, muted: QColor | None) -> None:
        """Set whether Markdown is shown; paragraphs follow when they are highlighted again.

        Args:
            muted: The colour of its signs; None where it is not to be shown.
        """
        if muted is None:
            self._markdown = None
        else:
            from studio.ui.editor.markdown_formats import MarkdownFormats

            self._markdown = MarkdownFormats(muted)

    @property
    def shows_markdown(self) -> bool:
        """Whether Markdown is shown as what it means."""
        return self._markdown is not None

    def highlightBlock(self, text: str) -> None:
        """Colours the paragraph that Qt has at hand."""
        begin = self.currentBlock().position()
        start = self._mirror.code_points(begin)
        origins = self._manuscript.origins(start, start + len(text))
        runs = [(start + first, start + last) for first, last in runs_of(origins, Origin.GENERATED)]
        for first, last in runs:
            self._set(begin, first, last, self._generated)
        if self._markdown is None:
            return
        stretches, code = self._markdown.stretches(text, self.previousBlockState())
        self.setCurrentBlockState(code)
        size = self.document().defaultFont().pixelSize()
        for offset, end, look in stretches:
            low, high = start + offset, start + end
            self._set(begin, low, high, self._markdown.format(look, size, None))
            for first, last in runs:
                if max(low, first) < min(high, last):
                    both = self._markdown.format(look, size, self._generated.foreground())
                    self._set(begin, max(low, first), min(high, last), both)

    def _set(self, begin: int, start: int, end: int, look: QTextCharFormat) -> None:
        """Give code points of the manuscript a look, in the paragraph that begins at a unit."""
        first = self._mirror.units(start)
        self.setFormat(first - begin, self._mirror.units(end) - first, look)

"""What letters of Markdown look like: a format for each look. It is loaded when that is shown."""

from PySide6.QtGui import QBrush, QColor, QFont, QFontDatabase, QTextCharFormat

from studio.app.writing.markdown_looks import Look, Stretch, code_after, looks_of

_LARGER = {Look.CHAPTER: 1.35, Look.SECTION: 1.15}
"""How much larger headings are than other words."""


class MarkdownFormats:
    """The formats of one document's Markdown, each made once.

    Args:
        muted: The colour of Markdown's signs.
    """

    def __init__(self, muted: QColor) -> None:
        self._muted = muted
        self._made: dict[tuple[Look, int, int | None], QTextCharFormat] = {}

    @staticmethod
    def stretches(text: str, before: int) -> tuple[list[Stretch], int]:
        """The stretches of a paragraph that are not plain, and `code_after` it.

        Args:
            text: The paragraph.
            before: That number of the paragraph before.
        """
        code = code_after(text, before)
        if code or before > 0:
            return ([Stretch(0, len(text), Look.CODE)] if text else []), code
        return looks_of(text), code

    def format(self, look: Look, size: int, generated: QBrush | None) -> QTextCharFormat:
        """The format of letters.

        Args:
            look: How they look.
            size: That of the document's letters, in pixels.
            generated: The colour of what the model wrote, where it wrote them.
        """
        key = look, size, None if generated is None else generated.color().rgb()
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = self._make(look, size, generated)
        return made

    def _make(self, look: Look, size: int, generated: QBrush | None) -> QTextCharFormat:
        made = QTextCharFormat()
        if look & Look.ITALIC:
            made.setFontItalic(True)
        if look & Look.BOLD:
            made.setFontWeight(QFont.Weight.Bold)
        if look & Look.CODE:
            fixed = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
            made.setFontFamilies(fixed.families())
        for heading, factor in _LARGER.items():
            if look & heading:
                made.setProperty(QTextCharFormat.Property.FontPixelSize, round(size * factor))
        if look & Look.SIGN or (look & Look.QUOTE and generated is None):
            made.setForeground(self._muted)
        elif generated is not None:
            made.setForeground(generated)
        return made

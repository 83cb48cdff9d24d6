"""A field for a few lines of plain text, which takes no more than it can show without a pause."""

from PySide6.QtCore import QMimeData, Signal
from PySide6.QtWidgets import QPlainTextEdit

from studio.manuscript import TextShape, shape_of
from studio.manuscript.text_shape import BRIEF_LIMITS, fits, too_large
from studio.translation import tr
from studio.utf8 import fit_text


class BoundedEdit(QPlainTextEdit):
    """Takes plain text from elsewhere as long as it stays within a brief's limits.

    Args:
        with_it: What would be too large, for the message, as “with it the brief”.
    """

    refused = Signal(str)
    """Why something was not pasted."""

    def __init__(self, with_it: str) -> None:
        super().__init__()
        self._with_it = with_it

    def text(self) -> str:
        """What is in the field. `toPlainText` would turn no-break spaces into spaces."""
        return self.document().toRawText().replace("\u2029", "\n")

    def insertFromMimeData(self, source: QMimeData) -> None:  # noqa: N802 - Qt's name
        """Paste what it can hold: over a huge text the window would stand still."""
        text = source.text()
        length = self.document().characterCount() + len(text)
        shape = shape_of(text) if len(text) <= BRIEF_LIMITS.characters else TextShape(length, 1, 1)
        whole = TextShape(length, self.blockCount() + shape.paragraphs - 1, shape.longest)
        if not fits(whole, BRIEF_LIMITS):
            why = too_large(self._with_it, whole, BRIEF_LIMITS)
            self.refused.emit(tr("The text is not put in. {why}", why=why))
            return
        self.textCursor().insertText(fit_text(text))
        self.ensureCursorVisible()

    def canInsertFromMimeData(self, source: QMimeData) -> bool:  # noqa: N802 - Qt's name
        """Accept text. A file that is dropped here is the window's to open, as everywhere in it."""
        return source.hasText() and not source.hasUrls()

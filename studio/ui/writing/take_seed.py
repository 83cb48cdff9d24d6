"""The seed of the take at the caret, to be read and copied."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from studio.app.writing.take_words import seed_words
from studio.app.writing.writing import Writing
from studio.translation import mark, tr
from studio.ui.widgets.plain_label import PlainLabel
from studio.ui.widgets.tips import set_tip

_NONE = mark("seed –")
"""Keeps the place, so that nothing moves as the caret goes into a take and out of it."""

_TIP = mark(
    "<p><b>Seed</b> of the take at the caret: the same seed, text and settings give the same words "
    "again. Select it to copy it.</p>"
)


class TakeSeed(PlainLabel):
    """A line of text for the pointer and the keyboard to select.

    Args:
        writing: Whose takes.
        parent: The Qt parent, if any.
    """

    def __init__(self, writing: Writing, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._writing = writing
        self.setProperty("role", "muted")
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setAccessibleName(tr("Seed of the take at the caret"))
        set_tip(self, tr(_TIP))
        writing.changed.connect(self._show)
        writing.takes_changed.connect(self._follow_caret)
        self._show()

    def _follow_caret(self) -> None:
        # While a take grows the caret moves with it, in the same takes.
        if self._writing.is_idle:
            self._show()

    def _show(self) -> None:
        take_set = self._writing.take_set()
        take = take_set.current if take_set else None
        words = (seed_words(take) if take else "") or tr(_NONE)
        if words != self.text():
            self.setText(words)

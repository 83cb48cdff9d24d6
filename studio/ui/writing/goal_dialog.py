"""How many words are to be written: a dialog of one number and what counts for it."""

from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QVBoxLayout,
    QWidget,
)

from studio.app.settings import GOAL, GOAL_OF_DOCUMENT, MOST_WORDS, Settings
from studio.app.writing.word_count import WordCount
from studio.translation import tr
from studio.ui.theme.controls import ComboBox, SpinBox
from studio.ui.theme.spacing import set_margins, set_spacing
from studio.ui.theme.theme import Theme
from studio.ui.widgets.labels import PlainLabel

_STEP = 50


class GoalDialog(QDialog):
    """Asks for the goal, and sets it.

    Args:
        words: What counts.
        theme: Where the colours come from.
        settings: Where it is remembered.
        parent: The window.
    """

    def __init__(self, words: WordCount, theme: Theme, settings: Settings, parent: QWidget) -> None:
        super().__init__(parent)
        self._words = words
        self._settings = settings
        self.setWindowTitle(tr("Word goal"))
        self.number = SpinBox(theme)
        self.number.setRange(0, MOST_WORDS)
        self.number.setSingleStep(_STEP)
        self.number.setGroupSeparatorShown(True)
        self.number.setSpecialValueText(tr("No goal"))
        self.number.setValue(words.goal)
        self.number.setAccessibleName(tr("Words to write"))
        self.number.setToolTip(tr("How many words are to be written; 0 for no goal"))
        self.counts = ComboBox(theme)
        self.counts.addItems(
            [tr("Words typed since the document was opened"), tr("All words of the document")]
        )
        self.counts.setCurrentIndex(int(words.is_of_document))
        self.counts.setAccessibleName(tr("What counts"))
        self.counts.setToolTip(
            tr("What the model writes does not count as typed, whatever is done with it")
        )
        hint = PlainLabel(tr("How far it is stands below the page, beside the number of words."))
        hint.setProperty("role", "muted")
        hint.setWordWrap(True)
        form = QFormLayout()
        set_spacing(form, 8)
        form.addRow(tr("&Words"), self.number)
        form.addRow(tr("&Counted"), self.counts)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        set_margins(column, 16, 14, 16, 12)
        set_spacing(column, 10)
        column.addLayout(form)
        column.addWidget(hint)
        column.addWidget(buttons)
        self.number.selectAll()

    def accept(self) -> None:
        """Set the goal, and remember it."""
        goal, is_of_document = self.number.value(), self.counts.currentIndex() == 1
        self._words.set_goal(goal, is_of_document=is_of_document)
        self._settings.set(GOAL, goal)
        self._settings.set(GOAL_OF_DOCUMENT, is_of_document)
        super().accept()

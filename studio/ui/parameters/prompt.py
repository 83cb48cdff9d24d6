"""The controls of a preset's prompt: its format, and the system message.

They bind a `ParameterValues` and keep nothing of it.
"""

from PySide6.QtCore import QMimeData, Signal
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QWidget

from studio.app.parameters.groups import PROMPT_FORMAT, SYSTEM_MESSAGE
from studio.app.parameters.values import ParameterValues
from studio.presets.preset import PROMPT_FORMATS
from studio.translation import tr
from studio.ui.theme.controls import ComboBox
from studio.ui.theme.theme import Theme
from studio.ui.theme.type_scale import grown
from studio.ui.widgets.letters import follow_letters
from studio.ui.widgets.tips import set_tip

_LINES = 4


class PromptFormatChoice(ComboBox):
    """The prompt formats there are.

    Args:
        values: Where the format is.
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    def __init__(
        self, values: ParameterValues, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, parent)
        self._values = values
        self.addItems(list(PROMPT_FORMATS))
        self.setObjectName(PROMPT_FORMAT.name)
        self.setAccessibleName(tr(PROMPT_FORMAT.label))
        set_tip(self, PROMPT_FORMAT.tool_tip)
        self.activated.connect(lambda index: values.set(PROMPT_FORMAT, PROMPT_FORMATS[index]))
        values.changed.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        text = str(self._values.value(PROMPT_FORMAT))
        if text != self.currentText():
            self.setCurrentText(text)


class SystemMessageEdit(QPlainTextEdit):
    """The system message, in force as it is typed.

    Args:
        values: Where the message is.
        parent: The Qt parent, if any.
    """

    refused = Signal(str)
    """Why the text was refused; empty when there is no longer anything to say."""

    def __init__(self, values: ParameterValues, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._values = values
        self.setObjectName(SYSTEM_MESSAGE.name)
        self.setAccessibleName(tr(SYSTEM_MESSAGE.label))
        set_tip(self, SYSTEM_MESSAGE.tool_tip)
        self.setPlaceholderText(tr("none"))
        self.setTabChangesFocus(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setProperty("card", True)
        follow_letters(
            self,
            lambda letters: self.setFixedHeight(
                letters.lineSpacing() * _LINES + round(12 * grown(self.font()))
            ),
        )
        self.textChanged.connect(self._commit)
        values.changed.connect(self._follow)
        self._follow()

    def canInsertFromMimeData(self, source: QMimeData) -> bool:  # noqa: N802 - Qt's name
        """Take text. A file that is dropped here is for the window, as everywhere on it."""
        return source.hasText() and not source.hasUrls()

    def _commit(self) -> None:
        try:
            self._values.set(SYSTEM_MESSAGE, self.toPlainText())
        except ValueError as reason:
            self.refused.emit(str(reason))
        else:
            self.refused.emit("")

    def _follow(self) -> None:
        text = str(self._values.value(SYSTEM_MESSAGE))
        if text != self.toPlainText():
            self.setPlainText(text)

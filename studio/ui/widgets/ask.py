"""A question with answers in words of its own, each a button; what it says is shown as it is.

Qt guesses which text is rich: a file's name in a question may look so.
"""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QMessageBox, QWidget

from studio.ui.widgets.tips import plain_tip
from studio.visible_text import visible_message

_BUTTONS = QMessageBox.StandardButton


def ask(window: QWidget, title: str, text: str, more: str, answers: Sequence[str]) -> str | None:
    """Asks, and waits for the answer.

    Args:
        window: What the question belongs to.
        title: What it is about.
        text: What has happened, in a sentence.
        more: What each answer does.
        answers: The buttons' texts; the first is what Enter means.

    Returns:
        The answer, or None where the writer cancels.
    """
    box = question_box(window, title, text, more)
    box.setIcon(QMessageBox.Icon.NoIcon)
    buttons = {
        box.addButton(answer, QMessageBox.ButtonRole.ActionRole): answer for answer in answers
    }
    cancel = box.addButton(_BUTTONS.Cancel)
    box.setDefaultButton(next(iter(buttons)))
    box.setEscapeButton(cancel)
    box.exec()
    answer = next((text for button, text in buttons.items() if button is box.clickedButton()), None)
    box.deleteLater()
    return answer


def question_box(window: QWidget, title: str, text: str, more: str = "") -> QMessageBox:
    """A question without its buttons yet, whose words are shown as they are.

    Args:
        window: What it belongs to.
        title: What it is about.
        text: The question.
        more: What is to be known beside it.
    """
    box = QMessageBox(window)
    box.setIcon(QMessageBox.Icon.Question)
    box.setWindowTitle(title)
    box.setText(visible_message(text))
    if more:
        box.setInformativeText(visible_message(more))
    for label in box.findChildren(QLabel):
        label.setTextFormat(Qt.TextFormat.PlainText)
    return box


def question(
    window: QWidget,
    title: str,
    text: str,
    buttons: QMessageBox.StandardButton,
    default: QMessageBox.StandardButton,
) -> QMessageBox.StandardButton:
    """Asks with the system's own buttons, and waits for the answer.

    Args:
        window: What the question belongs to.
        title: What it is about.
        text: The question.
        buttons: The answers.
        default: What Enter means.
    """
    return QMessageBox.question(window, title, plain_tip(visible_message(text)), buttons, default)

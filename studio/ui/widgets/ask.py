"""A question with answers in words of its own, each a button."""

from collections.abc import Sequence

from PySide6.QtWidgets import QMessageBox, QWidget


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
    box = QMessageBox(QMessageBox.Icon.NoIcon, title, text, parent=window)
    box.setInformativeText(more)
    buttons = {
        box.addButton(answer, QMessageBox.ButtonRole.ActionRole): answer for answer in answers
    }
    cancel = box.addButton(QMessageBox.StandardButton.Cancel)
    box.setDefaultButton(next(iter(buttons)))
    box.setEscapeButton(cancel)
    box.exec()
    answer = next((text for button, text in buttons.items() if button is box.clickedButton()), None)
    box.deleteLater()
    return answer

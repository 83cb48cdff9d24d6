"""Facts of a model: a heading, and each by what it is called."""

from collections.abc import Mapping

from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFormLayout

from studio.ui.widgets.labels import PlainLabel

_LONG = 80
"""Characters."""


def facts_form(title: str, facts: Mapping[str, str]) -> QFormLayout:
    """A form of facts that are read and not changed.

    Args:
        title: What stands above them.
        facts: By what they are called.
    """
    form = QFormLayout()
    heading = PlainLabel(title)
    bold = heading.font()
    bold.setWeight(QFont.Weight.Bold)
    heading.setFont(bold)
    form.addRow(heading)
    for name, value in facts.items():
        label = PlainLabel(name)
        label.setProperty("role", "muted")
        words = PlainLabel(value)
        words.setWordWrap(len(value) > _LONG)  # several machines compute it, say
        form.addRow(label, words)
    return form

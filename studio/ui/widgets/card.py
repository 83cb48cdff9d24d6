"""A card: a part of the window with a heading, set apart from its neighbours by space."""

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from studio.ui.theme.spacing import set_margins, set_spacing
from studio.ui.widgets.labels import PlainLabel

CARD_MARGINS = (6, 6, 6, 6)
"""Left, top, right and bottom, round a card's contents."""


class Card(QFrame):
    """A column under a quiet heading.

    Attributes:
        header: The heading's row; add what belongs at its right end.
        body: The column under the heading.

    Args:
        heading: What stands at the top left.
        parent: The Qt parent, if any.
    """

    def __init__(self, heading: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("card", True)
        self.setAccessibleName(heading)
        self.body = QVBoxLayout(self)
        set_margins(self.body, *CARD_MARGINS)
        set_spacing(self.body, 6)
        self.header = QHBoxLayout()
        set_spacing(self.header, 8)
        self.body.addLayout(self.header)
        label = PlainLabel(heading)
        label.setProperty("role", "heading")
        self.header.addWidget(label)
        self.header.addStretch(1)

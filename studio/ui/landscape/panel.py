"""The landscape's card: heading, what is pointed at, how many tokens, and the picture.

The picture's module loads pyqtgraph, so the card stands empty until it is first shown.
"""

from typing import TYPE_CHECKING

from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QButtonGroup, QPushButton, QSizePolicy, QWidget

from studio.app.landscape.state import COUNTS, LandscapeState
from studio.app.landscape.words import cell_line
from studio.translation import mark, tr
from studio.ui.theme.spacing import set_margins, set_spacing
from studio.ui.theme.theme import Theme
from studio.ui.widgets.card import Card
from studio.ui.widgets.labels import ElidedLabel
from studio.ui.widgets.tips import set_tip

if TYPE_CHECKING:
    from studio.ui.landscape.view import LandscapeView

_TOOL_TIP = mark(
    "<p><b>Landscape</b>: the last tokens before the caret, each with the distribution it was "
    "taken from, at the temperature now, before penalties and filters.</p>"
    "<p>Across: tokens, the newest at the right. Down: the model’s own rank, its favourite on "
    "top, on a logarithmic scale; the lowest band is all tokens beyond rank 128 together. The "
    "stronger the colour, the more probable (its step is the fourth root of the probability). A "
    "dot is the token that stands in the text, where it was not the favourite.</p>"
    "<p>Turn T down and hills sharpen; turn it up and they flatten. A click looks at the token in "
    "the text; with the keyboard, ← → ↑ ↓ and Enter.</p>"
)


class LandscapePanel(Card):
    """The card; following the text and T while it is on the screen, and only then.

    Args:
        state: What is shown.
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    def __init__(self, state: LandscapeState, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(tr("Landscape"), parent)
        self._state = state
        self._theme = theme
        self.view: LandscapeView | None = None
        """The picture, once the card was shown."""
        set_margins(self.body, 26, 6, 26, 8)
        set_spacing(self.body, 2)
        self._words = ElidedLabel()
        self._words.setProperty("role", "muted")
        self.header.insertWidget(1, self._words, 1)
        self.header.setStretch(2, 0)
        self._choices = QButtonGroup(self)
        for count in COUNTS:
            button = QPushButton(f"{count:,}")
            button.setProperty("flat", True)
            button.setProperty("segment", True)
            button.setCheckable(True)
            button.setChecked(count == state.count)
            button.setToolTip(tr("Show the last {count:,} tokens", count=count))
            button.setAccessibleName(tr("The last {count:,} tokens", count=count))
            self._choices.addButton(button, count)
            self.header.addWidget(button)
        self._choices.idClicked.connect(state.set_count)
        set_tip(self, tr(_TOOL_TIP))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        state.changed.connect(self._follow)
        state.pointed.connect(self._show)

    def showEvent(self, event: QShowEvent) -> None:
        """Follow from now on."""
        super().showEvent(event)
        if self.view is None:
            from studio.ui.landscape.view import LandscapeView

            self.view = LandscapeView(self._state, self._theme)
            self.body.addWidget(self.view, 1)
            # Made last of all in the window, it would be the last that Tab comes to.
            self.setTabOrder(self._choices.buttons()[-1], self.view)
        self._state.set_active(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Follow nothing."""
        super().hideEvent(event)
        if not event.spontaneous():  # minimised, the window comes back as it was
            self._state.set_active(False)

    def _follow(self) -> None:
        button = self._choices.button(self._state.count)
        if not button.isChecked():
            button.setChecked(True)

    def _show(self) -> None:
        cell = self._state.cell()
        text = "" if cell is None else cell_line(cell)
        if text != self._words.text():
            self._words.setText(text)

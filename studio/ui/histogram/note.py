"""The line under the histogram: what its bars leave out, or what XTC's draw has decided.

Shows a `NextToken` and keeps nothing of it. It is there only where there is something to say.
"""

from html import escape

from PySide6.QtWidgets import QWidget

from studio.app.tokens.next_token import NextToken
from studio.translation import tr
from studio.ui.widgets.elided_label import ElidedLabel
from studio.ui.widgets.tips import set_tip


class HistogramNote(ElidedLabel):
    """One line; the whole of it is in its tool tip.

    Args:
        state: What is shown.
        parent: The Qt parent, if any.
    """

    def __init__(self, state: NextToken, parent: QWidget | None = None) -> None:
        super().__init__()
        self.setParent(parent)
        self._state = state
        self.setProperty("role", "muted")
        self.setAccessibleName(tr("About these bars"))
        self.hide()  # a line without words would be room without use
        state.changed.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        notes = self._state.notes
        # What is not exact is reported before what is.
        reported = sorted(notes, key=lambda note: note.is_exact)
        words = " ".join(note.words for note in reported)
        if words != self.text():
            self.setText(words)
            set_tip(self, "".join(f"<p>{escape(note.words)}</p>" for note in reported))
            self.setAccessibleDescription(words)
        if self.isHidden() == bool(notes):
            self.setVisible(bool(notes))

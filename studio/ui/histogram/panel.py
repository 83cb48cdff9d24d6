"""What the model would say next: heading, bars, and what can be done with a word there.

It puts widgets together and passes on what is chosen or asked in one to the other.
"""

from html import escape

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QMenu, QSizePolicy, QVBoxLayout, QWidget

from studio.app.parameters.sampling_state import SamplingState
from studio.app.tokens.next_token import NextToken
from studio.app.writing.word_choice import WordChoice
from studio.translation import mark, tr
from studio.ui.histogram.histogram import NextTokenHistogram
from studio.ui.theme.spacing import set_margins
from studio.ui.theme.theme import Theme
from studio.ui.tokens.question import TokenQuestion
from studio.ui.widgets.actions import button_text
from studio.ui.widgets.card import Card
from studio.ui.widgets.labels import ElidedLabel
from studio.ui.widgets.tips import plain_tip, set_tip


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


HINT = mark("click one to write it")
_SHORT_HINT = mark("click to write")

_TOOL_TIP = mark(
    "<p><b>Next word</b>: what could stand at the caret (a token: a word, or a part of one), "
    "favourite first.</p>"
    "<p>The bar’s full colour and the number: the probability that <b>will be used</b>, after "
    "temperature, penalties and filters. The thin tick: <b>the model’s own</b>, at T 1 and before "
    "all that. What the filters <b>cut</b> is one row; click it to see them. <b>▸</b> marks the "
    "word that stands there.</p>"
    "<p>␣ is a space, ↵ a newline, ⇥ a tab; \\xE2\\x80… are bytes of a character that is not "
    "whole yet.</p>"
    "<p>Click a word to write it, or choose one with ↑ ↓ and press Enter. The right button, or T "
    "on a chosen row: what T makes it more or less likely. A click on the scale looks closer where "
    "all are small.</p>"
)


class NextTokenPanel(Card):
    """Heading, hint and histogram.

    Attributes:
        histogram: The bars.
        note: What they leave out.
        hint: What a click does; empty while there is nothing to click.
        question: What opens over a row that is asked about.

    Args:
        state: What the histogram shows.
        theme: Where the colours come from.
        sampling: Whose temperature an answer sets.
        words: Writes a word that is clicked; without it none is.
        parent: The Qt parent, if any.
    """

    def __init__(
        self,
        state: NextToken,
        theme: Theme,
        sampling: SamplingState,
        words: WordChoice | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(tr("Next word"), parent)
        self._state = state
        self._words = words
        self.hint = ElidedLabel()
        self.hint.setProperty("role", "muted")
        self.hint.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.header.setStretch(1, 0)  # all the room there is belongs to the hint
        self.header.addWidget(self.hint, 1)
        self.histogram = NextTokenHistogram(state, theme)
        self.question = TokenQuestion(sampling, self.histogram)
        place = QVBoxLayout()
        set_margins(place, 0, 4, 0, 0)
        place.addWidget(self.histogram)
        self.body.addLayout(place, 1)
        self.note = HistogramNote(state)
        self.body.addWidget(self.note)
        set_tip(self, tr(_TOOL_TIP))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        state.changed.connect(self._follow)
        self._follow()
        self.histogram.asked.connect(self._ask)
        self.histogram.chosen.connect(self._write)
        self.histogram.menu_wanted.connect(self._open_menu)

    def minimumSizeHint(self) -> QSize:
        """The same with and without a note: one that comes must not make a low window higher."""
        size = super().minimumSizeHint()
        if self.note.isHidden():
            size += QSize(0, self.note.minimumSizeHint().height() + self.body.spacing())
        return size

    def menu(self, token: int, row: QRect) -> QMenu:
        """What can be done with a token.

        Args:
            token: Its id.
            row: Where its row is, in the histogram's coordinates.
        """
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        text = self._state.text(token).text
        write = menu.addAction(tr("&Write “{text}”", text=button_text(text)))
        write.triggered.connect(lambda: self._write(token))
        why_not = self._words.why_not(token) if self._words is not None else ""
        write.setEnabled(why_not is None)
        write.setToolTip(plain_tip(why_not or tr("Write it at the caret, as a take of its own.")))
        ask = menu.addAction(tr("What &T makes it 30\u202f%?…"))
        ask.setToolTip(tr("Type how likely it should be; the answer is a temperature, or two."))
        ask.triggered.connect(lambda: self._ask(token, row))
        if offer := self.histogram.scale_offer:
            menu.addSeparator()
            menu.addAction(offer).triggered.connect(self.histogram.toggle_scale)
        return menu

    def _follow(self) -> None:
        # While the model writes a click would come too late for its place.
        is_idle = self._state.reason is None and not self._state.is_written
        hint = tr(HINT) if is_idle else ""
        if hint != self.hint.text():
            self.hint.set_forms(hint, tr(_SHORT_HINT) if hint else "")

    def _open_menu(self, token: int, row: QRect, at: QPoint) -> None:
        menu = self.menu(token, row)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(at)

    def _write(self, token: int) -> None:
        if self._words is not None:
            self._words.write(token)

    def _ask(self, token: int, row: QRect) -> None:
        asked = self._state.asked(token)
        if asked is not None:
            self.question.ask(asked, row)

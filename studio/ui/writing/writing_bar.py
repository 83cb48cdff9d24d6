"""The row below the manuscript: Continue, Stop, Retake, takes, where writing goes on, words."""

from html import escape

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from studio.app.tokens.next_token import NextToken
from studio.app.writing.draft import Draft
from studio.app.writing.place_words import place_words, progress_words
from studio.app.writing.provenance_words import provenance_words
from studio.app.writing.scrub import Scrub
from studio.app.writing.scrub_words import scrub_words
from studio.app.writing.take_words import retake_tip, take_facts, take_sentence
from studio.app.writing.word_count import WordCount
from studio.app.writing.writing import Writing
from studio.manuscript import TakeSet
from studio.translation import mark, tr
from studio.ui.theme.spacing import set_margins, set_spacing
from studio.ui.widgets.actions import ActionButton
from studio.ui.widgets.labels import ElidedLabel, WholeFacts
from studio.ui.widgets.tips import set_tip
from studio.ui.writing.take_steps import TakeSteps

_FACTS_TIP = mark(
    "<p>Of the take at the caret it is said how it ended: at the <b>full length</b> that Sampling "
    "allows (Continue goes on), at the model's own <b>end of text</b>, or at a <b>stop string</b> "
    "of the preset; and its <b>T</b>. Its <b>seed</b> stands under Details of the temperature "
    "too.</p>"
)


class WritingBar(QWidget):
    """Buttons for the writing actions, with words on what they would do and have done.

    Args:
        writing: The writing.
        draft: The document.
        words: Counts its words.
        continue_action: Begins a generation.
        stop_action: Ends it.
        retake_action: Writes another take.
        previous_take: Steps to the take before.
        next_take: Steps to the next take.
        parent: The Qt parent, if any.
    """

    keyboard_left = Signal()
    """A button that had the keyboard was pressed: the text has it next."""

    def __init__(
        self,
        writing: Writing,
        draft: Draft,
        words: WordCount,
        continue_action: QAction,
        stop_action: QAction,
        retake_action: QAction,
        previous_take: QAction,
        next_take: QAction,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._writing = writing
        self._draft = draft
        self._words = words
        self._scrub: tuple[Scrub, NextToken] | None = None
        self._turned: tuple[str, ...] = ()
        """What is said of the take that is turned."""
        self.takes = TakeSteps(previous_take, next_take)
        self.place = ElidedLabel()
        self.place.setProperty("role", "muted")
        self.place.setAccessibleName(tr("What Continue and Retake do here"))
        self._facts = WholeFacts()
        self._facts.setProperty("role", "muted")
        self._facts.setAccessibleName(tr("Words; how the take at the caret was written"))
        row = QHBoxLayout(self)
        set_margins(row, 26, 8, 26, 8)
        set_spacing(row, 12)
        begin = ActionButton(continue_action, primary=True)
        again = ActionButton(retake_action, shows_key=False)
        # Behind all other buttons: as it comes and goes it moves words, and none of them.
        self.stop = ActionButton(stop_action)
        for part in (begin, again, self.takes, self.stop):
            row.addWidget(part)
        for button in (begin, again, self.stop):
            # A click leaves the keyboard in the text: with a button that cannot be pressed any more
            # it would go on to the next, and what is typed then would press that. Space on one
            # gives it back to the text, before the button is greyed.
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.released.connect(self._give_keyboard_back)
        # What is merely reported gives way first where the window is narrow: what was before what
        # will be.
        self.place.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self.place.setMinimumWidth(1)
        row.addWidget(self.place)
        row.addWidget(self._facts, 1)
        writing.changed.connect(self._show)
        writing.takes_changed.connect(self._follow_caret)
        writing.ranking.progressed.connect(self._show)
        words.changed.connect(self._show_facts)
        stop_action.changed.connect(self._show_stop)
        self._stop_action = stop_action
        self._show_stop()
        self.set_has_takes(True)

    def follow_scrub(self, scrub: Scrub, vocabulary: NextToken) -> None:
        """Say of a take that is turned how much of it stands.

        Args:
            scrub: What is turned.
            vocabulary: Knows how tokens are spelled.
        """
        self._scrub = scrub, vocabulary
        scrub.changed.connect(self._show_scrub)

    def _give_keyboard_back(self) -> None:
        pressed = self.sender()
        if isinstance(pressed, ActionButton) and pressed.hasFocus():
            self.keyboard_left.emit()

    def _show_stop(self) -> None:
        # While a take is turned nothing is under way that a button would have to end.
        is_turning = self._scrub is not None and self._scrub[0].is_turning
        self.stop.setVisible(self._stop_action.isEnabled() and not is_turning)

    def _show_scrub(self) -> None:
        self._show_stop()
        turned = scrub_words(*self._scrub) if self._scrub else ()
        if turned != self._turned:
            self._turned = turned
            self._show_place(self._writing.take_set())

    def set_has_takes(self, has_takes: bool) -> None:
        """Set whether takes are shown and stepped through here, or elsewhere."""
        self._has_takes = has_takes
        keeps_place = self.takes.sizePolicy()
        keeps_place.setRetainSizeWhenHidden(has_takes)
        self.takes.setSizePolicy(keeps_place)
        self._show()

    def _follow_caret(self) -> None:
        # While a take grows the caret moves with it, in the same takes.
        if self._writing.is_idle:
            self._show()

    def _show(self) -> None:
        take_set = self._writing.take_set()
        self.takes.setVisible(self._has_takes and take_set is not None)
        if take_set is not None:
            self.takes.show_takes(take_set)
        self._show_place(take_set)
        self._show_facts()

    def _show_place(self, take_set: TakeSet | None) -> None:
        if self._turned:
            self.place.setVisible(True)
            self.place.set_forms(*self._turned)
            set_tip(self.place, f"<p>{escape(self._turned[0].rstrip('.'))}.</p>")
            return
        writing = self._writing
        words, fewer, tip = progress_words(writing) or place_words(self._draft, writing.candidates)
        if not words and take_set is not None and take_set.current is not None:
            words, fewer = tr("Retake replaces what is marked"), tr("Retake replaces this")
            tip = retake_tip(take_set)
        self.place.setVisible(bool(words))
        self.place.set_forms(words, fewer)
        set_tip(self.place, f"<p>{tip}.</p>")

    def _show_facts(self) -> None:
        words = self._words
        take_set = self._writing.take_set()
        of_text = [words.count_words(), words.goal_words()]
        # What gives way first where there is no room stands last.
        facts = [*of_text, *(take_facts(take_set) if take_set else []), words.reading_words()]
        self._facts.show_facts([fact for fact in facts if fact])
        of_take = f" {escape(take_sentence(take_set))}." if take_set else ""
        wrote = provenance_words(self._draft.manuscript.origins())
        said = ", ".join(filter(None, (words.count_words(), words.reading_words())))
        of_words = f"{said}: {wrote}" if wrote else said
        set_tip(
            self._facts,
            f"<p>{escape(of_words)}.{of_take}</p><p>{escape(words.session_words())}.</p>"
            f"{tr(_FACTS_TIP)}",
        )

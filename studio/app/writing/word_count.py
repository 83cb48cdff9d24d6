"""Words: of the text, of the selection, of this session; how long they take to read, and a goal."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from studio.app.frame_clock import FrameClock
from studio.app.timers import single_shot
from studio.app.writing.draft import Draft
from studio.manuscript import Words
from studio.translation import tr

_COUNT_MS = 200
"""Words are counted a moment after the last change: nobody watches the count."""

_COUNTED_AT_ONCE = 200_000
"""Code points that are counted in one go; so many take a few milliseconds."""

_WORDS_A_MINUTE = 240
"""What grown-ups read in silence: 238 of an essay, 260 of a novel (Brysbaert, 2019)."""


class WordCount(QObject):
    """Counts words in the background of typing, and keeps nothing running at rest.

    A session begins when a document is opened or begun. What it has written is the difference to
    what stood there then: words that the writer typed, and apart from them those of the model.

    Attributes:
        words: Of the whole text.
        selected: Of the selection; None where nothing is selected.
        goal: How many words are to be written; 0 for no goal.
        is_of_document: Whether all words of the text count for the goal, and not those that were
            typed in this session.

    Args:
        draft: Whose.
        parent: The Qt parent, if any.
    """

    changed = Signal()
    """The text, the selection or the goal is another one, and counted."""

    def __init__(self, draft: Draft, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._draft = draft
        self.words = Words()
        self.selected: Words | None = None
        self.goal = 0
        self.is_of_document = False
        self._clock = FrameClock(self._count, self, _COUNT_MS)
        self._more = single_shot(self, self._count)
        draft.manuscript.state_changed.connect(self._clock.request)
        draft.prompt_changed.connect(self._follow_selection)
        draft.selection_changed.connect(self._clock.request)
        self._count()

    @property
    def is_settled(self) -> bool:
        """Whether the numbers are those of the text as it is."""
        return self._clock.is_settled and not self._more.isActive()

    def set_goal(self, goal: int, *, is_of_document: bool) -> None:
        """Set how many words are to be written.

        Args:
            goal: How many; 0 for no goal.
            is_of_document: Whether the whole text is to have them.
        """
        self.goal, self.is_of_document = goal, is_of_document
        self.changed.emit()

    @property
    def of_session(self) -> Words:
        """What was written since the document was opened; never less than nothing."""
        begun = self._draft.state.words_begun or self.words
        return Words(*(max(now - then, 0) for now, then in zip(self.words, begun, strict=True)))

    @property
    def done(self) -> int:
        """How many words count for the goal."""
        return self.words.total if self.is_of_document else self.of_session.typed

    def count_words(self) -> str:
        """How many there are: “12 of 1,234 words”."""
        total = self.words.total
        if self.selected is None:
            return tr("%n words", "", total, one="%n word")
        return tr(
            "{selected:,} of %n words",
            "",
            total,
            one="{selected:,} of %n word",
            selected=self.selected.total,
        )

    def goal_words(self) -> str:
        """How far it is to the goal; "" where there is none."""
        if not self.goal:
            return ""
        if self.is_of_document:
            return tr("goal {done:,} of {goal:,}", done=self.done, goal=self.goal)
        return tr("typed {done:,} of {goal:,}", done=self.done, goal=self.goal)

    def reading_words(self) -> str:
        """How long it takes to read what is selected, or all; "" for less than a minute."""
        counted = self.words if self.selected is None else self.selected
        minutes = round(counted.total / _WORDS_A_MINUTE)
        if minutes < 1:
            return ""
        if minutes < 100:
            return tr("{minutes} min to read", minutes=minutes)
        hours = round(minutes / 60)
        return tr("%n hours to read", "", hours, one="%n hour to read")

    def session_words(self) -> str:
        """What this session has written, in a sentence."""
        session = self.of_session
        return tr(
            "Since the document was opened: {typed:,} words typed, {generated:,} by the model",
            typed=session.typed,
            generated=session.generated,
        )

    def _follow_selection(self) -> None:
        # The caret moves with each key, and where nothing is selected that changes no number.
        if self._draft.selected or self.selected is not None:
            self._clock.request()

    def _count(self) -> None:
        draft = self._draft
        words = draft.manuscript.words(_COUNTED_AT_ONCE)
        selected: Words | None = None
        if words is not None and draft.selected:
            end = draft.caret
            selected = draft.manuscript.words(_COUNTED_AT_ONCE, end - draft.selected, end)
        if words is None:
            # A long text has come: the rest at the next turns, and no key waits for it.
            self._more.start()
            return
        if draft.state.words_begun is None:
            draft.state.words_begun = words
        self.words, self.selected = words, selected
        self.changed.emit()

"""The row under the manuscript: Continue, Stop, Retake, takes, words, how it ended, seed."""

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from studio.manuscript import TakeSet
from studio.ui.frame_clock import FrameClock
from studio.ui.widgets.actions import ActionButton, key_text
from studio.ui.widgets.elided_label import ElidedLabel
from studio.ui.widgets.whole_facts import WholeFacts
from studio.ui.writing.draft import Draft
from studio.ui.writing.place_words import place_words
from studio.ui.writing.writing import Writing

_COUNT_MS = 200
"""Words are counted a moment after the last change: the count is read, not watched."""

_FACTS_TIP = (
    "<p>Words in the manuscript; how the last generation ended: at the <b>full length</b> that "
    "Sampling allows (Continue goes on), at the model's own <b>end of text</b>, or at a <b>stop "
    "string</b> of the profile; and its <b>seed</b>: the same seed, text and settings give the "
    "same words again.</p>"
)


class WritingBar(QWidget):
    """Buttons for the writing actions, and what they have led to."""

    def __init__(
        self,
        writing: Writing,
        draft: Draft,
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
        self._takes = QLabel()
        self._takes.setProperty("role", "muted")
        self._takes.setAccessibleName("Take")
        self._steps = [_step_button(previous_take, "‹"), _step_button(next_take, "›")]
        self.place = ElidedLabel()
        self.place.setProperty("role", "muted")
        self.place.setAccessibleName("Where Continue goes on")
        self._facts = WholeFacts()
        self._facts.setProperty("role", "muted")
        self._facts.setAccessibleName("Words, how the last generation ended, seed")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(ActionButton(continue_action, primary=True))
        row.addWidget(ActionButton(stop_action))
        row.addWidget(ActionButton(retake_action, shows_key=False))
        row.addWidget(self._takes)
        steps = QHBoxLayout()
        steps.setSpacing(2)
        for button in self._steps:
            steps.addWidget(button)
        row.addLayout(steps)
        # What is merely told gives way first where the window is narrow.
        row.addWidget(self.place, 3)
        row.addWidget(self._facts, 2)
        self._count_clock = FrameClock(self._show_facts, self, _COUNT_MS)
        writing.changed.connect(self._show_takes)
        writing.changed.connect(self._count_clock.request)
        draft.prompt_changed.connect(self._follow_caret)
        draft.selection_changed.connect(self._follow_caret)
        draft.manuscript.state_changed.connect(self._on_text_changed)
        self._show_takes()
        self._show_place()
        self._show_facts()

    @property
    def is_settled(self) -> bool:
        """Whether the count is that of the text as it is now."""
        return self._count_clock.is_settled

    def _on_text_changed(self) -> None:
        # The places of takes are up to date only now, not yet when the text changed.
        self._follow_caret()
        self._count_clock.request()

    def _follow_caret(self) -> None:
        # While a take grows the caret moves with it, in the same takes.
        if self._writing.is_idle:
            self._show_takes()
            self._show_place()

    def _show_takes(self) -> None:
        take_set = self._writing.take_set()
        shown = take_set is not None and len(take_set.takes) > 0
        for button in self._steps:
            button.setVisible(shown)
        self._takes.setVisible(shown)
        if take_set is not None and shown:
            text, tip = _take_words(take_set)
            self._takes.setText(text)
            self._takes.setToolTip(tip)

    def _show_place(self) -> None:
        words, tip = place_words(self._draft)
        self.place.setVisible(bool(words))
        self.place.setText(words)
        self.place.setToolTip(f"<p>{tip}.</p>")

    def _show_facts(self) -> None:
        words = len(self._draft.manuscript.text.split())
        facts = [f"{words:,} word{'' if words == 1 else 's'}"]
        if ending := self._ending():
            facts.append(ending)
        if self._writing.seed is not None:
            facts.append(f"seed {self._writing.seed}")
        self._facts.tell(facts)
        self._facts.setToolTip(f"<p>{', '.join(facts)}.</p>{_FACTS_TIP}")

    def _ending(self) -> str:
        """Why the last generation ended, where the writer did not end it."""
        finished = self._writing.finished
        if finished is None or not finished.tokens:
            return ""
        match finished.reason:
            case "max_tokens":
                return "full length"
            case "end_of_text":
                return "end of text"
            case "stop_string":
                return "stop string"
        return ""


def _take_words(take_set: TakeSet) -> tuple[str, str]:
    """Which take is in the text, and what that means, in words for the row and its tooltip."""
    count = len(take_set.takes)
    if take_set.index is not None:
        return (
            f"take {take_set.index + 1} of {count}",
            "Which of the texts that the model wrote here stands in the manuscript",
        )
    # An undo has taken them out of the text; none is lost.
    return (
        f"{count} take{'' if count == 1 else 's'} kept",
        "No take stands in the manuscript here; the arrows put one back",
    )


def _step_button(action: QAction, sign: str) -> QToolButton:
    button = QToolButton()
    button.setDefaultAction(action)
    button.setText(sign)
    button.setAccessibleName(action.text().replace("&", ""))
    button.setToolTip(f"{action.toolTip()} ({key_text(action)})")
    # The action's own text is for menus; here its sign stands for it.
    action.changed.connect(lambda: button.setText(sign))
    return button

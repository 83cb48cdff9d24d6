"""The documents that are open in one window, of which one is in front.

That one is what `Draft` says of it, and all that shows a document shows it; of the others what they
are made of is put aside.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from studio.app.writing.document_names import distinct_names
from studio.app.writing.document_state import DocumentState
from studio.app.writing.draft import Draft
from studio.app.writing.recovery import Recovery
from studio.manuscript import (
    NO_PLAN,
    GrowingTakeError,
    Manuscript,
    ManuscriptContent,
    PromptPlan,
)
from studio.memory_budgets import UNDO

StateMark = tuple[int, int, str, PromptPlan]
UnsavedMark = tuple[DocumentState, StateMark]
"""A document that is not saved, and what says its state from any other that it has had."""

_ASIDE = UNDO // 2
"""Bytes of text that the undo steps of all documents hold that are not in front; what they do not
hold, the one in front may."""


class OpenDocuments(QObject):
    """Shows one or another.

    Attributes:
        line_in_view: Gives a code point of the text in front, and where its line stands in the
            view, to come back to; None where nothing is in view.

    Args:
        draft: The document in front.
        recovery: Keeps what is not saved of each.
        put_settings_aside: Gives what puts those in force again that are in force now.
        parent: The Qt parent, if any.
    """

    changed = Signal()
    """Other documents are open, or in another order, or another one is in front."""
    shown = Signal()
    """Another one is in front than before."""
    place_wanted = Signal(int, int, object)
    """It was in front before: the selection's beginning, the caret, and `DocumentState.line`."""

    def __init__(
        self,
        draft: Draft,
        recovery: Recovery,
        put_settings_aside: Callable[[], Callable[[], None]],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._draft = draft
        self._recovery = recovery
        self._put_settings_aside = put_settings_aside
        self._all = [draft.state]
        self._names: list[str] = []
        self.line_in_view: Callable[[], tuple[int, int] | None] = lambda: None
        draft.file_changed.connect(self._name)
        self._name()

    @property
    def all(self) -> Sequence[DocumentState]:
        """In the order in which they are shown."""
        return tuple(self._all)

    @property
    def front(self) -> DocumentState:
        """The one in front."""
        return self._draft.state

    @property
    def names(self) -> Sequence[str]:
        """What each is called, as short as can be without being alike."""
        return tuple(self._names)

    def name(self, state: DocumentState) -> str:
        """What one of them is called."""
        return self._names[self._all.index(state)]

    def text(self, state: DocumentState) -> Manuscript | ManuscriptContent | None:
        """What there is of a document's text; None where it was not read."""
        return self._draft.manuscript if state is self.front else state.content

    def is_modified(self, state: DocumentState) -> bool:
        """Whether there is something that a save of it would save."""
        text = self.text(state)
        return text is not None and state.is_modified(text)

    @property
    def unsaved(self) -> list[DocumentState]:
        """Those of which something would be lost if they were closed."""
        texts = [(state, self.text(state)) for state in self._all]
        return [it for it, text in texts if text is not None and it.is_worth_keeping(text)]

    def mark(self, state: DocumentState) -> StateMark:
        """Says what a document is now from anything that it has been or will be; of one with text.

        Args:
            state: Which; it was read.
        """
        text = self.text(state)
        assert text is not None, "it was read"
        return text.revision, text.take_changes, state.brief, state.plan

    @property
    def unsaved_marks(self) -> list[UnsavedMark]:
        """The state of all that is not saved."""
        return [(state, self.mark(state)) for state in self.unsaved]

    @property
    def is_front_untouched(self) -> bool:
        """Whether nothing was done to the page in front: it can become another document."""
        state, manuscript = self.front, self._draft.manuscript
        is_empty = not (len(manuscript) or state.brief or state.path or state.plan != NO_PLAN)
        return is_empty and manuscript.is_clean and not (manuscript.can_undo or manuscript.can_redo)

    def at(self, path: Path) -> DocumentState | None:
        """The one of a file; None where it is not open."""
        place = path.resolve()
        return next((state for state in self._all if state.place == place), None)

    def begin(self) -> None:
        """Have an empty page in front, beside what is open.

        Raises:
            GrowingTakeError: A take grows.
        """
        self._refuse_while_growing()
        state = DocumentState(number=self._free_number())
        self._all.insert(self._all.index(self.front) + 1, state)
        self._name()
        self.show(state)

    def add_unread(self, path: Path, caret: int) -> DocumentState:
        """Have a file among the documents, at the end, that is read when it is shown.

        Args:
            path: The file.
            caret: Where the caret stood in it.
        """
        state = DocumentState(path=path, is_read=False, caret=caret)
        self._all.append(state)
        self._name()
        return state

    def show(self, state: DocumentState) -> None:
        """Bring one of them to the front.

        Args:
            state: Which; where it was not read, an empty page is in front until it is.

        Raises:
            GrowingTakeError: A take grows.
        """
        former = self.front
        if state is former:
            return
        self._refuse_while_growing()
        self._recovery.put_aside()
        former.line = self.line_in_view()
        former.settings = self._put_settings_aside()
        start, caret, line = state.caret - state.selected, state.caret, state.line
        self._draft.show(state)
        if state.settings is not None:
            take_up, state.settings = state.settings, None
            take_up()
        self._share_undo()
        self.place_wanted.emit(start, caret, line)
        self.shown.emit()

    def remove(self, state: DocumentState) -> None:
        """Close one that is not in front. What is not saved of it is lost."""
        self._all.remove(state)
        state.saving = None
        state.content = None  # a run of lanes may know it still
        self._recovery.forget(state)
        nameless = [known for known in self._all if known.path is None]
        if len(nameless) == 1:
            nameless[0].number = 1
        self._share_undo()
        self._name()

    def move(self, state: DocumentState, index: int) -> None:
        """Have one of them stand elsewhere in the order.

        Args:
            state: Which.
            index: Before how many of the others.
        """
        self._all.remove(state)
        self._all.insert(index, state)
        self._name()

    def beside(self, step: int) -> DocumentState:
        """The one before (-1) or behind (+1) that in front; behind the last comes the first."""
        return self._all[(self._all.index(self.front) + step) % len(self._all)]

    def _refuse_while_growing(self) -> None:
        if self._draft.manuscript.growing is not None:
            raise GrowingTakeError("a take is being written into the document in front")

    def _free_number(self) -> int:
        used = {state.number for state in self._all if state.path is None}
        return next(number for number in count(1) if number not in used)

    def _name(self) -> None:
        self._names = distinct_names([(state.path, state.number) for state in self._all])
        self.changed.emit()

    def _share_undo(self) -> None:
        """Bound what all undo steps hold together."""
        aside = [state.content for state in self._all if state.content is not None]
        for content in aside:
            content.history.bound(_ASIDE // len(aside))
        held = sum(content.history.size for content in aside)
        self._draft.manuscript.undo_budget = UNDO - held

"""What the writer changes of a document's plan: notes, passages, and what is sent of each."""

from typing import Any

import msgspec
from PySide6.QtCore import QObject, Signal

from studio.app.writing.draft import Draft
from studio.engine.messages import BRIEF_PART, PINNED_PART
from studio.manuscript import Note, PromptPassage, PromptPlan
from studio.manuscript.prompt_plan import (
    LONGEST_KEYS,
    LONGEST_NAME,
    LONGEST_NOTE,
    MOST_CHARACTERS,
    MOST_NOTES,
    paragraphs,
)
from studio.manuscript.text_shape import LIMITS
from studio.utf8 import fit_text

TEXT_PART = "text"
"""The key of the text before the caret among the parts of a prompt."""
FORMAT_PART = "format"
"""The key of what a prompt format adds."""
AFTER_PART = "after"
"""The key of the text after the caret, for a model that fills in."""

PartKey = int | str
"""A number as in `PromptSpan`, or one of the three above."""

_LONGEST = {"name": LONGEST_NAME, "text": LONGEST_NOTE, "keys": LONGEST_KEYS}


class PlanEdits(QObject):
    """Changes the plan of a draft, and knows what was deleted.

    Args:
        draft: Whose plan.
        parent: The Qt parent, if any.
    """

    changed = Signal()
    """The plan is another one, by whomever."""

    def __init__(self, draft: Draft, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._draft = draft
        self._seen = draft.state, draft.plan
        self._deleted = list[tuple[int, Note]]()
        draft.brief_changed.connect(self._follow)
        draft.manuscript.loaded.connect(self._deleted.clear)

    @property
    def plan(self) -> PromptPlan:
        """As it is now."""
        return self._draft.plan

    def set(self, **fields: Any) -> None:
        """Change fields of the plan by their names."""
        self._draft.set_plan(msgspec.structs.replace(self.plan, **fields))

    # Notes

    @property
    def can_add(self) -> bool:
        """Whether the document can have another note."""
        return len(self.plan.notes) < MOST_NOTES

    def add(self) -> int:
        """Add an empty note behind the others; returns its number."""
        self._insert(len(self.plan.notes), Note())
        return len(self.plan.notes) - 1

    def change(self, number: int, **fields: Any) -> None:
        """Change fields of a note by their names; texts that are too long lose their end."""
        notes = list(self.plan.notes)
        room = MOST_CHARACTERS - self.plan.characters + len(notes[number].text)
        fields |= {
            name: fit_text(fields[name])[: min(longest, room) if name == "text" else longest]
            for name, longest in _LONGEST.items()
            if name in fields
        }
        notes[number] = msgspec.structs.replace(notes[number], **fields)
        self.set(notes=tuple(notes))

    def move(self, number: int, to: int) -> None:
        """Have a note stand elsewhere among the others.

        Args:
            number: Its number.
            to: The number that it is to have.
        """
        notes = list(self.plan.notes)
        notes.insert(to, notes.pop(number))
        self.set(notes=tuple(notes))

    def delete(self, number: int) -> None:
        """Delete a note; `bring_back` undoes that."""
        notes = list(self.plan.notes)
        self._deleted.append((number, notes.pop(number)))
        self.set(notes=tuple(notes))

    @property
    def deleted(self) -> Note | None:
        """The note that was deleted last, and can be brought back; None where none can."""
        note = self._deleted[-1][1] if self._deleted else None
        has_room = note and self.plan.characters + len(note.text) <= MOST_CHARACTERS
        return note if has_room and self.can_add else None

    def bring_back(self) -> int:
        """Bring the note back that was deleted last; returns its number."""
        number, note = self._deleted.pop()
        number = min(number, len(self.plan.notes))
        self._insert(number, note)
        return number

    def _insert(self, number: int, note: Note) -> None:
        notes = self.plan.notes
        self.set(notes=(*notes[:number], note, *notes[number:]))

    # Passages

    def passage_kind(self, start: int, end: int) -> bool | None:
        """Whether the paragraphs of a part of the text are pinned (True) or left out (False).

        Args:
            start: Where the part begins.
            end: Where it ends.

        Returns:
            None where they are neither, or not all of one kind.
        """
        start, end = self._paragraphs(start, end)
        inside = [one for one in self.plan.passages if one.start < end and start < one.end]
        reached = start
        for one in inside:
            if one.start > reached or one.is_pinned is not inside[0].is_pinned:
                return None
            reached = one.end
        return inside[0].is_pinned if inside and reached >= end else None

    def turn_passage(self, start: int, end: int, *, is_pinned: bool) -> None:
        """Pin the paragraphs of a part of the text, or leave them out; or neither any more.

        Args:
            start: Where the part begins.
            end: Where it ends.
            is_pinned: Whether they are to be pinned.
        """
        kind = self.passage_kind(start, end)
        start, end = self._paragraphs(start, end)
        if start == end:
            return
        plan = self.plan.without(start, end)
        if kind is not is_pinned:
            plan = plan.with_passage(PromptPassage(start, end, is_pinned))
        self._draft.set_plan(plan)

    def _paragraphs(self, start: int, end: int) -> tuple[int, int]:
        near = max(0, start - LIMITS.longest)
        text = self._draft.manuscript.part(near, end + LIMITS.longest)
        first, behind = paragraphs(text, start - near)
        if end > start:
            behind = paragraphs(text, end - 1 - near)[1]
        return near + first, near + behind

    # What is sent of each part

    def set_sent(self, key: PartKey, is_sent: bool) -> None:
        """Send a part, or leave it out; a passage is pinned where it is to be sent.

        Args:
            key: Which part.
            is_sent: Whether it is to be sent.
        """
        if key == BRIEF_PART:
            self.set(has_brief=is_sent)
        elif isinstance(key, int) and key >= 0:
            self.change(key, is_on=is_sent)
        elif isinstance(key, int):
            passages = list(self.plan.passages)
            one = passages[PINNED_PART - key]
            passages[PINNED_PART - key] = PromptPassage(one.start, one.end, is_sent)
            self.set(passages=tuple(passages))

    def set_most(self, key: PartKey, most: int) -> None:
        """Limit a part to so many tokens.

        Args:
            key: Which part.
            most: How many; 0 for all.
        """
        if key == BRIEF_PART:
            self.set(most_brief=most)
        elif key == TEXT_PART:
            self.set(most_text=most)
        elif isinstance(key, int) and key >= 0:
            self.change(key, most=most)

    def forget_passage(self, key: PartKey) -> None:
        """Have a passage be as the rest of the text."""
        if isinstance(key, int) and key <= PINNED_PART:
            passages = list(self.plan.passages)
            del passages[PINNED_PART - key]
            self.set(passages=tuple(passages))

    def _follow(self) -> None:
        seen = self._draft.state, self.plan
        if seen != self._seen:
            self._seen = seen
            self.changed.emit()

"""What each part of the prompt costs in tokens, and why one is not sent."""

from typing import NamedTuple

from PySide6.QtCore import QObject, Signal

from studio.app.writing.draft import Draft
from studio.app.writing.next_token_preview import NextTokenPreview
from studio.app.writing.plan_edits import AFTER_PART, FORMAT_PART, TEXT_PART, PartKey
from studio.engine.messages import BRIEF_PART, FOLLOWING_PART, PINNED_PART
from studio.manuscript import Note, PromptPassage
from studio.translation import mark, tr
from studio.visible_text import visible_line

_FIRST = 200
"""Code points of a passage that are looked at for its first words."""

OFF = mark("off")
EMPTY = mark("empty")
NOT_CALLED = mark("not called")
NO_ROOM = mark("no room")
NOT_KNOWN = "…"


class PartRow(NamedTuple):
    """A part as it is listed.

    Attributes:
        key: Which.
        name: What it is called.
        words: What it costs, or why it is not sent.
        is_sent: Whether it is sent; None where that is not the writer's choice.
        most: How many tokens of it at most, 0 for all; None where there is no limit to set.
    """

    key: PartKey
    name: str
    words: str
    is_sent: bool | None = None
    most: int | None = None


class PromptCosts(QObject):
    """Follows the prompt that was read last at the caret.

    Args:
        draft: Whose prompt it is.
        preview: Reads it.
        parent: The Qt parent, if any.
    """

    changed = Signal()
    """A cost is another one, or a part."""

    def __init__(
        self, draft: Draft, preview: NextTokenPreview, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._draft = draft
        self._preview = preview
        self._numbers = dict[Note, int]()
        """What numbers the notes had when it was read: they may have others by now."""
        self._count = 0
        """How many there were."""
        self._costs = dict[int, int]()
        """Tokens by the numbers of parts."""
        self._asked = frozenset[int]()
        """The notes that were to be in it."""
        preview.read.connect(self._on_read)
        draft.brief_changed.connect(self.changed)

    def note_words(self, number: int) -> str:
        """What a note costs, or why it is not sent; by its number among the notes."""
        notes = self._draft.plan.notes
        note = notes[number]
        if not note.is_on:
            return tr(OFF)
        if not note.text.strip():
            return tr(EMPTY)
        if note in self._numbers:
            number = self._numbers[note]
        elif len(notes) != self._count:
            return NOT_KNOWN
        return self._words(number, tr(NOT_CALLED) if note.sent == "called" else NOT_KNOWN)

    def rows(self) -> list[PartRow]:
        """All parts, in about the order in which they are sent."""
        plan, evaluated = self._draft.plan, self._preview.evaluated
        rows = list[PartRow]()
        if self._draft.brief:
            words = self._words(BRIEF_PART, NOT_KNOWN) if plan.has_brief else tr(OFF)
            rows.append(PartRow(BRIEF_PART, tr("Brief"), words, plan.has_brief, plan.most_brief))
        rows += [
            PartRow(number, note_name(note, number), self.note_words(number), note.is_on, note.most)
            for number, note in enumerate(plan.notes)
        ]
        if evaluated is not None:
            spans = evaluated.spans
            beside = sum(span.end - span.start for span in spans if span.end <= evaluated.head)
            kept = sum(span.end - span.start for span in spans if span.end > evaluated.head)
            rows.append(
                PartRow(FORMAT_PART, tr("Format, blank lines"), _tokens(evaluated.head - beside))
            )
        for index, passage in enumerate(plan.passages):
            key = PINNED_PART - index
            words = tr("left out")
            if passage.is_pinned:
                is_behind = passage.start >= self._draft.caret
                words = self._words(key, tr("behind the caret") if is_behind else NOT_KNOWN)
            rows.append(PartRow(key, self._passage_name(passage), words, passage.is_pinned))
        text = NOT_KNOWN
        if evaluated is not None:
            seen = len(evaluated.tokens) // 4 - evaluated.head - evaluated.unseen - kept
            text = _tokens(max(0, seen))
        rows.append(PartRow(TEXT_PART, tr("Text before the caret"), text, most=plan.most_text))
        if FOLLOWING_PART in self._costs:
            words = _tokens(self._costs[FOLLOWING_PART])
            rows.append(PartRow(AFTER_PART, tr("Text after the caret"), words))
        return rows

    def _passage_name(self, passage: PromptPassage) -> str:
        first = self._draft.manuscript.part(passage.start, min(passage.end, passage.start + _FIRST))
        return tr("“{words}”", words=visible_line(first.strip()))

    def _words(self, number: int, otherwise: str) -> str:
        """What a part costs in the prompt that was read; something else where it is not in it."""
        if self._preview.evaluated is None:
            return NOT_KNOWN
        if number in self._costs:
            return _tokens(self._costs[number])
        return tr(NO_ROOM) if number in self._asked else otherwise

    def _on_read(self) -> None:
        read, prompt = self._preview.evaluated, self._preview.prompt
        notes = self._draft.plan.notes
        self._numbers = {note: number for number, note in reversed([*enumerate(notes)])}
        self._count = len(notes)
        self._costs = {}
        for span in read.spans if read is not None else ():
            self._costs[span.number] = self._costs.get(span.number, 0) + span.end - span.start
        parts = prompt.parts if prompt is not None else None
        self._asked = frozenset(note.number for note in parts.notes) if parts else frozenset()
        self.changed.emit()


def note_name(note: Note, number: int) -> str:
    """What a note is called in a list.

    Args:
        note: The note.
        number: Its number among the notes.
    """
    words = visible_line(note.name.strip()) or visible_line(note.text[:_FIRST].strip())
    return words or tr("Note {number}", number=number + 1)


def _tokens(count: int) -> str:
    return tr("%n tokens", "", count, one="%n token")

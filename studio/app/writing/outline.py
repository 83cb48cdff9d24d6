"""The outline of a text: its headings, the chapters under them, and how these change places."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal

from studio.app.frame_clock import FrameClock
from studio.app.writing.draft import Draft
from studio.app.writing.writing import Writing

_LOOK_MS = 200
_COUNTED_AT_ONCE = 200_000
_INDENT = 3
"""Spaces that may stand before a heading."""
_LINE_ENDS = "\r\n"


class Chapter(NamedTuple):
    """A heading and what stands under it, chapters of a deeper level among it.

    Attributes:
        level: 1 to 6.
        title: Its words.
        start: Where its line begins, in code points.
        end: Where the next heading of its level begins, or of one above; else the text's end.
    """

    level: int
    title: str
    start: int
    end: int


def chapters_of(text: str) -> list[Chapter]:
    """All chapters of a text, in the order of their headings."""
    # Of export; the start has no use for it.
    from studio.interchange.blocks import heading_of
    from studio.interchange.emphasis import pieces_of

    found: list[tuple[int, str, int]] = []
    at = text.find("#")
    while at >= 0:
        start = text.rfind("\n", 0, at) + 1
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        line = text[start:end] if at - start <= _INDENT else ""
        if heading := heading_of(line):
            words = line[heading.start : heading.end]
            title = "".join(words[piece.start : piece.end] for piece in pieces_of(words))
            found.append((heading.level, title, start))
        at = text.find("#", end)
    chapters: list[Chapter] = []
    ends: dict[int, int] = {}
    """Where the next heading of a level begins, looking from behind."""
    for level, title, start in reversed(found):
        end = min((at for above, at in ends.items() if above <= level), default=len(text))
        chapters.append(Chapter(level, title, start, end))
        ends = {above: place for above, place in ends.items() if above < level} | {level: start}
    return chapters[::-1]


class Outline(QObject):
    """The chapters of the draft, for whoever shows them; while nobody does nothing is looked at.

    Attributes:
        chapters: Those of the text as it was looked at last.
        current: Which of them the caret is in, the innermost; None before the first.

    Args:
        draft: Whose.
        writing: While it writes no chapter moves.
        parent: The Qt parent, if any.
    """

    changed = Signal()
    """Chapters, the current one, or numbers of words may be others."""

    def __init__(self, draft: Draft, writing: Writing, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._draft = draft
        self._writing = writing
        self._is_followed = False
        self._is_stale = True
        self.chapters: Sequence[Chapter] = ()
        self.current: int | None = None
        self._clock = FrameClock(self.look, self, _LOOK_MS)
        draft.manuscript.changed.connect(self._on_text_changed)
        draft.prompt_changed.connect(self._follow)
        draft.manuscript.state_changed.connect(self._follow)

    def set_followed(self, is_followed: bool) -> None:
        """Follow the text from now on, or no longer."""
        self._is_followed = is_followed
        if is_followed:
            self.look()

    @property
    def is_settled(self) -> bool:
        """Whether the chapters are those of the text as it is."""
        return self._clock.is_settled

    def look(self) -> None:
        """Look at the text now."""
        if self._is_stale:
            self._is_stale = False
            self.chapters = chapters_of(self._draft.manuscript.text)
        starts = [chapter.start for chapter in self.chapters]
        place = bisect_right(starts, self._draft.caret) - 1
        self.current = place if place >= 0 else None
        self.changed.emit()

    def words(self, index: int) -> int | None:
        """How many words a chapter has with its heading; None where they are still counted."""
        chapter = self.chapters[index]
        counted = self._draft.manuscript.words(_COUNTED_AT_ONCE, chapter.start, chapter.end)
        return None if counted is None else counted.total

    @property
    def can_move(self) -> bool:
        """Whether chapters may move now; not while a text is being written."""
        return self._writing.is_idle

    def move_by(self, index: int, step: int) -> int | None:
        """Move a chapter up or down by one: see `move_before`.

        It goes past its neighbour of the same level; the first of several leaves the chapter that
        they are in upwards, and the last goes downwards into the next one, as its first.

        Args:
            index: Which.
            step: -1 or +1.

        Returns:
            Where it begins now; None where it stays.
        """
        self.look()
        target = self._step_target(index, step) if index < len(self.chapters) else None
        return None if target is None else self._move(index, target)

    def move_before(self, index: int, other: int) -> int | None:
        """Move a chapter with all that is known of its text, in one undo step.

        The line ends between chapters stay where they are.

        Args:
            index: Which.
            other: Before which one; after all of them where there is none of that number.

        Returns:
            Where it begins now; None where it stays.
        """
        self.look()
        chapters = self.chapters
        if index >= len(chapters):
            return None
        is_last = other >= len(chapters)
        return self._move(index, chapters[-1].end if is_last else chapters[other].start)

    def _step_target(self, index: int, step: int) -> int | None:
        chapters, chapter = self.chapters, self.chapters[index]
        if step < 0:
            above = (at for at in range(index - 1, -1, -1) if chapters[at].level <= chapter.level)
            return chapters[next(above, 0)].start if index else None
        behind = [at for at in range(index + 1, len(chapters)) if chapters[at].start >= chapter.end]
        if not behind:
            return None
        following = chapters[behind[0]]
        if following.level < chapter.level and len(behind) > 1:
            # Under that heading, before what is under it already.
            return min(following.end, chapters[behind[1]].start)
        return following.end

    def _move(self, index: int, target: int) -> int | None:
        start, end = self.chapters[index].start, self.chapters[index].end
        if not self.can_move or start <= target <= end:
            return None
        if target < start:
            first, second = (target, self._body_end(start)), (start, self._body_end(end))
        else:
            first, second = (start, self._body_end(end)), (end, self._body_end(target))
        self._draft.manuscript.swap(first, second)
        self.look()
        return target if target < start else start + second[1] - first[1]

    def _body_end(self, end: int) -> int:
        """Where what stands before a place ends without its line ends."""
        manuscript = self._draft.manuscript
        while end and manuscript.part(end - 1, end) in _LINE_ENDS:
            end -= 1
        return end

    def _on_text_changed(self, *_: object) -> None:
        self._is_stale = True

    def _follow(self) -> None:
        if self._is_followed:
            self._clock.request()

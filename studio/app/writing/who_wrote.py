"""Who wrote what of the manuscript: which parts are whose, how much of it, and the way between.

Nothing is looked at until it is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal

from studio.app.timers import single_shot
from studio.manuscript import Manuscript, Provenance, letters_in, provenance_of
from studio.translation import mark

_REST_MS = 300
"""After the last change: nobody watches the figures while typing."""
_PIECE = 100_000
"""Code points that are counted in a turn of the event loop, some milliseconds; to a line's end."""
_NEAR = 1024
_RUN = re.compile(rb"(.)\1*", re.DOTALL)

NAMES = {
    Provenance.TYPED: mark("typed"),
    Provenance.EDITED: mark("changed"),
    Provenance.GENERATED: mark("model"),
    Provenance.PASTED: mark("pasted"),
    Provenance.OPENED: mark("opened"),
}
"""In a word each, in the order in which they are shown."""

TIPS = {
    Provenance.TYPED: mark("You typed it"),
    Provenance.EDITED: mark(
        "You put it into a line of what the model wrote, or in the place of its words"
    ),
    Provenance.GENERATED: mark("The model wrote it"),
    Provenance.PASTED: mark("It came from another program, by the clipboard or dragged from there"),
    Provenance.OPENED: mark("It was in a file that does not say who wrote it"),
}


class Part(NamedTuple):
    """A part of the text that is of one source, as a half-open range."""

    start: int
    end: int
    source: Provenance


class WhoWrote(QObject):
    """Knows it of one manuscript.

    Attributes:
        is_on: Whether the writer wants to see it.
        chosen: The one source that is looked at; None for all.
        letters: How many visible characters each source has that has some; empty while they are
            not counted.

    Args:
        manuscript: The text.
        parent: The Qt parent, if any.
    """

    changed = Signal()
    """`is_on`, `chosen` or `letters` is another."""

    def __init__(self, manuscript: Manuscript, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._manuscript = manuscript
        self.is_on = False
        self.chosen: Provenance | None = None
        self.letters: dict[Provenance, int] = {}
        self._counting: Iterator[None] | None = None
        self._rest = single_shot(self, self._begin, _REST_MS)
        self._turn = single_shot(self, self._count)
        manuscript.state_changed.connect(self._follow)

    @property
    def is_settled(self) -> bool:
        """Whether `letters` are those of the text as it is."""
        return not (self._rest.isActive() or self._turn.isActive())

    def set_on(self, is_on: bool) -> None:
        """Show it, or no longer."""
        if is_on == self.is_on:
            return
        self.is_on, self.chosen, self.letters = is_on, None, {}
        self._rest.stop()
        self._turn.stop()
        self._counting = None
        if is_on:
            self._begin()
        self.changed.emit()

    def choose(self, source: Provenance | None) -> None:
        """Look at one source alone, or at all."""
        if source is not self.chosen:
            self.chosen = source
            self.changed.emit()

    def parts(self, start: int, end: int) -> list[Part]:
        """The parts of the lines that hold a range: of the chosen source, or of all but typed.

        Args:
            start: The first code point.
            end: The one behind the last.
        """
        start, end = self._line_start(start), self._manuscript.line_end(end)
        found = self._provenance(start, end)
        parts = (
            Part(start + run.start(), start + run.end(), Provenance(run[0][0]))
            for run in _RUN.finditer(found)
        )
        return [part for part in parts if self._is_looked_at(part.source)]

    def beside(self, start: int, end: int, step: int) -> Part | None:
        """The next part (+1) or the one before (-1), from the other end again past the last.

        Args:
            start: Where what is selected begins; with nothing selected, the caret.
            end: Where it ends.
            step: +1 or -1.
        """
        parts = self.parts(0, len(self._manuscript))
        if not parts:
            return None
        if step > 0:
            return next((part for part in parts if part.start >= end), parts[0])
        return next((part for part in reversed(parts) if part.end <= start), parts[-1])

    def _is_looked_at(self, source: Provenance) -> bool:
        return source is self.chosen or (self.chosen is None and source is not Provenance.TYPED)

    def _provenance(self, start: int, end: int) -> bytes:
        manuscript = self._manuscript
        text, origins = manuscript.part(start, end), manuscript.origins(start, end)
        return provenance_of(text, origins, manuscript.take_sets, start)

    def _line_start(self, position: int) -> int:
        while position > 0:
            near = self._manuscript.part(max(0, position - _NEAR), position)
            if (found := near.rfind("\n")) >= 0:
                return position - len(near) + found + 1
            position -= len(near)
        return 0

    def _follow(self) -> None:
        if self.is_on:
            self._turn.stop()
            self._rest.start()

    def _begin(self) -> None:
        self._counting = self._counted()
        self._count()

    def _count(self) -> None:
        if self._counting is not None and next(self._counting, self) is not self:
            self._turn.start()

    def _counted(self) -> Iterator[None]:
        letters = dict.fromkeys(NAMES, 0)
        start, length = 0, len(self._manuscript)
        while start < length:
            end = self._manuscript.line_end(min(start + _PIECE, length))
            text, found = self._manuscript.part(start, end), self._provenance(start, end)
            for run in _RUN.finditer(found):
                letters[Provenance(run[0][0])] += letters_in(text[run.start() : run.end()])
            start = end
            yield
        letters = {source: count for source, count in letters.items() if count}
        if letters != self.letters:
            self.letters = letters
            if self.chosen is not None and self.chosen not in letters:
                self.chosen = None
            self.changed.emit()

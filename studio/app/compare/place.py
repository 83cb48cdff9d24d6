"""Where in the manuscript a comparison's prompt ended, however the text has changed since."""

from __future__ import annotations

from studio.manuscript import Manuscript, Take, TakeSet

_NEAR = 200
"""Code points before the place that must be unchanged; the text before them may be edited."""


class LanePlace:
    """The place at which lanes continue the text, and the takes that came of it."""

    def __init__(self, manuscript: Manuscript) -> None:
        self._manuscript = manuscript
        self._position: int | None = None
        self._takes: TakeSet | None = None
        manuscript.changed.connect(self._on_text_changed)

    def put(self, position: int | None) -> None:
        """The prompt ends here; None for a prompt of another text."""
        self._position = position
        self._takes = None

    def find(self, prompt: str) -> bool:
        """Look for the place of a prompt of which no more is known than its text.

        Args:
            prompt: The manuscript as it was, up to the place.

        Returns:
            Whether the place is known: the text still stands where it stood, at the beginning, or
            exactly once elsewhere. For a prompt without words, whether only lanes' text is there.
        """
        if self._position is not None and self._stands(prompt, self._position):
            return True
        text = self._manuscript.text
        if prompt.strip() and text.startswith(prompt):
            self._position = len(prompt)
        elif prompt.strip() and text.count(prompt) == 1:
            self._position = text.index(prompt) + len(prompt)
        elif not prompt.strip() and self._stands(prompt, len(prompt)):
            self._position = len(prompt)
        else:
            self.put(None)
            return False
        self._takes = self._takes_at(self._position)
        return True

    def _stands(self, prompt: str, position: int) -> bool:
        """Whether the end of a prompt still stands before a position."""
        near = prompt[-_NEAR:]
        begin = max(0, position - len(near))
        if self._manuscript.part(begin, begin + len(near)) != near:
            return False
        if prompt.strip():
            return True
        # Everything begins with nothing: only what lanes wrote may stand behind it.
        takes = self._takes_at(position)
        end = takes.place.end if takes else position
        text = self._manuscript.text
        return not (text[:position] + text[end:]).strip()

    def begin_take(self) -> Take:
        """A take that grows there: another one where a lane's text stands already."""
        manuscript = self._manuscript
        if self._takes is not None and self._takes in manuscript.take_sets:
            try:
                return manuscript.retake(self._takes)
            except ValueError:
                pass  # its place was deleted
        assert self._position is not None, "it was put or found"
        take = manuscript.begin_take(min(self._position, len(manuscript)))
        self._takes = manuscript.growing_take_set
        return take

    def _takes_at(self, position: int) -> TakeSet | None:
        """The takes whose text begins there; of several groups the one used last."""
        there = [
            takes
            for takes in self._manuscript.take_sets
            if takes.place.start == position < takes.place.end
        ]
        return max(there, key=lambda takes: takes.used, default=None)

    def end_of_take(self) -> int:
        """Where the text of the last take ends."""
        assert self._takes is not None, "a take was begun"
        return self._takes.place.end

    def _on_text_changed(self, position: int, removed: int, inserted: str, _origins: bytes) -> None:
        if self._position is None or position >= self._position:
            return
        if position + removed <= self._position:
            self._position += len(inserted) - removed
        else:
            self._position = position

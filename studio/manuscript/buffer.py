"""The characters of a manuscript, who wrote each, and the announcement of every change.

This module does not know undo, takes or files, nor what the marks on its characters mean.
"""

from __future__ import annotations

from dataclasses import replace

from studio.manuscript.announcer import Announcer
from studio.manuscript.change import Change
from studio.manuscript.passage import Marks, Passage


class Buffer:
    """A text with provenance that can only be changed by announced changes.

    Attributes:
        changed: Announces `(position, removed_length, inserted_text, inserted_origins)` after each
            change, in code points. A listener that carries them out in order has the same text.
    """

    def __init__(self) -> None:
        self.changed: Announcer[[int, int, str, bytes]] = Announcer()
        self._text = ""
        self._origins = bytearray()
        self._marks: list[object | None] = []
        self._announcing = False

    def __len__(self) -> int:
        return len(self._text)

    @property
    def text(self) -> str:
        """All characters."""
        return self._text

    def origins(self, start: int, end: int) -> bytes:
        """The `Origin` of each code point of a range, one byte each."""
        return bytes(memoryview(self._origins)[start:end])  # copied once

    def marks(self, start: int, end: int) -> Marks:
        """The mark of each code point of a range."""
        return tuple(self._marks[start:end])

    def mark(self, start: int, end: int, mark: object) -> None:
        """Marks a range. No change of the text, and not announced."""
        self._marks[start:end] = [mark] * (end - start)

    def passage(self, start: int, end: int) -> Passage:
        """A range with its provenance and its marks."""
        marks = self.marks(start, end)
        marked = any(mark is not None for mark in marks)
        return Passage(self._text[start:end], self.origins(start, end), marks if marked else None)

    def check_range(self, position: int, length: int) -> None:
        """Refuses a range that is not in the text.

        Raises:
            ValueError: It begins or ends outside.
        """
        if position < 0 or length < 0 or position + length > len(self._text):
            raise ValueError(
                f"position {position}, length {length}: outside the text; "
                f"allowed are ranges within 0 to {len(self._text)}"
            )

    def apply(self, change: Change) -> Change:
        """Carries a change out and announces it.

        Returns:
            The change with what was really removed: the same text, with the marks it had by now.

        Raises:
            RuntimeError: A listener of `changed` tried to change the text it was being told about.
        """
        if self._announcing:
            raise RuntimeError("a listener of a text's changes must not change the text")
        start, end = change.position, change.position + len(change.removed)
        inserted = change.inserted
        happened = replace(change, removed=self.passage(start, end))
        self._text = self._text[:start] + inserted.text + self._text[end:]
        self._origins[start:end] = inserted.origins
        self._marks[start:end] = inserted.marks or [None] * len(inserted)
        self._announcing = True
        try:
            self.changed(start, end - start, inserted.text, inserted.origins)
        finally:
            self._announcing = False
        return happened

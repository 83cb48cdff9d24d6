"""The characters of a manuscript and who wrote each, and the announcement of every change.

This module does not know undo, takes or files.
"""

from __future__ import annotations

from studio.manuscript.announcer import Announcer
from studio.manuscript.change import Change
from studio.manuscript.passage import Passage


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
        self._announcing = False

    def __len__(self) -> int:
        return len(self._text)

    @property
    def text(self) -> str:
        """All characters."""
        return self._text

    def origins(self, start: int, end: int) -> bytes:
        """The `Origin` of each code point of a range, one byte each."""
        return bytes(self._origins[start:end])

    def passage(self, start: int, end: int) -> Passage:
        """A range with its provenance."""
        return Passage(self._text[start:end], self.origins(start, end))

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

    def apply(self, change: Change) -> None:
        """Carries a change out and announces it.

        Raises:
            RuntimeError: A listener of `changed` tried to change the text it was being told about.
        """
        if self._announcing:
            raise RuntimeError("a listener of a text's changes must not change the text")
        start, end = change.position, change.position + len(change.removed)
        inserted = change.inserted
        self._text = self._text[:start] + inserted.text + self._text[end:]
        self._origins[start:end] = inserted.origins
        self._announcing = True
        try:
            self.changed(start, end - start, inserted.text, inserted.origins)
        finally:
            self._announcing = False

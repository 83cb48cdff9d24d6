"""A lane's tokens as text, and which token stands where in it.

Positions are those of Qt's text: UTF-16 units.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from studio.manuscript.token_characters import TokenCharacters
from studio.token_record import TokenRecord


class LaneText:
    """A text that grows token by token; a character appears when its last byte has come."""

    def __init__(self) -> None:
        self._characters = TokenCharacters()
        self._starts: list[int] = []
        """Where each token whose characters are certain begins."""
        self._length = 0
        self._is_in_word = False
        self.words = 0
        """How many words the text has: runs of characters that are no white space."""

    def feed(self, tokens: Sequence[TokenRecord]) -> str:
        """Take more tokens; returns the text that has become certain."""
        added: list[str] = []
        for token in tokens:
            for _, text in self._characters.feed(token):
                self._starts.append(self._length)
                self._length += _units(text)
                added.append(text)
        whole = "".join(added)
        self._count_words(whole)
        return whole

    def range_of(self, index: int) -> tuple[int, int] | None:
        """Where a token begins and ends; None while its characters are not certain."""
        if not 0 <= index < len(self._starts):
            return None
        end = self._starts[index + 1] if index + 1 < len(self._starts) else self._length
        return self._starts[index], end

    def token_at(self, position: int) -> int | None:
        """Which token the character behind a position belongs to."""
        if not 0 <= position < self._length:
            return None
        return bisect_right(self._starts, position) - 1

    def _count_words(self, added: str) -> None:
        if added:
            goes_on = self._is_in_word and not added[0].isspace()
            self.words += len(added.split()) - goes_on
            self._is_in_word = not added[-1].isspace()


def _units(text: str) -> int:
    if text.isascii():  # most are, and lanes from files have 100,000 of them
        return len(text)
    return len(text) + sum(character > "\uffff" for character in text)

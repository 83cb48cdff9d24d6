"""Which characters belong to which token, for tokens that are bytes and no characters.

A character may be made of several tokens, and a token may hold several characters: a character
belongs to the token that holds its first byte. The module does not know where the tokens stand.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from typing import Protocol


class RecordedToken(Protocol):
    """What is kept of a token, whether a model wrote it or read it."""

    @property
    def id(self) -> int:
        """Its number in the model's vocabulary."""

    @property
    def text(self) -> bytes:
        """UTF-8, perhaps only a part of a character; empty for a control token."""

    @property
    def sketch(self) -> bytes:
        """The distribution it comes from: a packed `studio.sampling.LogitSketch`."""

    @property
    def near_tie(self) -> bool:
        """Whether arithmetic alone may decide which token T 0 takes there."""


class TokenCharacters:
    """Tokens in order, each with the characters that begin in it, as soon as these are certain."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._waiting: list[RecordedToken] = []
        """The tokens of a character that has not ended: the first holds its first byte."""
        self._before = ""
        """What that first token holds before this character."""

    def feed(self, token: RecordedToken) -> list[tuple[RecordedToken, str]]:
        """Take the next token, and give those whose characters are certain by now."""
        text = self._decoder.decode(token.text)
        unfinished = bool(self._decoder.getstate()[0])
        if not self._waiting:
            if unfinished:
                self._waiting, self._before = [token], text
                return []
            return [(token, text)]
        if not text:
            self._waiting.append(token)
            return []
        # What was waited for is one character, also where it never became a right one: bytes are
        # only kept back as long as they may still become one.
        certain = self._ended(text[0])
        if unfinished:
            self._waiting, self._before = [token], text[1:]
            return certain
        return [*certain, (token, text[1:])]

    def end(self) -> list[tuple[RecordedToken, str]]:
        """No more tokens: give the rest. An unfinished character is a replacement character."""
        text = self._decoder.decode(b"", final=True)
        self._decoder.reset()
        return self._ended(text) if self._waiting else []

    def _ended(self, character: str) -> list[tuple[RecordedToken, str]]:
        first, *others = self._waiting
        certain = [(first, self._before + character), *((token, "") for token in others)]
        self._waiting, self._before = [], ""
        return certain


def characters_of(tokens: Iterable[RecordedToken]) -> list[tuple[RecordedToken, str]]:
    """All `tokens`, each with the characters that begin in it."""
    characters = TokenCharacters()
    certain = [pair for token in tokens for pair in characters.feed(token)]
    return certain + characters.end()

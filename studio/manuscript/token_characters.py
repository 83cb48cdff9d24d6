"""Which characters belong to which token, for tokens that are bytes and no characters.

A character may be made of several tokens, and a token may hold several characters: a character
belongs to the token that holds its first byte.
"""

from __future__ import annotations

from collections.abc import Iterable

from studio.token_record import TokenRecord
from studio.utf8 import CharacterDecoder


class TokenCharacters:
    """Tokens in order, each with the characters that begin in it, as soon as these are certain."""

    def __init__(self) -> None:
        self._decoder = CharacterDecoder()
        self._waiting: list[TokenRecord] = []
        """The tokens of a character that has not ended: the first holds its first byte."""
        self._before = ""
        """What that first token holds before this character."""

    def feed(self, token: TokenRecord) -> list[tuple[TokenRecord, str]]:
        """Take the next token, and give those whose characters are certain by now."""
        begun = self._decoder.unfinished
        text = self._decoder.decode(token.text)
        unfinished = self._decoder.unfinished
        if not (begun or unfinished):
            return [(token, text)]
        if begun and unfinished == begun + token.text:
            self._waiting.append(token)
            return []
        certain: list[tuple[TokenRecord, str]] = []
        if self._waiting:
            character = text[:1] if _completes(begun, token.text) else ""
            certain, text = self._ended(character), text[len(character) :]
        if unfinished:
            self._waiting, self._before = [token], text
            return certain
        return [*certain, (token, text)]

    def end(self) -> list[tuple[TokenRecord, str]]:
        """No more tokens: give the rest, without the character that has not ended."""
        self._decoder = CharacterDecoder()
        return self._ended("") if self._waiting else []

    def _ended(self, character: str) -> list[tuple[TokenRecord, str]]:
        first, *others = self._waiting
        certain = [(first, self._before + character), *((token, "") for token in others)]
        self._waiting, self._before = [], ""
        return certain


def _completes(begun: bytes, piece: bytes) -> bool:
    """Whether the first bytes of a piece make a character of those before."""
    for length in range(1, 4):
        try:
            (begun + piece[:length]).decode()
        except UnicodeDecodeError:
            continue
        return True
    return False


def characters_of(tokens: Iterable[TokenRecord]) -> list[tuple[TokenRecord, str]]:
    """All `tokens`, each with the characters that begin in it."""
    characters = TokenCharacters()
    certain = [pair for token in tokens for pair in characters.feed(token)]
    return certain + characters.end()

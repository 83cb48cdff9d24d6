"""Words as tokens of one vocabulary: which token completes a word, and after which text.

A word is written by one token or by several, with a space in the first of them or without. So what
is biased is the token that completes it where it stands: always, where the token holds the whole
word and shows that it begins there ("␣the"); at the beginning of a word ("the"), or after the rest
of it ("man" after "fisher") otherwise. A longer word is left alone ("there", "other"), but for one
that this model begins with the very token that is a word by itself: what follows is not known when
it is drawn. `engine.writing.word_search` finds `WordTokens`.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from types import MappingProxyType

import msgspec

_LONGEST_CHARACTER = 4  # bytes in UTF-8

_UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x2E80, 0x2FDF),  # radicals
    (0x3040, 0x30FF),  # kana
    (0x3400, 0x9FFF),  # ideographs
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)
"""Scripts that put no space between words: there one may begin after any character."""

NO_BIASES: Mapping[int, float] = MappingProxyType({})


class WordTokens(msgspec.Struct, frozen=True):
    """The tokens of a vocabulary that complete one text.

    Attributes:
        anywhere: Those that do whatever stands before them.
        after: Those that do after a beginning of the text, by that beginning. Under the empty one,
            where `is_bounded`, those that hold the whole text from their first byte on.
        is_bounded: Whether the text, and so a beginning of it, has to stand where a word begins.
        usual: The tokens that write the text where a space stands before it.
    """

    anywhere: tuple[int, ...]
    after: dict[bytes, tuple[int, ...]]
    is_bounded: bool
    usual: tuple[int, ...]


class WordTable:
    """What words do to the logits of the next token, by the text before it.

    Args:
        words: The tokens of each text, and its bias.
    """

    def __init__(self, words: Iterable[tuple[WordTokens, float]]) -> None:
        self._anywhere: dict[int, float] = {}
        self._free: dict[bytes, dict[int, float]] = {}
        self._bounded: dict[bytes, dict[int, float]] = {}
        for tokens, bias in words:
            _add(self._anywhere, tokens.anywhere, bias)
            by_text = self._bounded if tokens.is_bounded else self._free
            for before, completing in tokens.after.items():
                _add(by_text.setdefault(before, {}), completing, bias)
        lengths = [len(before) for before in chain(self._free, self._bounded)]
        self._longest = max(lengths, default=0)
        self.reach = self._longest + _LONGEST_CHARACTER if lengths else 0
        """How many bytes of the text before a token are looked at."""

    def at(self, before: bytes) -> Mapping[int, float]:
        """Return what is added to tokens' logits after the text `before`, or its last bytes."""
        found = self._anywhere
        for length in range(min(self._longest, len(before)) + 1):
            start = len(before) - length
            part = before[start:]
            for by_text, is_bounded in ((self._free, False), (self._bounded, True)):
                biases = by_text.get(part)
                if biases is None or (is_bounded and ends_in_word(before[:start])):
                    continue
                if found is self._anywhere:
                    found = dict(found)
                for token, bias in biases.items():
                    found[token] = found.get(token, 0.0) + bias
        return found


NO_WORDS = WordTable(())


def text_before(
    history: Sequence[int], spell: Callable[[int], bytes | None], length: int
) -> bytes | None:
    """Return the last bytes that tokens spell, `length` of them or more if there are so many.

    Args:
        history: The tokens, oldest first.
        spell: Their bytes; None for one that is not known.
        length: How many are wanted.

    Returns:
        None where one of the tokens that it takes is not known.
    """
    found: list[bytes] = []
    for token in reversed(history) if length else ():
        piece = spell(token)
        if piece is None:
            return None
        found.append(piece)
        length -= len(piece)
        if length <= 0:
            break
    return b"".join(reversed(found))


def ends_in_word(text: bytes) -> bool:
    """Whether a letter after `text`, or its last bytes, would go on with a word."""
    characters = text[-_LONGEST_CHARACTER:].decode("utf-8", errors="replace")
    # Half a character is mostly half a letter: most signs that are none are single bytes.
    return characters[-1:] == "\ufffd" or joins(characters[-1:])


def begins_in_word(text: bytes) -> bool:
    """Whether `text`, or its first bytes, would go on with a word that ends in a letter."""
    characters = text[:_LONGEST_CHARACTER].decode("utf-8", errors="replace")
    return characters[:1] == "\ufffd" or joins(characters[:1])


def joins(character: str) -> bool:
    """Whether a character is part of a word: a letter, mark or digit of a script with spaces."""
    if character.isascii():
        return character.isalnum()
    place = ord(character)
    if any(first <= place <= last for first, last in _UNSPACED):
        return False
    return unicodedata.category(character)[0] in "LMN"


def merged(biases: Iterable[tuple[int, float]], words: Mapping[int, float]) -> dict[int, float]:
    """Return biases of tokens by id and by words in one: those of one token are added up.

    Args:
        biases: (token, bias) pairs.
        words: What words add, by token.
    """
    found = dict(words)
    for token, bias in biases:
        found[token] = found.get(token, 0.0) + bias
    return found


def _add(biases: dict[int, float], tokens: Iterable[int], bias: float) -> None:
    for token in tokens:
        biases[token] = biases.get(token, 0.0) + bias


def bans(biases: Mapping[int, float]) -> frozenset[int]:
    """Return the tokens that `biases` make impossible."""
    return frozenset([token for token, bias in biases.items() if bias == -math.inf])

"""The keys of notes, looked for in a text: as whole words, in whatever case."""

import re
from functools import lru_cache
from typing import NamedTuple

_WORD = re.compile(r"\w+")


class KeyedText:
    """A text in which keys are looked for; made once for all notes.

    Args:
        text: The text.
    """

    def __init__(self, text: str) -> None:
        self._text = text.casefold()
        self._words = frozenset(_WORD.findall(self._text))

    def has(self, keys: str) -> bool:
        """Whether it has one of some keys.

        Args:
            keys: Words or phrases with commas between them.
        """
        # Of a thousand notes nearly all are known not to be called by their words alone.
        return any(
            key.words <= self._words and key.pattern.search(self._text) for key in _read(keys)
        )


class _Key(NamedTuple):
    words: frozenset[str]
    pattern: re.Pattern[str]


@lru_cache(maxsize=2048)
def _read(keys: str) -> tuple[_Key, ...]:
    found = list[_Key]()
    for key in keys.casefold().split(","):
        parts = key.split()
        if parts:
            phrase = r"\s+".join(map(re.escape, parts))
            pattern = re.compile(rf"(?<!\w){phrase}(?!\w)")
            found.append(_Key(frozenset(_WORD.findall(key)), pattern))
    return tuple(found)

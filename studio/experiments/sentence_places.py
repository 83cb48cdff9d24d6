"""Where in a sentence the characters of a text stand: its first word, a name, or anything else.

Sentences are found by their signs, not by a grammar: it is for figures over many of them.
"""

from __future__ import annotations

import re
from enum import IntEnum


class SentencePlace(IntEnum):
    """Where a character stands, and a token that holds several: the largest of theirs."""

    INSIDE = 0
    """Anywhere else."""
    NAME = 1
    """In a word with a capital that no sentence begins with."""
    START = 2
    """The first letter of a sentence."""


_WORD = re.compile(r"[^\W\d_](?:\w|['’](?=\w))*")
_ENDED = re.compile(r"""[.!?…]["'”’»)\]*_]*\s""")
_OPENED = re.compile(r"""(?:^|[\s(—–-])["'“‘«„‚]$""")
"""A quotation that the next word opens."""
_SHORT = re.compile(r"(?:Mrs?|Ms|Dr|St|Prof|Sr|Jr|Mt|Capt|Col|Gen|Lt|Rev|[^\W\d_])")
"""What a full stop ends that is no sentence."""
_PRONOUN = re.compile(r"I(?:['’].*)?")


def sentence_places(text: str, *, is_wrapped: bool = False) -> bytearray:
    """The `SentencePlace` of each character of a text.

    Args:
        text: A text, or whole lines of it.
        is_wrapped: Whether a line may go on with the sentence of the one before it; a blank line
            ends a sentence in any case.
    """
    places = bytearray(len(text))
    line_end = "\n\n" if is_wrapped else "\n"
    before, end = "", 0
    for found in _WORD.finditer(text):
        word, start = found[0], found.start()
        between = text[end:start]
        is_capital = word[0].isupper()
        begins = not before or line_end in between or (is_capital and _begins(before, between))
        if begins:
            places[start] = SentencePlace.START
        elif is_capital and not _PRONOUN.fullmatch(word):
            places[start : found.end()] = bytes([SentencePlace.NAME]) * len(word)
        before, end = word, found.end()
    return places


def _begins(before: str, between: str) -> bool:
    """Whether a word with a capital begins a sentence.

    Args:
        before: The word before it.
        between: What stands between the two.
    """
    if _OPENED.search(between):
        return True
    is_short = between.startswith(". ") and _SHORT.fullmatch(before)
    return bool(_ENDED.search(between)) and not is_short

"""How a text that was written before another is joined to it: one space, or none."""

from __future__ import annotations

import unicodedata

_NO_SPACES = (
    # Thai to Myanmar, Khmer, and the ideographs and syllables of Chinese and Japanese.
    ("\u0e00", "\u109f"),
    ("\u1780", "\u17ff"),
    ("\u2e80", "\u312f"),
    ("\u3190", "\u4dbf"),
    ("\u4e00", "\u9fff"),
    ("\uf900", "\ufaff"),
    ("\uff00", "\uffef"),
    ("\U0001b000", "\U0001b16f"),
    ("\U00020000", "\U0003ffff"),
)
"""Letters and marks of scripts that put no space between words: the first and last of each."""

_CLOSING = frozenset(".,;:!?%…)]}’”»›")
_OPENING = frozenset("([{“‘„‚«‹¿¡#$€£@&")
_DASHES = frozenset("-–—/\\")
"""Behind these a word goes on, unless white space stands before them too."""
_EITHER = frozenset("\"'*_`")
"""Marks that open before a letter, and close behind one."""


def joined(text: str, after: str) -> str:
    """A text as it is to stand before another: other white space at its end, and nothing else.

    A space is neither doubled nor missing: before white space or a closing mark there is none, and
    between two words there is one, in scripts that have it. Line ends that the text ends in stay
    where no white space follows.

    Args:
        text: What was written.
        after: What follows it; of that the first two characters count. Before nothing, the text
            stays as it is.
    """
    bare = text.rstrip()
    if not after or not bare:
        return text if not after else ""
    if after[0].isspace() or _closes(after):
        return bare
    ending = text[len(bare) :]
    if ending:
        return text if ending.strip(" ") else f"{bare} "
    return f"{bare} " if _ends_word(bare) and _begins_word(after) else bare


def begun(text: str, before: str) -> str:
    """A text as it is to stand behind one that it was not written to continue.

    Args:
        text: What was written.
        before: What stands before it; of that the last two characters count.
    """
    bare = text.lstrip()
    if not before or before[-1].isspace() or not bare:
        return bare
    return f" {text}" if text == bare and _ends_word(before) and _begins_word(bare) else text


def word_end(text: str, start: int, end: int) -> int:
    """Where the word ends of which the last letters of a range are a part; else the range's end.

    Args:
        text: The text that the range is in.
        start: The range's first position.
        end: The position after its last.
    """

    def goes_on(place: int) -> bool:
        return unicodedata.category(text[place])[0] in "LM" and _has_spaces(text[place])

    if start >= end or not goes_on(end - 1):
        return end
    while end < len(text) and goes_on(end):
        end += 1
    return end


def _closes(after: str) -> bool:
    return after[0] in _CLOSING or (after[0] in _EITHER and not _letter(after[1:2]))


def _begins_word(after: str) -> bool:
    first = after[0]
    if not _has_spaces(first):
        return False
    return _letter(first) or first in _OPENING or first in _EITHER


def _ends_word(bare: str) -> bool:
    before, last = bare[-2:-1], bare[-1]
    if last in _EITHER:
        return _letter(before) or before in _CLOSING  # else it has opened
    if last in _DASHES:
        return before.isspace()
    return last not in _OPENING and _has_spaces(last)


def _letter(character: str) -> bool:
    """Whether it is a letter, a figure, or a mark upon one."""
    return bool(character) and unicodedata.category(character)[0] in "LNM"


def _has_spaces(letter: str) -> bool:
    """Whether the script of a letter puts spaces between words."""
    return not any(first <= letter <= last for first, last in _NO_SPACES)

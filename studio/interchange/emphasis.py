"""Which characters of a paragraph are emphasised, and which are Markdown's signs for it.

The rules are CommonMark's for ``*`` and ``_`` and for the backslash before a sign (CommonMark 0.31,
sections 2.4 and 6.2); nothing else of Markdown acts within a paragraph here.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

_SIGNS = re.compile(r"\\[!-/:-@\[-`{-~]|\*+|_+")
"""A backslash with what it takes the meaning from, or as many signs as stand together."""
_ACTS = re.compile(r"[*_\\]")


class Piece(NamedTuple):
    """A stretch that is shown, as a half-open range of the paragraph, and how it looks."""

    start: int
    end: int
    is_italic: bool = False
    is_bold: bool = False


class _Signs(msgspec.Struct):
    """Signs that stand together; what emphasis has taken of them is cut off.

    Attributes:
        sign: ``*`` or ``_``.
        start: The first that is left.
        end: One past the last that is left.
        length: How many there were.
        can_open: Whether emphasis may begin with them.
        can_close: Whether it may end with them.
    """

    sign: str
    start: int
    end: int
    length: int
    can_open: bool
    can_close: bool

    def suits(self, opener: _Signs) -> bool:
        """Whether these may end what the other ones begin."""
        if opener.sign != self.sign:
            return False
        is_double = self.can_open or opener.can_close
        is_third = (self.length + opener.length) % 3 == 0
        return not (is_double and is_third and (self.length % 3 or opener.length % 3))


def pieces_of(text: str) -> list[Piece]:
    """The stretches of a paragraph that are shown, in order; signs that act are left out.

    Args:
        text: The paragraph. It takes time in proportion to its length, whatever is in it.
    """
    if "*" not in text and "_" not in text and "\\" not in text:
        return [Piece(0, len(text))] if text else []
    hidden: list[tuple[int, int]] = []
    turns: list[tuple[int, int, int]] = []
    """Places where so many levels of italic and of bold begin; negative where they end."""
    _match(text, hidden, turns)
    return list(_cut(text, hidden, turns))


def _match(text: str, hidden: list[tuple[int, int]], turns: list[tuple[int, int, int]]) -> None:
    """Find which signs belong together, as CommonMark's “process emphasis” does."""
    openers: list[_Signs] = []
    # Below these places there is nothing that such a closer could close.
    bottoms: dict[tuple[str, bool, int], int] = {}
    for found in _SIGNS.finditer(text):
        if found[0][0] == "\\":
            hidden.append((found.start(), found.start() + 1))
            continue
        signs = _signs_at(text, found.start(), found.end())
        if signs.can_close:
            key = (signs.sign, signs.can_open, signs.length % 3)
            while signs.start < signs.end:
                place = _opener_for(signs, openers, bottoms.get(key, -1))
                if place < 0:
                    bottoms[key] = found.start()
                    break
                opener = openers[place]
                del openers[place + 1 :]
                count = min(2, opener.end - opener.start, signs.end - signs.start)
                hidden += [(opener.end - count, opener.end), (signs.start, signs.start + count)]
                italic, bold = int(count == 1), int(count == 2)
                turns += [(opener.end, italic, bold), (signs.start, -italic, -bold)]
                opener.end -= count
                signs.start += count
                if opener.start == opener.end:
                    openers.pop()
        if signs.can_open and signs.start < signs.end:
            openers.append(signs)


def _opener_for(closer: _Signs, openers: list[_Signs], bottom: int) -> int:
    """The place among the openers of the nearest that suits; -1 where none does."""
    for place in range(len(openers) - 1, -1, -1):
        if openers[place].start < bottom:
            break
        if closer.suits(openers[place]):
            return place
    return -1


def _signs_at(text: str, start: int, end: int) -> _Signs:
    before = text[start - 1] if start else " "
    behind = text[end] if end < len(text) else " "
    is_left = not behind.isspace() and (
        not _is_punctuation(behind) or before.isspace() or _is_punctuation(before)
    )
    is_right = not before.isspace() and (
        not _is_punctuation(before) or behind.isspace() or _is_punctuation(behind)
    )
    sign = text[start]
    can_open, can_close = is_left, is_right
    if sign == "_":  # not within a word, as in snake_case
        can_open = is_left and (not is_right or _is_punctuation(before))
        can_close = is_right and (not is_left or _is_punctuation(behind))
    return _Signs(sign, start, end, end - start, can_open, can_close)


def _is_punctuation(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"


def _cut(
    text: str, hidden: list[tuple[int, int]], turns: list[tuple[int, int, int]]
) -> Iterator[Piece]:
    """What is left of the text without what is hidden, cut where the look turns."""
    hidden.sort()
    turns.sort()
    places = [place for place, *_ in turns]
    start, italic, bold, turn = 0, 0, 0, 0
    for begin, end in [*hidden, (len(text), len(text))]:
        # Turns stand at the edges of what is hidden, never within a stretch that is shown.
        if start < begin:
            last = bisect_left(places, start + 1, turn)
            for _, italics, bolds in turns[turn:last]:
                italic += italics
                bold += bolds
            turn = last
            yield Piece(start, begin, italic > 0, bold > 0)
        start = end


Styled = tuple[str, bool, bool]
"""Some characters, whether they are italic, whether they are bold."""


def marked_up(runs: Sequence[Styled]) -> str:
    """The Markdown of a paragraph from elsewhere: what is read of it here has the same letters.

    They look the same too, unless no signs can say so, as in the middle of some words.

    Args:
        runs: Its words, in order; emphasis ends with a line and begins again on the next.
    """
    merged = _merged(runs)
    plain = "".join(text for text, *_ in merged)
    is_plain = not any(italic or bold for _, italic, bold in merged)
    if is_plain and not _ACTS.search(plain):
        return plain
    wanted = list(_letters(merged))
    unsigned = [(plain, False, False)]
    for runs, looks in ((merged, wanted), (unsigned, list(_letters(unsigned)))):
        for acting in ("", "*", "*_\\"):
            signed = "".join(_marked(*run, acting) for run in runs)
            if list(_seen(signed)) == looks:
                return signed
    raise AssertionError("what is all escaped acts no more")


def _letters(runs: Iterable[Styled]) -> Iterator[Styled]:
    """Each letter and how it looks; spaces look like nothing."""
    for text, italic, bold in runs:
        for letter in text:
            if not letter.isspace():
                yield letter, italic, bold


def _seen(text: str) -> Iterator[Styled]:
    """The same of a text in Markdown."""
    for line in text.split("\n"):
        pieces = pieces_of(line)
        yield from _letters((line[a:b], italic, bold) for a, b, italic, bold in pieces)


def _merged(runs: Sequence[Styled]) -> list[Styled]:
    """The same, as few as can be; spaces look as what is before them."""
    merged: list[tuple[list[str], bool, bool]] = []
    for text, italic, bold in runs:
        if merged and (merged[-1][1:] == (italic, bold) or not text.strip()):
            merged[-1][0].append(text)
        elif text:
            merged.append(([text], italic, bold))
    return [("".join(parts), italic, bold) for parts, italic, bold in merged]


def _marked(text: str, is_italic: bool, is_bold: bool, acting: str) -> str:
    """A run between its signs, which stand at letters and not at spaces.

    Args:
        text: The run.
        is_italic: Whether it is.
        is_bold: Whether it is.
        acting: Signs in it that get a backslash, so that they do not act.
    """
    sign = "*" * (is_italic + 2 * is_bold)
    if acting:
        text = "".join(f"\\{letter}" if letter in acting else letter for letter in text)
    if not sign:
        return text
    lines = []
    for line in text.split("\n"):
        words = line.strip()
        begin = len(line) - len(line.lstrip())
        around = line[:begin], line[begin + len(words) :]
        lines.append(f"{around[0]}{sign}{words}{sign}{around[1]}" if words else line)
    return "\n".join(lines)

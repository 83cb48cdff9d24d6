"""How a line of Markdown looks: what is emphasised, what is a sign, what is code.

Headings, scene breaks and emphasis are those that an export makes of it; positions are code points.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from enum import IntFlag
from typing import NamedTuple

from studio.interchange.blocks import heading_of, is_break
from studio.interchange.emphasis import pieces_of

LONGEST_CODE = 60
"""Lines that a block of code has at most: what is typed at its first one changes all of them."""

_MAY_ACT = re.compile(r"[*_`#>\\]|^[ \t]*(?:[-+~⁂•]|[0-9]{1,9}[.)])")
_FENCE = re.compile(r" {0,3}(?:`{3,}[^`]*|~{3,}.*)$")
_FENCE_END = re.compile(r" {0,3}(?:`{3,}|~{3,})[ \t]*$")
_QUOTE = re.compile(r" {0,3}(?:> ?)+")
_ITEM = re.compile(r"[ \t]*(?:[-+*]|[0-9]{1,9}[.)])(?=[ \t])")
_TICKS = re.compile("`+")


class Look(IntFlag):
    """How letters look."""

    PLAIN = 0
    SIGN = 1
    """Markdown's own, and not of the text."""
    ITALIC = 2
    BOLD = 4
    CODE = 8
    QUOTE = 16
    CHAPTER = 32
    """The words of a heading of the first level."""
    SECTION = 64
    """Those of one of the second."""


class Stretch(NamedTuple):
    """A half-open range of a line, and how it looks."""

    start: int
    end: int
    look: Look


def looks_of(line: str) -> list[Stretch]:
    """What of a line outside of code looks otherwise than plain; of two that overlap the later one.

    Args:
        line: Without its end. It takes time in proportion to its length, whatever is in it.
    """
    if not _MAY_ACT.search(line):
        return []
    words = line.strip()
    if is_break(words):
        return [Stretch(0, len(line), Look.SIGN)]
    if heading := heading_of(line):
        look = Look.BOLD
        look |= {1: Look.CHAPTER, 2: Look.SECTION}.get(heading.level, Look.PLAIN)
        return [
            Stretch(0, heading.start, Look.SIGN | look),
            *_inner(line, heading.start, heading.end, look),
            *([Stretch(heading.end, len(line), Look.SIGN)] if heading.end < len(line) else []),
        ]
    begin, look = 0, Look.PLAIN
    stretches = []
    if quote := _QUOTE.match(line):
        begin, look = quote.end(), Look.QUOTE
        stretches.append(Stretch(0, begin, Look.SIGN))
    if item := _ITEM.match(line, begin):
        stretches.append(Stretch(begin, item.end(), Look.SIGN | Look.BOLD))
        begin = item.end()
    return [*stretches, *_inner(line, begin, len(line), look)]


def code_after(line: str, before: int) -> int:
    """The number of the lines of code that end with a line, its first mark among them; 0 for none.

    Args:
        line: The line.
        before: That number for the line before; negative where the line before ended the code.
    """
    if before > 0:
        ends = _FENCE_END.match(line) is not None or before >= LONGEST_CODE
        return -1 if ends else before + 1
    return 1 if _FENCE.match(line) else 0


def _inner(line: str, start: int, end: int, look: Look) -> Iterator[Stretch]:
    """The stretches of some words that are not plain, or all of them where `look` is not.

    Code comes last, upon what it is in.
    """
    words = line[start:end]
    codes = list(_codes(words))
    parts, reached = [], 0
    for low, high, _ in codes:
        # Nothing acts within code.
        parts += [words[reached:low], "x" * (high - low)]
        reached = high
    parts.append(words[reached:])
    reached = 0
    for piece in pieces_of("".join(parts)):
        if reached < piece.start:
            yield Stretch(start + reached, start + piece.start, Look.SIGN | look)
        reached = piece.end
        if own := look | Look.ITALIC * piece.is_italic | Look.BOLD * piece.is_bold:
            yield Stretch(start + piece.start, start + piece.end, own)
    if reached < len(words):
        yield Stretch(start + reached, end, Look.SIGN | look)
    for low, high, ticks in codes:
        yield Stretch(start + low, start + high, Look.CODE | Look.SIGN)
        yield Stretch(start + low + ticks, start + high - ticks, Look.CODE | look)


def _codes(words: str) -> Iterator[tuple[int, int, int]]:
    """The pieces of code, each with its ticks and how many these are on either side."""
    if "`" not in words:
        return
    runs = [(found.start(), found.end()) for found in _TICKS.finditer(words)]
    places: dict[int, list[int]] = {}
    for number, (start, end) in enumerate(runs):
        places.setdefault(end - start, []).append(number)
    number = 0
    while number < len(runs):
        ticks = runs[number][1] - runs[number][0]
        same = places[ticks]
        at = bisect_right(same, number)
        if at < len(same):
            yield runs[number][0], runs[same[at]][1], ticks
            number = same[at]
        number += 1

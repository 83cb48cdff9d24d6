"""Finds a piece of text in a text.

Positions are code points.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator


def matches(text: str, query: str, match_case: bool) -> Iterator[tuple[int, int]]:
    """The places of a query, in order, none overlapping another: `(start, end)`, half open.

    They are looked for as they are taken. An ordinary space in the query stands for a no-break
    space too, which looks no different.

    Args:
        text: The text.
        query: What is looked for.
        match_case: Whether capital letters count.
    """
    if not query:
        return iter(())
    pattern = re.escape(query).replace("\\ ", "[ \u00a0\u202f]")
    flags = re.NOFLAG if match_case else re.IGNORECASE
    return (found.span() for found in re.finditer(pattern, text, flags))


def next_match(found: list[tuple[int, int]], position: int) -> int | None:
    """Index of the first match at or behind a position, past the end from the beginning again.

    Args:
        found: The matches, in order.
        position: In code points.
    """
    return bisect_left(found, (position, -1)) % len(found) if found else None


def previous_match(found: list[tuple[int, int]], position: int) -> int | None:
    """Index of the last match that begins before a position, past the beginning from the end.

    Args:
        found: The matches, in order.
        position: In code points.
    """
    return (bisect_left(found, (position, -1)) - 1) % len(found) if found else None


def matches_between(found: list[tuple[int, int]], start: int, end: int) -> list[tuple[int, int]]:
    """The matches that have a character of a range; the others, which may be many, are not seen.

    Args:
        found: The matches, in order.
        start: The first code point.
        end: The one behind the last.
    """
    low = bisect_left(found, (start, -1))
    if low and found[low - 1][1] > start:
        low -= 1
    return found[low : bisect_left(found, (end, -1))]

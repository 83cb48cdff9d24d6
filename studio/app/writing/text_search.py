"""Finds a piece of text in a text, or what fits a pattern, and says what is to stand there instead.

Positions are code points.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator

import msgspec
from PySide6.QtCore import QRegularExpression, QRegularExpressionMatch

from studio.translation import tr

_OPTION = QRegularExpression.PatternOption
_REFERENCE = re.compile(r"\\(.?)", re.DOTALL)
"""In what is to stand instead of a pattern's matches."""
_SIGNS = {"n": "\n", "t": "\t", "\\": "\\"}
_WIDE = re.compile("[\U00010000-\U0010ffff]")
"""Characters that Qt counts as two."""


class PatternError(ValueError):
    """A pattern, or what is to stand instead, cannot be used; says why in words for the writer."""


class Query(msgspec.Struct, frozen=True):
    """What is looked for.

    Attributes:
        text: The text, or the pattern.
        match_case: Whether capital letters count.
        whole_words: Whether no letter or digit may stand right before or behind it.
        is_pattern: Whether it is a regular expression, as PCRE2 and Qt have them; `^` and `$` are a
            paragraph's ends.
    """

    text: str
    match_case: bool = False
    whole_words: bool = False
    is_pattern: bool = False


def matches(text: str, query: Query) -> Iterator[tuple[int, int]]:
    """The places of a query, in order, none overlapping another: `(start, end)`, half open.

    They are looked for as they are taken. An ordinary space in the query stands for a no-break
    space too, which looks no different; one in a pattern does not. Places without a character are
    left out.

    Args:
        text: The text.
        query: What is looked for.

    Raises:
        PatternError: The pattern is none, or takes too long; the latter while they are taken.
    """
    if not query.text:
        return iter(())
    if query.is_pattern:
        return ((start, end) for start, end, _ in _pattern_matches(text, query))
    return (found.span() for found in _plain(query).finditer(text))


def replacements(text: str, query: Query, instead: str) -> Iterator[tuple[int, int, str]]:
    r"""The places of a query as `matches` has them, each with what is to stand there.

    Args:
        text: The text.
        query: What is looked for.
        instead: What is to stand there. For a pattern's match `\0` is the match, `\1` to `\9` its
            groups, `\n` a line end, `\t` a tab and `\\` a backslash.

    Raises:
        PatternError: As `matches`, or `instead` names a group that the pattern does not have.
    """
    if not query.is_pattern:
        return ((start, end, instead) for start, end in matches(text, query))
    made = _instead(instead, _expression(query).captureCount())
    return ((start, end, made(match)) for start, end, match in _pattern_matches(text, query))


def _plain(query: Query) -> re.Pattern[str]:
    pattern = re.escape(query.text).replace("\\ ", "[ \u00a0\u202f]")
    if query.whole_words:
        pattern = rf"(?<!\w){pattern}(?!\w)"
    return re.compile(pattern, re.NOFLAG if query.match_case else re.IGNORECASE)


def _expression(query: Query) -> QRegularExpression:
    """Qt's and not Python's: it gives up on a pattern that would search for hours."""
    pattern = rf"(?<!\w)(?:{query.text})(?!\w)" if query.whole_words else query.text
    options = _OPTION.MultilineOption | _OPTION.UseUnicodePropertiesOption
    if not query.match_case:
        options |= _OPTION.CaseInsensitiveOption
    expression = QRegularExpression(query.text, options)
    if expression.isValid() and pattern != query.text:
        expression = QRegularExpression(pattern, options)
    if not expression.isValid():
        raise PatternError(
            tr(
                "This is no regular expression: {why}, at character {place}.",
                why=expression.errorString(),
                place=expression.patternErrorOffset() + 1,
            )
        )
    return expression


def _pattern_matches(text: str, query: Query) -> Iterator[tuple[int, int, QRegularExpressionMatch]]:
    expression = _expression(query)
    found, code_points = expression.globalMatch(text), _code_points(text)
    end = 0
    while found.hasNext():
        match = found.next()
        start, end = match.capturedStart(), match.capturedEnd()
        if start < end:
            yield code_points(start), code_points(end), match
    # That there is no more, and that it was given up, are the same to those who go from one to
    # the next.
    if not expression.match(text, end).isValid():
        raise PatternError(
            tr("This regular expression takes too long on this text. Make it simpler.")
        )


def _code_points(text: str) -> Callable[[int], int]:
    """What makes a position in code points of one in UTF-16 units."""
    # Where each character of two units ends, in units: from there on it counts once too often.
    ends = [found.end() + number for number, found in enumerate(_WIDE.finditer(text), 1)]
    return lambda unit: unit - bisect_right(ends, unit)


def _instead(instead: str, groups: int) -> Callable[[QRegularExpressionMatch], str]:
    """What makes the text that is to stand for a match."""
    parts: list[str | int] = []
    reached = 0
    for found in _REFERENCE.finditer(instead):
        sign = found[1]
        parts.append(instead[reached : found.start()])
        if sign in _SIGNS:
            parts.append(_SIGNS[sign])
        elif sign.isascii() and sign.isdigit() and int(sign) <= groups:
            parts.append(int(sign))
        else:
            raise PatternError(
                tr(
                    "“\\{sign}” stands for nothing here: \\0 is the match, \\1 to \\{groups} are "
                    "its groups, \\n a line end, \\t a tab, \\\\ a backslash.",
                    sign=sign,
                    groups=groups,
                )
                if groups
                else tr(
                    "“\\{sign}” stands for nothing here: \\0 is the match, \\n a line end, \\t a "
                    "tab, \\\\ a backslash.",
                    sign=sign,
                )
            )
        reached = found.end()
    parts.append(instead[reached:])
    return lambda match: "".join(
        part if isinstance(part, str) else match.captured(part) for part in parts
    )


def next_match(found: list[tuple[int, int]], position: int) -> int | None:
    """Index of the first match at or after a position; after the last one, the first again.

    Args:
        found: The matches, in order.
        position: In code points.
    """
    return bisect_left(found, (position, -1)) % len(found) if found else None


def previous_match(found: list[tuple[int, int]], position: int) -> int | None:
    """Index of the last match that begins before a position; before the first one, the last.

    Args:
        found: The matches, in order.
        position: In code points.
    """
    return (bisect_left(found, (position, -1)) - 1) % len(found) if found else None


def matches_between(found: list[tuple[int, int]], start: int, end: int) -> list[tuple[int, int]]:
    """The matches that overlap a range; the others, which may be many, are not looked at.

    Args:
        found: The matches, in order.
        start: The first code point.
        end: The code point after the last.
    """
    low = bisect_left(found, (start, -1))
    if low and found[low - 1][1] > start:
        low -= 1
    return found[low : bisect_left(found, (end, -1))]

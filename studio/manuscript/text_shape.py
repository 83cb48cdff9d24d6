"""How large a text is in each direction, what a page can hold of that, and how to make it fit.

A page lays out a paragraph as a whole, and looks through all paragraphs behind the one that is
written in: so the characters, the paragraphs and the longest of these are what counts. All that is
here takes a text in small bites, so that it can be done in a thread of its own without holding up
another.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from typing import NamedTuple

from studio.translation import tr

BITE = 2**18
"""Code points that are looked at at a time."""

Report = Callable[[int], object]
"""Is given how many code points have been looked at so far; may raise to give up."""


class TextShape(NamedTuple):
    """How large a text is.

    Attributes:
        characters: Code points.
        paragraphs: Lines of the file; an empty text has one.
        longest: Code points of the longest paragraph.
    """

    characters: int
    paragraphs: int
    longest: int


LIMITS = TextShape(characters=4_000_000, paragraphs=50_000, longest=20_000)
"""What a page holds of a text. Within these a key is painted within 100 ms on the slowest machine
that was measured, and a page opens in pieces that take less; beyond any of them it would not."""

BRIEF_LIMITS = TextShape(characters=100_000, paragraphs=2_000, longest=LIMITS.longest)
"""What a brief may have, which the model is always given whole."""


def shape_of(text: str, report: Report = lambda _done: None) -> TextShape:
    """The shape of a text.

    Args:
        text: It, with U+000A between its paragraphs.
        report: See `Report`.
    """
    paragraphs, longest, open_length = 1, 0, 0
    for start in range(0, len(text), BITE):
        first, *others = text[start : start + BITE].split("\n")
        open_length += len(first)
        if others:
            longest = max(longest, open_length, max(map(len, others[:-1]), default=0))
            open_length = len(others[-1])
            paragraphs += len(others)
        report(start)
    return TextShape(len(text), paragraphs, max(longest, open_length))


def fits(shape: TextShape, limits: TextShape | None = None) -> bool:
    """Whether a page, or what has these limits, holds a text of this shape.

    Args:
        shape: The text's.
        limits: What holds it; None for a page.
    """
    return all(size <= most for size, most in zip(shape, limits or LIMITS, strict=True))


def too_large(what: str, shape: TextShape, limits: TextShape | None = None) -> str:
    """What was found that no page holds: a sentence.

    Args:
        what: How the text is called, quotation marks included.
        shape: Of it.
        limits: Those of a page by default.
    """
    most = limits or LIMITS
    found = []
    if shape.characters > most.characters:
        found.append(
            tr("%n characters (at most {most:,})", "", shape.characters, most=most.characters)
        )
    if shape.paragraphs > most.paragraphs:
        found.append(
            tr("%n paragraphs (at most {most:,})", "", shape.paragraphs, most=most.paragraphs)
        )
    if shape.longest > most.longest:
        found.append(
            tr(
                "a paragraph of %n characters (at most {most:,})",
                "",
                shape.longest,
                most=most.longest,
            )
        )
    *others, last = found
    what = what[:1].upper() + what[1:]
    if not others:
        return tr("{what} has {found}.", what=what, found=last)
    return tr("{what} has {others} and {last}.", what=what, others=", ".join(others), last=last)


def wrapped(text: str, longest: int = LIMITS.longest, report: Report = lambda _done: None) -> str:
    """The text with its longest paragraphs cut: at spaces, or where there are none, anywhere.

    A space at which a paragraph is cut gives way to the line end; nothing else is lost, and no
    surrogate pair or letter with its marks is cut where it has less than a hundred of these.

    Args:
        text: The text.
        longest: Code points that a paragraph may have.
        report: See `Report`.
    """
    pieces: list[str] = []
    start = 0
    while start < len(text):
        end = text.rfind("\n", start, start + BITE) + 1
        if end <= 0:
            end = text.find("\n", start + BITE) + 1 or len(text)
        stretch = text[start:end]
        lines = stretch.split("\n")
        if max(map(len, lines)) <= longest:
            pieces.append(stretch)
        else:
            pieces.append("\n".join([cut for line in lines for cut in _cut(line, longest)]))
        start = end
        report(start)
    return "".join(pieces)


def _cut(line: str, longest: int) -> Iterator[str]:
    """A paragraph in pieces of at most `longest` code points."""
    start = 0
    while len(line) - start > longest:
        end = _place_to_cut(line, start, start + longest)
        yield line[start:end]
        start = end + (line[end] == " ")
    yield line[start:]


def _place_to_cut(text: str, start: int, end: int) -> int:
    """Where to cut a paragraph that begins at `start`, at `end` or before it."""
    space = text.rfind(" ", start + (end - start) // 2, end + 1)
    if space >= 0:
        return space
    for place in range(end, max(start, end - 100), -1):
        if not _goes_with_what_is_before(text, place):
            return place
    return end


def _goes_with_what_is_before(text: str, place: int) -> bool:
    after, before = text[place], text[place - 1]
    joins = "\u200d\ufe0f"
    return after in joins or before in joins or unicodedata.category(after)[0] == "M"


def fitting_parts(
    text: str, shape: TextShape, report: Report = lambda _done: None
) -> Iterator[str]:
    """The text in parts that a page holds, each of whole paragraphs, long ones cut.

    Args:
        text: The text.
        shape: Its own.
        report: See `Report`.
    """
    if shape.longest > LIMITS.longest:
        text = wrapped(text, LIMITS.longest, report)
    start = 0
    while start < len(text):
        end = _end_of_part(text, start)
        yield text[start:end]
        start = end
        report(start)


def _end_of_part(text: str, start: int) -> int:
    most = min(start + LIMITS.characters, len(text))
    left, at = LIMITS.paragraphs - 1, start
    while at < most:
        bite = text[at : min(at + BITE, most)]
        count = bite.count("\n")
        if count > left:
            for _ in range(left):
                at = text.index("\n", at) + 1
            break
        left -= count
        at += len(bite)
    # A whole paragraph, however the bites fall.
    return at if at == len(text) else text.rfind("\n", start, at) + 1 or at

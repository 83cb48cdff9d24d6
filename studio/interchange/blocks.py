"""A manuscript's text taken apart: which lines are headings, paragraphs, breaks between scenes.

A line that begins with ``#`` is a heading, one of stars (``* * *``), strokes or a single ``#`` a
break, as writers type it. What stands between is paragraphs; what a line end within them means
differs from text to text, see `Lines`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from studio.interchange.emphasis import pieces_of
from studio.interchange.publication import Block, Kind, Paper, Publication, Run
from studio.progress import At

Lines = Literal["paragraphs", "breaks", "joined"]
"""What a line of text that follows another one is: a paragraph of its own; a new line of the same
paragraph, as in verse, where blank lines part paragraphs; or its continuation, in a text that was
wrapped by hand or by a program."""

_DEEPEST = 6
"""Level of a heading."""
_NO_LINE = " \t\r\x0b\x0c"
"""What does not count at a line's ends."""
_RULES = tuple(map(set, "*-_•⁂"))

_LOOKED_AT = 200_000
"""Characters by which a text's line ends are judged."""
_WIDEST_WRAP = 100
_LONGEST_VERSE = 70
_NEARLY_ALL = 0.8


def publish(
    text: str,
    *,
    title: str,
    author: str,
    lines: Lines,
    made: datetime,
    generated: Sequence[tuple[int, int]] = (),
    statement: str = "",
    paper: Paper = "A4",
    at: At = lambda _share: None,
) -> Publication:
    """A manuscript as it is to be exported. A heading that only repeats its title is left out.

    Args:
        text: Its text, with U+000A between its lines.
        title: Empty for none.
        author: Empty for nobody.
        lines: What its line ends mean.
        made: When, in UTC.
        generated: Where the model wrote, as half-open ranges in order, if that is to be seen.
        statement: On who wrote what; empty for none.
        paper: What pages are laid out for.
        at: Is given the share done; may raise to give up.
    """
    blocks: list[Block] = []
    for end, block in _blocks(text, lines, _Authorship(generated)):
        if len(blocks) % 256 == 0:
            at(end / (len(text) + 1))
        blocks.append(block)
    if blocks and blocks[0].level == 1 and blocks[0].text.casefold() == title.casefold():
        del blocks[0]
    return Publication(title, author, tuple(blocks), made, statement, paper)


def leading_title(text: str) -> str:
    """What a text calls itself: its first line where that is a heading of the first level."""
    first = text[:_LOOKED_AT].lstrip().partition("\n")[0]
    heading = heading_of(first)
    if heading is None or heading.level != 1:
        return ""
    return "".join(first[a:b] for a, b, *_ in _moved(first, heading.start, heading.end))


def chapters(text: str) -> list[tuple[str, int, int]]:
    """The parts of a text that have a heading of their own, and what stands before the first.

    A single heading above all others is the text's title, and parts nothing.

    Args:
        text: Its text, with U+000A between its lines.

    Returns:
        Each heading's words, and the range from its line to the next one; in order.
    """
    found: list[tuple[int, int, str]] = []
    start = 0
    for line in text.split("\n"):
        if (heading := heading_of(line)) is not None:
            found.append((start, heading.level, line[heading.start : heading.end]))
        start += len(line) + 1
    levels = [level for _, level, _ in found]
    parting = next((level for level in sorted(set(levels)) if levels.count(level) > 1), 0)
    begins = [(0, ""), *((at, words) for at, level, words in found if level <= parting)]
    ends = [*(at for at, _ in begins[1:]), len(text)]
    return [(words, at, end) for (at, words), end in zip(begins, ends, strict=True) if at < end]


def guessed_lines(text: str) -> Lines:
    """What the line ends of a text most likely mean."""
    followed, words_behind, gaps = _line_facts(text[:_LOOKED_AT])
    if not followed:
        return "paragraphs"
    nearly_all = _NEARLY_ALL * len(followed)
    width = max(followed)
    if width <= _WIDEST_WRAP and len(followed) > 3:
        # In a text that was wrapped the next line's first word would not have had room.
        full = sum(
            length + 1 + word > width for length, word in zip(followed, words_behind, strict=True)
        )
        if full >= nearly_all:
            return "joined"
    short = sum(length <= _LONGEST_VERSE for length in followed)
    if short >= nearly_all and 10 * gaps >= len(followed):
        return "breaks"
    return "paragraphs"


def has_line_ends(text: str) -> bool:
    """Whether lines follow one another without a blank one, so that `Lines` makes a difference."""
    return bool(_line_facts(text)[0])


def _line_facts(text: str) -> tuple[list[int], list[int], int]:
    """How a text's lines follow one another.

    Returns:
        Of each line that another one follows at once, its length; of each of those that follow, the
        length of the first word; and how many times blank lines part others.
    """
    lengths: list[int] = []
    words: list[int] = []
    gaps, former, is_begun = 0, 0, False
    for line in text.split("\n"):
        line = line.strip()
        if not line or is_break(line) or heading_of(line):
            former = 0
            continue
        if former:
            lengths.append(former)
            words.append(len(line.split(maxsplit=1)[0]))
        elif is_begun:
            gaps += 1
        former, is_begun = len(line), True
    return lengths, words, gaps


class Heading(NamedTuple):
    """Its level, and where its words are in its line."""

    level: int
    start: int
    end: int


def heading_of(line: str) -> Heading | None:
    """What a line is, if it is a heading with words."""
    if "#" not in line[:4]:
        return None
    begins = line.lstrip(" ")
    indent = len(line) - len(begins)
    words = begins.lstrip("#")
    level = len(begins) - len(words)
    if indent > 3 or not 1 <= level <= _DEEPEST or words[:1] not in (" ", "\t"):
        return None
    words = words.rstrip(_NO_LINE)
    # Signs at its end close it.
    open_end = words.rstrip("#")
    if open_end[-1:] in (" ", "\t"):
        words = open_end.rstrip(_NO_LINE)
    inner = words.lstrip(_NO_LINE)
    start = indent + level + len(words) - len(inner)
    return Heading(level, start, start + len(inner)) if inner else None


def is_break(line: str) -> bool:
    """Whether a line stands between two scenes."""
    if line[:1] not in "*-_•⁂#":
        return False
    if line in ("#", "⁂"):
        return True
    signs = line.replace(" ", "").replace("\t", "")
    return len(signs) > 2 and set(signs) in _RULES


class _Authorship:
    """Who wrote which character.

    Args:
        generated: Half-open ranges of what the model wrote, in order.
    """

    def __init__(self, generated: Sequence[tuple[int, int]]) -> None:
        self._edges = [edge for pair in generated for edge in pair]

    def cut(self, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
        """A range in stretches that one wrote, and whether that is the model."""
        place = bisect_right(self._edges, start)
        while place < len(self._edges) and self._edges[place] < end:
            yield start, self._edges[place], place % 2 == 1
            start = self._edges[place]
            place += 1
        if start < end:
            yield start, end, place % 2 == 1


def _blocks(text: str, lines: Lines, authorship: _Authorship) -> Iterator[tuple[int, Block]]:
    """Each block, and where in the text it ends."""
    usual = _usual_gap(text, lines)
    blank, is_first, was_verse = 0, True, False
    for start, end in _stretches(text, lines):
        line = text[start:end]
        stripped = line.strip()
        if not stripped:
            blank += 1
            continue
        if is_break(stripped):
            yield end, Block(Kind.BREAK)
            blank, is_first, was_verse = 0, True, False
            continue
        heading = heading_of(line)
        if heading:
            runs = _runs(text, start + heading.start, start + heading.end, lines, authorship)
            source = line[heading.start : heading.end]
            yield end, Block(Kind.HEADING, runs, source, heading.level)
            blank, is_first, was_verse = 0, True, False
            continue
        is_verse = lines == "breaks" and "\n" in stripped
        has_gap = not is_first and (blank > usual or is_verse or was_verse)
        if lines != "breaks":
            start += len(line) - len(line.lstrip())
        end -= len(line) - len(line.rstrip())
        yield (
            end,
            Block(
                Kind.PARAGRAPH,
                _runs(text, start, end, lines, authorship),
                _source(text[start:end], lines),
                is_first=is_first or has_gap or is_verse,
                has_gap=has_gap,
            ),
        )
        blank, is_first, was_verse = 0, False, is_verse


def _usual_gap(text: str, lines: Lines) -> int:
    """How many blank lines stand between two paragraphs where there is no room to be seen."""
    if lines != "paragraphs":
        return 1
    followed, _, gaps = _line_facts(text[:_LOOKED_AT])
    return 0 if len(followed) >= gaps else 1


def _stretches(text: str, lines: Lines) -> Iterator[tuple[int, int]]:
    """Half-open ranges: a line each, or where lines belong together, all of a paragraph's."""
    begun = -1
    start = 0
    while start <= len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        if lines == "paragraphs":
            yield start, end
        else:
            line = text[start:end].strip()
            if line and not is_break(line) and not heading_of(text[start:end]):
                begun = start if begun < 0 else begun
            else:
                if begun >= 0:
                    yield begun, start - 1
                    begun = -1
                yield start, end
        start = end + 1
    if begun >= 0:
        yield begun, len(text)


def _moved(text: str, start: int, end: int) -> Iterator[tuple[int, int, bool, bool]]:
    """The pieces of a range, by their places in the whole text."""
    for piece in pieces_of(text[start:end]):
        yield start + piece.start, start + piece.end, piece.is_italic, piece.is_bold


def _runs(
    text: str, start: int, end: int, lines: Lines, authorship: _Authorship
) -> tuple[Run, ...]:
    return tuple(
        Run(_inner(text[first:last], lines, is_begin=first == start), is_italic, is_bold, is_model)
        for a, b, is_italic, is_bold in _moved(text, start, end)
        for first, last, is_model in authorship.cut(a, b)
    )


def _inner(text: str, lines: Lines, *, is_begin: bool) -> str:
    """A stretch of a paragraph with its line ends as they are meant.

    Args:
        text: The stretch.
        lines: What line ends mean.
        is_begin: Whether the stretch begins its line.
    """
    if lines == "paragraphs":
        return text
    parts = []
    *ended, last = text.split("\n")
    for line in ended:
        if is_begin:
            line = _begun(line, lines)
        # A backslash or two spaces keep a line end, as everywhere in Markdown.
        is_kept = lines == "breaks" or line.rstrip("\r").endswith(("\\", "  "))
        parts.append(line.rstrip(_NO_LINE).removesuffix("\\") + ("\n" if is_kept else " "))
        is_begin = True
    parts.append(_begun(last, lines) if is_begin else last)
    return "".join(parts)


def _begun(line: str, lines: Lines) -> str:
    """A line without what indents it; verse is indented by no-break spaces, which no format drops.

    Args:
        line: The line.
        lines: What line ends mean.
    """
    words = line.lstrip(" \t")
    if lines == "joined":
        return words
    indent = line[: len(line) - len(words)].expandtabs(4)
    return "\u00a0" * len(indent) + words


def _source(text: str, lines: Lines) -> str:
    """A paragraph in Markdown whose line ends are as they are meant.

    Args:
        text: The paragraph.
        lines: What line ends mean.
    """
    if lines == "breaks":
        return _inner(text, lines, is_begin=True).replace("\n", "\\\n")
    return text

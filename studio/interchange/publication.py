"""A manuscript as others are to read it: headings, paragraphs and breaks, with what they look like.

All writers take this, and know nothing of how a text says what is a heading.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from datetime import datetime
from enum import Enum
from typing import Literal

import msgspec

from studio.progress import At

Paper = Literal["A4", "Letter"]

PAPER_SIZES: dict[Paper, tuple[float, float]] = {"A4": (210.0, 297.0), "Letter": (215.9, 279.4)}
"""Width and height in millimetres."""

GENERATED_INK = "274a63"
"""What the model wrote, where that is marked: the window's quiet tone for it on a light page."""

QUIET_INK = "6e6b66"
"""The statement on who wrote what."""

BREAK = "* * *"
"""What is printed between two scenes."""

_BETWEEN_REPORTS = 256
"""Blocks."""


class Kind(Enum):
    """What a block is."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    BREAK = "break"


def is_from_right(text: str) -> bool:
    """Whether the first letter that has a direction goes from right to left."""
    if text.isascii():
        return False
    for character in text:
        direction = unicodedata.bidirectional(character)
        if direction in ("L", "R", "AL"):
            return direction != "L"
    return False


class Run(msgspec.Struct, frozen=True):
    """Characters that look alike.

    Attributes:
        text: They; U+000A is a line break within a paragraph.
        is_italic: Whether they are emphasised.
        is_bold: Whether they are emphasised strongly.
        is_generated: Whether the model wrote them, and that is to be seen.
    """

    text: str
    is_italic: bool = False
    is_bold: bool = False
    is_generated: bool = False


class Block(msgspec.Struct, frozen=True):
    """A heading, a paragraph, or the break between two scenes.

    Attributes:
        kind: Which of them.
        runs: Its words; none of a break.
        source: The same as the manuscript has them, Markdown's signs among them.
        level: Of a heading, 1 to 6.
        is_first: Of a paragraph: whether it begins at the margin, as behind a heading.
        has_gap: Of a paragraph: whether there is room above it.
    """

    kind: Kind
    runs: tuple[Run, ...] = ()
    source: str = ""
    level: int = 0
    is_first: bool = False
    has_gap: bool = False

    @property
    def text(self) -> str:
        """Its characters."""
        return "".join(run.text for run in self.runs)

    @property
    def is_from_right(self) -> bool:
        """Whether it is written from right to left."""
        return is_from_right(self.text)


class Publication(msgspec.Struct, frozen=True):
    """What is exported.

    Attributes:
        title: Empty where it has none.
        author: Empty where nobody is named.
        blocks: In their order.
        made: When.
        statement: On who wrote what, below all, a paragraph a line; empty for nothing.
        paper: What formats with pages are laid out for.
    """

    title: str
    author: str
    blocks: tuple[Block, ...]
    made: datetime
    statement: str = ""
    paper: Paper = "A4"

    @property
    def closing(self) -> list[str]:
        """The paragraphs of the statement."""
        return [line for line in self.statement.split("\n") if line]

    def each(self, at: At) -> Iterator[Block]:
        """The blocks, while it is reported how many are done.

        Args:
            at: Is given the share done, 0 to 1; may raise to give up.
        """
        for number, block in enumerate(self.blocks):
            if number % _BETWEEN_REPORTS == 0:
                at(number / len(self.blocks))
            yield block

    def body(
        self, paragraph: Callable[[str, str], str], block: Callable[[Block], str], at: At
    ) -> list[str]:
        """Title and author where there are any, the blocks, and the statement's paragraphs.

        Args:
            paragraph: Makes one of a style, `Title`, `Author` or `Statement`, and its words.
            block: Makes a block.
            at: See `each`.
        """
        before = [("Title", self.title), ("Author", self.author)]
        return [
            *(paragraph(style, words) for style, words in before if words),
            *map(block, self.each(at)),
            *(paragraph("Statement", words) for words in self.closing),
        ]

    @property
    def when(self) -> str:
        """When it was made, as XML has it, in UTC."""
        return self.made.strftime("%Y-%m-%dT%H:%M:%SZ")

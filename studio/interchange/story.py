"""What was read of another program's document, as a text.

A paragraph is a line, headings begin with ``#``, ``*…*`` is italic, ``**…**`` bold, and blank lines
stand between.
"""

from __future__ import annotations

import re

from studio.interchange.bounded_zip import DocumentError
from studio.interchange.emphasis import Styled, marked_up
from studio.translation import tr
from studio.utf8 import fit_text

MOST_CHARACTERS = 64 * 2**20
"""Of a text that is read, as of a text file."""

_MOST_LEVELS = 6
_HEADING = re.compile(r"^( {0,3})(?=#{1,6}[ \t])", re.MULTILINE)
"""What stands before a line that would be a heading and is none."""
_NORM = 1 / 3
"""Of all paragraphs, from which on empty ones are how their writer parts them."""


class Story:
    """The paragraphs, one after another."""

    def __init__(self) -> None:
        self._paragraphs: list[str] = []
        self._runs: list[Styled] = []
        self._length = 0

    def add(self, text: str, is_italic: bool = False, is_bold: bool = False) -> None:
        """Add characters to the paragraph; U+000A is a line break.

        Args:
            text: They.
            is_italic: Whether they are.
            is_bold: Whether they are.

        Raises:
            DocumentError: The text has become too long.
        """
        self._length += len(text)
        if self._length > MOST_CHARACTERS:
            raise DocumentError(
                tr(
                    "too large: its text has more than {most:,} characters. Split it into several "
                    "documents in the program it came from.",
                    most=MOST_CHARACTERS,
                )
            )
        self._runs.append((text.replace("\r", "\n"), is_italic, is_bold))

    def end_paragraph(self, level: int = 0) -> None:
        """The paragraph is complete.

        Args:
            level: Of a heading; 0 for a paragraph.
        """
        text = marked_up(self._runs).strip("\n")
        self._runs.clear()
        if not level:
            text = _HEADING.sub(r"\1\\", text)
        elif words := " ".join(text.split()):
            text = f"{'#' * min(level, _MOST_LEVELS)} {words}"
        # A line of spaces alone is an empty one.
        self._paragraphs.append(text if text.strip() else "")

    def drop_paragraph(self) -> None:
        """The paragraph is none of the story."""
        self._runs.clear()

    @property
    def text(self) -> str:
        """The whole text."""
        written = sum(map(bool, self._paragraphs))
        empty = len(self._paragraphs) - written
        is_norm = empty >= _NORM * len(self._paragraphs)
        parts = []
        for paragraph in self._paragraphs:
            if paragraph:
                parts.append(f"{paragraph}\n\n")
            elif parts and not is_norm:
                parts.append("\n")
        return fit_text("".join(parts).rstrip("\n") + "\n") if parts else ""

"""Reads an OpenDocument text as a text with its headings.

What is no text of the story is left out: notes, comments, what tracked changes have deleted,
frames, indexes. Other parts than the story are never looked at, and links to outside lead nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from studio.interchange.bounded_xml import Attributes, read_xml
from studio.interchange.bounded_zip import PROTECTED, BoundedZip, DocumentError
from studio.interchange.publication import BREAK
from studio.interchange.story import Story
from studio.translation import tr

_NAMES = "urn:oasis:names:tc:opendocument:xmlns"
_TEXT = f"{_NAMES}:text:1.0 "
_STYLE = f"{_NAMES}:style:1.0 "
_FO = f"{_NAMES}:xsl-fo-compatible:1.0 "
_BODY = f"{_NAMES}:office:1.0 text"
_LEFT_OUT = frozenset(
    {
        *(f"{_NAMES}:office:1.0 {name}" for name in ("annotation", "forms")),
        *(f"{_NAMES}:drawing:1.0 {name}" for name in ("frame", "custom-shape", "object")),
        *(
            _TEXT + name
            for name in (
                *("note", "tracked-changes", "sequence-decls", "variable-decls"),
                *("user-field-decls", "table-of-content", "alphabetical-index", "ruby-text"),
                *("illustration-index", "table-index", "object-index", "user-index"),
            )
        ),
    }
)
ODT_STORY = "content.xml"
"""The part that the text is in."""
_MANIFEST = "META-INF/manifest.xml"
_MOST_SMALL = 16 * 2**20
_MOST_SPACES = 1000
"""That one element may stand for."""
_PLAIN = (False, False)
_BOLD = frozenset({"bold", "600", "700", "800", "900"})
_RULE = "Horizontal_20_Line"
"""The style of a line across the page."""
_SPACES = re.compile("[ \t\r\n]+")


def odt_text(archive: BoundedZip, report: Callable[[int], object]) -> str:
    """The text of a document.

    Args:
        archive: The document, which has a story.
        report: Is given how many bytes of its story are read; may raise to give up.

    Raises:
        DocumentError: It cannot be read.
        OSError: Its file cannot be read.
    """
    if b"encryption-data" in archive.read(_MANIFEST, _MOST_SMALL):
        raise DocumentError(tr(PROTECTED))
    body = _Body()
    read_xml(archive.bites(ODT_STORY), body, report)
    return body.story.text


class _Body:
    """Takes the story."""

    def __init__(self) -> None:
        self.story = Story()
        self._titles = {"Title"}
        """Styles of a title."""
        self._looks = {"Emphasis": (True, False), "Strong_20_Emphasis": (False, True)}
        """Styles of words: whether they are italic, whether they are bold."""
        self._style = ""
        self._spans: list[tuple[bool, bool]] = []
        """Looks of what is open, the innermost last."""
        self._is_body = False
        self._depth = 0
        """Paragraphs within one another."""
        self._level = 0
        self._left_out = 0
        """How deep within something that is left out."""
        self._ends_in_space = True

    def start(self, name: str, attributes: Attributes) -> None:
        if self._left_out or name in _LEFT_OUT:
            self._left_out += 1
            return
        if name == _STYLE + "style":
            self._style = attributes.get(_STYLE + "name", "")
            parent = attributes.get(_STYLE + "parent-style-name", "")
            if parent == "Title":
                self._titles.add(self._style)
            if attributes.get(_STYLE + "family") == "text":
                self._looks.setdefault(self._style, self._looks.get(parent, _PLAIN))
        elif name == _STYLE + "text-properties" and self._style in self._looks:
            italic, bold = self._looks[self._style]
            slant, weight = (attributes.get(_FO + it, "") for it in ("font-style", "font-weight"))
            italic = slant in ("italic", "oblique") if slant else italic
            bold = weight in _BOLD if weight else bold
            self._looks[self._style] = (italic, bold)
        elif name == _BODY:
            self._is_body = True
        elif self._is_body and name.startswith(_TEXT):
            self._start_text(name.removeprefix(_TEXT), attributes)

    def _start_text(self, own: str, attributes: Attributes) -> None:
        match own:
            case "p" | "h":
                self._depth += 1
                self._ends_in_space = True
                is_title = attributes.get(_TEXT + "style-name") in self._titles
                self._level = 1 if is_title else 0
                if attributes.get(_TEXT + "style-name") == _RULE:
                    self.story.add(BREAK)
                if own == "h":
                    self._level = _number(attributes, "outline-level", 6)
            case "span" if self._depth:
                look = self._looks.get(attributes.get(_TEXT + "style-name", ""), _PLAIN)
                italic, bold = self._spans[-1] if self._spans else _PLAIN
                self._spans.append((italic or look[0], bold or look[1]))
            case "s" if self._depth:
                self.story.add(" " * _number(attributes, "c", _MOST_SPACES))
            case "tab" if self._depth:
                self.story.add("\t")
            case "line-break" if self._depth:
                self.story.add("\n")
                self._ends_in_space = True

    def end(self, name: str) -> None:
        if self._left_out:
            self._left_out -= 1
        elif self._depth and name == _TEXT + "span":
            self._spans.pop()
        elif self._depth and name in (_TEXT + "p", _TEXT + "h"):
            self._depth -= 1
            self.story.end_paragraph(self._level)

    def characters(self, text: str) -> None:
        if self._left_out or not self._depth:
            return
        # Several spaces and line ends of the file are one space; those at the beginning none.
        text = _SPACES.sub(" ", text)
        if self._ends_in_space:
            text = text.removeprefix(" ")
        if text:
            self.story.add(text, *(self._spans[-1] if self._spans else _PLAIN))
            self._ends_in_space = text.endswith(" ")


def _number(attributes: Attributes, name: str, most: int) -> int:
    """A number from 1 on that an attribute says; 1 where it says none."""
    value = attributes.get(_TEXT + name, "")
    is_number = value.isascii() and value.isdecimal() and len(value) < 10
    return min(max(int(value), 1), most) if is_number else 1

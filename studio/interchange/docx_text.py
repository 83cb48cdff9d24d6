"""Reads a Word document as a text with its headings.

What is no text of the story is left out: comments, notes, headers, what tracked changes have
deleted, text in drawings, tables of contents. Other parts than the story and its styles are never
looked at, and links to outside lead nowhere.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable

from studio.interchange.bounded_xml import Attributes, read_xml
from studio.interchange.bounded_zip import BoundedZip, DocumentError
from studio.interchange.publication import BREAK
from studio.interchange.story import Story
from studio.translation import tr

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main "
_W_STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main "
_LEFT_OUT = frozenset(
    {"del", "moveFrom", "txbxContent", "pict", "object", "rPrChange", "pPrChange"}
)
_FALLBACK = "http://schemas.openxmlformats.org/markup-compatibility/2006 Fallback"
_RULE = "urn:schemas-microsoft-com:office:office hr"
"""What a drawing has that is a line across the page."""
_SIGNS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "\u2011"}
_HEADING = re.compile(r"heading ([1-9])", re.IGNORECASE)
_CONTENTS = re.compile(r"toc (?:[1-9]|heading)", re.IGNORECASE)
_MOST_SMALL = 16 * 2**20
"""Bytes of styles and links."""
_LONGEST_CHAIN = 20
"""Styles that are based on one another."""
_LINKS = "_rels/.rels"
_NORMAL = "word/document.xml"
_PLAIN = (False, False)
_NO_STORY = -1
"""The level of a paragraph of a table of contents."""


def docx_text(archive: BoundedZip, report: Callable[[int], object]) -> str:
    """The text of a document.

    Args:
        archive: The document.
        report: Is given how many bytes of its story are read; may raise to give up.

    Raises:
        DocumentError: It cannot be read.
        OSError: Its file cannot be read.
    """
    name = story_part(archive)
    if name not in archive:
        raise DocumentError(
            tr(
                "it has no text: a Word document (.docx) has a part “word/document.xml”. Save it "
                "as .docx in the program it came from."
            )
        )
    styles = _Styles()
    part = posixpath.join(posixpath.dirname(name), "styles.xml")
    if part in archive:
        read_xml(archive.bites(part, _MOST_SMALL), styles)
    body = _Body(styles)
    read_xml(archive.bites(name), body, report)
    return body.story.text


def story_part(archive: BoundedZip) -> str:
    """The name of the part that the text is in."""
    if _NORMAL in archive or _LINKS not in archive:
        return _NORMAL
    links = _Links()
    read_xml(archive.bites(_LINKS, _MOST_SMALL), links)
    return links.story


def _own(name: str) -> str:
    """A name of the word processor's own without its namespace; empty for others."""
    for space in (_W, _W_STRICT):
        if name.startswith(space):
            return name[len(space) :]
    return ""


def _value(attributes: Attributes, key: str = "val") -> str:
    return attributes.get(_W + key) or attributes.get(_W_STRICT + key) or ""


class _Links:
    """Finds the story where it is not in its usual place."""

    def __init__(self) -> None:
        self.story = _NORMAL

    def start(self, name: str, attributes: Attributes) -> None:
        is_story = attributes.get("Type", "").endswith("/officeDocument")
        if is_story and attributes.get("TargetMode") != "External":
            self.story = attributes.get("Target", "").lstrip("/")

    def end(self, name: str) -> None:
        pass

    def characters(self, text: str) -> None:
        pass


class _Styles:
    """Finds which styles are headings', and which are italic or bold.

    Attributes:
        looks: Of the styles of words: whether they are italic, whether they are bold.
    """

    def __init__(self) -> None:
        self.looks: dict[str, tuple[bool, bool]] = {}
        self._is_of_words = False
        self._own: dict[str, int] = {}
        self._based: dict[str, str] = {}
        self._style = ""

    def start(self, name: str, attributes: Attributes) -> None:
        match _own(name):
            case "style":
                self._style = _value(attributes, "styleId")
                self._is_of_words = _value(attributes, "type") == "character"
            case "name" if self._style:
                self._name(_value(attributes))
            case "basedOn" if self._style:
                self._based[self._style] = _value(attributes)
            case "outlineLvl" if self._style:
                self._own.setdefault(self._style, _outline(attributes))
            case "i" if self._is_of_words:
                bold = self.looks.get(self._style, _PLAIN)[1]
                self.looks[self._style] = (_is_on(attributes), bold)
            case "b" if self._is_of_words:
                italic = self.looks.get(self._style, _PLAIN)[0]
                self.looks[self._style] = (italic, _is_on(attributes))

    def _name(self, name: str) -> None:
        if found := _HEADING.fullmatch(name):
            self._own[self._style] = int(found[1])
        elif name.casefold() == "title":
            self._own[self._style] = 1
        elif _CONTENTS.fullmatch(name):
            self._own[self._style] = _NO_STORY

    def end(self, name: str) -> None:
        if _own(name) == "style":
            self._style, self._is_of_words = "", False

    def characters(self, text: str) -> None:
        pass

    def levels(self) -> dict[str, int]:
        """The level of each style that has one, of its own or from those it is based on."""
        levels = {}
        for style in self._own.keys() | self._based.keys():
            based = style
            for _ in range(_LONGEST_CHAIN):  # they may be based on one another in a circle
                if based in self._own:
                    levels[style] = self._own[based]
                    break
                based = self._based.get(based, "")
        return levels


def _is_on(attributes: Attributes) -> bool:
    """Whether something is switched on where it stands."""
    return _value(attributes) not in ("0", "false", "off")


def _outline(attributes: Attributes) -> int:
    """The level of a heading that an outline level is; 9 of them is that of plain text."""
    value = _value(attributes)
    return int(value) + 1 if value in tuple("012345678") else 0


class _Body:
    """Takes the story.

    Args:
        styles: What the document's styles mean.
    """

    def __init__(self, styles: _Styles) -> None:
        self.story = Story()
        self._levels = styles.levels()
        self._looks = styles.looks
        self._level = 0
        self._left_out = 0
        """How deep within something that is left out."""
        self._in_text = self._in_look = False
        self._is_italic = self._is_bold = False

    def start(self, name: str, attributes: Attributes) -> None:
        own = _own(name)
        if self._left_out or own in _LEFT_OUT or name == _FALLBACK:
            self._left_out += 1
            if attributes.get(_RULE) in ("t", "true"):
                self.story.add(BREAK)
            return
        match own:
            case "p":
                self._level = 0
            case "pStyle":
                self._level = self._levels.get(_value(attributes), 0)
            case "outlineLvl":
                self._level = _outline(attributes) or self._level
            case "r":
                self._is_italic = self._is_bold = False
            case "rPr":
                self._in_look = True
            case "i" if self._in_look:
                self._is_italic = _is_on(attributes)
            case "b" if self._in_look:
                self._is_bold = _is_on(attributes)
            case "rStyle" if self._in_look:
                self._is_italic, self._is_bold = self._looks.get(_value(attributes), _PLAIN)
            case "t":
                self._in_text = True
            case "br" if _value(attributes, "type") in ("page", "column"):
                pass
            case "tab" if attributes:
                pass  # a stop in the paragraph's ruler
            case _ if own in _SIGNS:
                self.story.add(_SIGNS[own])

    def end(self, name: str) -> None:
        if self._left_out:
            self._left_out -= 1
            return
        match _own(name):
            case "t":
                self._in_text = False
            case "rPr":
                self._in_look = False
            case "p" if self._level == _NO_STORY:
                self.story.drop_paragraph()
            case "p":
                self.story.end_paragraph(self._level)

    def characters(self, text: str) -> None:
        if self._in_text and not self._left_out:
            self.story.add(text, self._is_italic, self._is_bold)

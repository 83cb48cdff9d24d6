"""A manuscript as PDF: pages set paragraph by paragraph, in the page's own typeface.

Set here and not by Qt's whole-document layout, which takes seconds in one piece for a novel, lets
no other thread have a turn, and leaves single lines at the edges of pages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec
from PySide6.QtCore import QBuffer, QIODevice, QMarginsF, QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QPageLayout,
    QPageSize,
    QPainter,
    QPdfWriter,
    QTextCharFormat,
    QTextLayout,
    QTextOption,
)

from studio.interchange.publication import (
    BREAK,
    GENERATED_INK,
    PAPER_SIZES,
    QUIET_INK,
    Block,
    Kind,
    Paper,
    Publication,
    Run,
    is_from_right,
)
from studio.progress import At
from studio.ui.theme.faces import FAMILIES, Face

_DOTS = 1200
"""Of an inch; positions are rounded to it."""
_A_POINT = _DOTS / 72
_A_MM = _DOTS / 25.4

_SIDES, _TOP, _BOTTOM = 32.0, 28.0, 30.0
"""Millimetres around the text; the page's number stands in the lower margin."""
_NUMBER_UP = 16.0
"""Millimetres from the lower edge to the middle of the page's number."""
_SIZE = 11.0
"""Points of the text."""
_LEADING = 1.45
"""From line to line, in heights of its letters."""
_INDENT = 1.5
"""Of a paragraph, in heights of its letters."""
_HEADINGS = (16.0, 14.0, 12.0, 11.0, 11.0, 11.0)
_BOLD: dict[Face, str] = {"serif": "Bold", "sans": "SemiBold"}
"""The face's own bold, by its name: for bold italic Qt would print the italic one twice, and who
copies it would have each word twice."""
_NOT_USED = ("calt", "liga", "clig")
"""Features of a font that set another sign for some letters: Qt does not write down which ones it
stands for, and who searches or copies would find something else."""
_PAPERS: dict[Paper, QPageSize.PageSizeId] = {
    "A4": QPageSize.PageSizeId.A4,
    "Letter": QPageSize.PageSizeId.Letter,
}
_FEWEST_LINES = 2
"""That stay together at the edge of a page, and below a heading."""
_NO_TEXT = str.maketrans(dict.fromkeys(range(0x20), " ") | {0x0A: "\u2028", 0x09: "\t"})
"""In Qt a line ends within a paragraph with U+2028."""


class _Look(msgspec.Struct, frozen=True):
    """How a paragraph is set: sizes in points, distances in heights of the text's letters."""

    size: float = _SIZE
    is_bold: bool = False
    is_centred: bool = False
    indent: float = 0.0
    above: float = 0.0
    below: float = 0.0
    ink: str = ""
    keeps_next: bool = False
    is_low: bool = False
    """Whether it has room above it even where a page begins."""


def to_pdf(publication: Publication, face: Face, at: At = lambda _share: None) -> bytes:
    """The pages. In any thread; what they are set in must be known to Qt by then.

    Args:
        publication: What is exported.
        face: The typeface.
        at: Is given the share done; may raise to give up.

    Raises:
        RuntimeError: Qt cannot write them.
    """
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    size = QPageSize(_PAPERS[publication.paper])
    margins = QMarginsF(0, 0, 0, 0)
    writer.setPageLayout(QPageLayout(size, QPageLayout.Orientation.Portrait, margins))
    writer.setResolution(_DOTS)
    writer.setTitle(publication.title)
    if hasattr(writer, "setAuthor"):  # from Qt 6.9 on
        writer.setAuthor(publication.author)
    writer.setCreator("Kelvin Studio")
    painter = QPainter()
    if not painter.begin(writer):
        raise RuntimeError("Qt cannot write a PDF")
    try:
        pages = _Pages(painter, writer.newPage, publication.paper, face)
        for runs, look in _paragraphs(publication, at):
            pages.add(runs, look)
        pages.end()
    finally:
        painter.end()
    return bytes(buffer.data().data())


def _paragraphs(publication: Publication, at: At) -> Iterator[tuple[tuple[Run, ...], _Look]]:
    """All that is set, from title to statement."""
    if publication.title:
        title = _Look(
            22.0, is_bold=True, is_centred=True, above=6, below=1, keeps_next=True, is_low=True
        )
        yield (Run(publication.title),), title
    if publication.author:
        yield (Run(publication.author),), _Look(is_centred=True, below=5, keeps_next=True)
    for block in publication.each(at):
        yield (Run(BREAK),) if block.kind is Kind.BREAK else block.runs, _look_of(block)
    for number, words in enumerate(publication.closing):
        yield (Run(words),), _Look(9.0, above=0.6 if number else 3.0, ink=QUIET_INK)


def _look_of(block: Block) -> _Look:
    match block.kind:
        case Kind.BREAK:
            return _Look(is_centred=True, above=0.8, below=0.8, keeps_next=True)
        case Kind.HEADING:
            size = _HEADINGS[block.level - 1]
            return _Look(size, is_bold=True, above=2.2, below=0.7, keeps_next=True)
        case Kind.PARAGRAPH:
            return _Look(indent=0 if block.is_first else _INDENT, above=1.5 * block.has_gap)


class _Pages:
    """Sets paragraphs below one another, on as many pages as it takes.

    Args:
        painter: Paints on the page.
        turn: Begins another one.
        paper: Their size.
        face: The typeface.
    """

    def __init__(
        self, painter: QPainter, turn: Callable[[], bool], paper: Paper, face: Face
    ) -> None:
        self._painter = painter
        self._turn = turn
        self._family, self._bold = FAMILIES[face], _BOLD[face]
        width, height = PAPER_SIZES[paper]
        self._page = QRectF(0, 0, width * _A_MM, height * _A_MM)
        self._left, self._top = _SIDES * _A_MM, _TOP * _A_MM
        self._width = (width - 2 * _SIDES) * _A_MM
        self._end = (height - _BOTTOM) * _A_MM
        self._y = self._top
        self._number = 1
        self._kept: list[tuple[QTextLayout, _Look]] = []
        """What must not be the last on its page."""

    def add(self, runs: tuple[Run, ...], look: _Look) -> None:
        """Set a paragraph."""
        layout = self._laid_out(runs, look)
        if look.keeps_next:
            self._kept.append((layout, look))
            return
        fewest = min(_FEWEST_LINES, layout.lineCount())
        needed = sum(self._height(*kept) for kept in self._kept)
        needed += look.above * _SIZE * _A_POINT + self._line_height(look) * fewest
        if self._y > self._top and self._y + needed > self._end:
            self._next_page()
        for kept in self._kept:
            self._set(*kept)
        self._kept.clear()
        self._set(layout, look)

    def end(self) -> None:
        """Set what is left, and the last page's number."""
        for kept in self._kept:
            self._set(*kept)
        self._paint_number()

    def _laid_out(self, runs: tuple[Run, ...], look: _Look) -> QTextLayout:
        """A paragraph in lines of the page's width."""
        text = "".join(run.text for run in runs).translate(_NO_TEXT)
        layout = QTextLayout(text, self._font(look))
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        option.setTextDirection(
            Qt.LayoutDirection.RightToLeft
            if is_from_right(text)
            else Qt.LayoutDirection.LeftToRight
        )
        centred, leading = Qt.AlignmentFlag.AlignHCenter, Qt.AlignmentFlag.AlignLeft
        option.setAlignment(centred if look.is_centred else leading)
        layout.setTextOption(option)
        layout.setFormats(_formats(runs, look, self._bold))
        indent = look.indent * _SIZE * _A_POINT
        layout.beginLayout()
        y = 0.0
        while (line := layout.createLine()).isValid():
            line.setLineWidth(self._width - indent)
            # A text from the right is indented there.
            from_left = 0.0 if option.textDirection() == Qt.LayoutDirection.RightToLeft else indent
            line.setPosition(QPointF(from_left, y))
            y += self._line_height(look)
            indent = 0.0
        layout.endLayout()
        return layout

    def _font(self, look: _Look) -> QFont:
        font = QFont(self._family)
        font.setPixelSize(round(look.size * _A_POINT))
        font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
        for name in _NOT_USED:
            font.setFeature(QFont.Tag(name), 0)
        if look.is_bold:
            font.setWeight(QFont.Weight.DemiBold)
        return font

    def _line_height(self, look: _Look) -> float:
        return look.size * _A_POINT * _LEADING

    def _height(self, layout: QTextLayout, look: _Look) -> float:
        around = (look.above + look.below) * _SIZE * _A_POINT
        return around + layout.lineCount() * self._line_height(look)

    def _set(self, layout: QTextLayout, look: _Look) -> None:
        """Paint a paragraph's lines, where they have room."""
        height = self._line_height(look)
        if self._y > self._top or look.is_low:
            self._y += look.above * _SIZE * _A_POINT
        count = layout.lineCount()
        first = 0
        while first < count:
            room = max(0, int((self._end - self._y + 1) / height))
            last = min(count, first + room)
            if 0 < count - last < _FEWEST_LINES and last - first > _FEWEST_LINES:
                last -= 1  # or a single line would begin the next page
            if last <= first and self._y <= self._top:
                last = first + 1  # a line higher than a page
            for number in range(first, last):
                line = layout.lineAt(number)
                top = self._y - line.y() + (height - line.height()) / 2
                line.draw(self._painter, QPointF(self._left, top))
                self._y += height
            first = last
            if first < count:
                self._next_page()
        self._y += look.below * _SIZE * _A_POINT

    def _next_page(self) -> None:
        self._paint_number()
        if not self._turn():
            raise RuntimeError("Qt cannot write another page")
        self._number += 1
        self._y = self._top

    def _paint_number(self) -> None:
        self._painter.setPen(QColor(f"#{QUIET_INK}"))
        self._painter.setFont(self._font(_Look(9.0)))
        height = 10 * _A_MM
        place = QRectF(0, self._page.height() - _NUMBER_UP * _A_MM, self._page.width(), height)
        self._painter.drawText(place, Qt.AlignmentFlag.AlignHCenter, f"{self._number}")
        self._painter.setPen(Qt.GlobalColor.black)


def _formats(runs: tuple[Run, ...], look: _Look, bold: str) -> list[QTextLayout.FormatRange]:
    """What the words look like, each range in UTF-16 units."""
    formats = []
    start = 0
    for run in runs:
        length = len(run.text.encode("utf-16-le", "surrogatepass")) // 2
        shown = QTextCharFormat()
        shown.setForeground(
            QColor(f"#{GENERATED_INK if run.is_generated else look.ink or '000000'}")
        )
        shown.setFontItalic(run.is_italic)
        if run.is_bold or look.is_bold:
            shown.setFontWeight(QFont.Weight.DemiBold)
            shown.setFontStyleName(bold)
        found = QTextLayout.FormatRange()
        found.start, found.length, found.format = start, length, shown
        formats.append(found)
        start += length
    return formats

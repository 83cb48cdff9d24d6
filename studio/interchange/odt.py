"""A manuscript as an OpenDocument text (ISO/IEC 26300), with its own styles and page numbers.

Written here and not by Qt's writer, which knows no headings, no named styles, no title, no page
numbers, and would bind the command line to Qt.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

from studio import __version__
from studio.interchange.publication import (
    BREAK,
    GENERATED_INK,
    PAPER_SIZES,
    QUIET_INK,
    Block,
    Kind,
    Publication,
    Run,
)
from studio.interchange.xml_text import xml_text
from studio.interchange.zip_parts import zipped
from studio.progress import At

_MIME = "application/vnd.oasis.opendocument.text"
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NAMES = "urn:oasis:names:tc:opendocument:xmlns"
_SPACES = (
    f'xmlns:office="{_NAMES}:office:1.0" xmlns:style="{_NAMES}:style:1.0" '
    f'xmlns:text="{_NAMES}:text:1.0" xmlns:fo="{_NAMES}:xsl-fo-compatible:1.0" '
    f'xmlns:meta="{_NAMES}:meta:1.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'office:version="1.3"'
)
_MANIFEST = (
    f'{_XML}<manifest:manifest xmlns:manifest="{_NAMES}:manifest:1.0" manifest:version="1.3">'
    f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_MIME}"/>'
    + "".join(
        f'<manifest:file-entry manifest:full-path="{name}" manifest:media-type="text/xml"/>'
        for name in ("content.xml", "styles.xml", "meta.xml")
    )
    + "</manifest:manifest>"
)
_FONT = "'Times New Roman'"
_FROM_RIGHT = "_20_from_20_right"
_HEADING_SIZES = (16, 14, 13, 12, 12, 12)
"""Points."""
_SPACE = re.compile("\n|\t|(?:^ |  ) *| $")
"""What is an element of its own: XML makes one space of several, and drops those at the ends."""


def to_odt(publication: Publication, at: At = lambda _share: None) -> bytes:
    """The document.

    Args:
        publication: What is exported.
        at: Is given the share done; may raise to give up.
    """
    from_right = set[str]()
    body = publication.body(
        lambda style, words: _paragraph(style, _marked(words)),
        lambda block: _block(block, from_right),
        at,
    )
    looks = _looks() + "".join(map(_from_right, sorted(from_right)))
    content = (
        f"{_XML}<office:document-content {_SPACES}><office:automatic-styles>{looks}"
        f"</office:automatic-styles><office:body><office:text>{''.join(body)}"
        "</office:text></office:body></office:document-content>"
    )
    return zipped(
        [
            ("content.xml", content),
            ("styles.xml", _styles(publication)),
            ("meta.xml", _meta(publication)),
            ("META-INF/manifest.xml", _MANIFEST),
        ],
        first=("mimetype", _MIME),
    )


def _block(block: Block, from_right: set[str]) -> str:
    """A block; its style is noted where one is needed that goes from right to left."""
    if block.kind is Kind.BREAK:
        return _paragraph("Scene_20_break", _marked(BREAK))
    style = _style_of(block)
    if block.is_from_right:
        from_right.add(style)
        style += _FROM_RIGHT
    words = "".join(map(_run, block.runs))
    if block.kind is Kind.HEADING:
        level = f'text:outline-level="{block.level}"'
        return f'<text:h text:style-name="{style}" {level}>{words}</text:h>'
    return _paragraph(style, words)


def _style_of(block: Block) -> str:
    if block.level:
        return f"Heading_20_{block.level}"
    if block.has_gap:
        return "After_20_gap"
    return "First_20_paragraph" if block.is_first else "Text_20_body"


def _from_right(style: str) -> str:
    """The same style for what is written from right to left."""
    # Not “start”, which LibreOffice takes for the left.
    return (
        f'<style:style style:name="{style}{_FROM_RIGHT}" style:family="paragraph" '
        f'style:parent-style-name="{style}"><style:paragraph-properties '
        'style:writing-mode="rl-tb" fo:text-align="right"/></style:style>'
    )


def _paragraph(style: str, words: str) -> str:
    return f'<text:p text:style-name="{style}">{words}</text:p>'


def _run(run: Run) -> str:
    words = _marked(run.text)
    look = _look_name(run.is_generated, run.is_bold, run.is_italic)
    return f'<text:span text:style-name="{look}">{words}</text:span>' if look else words


def _look_name(is_generated: bool, is_bold: bool, is_italic: bool) -> str:
    letters = "G" * is_generated + "B" * is_bold + "I" * is_italic
    return "Generated" if letters == "G" else letters


def _looks() -> str:
    """The styles of words that are bold, italic or both."""
    return "".join(
        f'<style:style style:name="{_look_name(*look)}" style:family="text"'
        + (' style:parent-style-name="Generated"' if look[0] else "")
        + f"><style:text-properties{_weight(look[1])}{_slant(look[2])}/></style:style>"
        for look in product((False, True), repeat=3)
        if look[1] or look[2]
    )


def _weight(is_bold: bool) -> str:
    return "".join(_in_all_scripts("font-weight", "bold")) if is_bold else ""


def _slant(is_italic: bool) -> str:
    return "".join(_in_all_scripts("font-style", "italic")) if is_italic else ""


def _in_all_scripts(name: str, value: str) -> Iterator[str]:
    yield f' fo:{name}="{value}"'
    yield f' style:{name}-asian="{value}"'
    yield f' style:{name}-complex="{value}"'


def _marked(text: str) -> str:
    """A text in which line breaks, tabs and spaces that count are elements of their own."""
    return _SPACE.sub(_element, xml_text(text))


def _element(found: re.Match[str]) -> str:
    match found[0]:
        case "\n":
            return "<text:line-break/>"
        case "\t":
            return "<text:tab/>"
        case spaces:
            return f'<text:s text:c="{len(spaces)}"/>'


def _meta(publication: Publication) -> str:
    author = xml_text(publication.author)
    return (
        f"{_XML}<office:document-meta {_SPACES}><office:meta>"
        f"<meta:generator>Kelvin_Studio/{__version__}</meta:generator>"
        f"<dc:title>{xml_text(publication.title)}</dc:title>"
        f"<meta:initial-creator>{author}</meta:initial-creator><dc:creator>{author}</dc:creator>"
        f"<meta:creation-date>{publication.when}</meta:creation-date>"
        f"<dc:date>{publication.when}</dc:date></office:meta></office:document-meta>"
    )


def _styles(publication: Publication) -> str:
    def style(name: str, shown: str, room: str, look: str = "", kind: str = "Standard") -> str:
        return (
            f'<style:style style:name="{name}" style:display-name="{shown}" '
            f'style:family="paragraph" style:parent-style-name="{kind}" '
            f'style:next-style-name="Text_20_body"><style:paragraph-properties {room}/>'
            f"<style:text-properties{look}/></style:style>"
        )

    def above(before: int, after: int = 0) -> str:
        return f'fo:margin-top="{before}pt" fo:margin-bottom="{after}pt"'

    centred = 'fo:text-align="center"'
    bold = _weight(True)
    headings = "".join(
        f'<style:style style:name="Heading_20_{level}" style:display-name="Heading {level}" '
        'style:family="paragraph" style:parent-style-name="Standard" '
        f'style:next-style-name="Text_20_body" style:default-outline-level="{level}">'
        f'<style:paragraph-properties {above(24, 8)} fo:keep-with-next="always"/>'
        f'<style:text-properties fo:font-size="{size}pt"{bold}/></style:style>'
        for level, size in enumerate(_HEADING_SIZES, 1)
    )
    width, height = PAPER_SIZES[publication.paper]
    named = (
        '<style:default-style style:family="paragraph"><style:text-properties '
        f'fo:font-family="{_FONT}" fo:font-size="12pt"/></style:default-style>'
        '<style:style style:name="Standard" style:family="paragraph">'
        '<style:paragraph-properties fo:line-height="150%" fo:orphans="2" fo:widows="2"/>'
        "</style:style>"
        + style("Text_20_body", "Text body", 'fo:text-indent="7.5mm"')
        + style("First_20_paragraph", "First paragraph", 'fo:text-indent="0mm"')
        + style("After_20_gap", "After gap", above(18))
        + style("Title", "Title", f"{above(60, 12)} {centred}", f' fo:font-size="22pt"{bold}')
        + style("Author", "Author", f"{above(0, 60)} {centred}")
        + headings
        + style("Scene_20_break", "Scene break", f"{above(12, 12)} {centred}")
        + style(
            "Statement", "Statement", above(36), f' fo:font-size="10pt" fo:color="#{QUIET_INK}"'
        )
        + style("Footer", "Footer", centred)
        + '<style:style style:name="Generated" style:family="text"><style:text-properties '
        f'fo:color="#{GENERATED_INK}"/></style:style>'
    )
    return (
        f"{_XML}<office:document-styles {_SPACES}><office:styles>{named}</office:styles>"
        '<office:automatic-styles><style:page-layout style:name="Page">'
        f'<style:page-layout-properties fo:page-width="{width}mm" fo:page-height="{height}mm" '
        'style:print-orientation="portrait" fo:margin-top="25mm" fo:margin-bottom="20mm" '
        'fo:margin-left="25mm" fo:margin-right="25mm"/><style:header-style/><style:footer-style>'
        '<style:header-footer-properties fo:min-height="8mm" fo:margin-top="5mm"/>'
        "</style:footer-style></style:page-layout></office:automatic-styles>"
        '<office:master-styles><style:master-page style:name="Standard" '
        'style:page-layout-name="Page"><style:footer><text:p text:style-name="Footer">'
        "<text:page-number>1</text:page-number></text:p></style:footer></style:master-page>"
        "</office:master-styles></office:document-styles>"
    )

"""A manuscript for Word: Office Open XML (ECMA-376), with its own styles and page numbers.

Written here and not through a library: those there are bring a large XML library along, and change
a template of theirs where this needs five parts of an archive.
"""

from __future__ import annotations

from collections.abc import Iterator

from studio.interchange.publication import (
    BREAK,
    GENERATED_INK,
    PAPER_SIZES,
    QUIET_INK,
    Block,
    Kind,
    Publication,
    Run,
    is_from_right,
)
from studio.interchange.xml_text import xml_text
from studio.interchange.zip_parts import zipped
from studio.progress import At

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"

_TYPES = f"""{_XML}<Types xmlns="{_PACKAGE}/content-types">\
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>\
<Default Extension="xml" ContentType="application/xml"/>\
<Override PartName="/word/document.xml" ContentType="{_WORD}.document.main+xml"/>\
<Override PartName="/word/styles.xml" ContentType="{_WORD}.styles+xml"/>\
<Override PartName="/word/footer1.xml" ContentType="{_WORD}.footer+xml"/>\
<Override PartName="/docProps/core.xml" \
ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>"""

_LINKS = f"""{_XML}<Relationships xmlns="{_PACKAGE}/relationships">\
<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="word/document.xml"/>\
<Relationship Id="rId2" Type="{_PACKAGE}/relationships/metadata/core-properties" \
Target="docProps/core.xml"/></Relationships>"""

_PART_LINKS = f"""{_XML}<Relationships xmlns="{_PACKAGE}/relationships">\
<Relationship Id="rId1" Type="{_OFFICE}/styles" Target="styles.xml"/>\
<Relationship Id="rId2" Type="{_OFFICE}/footer" Target="footer1.xml"/></Relationships>"""

_FOOTER = f"""{_XML}<w:ftr xmlns:w="{_W}"><w:p><w:pPr><w:ind w:firstLine="0"/>\
<w:jc w:val="center"/></w:pPr>\
<w:r><w:fldChar w:fldCharType="begin"/></w:r>\
<w:r><w:instrText xml:space="preserve"> PAGE </w:instrText></w:r>\
<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>1</w:t></w:r>\
<w:r><w:fldChar w:fldCharType="end"/></w:r></w:p></w:ftr>"""

_MARGIN = 1417
"""Twentieths of a point, of which 25 mm have so many."""
_TWIPS_A_MM = 56.6929
_HEADING_SIZES = (32, 28, 26, 24, 24, 24)
"""Half points."""


def to_docx(publication: Publication, at: At = lambda _share: None) -> bytes:
    """The document.

    Args:
        publication: What is exported.
        at: Is given the share done; may raise to give up.
    """
    body = publication.body(lambda style, words: _paragraph(style, _text(words)), _block, at)
    width, height = (round(side * _TWIPS_A_MM) for side in PAPER_SIZES[publication.paper])
    sides = ("top", "right", "bottom", "left")
    margins = " ".join(f'w:{side}="{_MARGIN}"' for side in sides)
    document = (
        f'{_XML}<w:document xmlns:w="{_W}" xmlns:r="{_OFFICE}"><w:body>{"".join(body)}'
        f'<w:sectPr><w:footerReference w:type="default" r:id="rId2"/>'
        f'<w:pgSz w:w="{width}" w:h="{height}"/>'
        f'<w:pgMar {margins} w:header="709" w:footer="709" w:gutter="0"/>'
        "</w:sectPr></w:body></w:document>"
    )
    return zipped(
        [
            ("[Content_Types].xml", _TYPES),
            ("_rels/.rels", _LINKS),
            ("word/document.xml", document),
            ("word/_rels/document.xml.rels", _PART_LINKS),
            ("word/styles.xml", _styles()),
            ("word/footer1.xml", _FOOTER),
            ("docProps/core.xml", _core(publication)),
        ]
    )


def _block(block: Block) -> str:
    match block.kind:
        case Kind.BREAK:
            return _paragraph("SceneBreak", _text(BREAK))
        case Kind.HEADING:
            style = f"Heading{block.level}"
            return _paragraph(style, "".join(map(_run, block.runs)), block.is_from_right)
        case Kind.PARAGRAPH:
            style = "AfterGap" if block.has_gap else "FirstParagraph" if block.is_first else ""
            return _paragraph(style, "".join(map(_run, block.runs)), block.is_from_right)


def _paragraph(style: str, runs: str, is_from_right: bool = False) -> str:
    properties = f'<w:pStyle w:val="{style}"/>' if style else ""
    properties += "<w:bidi/>" if is_from_right else ""
    return f"<w:p>{f'<w:pPr>{properties}</w:pPr>' if properties else ''}{runs}</w:p>"


def _run(run: Run) -> str:
    look = '<w:rStyle w:val="Generated"/>' if run.is_generated else ""
    look += "<w:b/><w:bCs/>" if run.is_bold else ""
    look += "<w:i/><w:iCs/>" if run.is_italic else ""
    look += "<w:rtl/>" if is_from_right(run.text) else ""
    return _text(run.text, f"<w:rPr>{look}</w:rPr>" if look else "")


def _text(text: str, look: str = "") -> str:
    return f"<w:r>{look}{''.join(_marked(xml_text(text)))}</w:r>"


def _marked(text: str) -> Iterator[str]:
    """A text in which tabs and line breaks are elements of their own."""
    for number, line in enumerate(text.split("\n")):
        if number:
            yield "<w:br/>"
        for place, part in enumerate(line.split("\t")):
            if place:
                yield "<w:tab/>"
            if part:
                yield f'<w:t xml:space="preserve">{part}</w:t>'


def _core(publication: Publication) -> str:
    """What the file says of itself."""
    return (
        f'{_XML}<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{xml_text(publication.title)}</dc:title>"
        f"<dc:creator>{xml_text(publication.author)}</dc:creator>"
        f'<dcterms:created xsi:type="dcterms:W3CDTF">{publication.when}</dcterms:created>'
        "</cp:coreProperties>"
    )


def _styles() -> str:
    first = '<w:ind w:firstLine="0"/>'
    centred = f'{first}<w:jc w:val="center"/>'

    def style(key: str, name: str, spacing: str, look: str, based: str = "Normal") -> str:
        return (
            f'<w:style w:type="paragraph" w:styleId="{key}"><w:name w:val="{name}"/>'
            f'<w:basedOn w:val="{based}"/><w:next w:val="Normal"/><w:qFormat/>'
            f"<w:pPr>{spacing}</w:pPr><w:rPr>{look}</w:rPr></w:style>"
        )

    def above(before: int, after: int = 0) -> str:
        return f'<w:spacing w:before="{before}" w:after="{after}"/>'

    headings = "".join(
        style(
            f"Heading{level}",
            f"heading {level}",
            f'<w:keepNext/>{above(480, 160)}{first}<w:outlineLvl w:val="{level - 1}"/>',
            f'<w:b/><w:bCs/><w:sz w:val="{size}"/><w:szCs w:val="{size}"/>',
        )
        for level, size in enumerate(_HEADING_SIZES, 1)
    )
    return (
        f'{_XML}<w:styles xmlns:w="{_W}"><w:docDefaults><w:rPrDefault><w:rPr>'
        '<w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:cs="Times New Roman"/>'
        '<w:sz w:val="24"/><w:szCs w:val="24"/></w:rPr></w:rPrDefault><w:pPrDefault/>'
        '</w:docDefaults><w:style w:type="paragraph" w:default="1" w:styleId="Normal">'
        '<w:name w:val="Normal"/><w:qFormat/><w:pPr><w:widowControl/>'
        '<w:spacing w:line="360" w:lineRule="auto"/><w:ind w:firstLine="425"/></w:pPr></w:style>'
        + style("FirstParagraph", "First Paragraph", first, "")
        + style("AfterGap", "After Gap", above(360) + first, "")
        + style(
            "Title",
            "Title",
            f"<w:keepNext/>{above(1200, 240)}{centred}",
            '<w:b/><w:bCs/><w:sz w:val="44"/><w:szCs w:val="44"/>',
        )
        + style("Author", "Author", f"{above(0, 1200)}{centred}", "")
        + headings
        + style("SceneBreak", "Scene Break", f"{above(240, 240)}{centred}", "")
        + style(
            "Statement",
            "Statement",
            f"{above(720)}{first}",
            f'<w:color w:val="{QUIET_INK}"/><w:sz w:val="20"/><w:szCs w:val="20"/>',
        )
        + '<w:style w:type="character" w:styleId="Generated"><w:name w:val="Generated"/>'
        f'<w:qFormat/><w:rPr><w:color w:val="{GENERATED_INK}"/></w:rPr></w:style></w:styles>'
    )

"""A manuscript as an e-book (EPUB 3.3), a file a chapter.

Written here: the library that there is for it is under a licence that does not go with the
program's.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import NAMESPACE_URL, uuid5

import msgspec

from studio.interchange.html_page import html_block, html_runs
from studio.interchange.publication import GENERATED_INK, QUIET_INK, Kind, Publication
from studio.interchange.xml_text import xml_text
from studio.interchange.zip_parts import zipped
from studio.progress import At
from studio.translation import tr

_MIME = "application/epub+zip"
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_XHTML = "http://www.w3.org/1999/xhtml"
_OPS = "http://www.idpf.org/2007/ops"
_CONTAINER = (
    f'{_XML}<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">'
    '<rootfiles><rootfile full-path="EPUB/book.opf" '
    'media-type="application/oebps-package+xml"/></rootfiles></container>'
)
_LONGEST_CHAPTER = 200_000
"""Characters of a file, where no heading parts the text before: readers load a file whole."""

_STYLE = f"""\
body {{ margin: 1em; line-height: 1.5; }}
h1, h2, h3, h4, h5, h6 {{ line-height: 1.3; margin: 2em 0 1em; page-break-after: avoid; }}
p {{ margin: 0; text-indent: 1.5em; orphans: 2; widows: 2; }}
p.first {{ text-indent: 0; }}
p.gap {{ margin-top: 1.5em; }}
hr {{ border: 0; margin: 1.5em 0; text-align: center; }}
hr::before {{ content: "* * *"; }}
.title-page {{ margin-top: 25%; text-align: center; }}
.title-page p {{ text-indent: 0; }}
.generated {{ color: #{GENERATED_INK}; }}
.statement {{ margin-top: 3em; text-indent: 0; font-size: 0.85em; color: #{QUIET_INK}; }}
.statement + .statement {{ margin-top: 0.6em; }}
"""


class _Chapter(msgspec.Struct):
    """One file of the book.

    Attributes:
        name: What the table of contents calls it, in markup; empty for what it does not list.
        title: The same without markup, or the book's.
        body: Its blocks in markup.
        length: Characters in it.
    """

    name: str
    title: str
    body: list[str] = msgspec.field(default_factory=list)
    length: int = 0


def to_epub(publication: Publication, at: At = lambda _share: None) -> bytes:
    """The book.

    Args:
        publication: What is exported.
        at: Is given the share done; may raise to give up.
    """
    title = publication.title or tr("Untitled")
    chapters = _chapters(publication, title, at)
    files = [(f"chapter-{number:03}.xhtml", it) for number, it in enumerate(chapters, 1)]
    parts = [
        ("META-INF/container.xml", _CONTAINER),
        ("EPUB/book.opf", _package(publication, title, [name for name, _ in files])),
        ("EPUB/contents.xhtml", _contents(title, files)),
        ("EPUB/book.css", _STYLE),
        ("EPUB/title.xhtml", _page(title, _title_page(publication, title))),
    ]
    parts += [(f"EPUB/{name}", _page(it.title, "".join(it.body))) for name, it in files]
    return zipped(parts, first=("mimetype", _MIME))


def _chapters(publication: Publication, title: str, at: At) -> list[_Chapter]:
    """The text in files: one for each heading of the highest level that there is."""
    levels = [block.level for block in publication.blocks if block.kind is Kind.HEADING]
    highest = min(levels, default=0)
    chapters = [_Chapter("", title)]
    for block in publication.each(at):
        latest = chapters[-1]
        if block.kind is Kind.HEADING and block.level == highest:
            latest = _Chapter(html_runs(block.runs), block.text)
            chapters.append(latest)
        elif latest.length > _LONGEST_CHAPTER:
            latest = _Chapter("", latest.title)
            chapters.append(latest)
        latest.body.append(html_block(block))
        latest.length += len(block.source)
    for words in publication.closing:
        chapters[-1].body.append(f'<p class="statement">{xml_text(words)}</p>\n')
    written = [chapter for chapter in chapters if chapter.body]
    # A book has something to read, and its table of contents leads somewhere.
    written = written or [_Chapter(xml_text(title), title, ["<p></p>\n"])]
    if not any(chapter.name for chapter in written):
        written[0].name = xml_text(title)
    return written


def _package(publication: Publication, title: str, names: Sequence[str]) -> str:
    """What the book is, which files it has and in which order they are read."""
    words = (title, publication.author, *(block.source for block in publication.blocks))
    # The same text is the same book.
    key = uuid5(NAMESPACE_URL, "\n".join(words).encode("utf-8", "replace").decode())
    author = xml_text(publication.author)
    creator = f"<dc:creator>{author}</dc:creator>" if author else ""
    media = 'media-type="application/xhtml+xml"'
    items = "".join(
        f'<item id="c{number}" href="{name}" {media}/>' for number, name in enumerate(names)
    )
    spine = "".join(f'<itemref idref="c{number}"/>' for number in range(len(names)))
    return (
        f'{_XML}<package xmlns="http://www.idpf.org/2007/opf" version="3.0" '
        'unique-identifier="key"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f'<dc:identifier id="key">urn:uuid:{key}</dc:identifier>'
        f"<dc:title>{xml_text(title)}</dc:title><dc:language>und</dc:language>{creator}"
        f'<meta property="dcterms:modified">{publication.when}</meta></metadata><manifest>'
        f'<item id="contents" href="contents.xhtml" properties="nav" {media}/>'
        f'<item id="style" href="book.css" media-type="text/css"/>'
        f'<item id="title" href="title.xhtml" {media}/>{items}</manifest>'
        f'<spine><itemref idref="title"/>{spine}</spine></package>'
    )


def _contents(title: str, files: Sequence[tuple[str, _Chapter]]) -> str:
    lines = "".join(
        f'<li><a href="{name}">{chapter.name}</a></li>\n' for name, chapter in files if chapter.name
    )
    heading = xml_text(tr("Contents"))
    return _page(
        title,
        f'<nav xmlns:epub="{_OPS}" epub:type="toc">\n<h1>{heading}</h1>\n<ol>\n{lines}</ol>\n'
        "</nav>\n",
    )


def _title_page(publication: Publication, title: str) -> str:
    author = f"<p>{xml_text(publication.author)}</p>\n" if publication.author else ""
    return f'<div class="title-page">\n<h1>{xml_text(title)}</h1>\n{author}</div>\n'


def _page(title: str, body: str) -> str:
    return (
        f'{_XML}<!DOCTYPE html>\n<html xmlns="{_XHTML}">\n<head>\n'
        f"<title>{xml_text(title)}</title>\n"
        '<link rel="stylesheet" type="text/css" href="book.css" />\n</head>\n'
        f"<body>\n{body}</body>\n</html>\n"
    )

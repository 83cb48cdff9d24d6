"""What a manuscript can be exported as: the one table that the dialog and the command read."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from studio.interchange.publication import Publication
from studio.progress import At
from studio.translation import mark

Writer = Callable[[Publication, At], bytes]


class Format(msgspec.Struct, frozen=True):
    """A kind of file.

    Attributes:
        key: What it is called in settings and on the command line.
        suffix: What its files' names end with.
        name: What the writer reads; passes `tr` where it is shown.
        can_mark: Whether it can show what the model wrote.
    """

    key: str
    suffix: str
    name: str
    can_mark: bool = True


PDF = Format("pdf", ".pdf", mark("PDF"))

FORMATS = (
    Format("docx", ".docx", mark("Word document")),
    Format("odt", ".odt", mark("OpenDocument text")),
    PDF,
    Format("epub", ".epub", mark("E-book (EPUB)")),
    Format("html", ".html", mark("Web page (HTML)")),
    Format("markdown", ".md", mark("Markdown"), can_mark=False),
)
"""In the order in which they are offered."""


def writer_of(chosen: Format) -> Writer:
    """What writes a format; each is imported when it is asked for.

    Args:
        chosen: Any but PDF, whose pages only the window can set.
    """
    match chosen.key:
        case "docx":
            from studio.interchange.docx import to_docx

            return to_docx
        case "odt":
            from studio.interchange.odt import to_odt

            return to_odt
        case "epub":
            from studio.interchange.epub import to_epub

            return to_epub
        case "html":
            from studio.interchange.html_page import to_html

            return to_html
        case "markdown":
            from studio.interchange.markdown import to_markdown

            return to_markdown
    raise KeyError(chosen.key)

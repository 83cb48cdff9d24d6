"""A manuscript as Markdown: its own signs, and line ends that every reader of Markdown keeps."""

from __future__ import annotations

import re

from studio.interchange.publication import BREAK, Block, Kind, Publication
from studio.progress import At

_ACTS = re.compile(r"([\\`*_{}\[\]<>#|&~])")


def to_markdown(publication: Publication, at: At = lambda _share: None) -> bytes:
    """The file: title and author, then the text; what the model wrote is not marked.

    Args:
        publication: What is exported.
        at: Is given the share done; may raise to give up.
    """
    parts = []
    if publication.title:
        parts.append(f"# {escaped(publication.title)}")
    if publication.author:
        parts.append(escaped(publication.author))
    parts += [_block(block) for block in publication.each(at)]
    if publication.closing:
        parts += ["---", *map(escaped, publication.closing)]
    return ("\n\n".join(parts) + "\n").encode("utf-8", "replace")


def _block(block: Block) -> str:
    match block.kind:
        case Kind.HEADING:
            return f"{'#' * block.level} {block.source}"
        case Kind.BREAK:
            return BREAK
        case Kind.PARAGRAPH:
            return block.source


def escaped(text: str) -> str:
    """Words in which no sign acts."""
    return _ACTS.sub(r"\\\1", text)

"""Reads XML that nobody vouches for, as it comes: no entities, no files, no depth without end."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol
from xml.parsers import expat

from studio.interchange.bounded_zip import DocumentError
from studio.translation import tr
from studio.visible_text import visible_line

_DEEPEST = 256
"""Elements within one another. Word nests some twenty."""

Attributes = dict[str, str]


class Handler(Protocol):
    """Is given what is found. A name is its namespace, a space, and its own part."""

    def start(self, name: str, attributes: Attributes) -> None:
        """An element begins.

        Args:
            name: Its name.
            attributes: Of it, by their names.
        """

    def end(self, name: str) -> None:
        """An element ends."""

    def characters(self, text: str) -> None:
        """Some of the text within an element."""


def read_xml(
    bites: Iterable[bytes], handler: Handler, report: Callable[[int], object] = lambda _done: None
) -> None:
    """Read a document to its end.

    Args:
        bites: Its bytes.
        handler: Is given what is found.
        report: Is given how many bytes are done; may raise to give up.

    Raises:
        DocumentError: It is no XML, declares a type or entities, or is nested too deeply.
    """
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    depth = 0

    def start(name: str, attributes: Attributes) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise DocumentError(
                tr(
                    "its parts are nested more than {most} deep, as no program nests them. Save "
                    "it anew in the program it came from.",
                    most=_DEEPEST,
                )
            )
        handler.start(name, attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        handler.end(name)

    def refuse(*_: object) -> None:
        # Entities are declared here, those that grow without end and those that read other files.
        raise DocumentError(
            tr(
                "it declares a document type, which no document of this kind has. Save it anew in "
                "the program it came from."
            )
        )

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = handler.characters
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    done = 0
    try:
        for bite in bites:
            parser.Parse(bite, False)
            done += len(bite)
            report(done)
        parser.Parse(b"", True)
    except (expat.ExpatError, ValueError, LookupError) as error:  # the latter: of encodings
        raise DocumentError(
            tr(
                "it is damaged ({why}). Open it in the program it came from and save it anew.",
                why=visible_line(str(error)),
            )
        ) from error

"""Opens other programs' documents as a text: .docx and .odt."""

from __future__ import annotations

from pathlib import Path

from studio.interchange.bounded_zip import BoundedZip, DocumentError
from studio.interchange.docx_text import docx_text, story_part
from studio.interchange.odt_text import ODT_STORY, odt_text
from studio.manuscript import ManuscriptFileError
from studio.progress import At
from studio.regular_file import NotRegularError, open_regular_file
from studio.translation import tr

_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How old Word documents begin, and new ones that are encrypted."""


def read_document(path: Path, at: At = lambda _share: None) -> str:
    """The text of a document: a line a paragraph, blank ones between, ``#`` before headings.

    Args:
        path: The file.
        at: Is given the share done; may raise to give up.

    Raises:
        ManuscriptFileError: It cannot be read.
    """
    try:
        with open_regular_file(path) as (file, _):
            if file.read(len(_COMPOUND)) == _COMPOUND:
                raise DocumentError(
                    tr(
                        "it is protected by a password, or of an old kind (.doc). Save it as .docx "
                        "or .odt, without a password, in the program it came from."
                    )
                )
            with BoundedZip(file) as archive:
                return _text_of(archive, at)
    except DocumentError as error:
        raise ManuscriptFileError(path, str(error)) from error
    except NotRegularError as error:
        raise ManuscriptFileError(
            path, tr("not a regular file (a pipe, socket or device); choose a document")
        ) from error
    except OSError as error:
        why = error.strerror or str(error)
        raise ManuscriptFileError(
            path,
            tr(
                "could not be opened: {why}. What to do: check the name and the permissions, or "
                "choose another file.",
                why=why,
            ),
        ) from error


def _text_of(archive: BoundedZip, at: At) -> str:
    """The text of whichever kind of document it is: a name may be wrong."""
    is_odt = ODT_STORY in archive
    part = ODT_STORY if is_odt else story_part(archive)
    size = archive.size(part)
    read = odt_text if is_odt else docx_text
    return read(archive, lambda done: at(min(done / max(size, 1), 1.0)))

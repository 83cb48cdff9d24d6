"""`.kelvin`, the program's own form of a file: one SQLite database, which keeps a `Document`.

A file is written whole, and read whole before anything of it is believed: no database is ever open
in the writer's folder, where a copy of it or a network drive could tear it.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from studio.collector import collector_paused
from studio.manuscript.document import Document
from studio.manuscript.document_schema import APPLICATION_ID, VERSION, check_whole, make, migrate
from studio.manuscript.document_tables import DocumentTables
from studio.manuscript.file_state import FileState
from studio.manuscript.files import ManuscriptFileError, read_file, write_file
from studio.translation import tr
from studio.visible_text import visible_line

LARGEST = 512 * 2**20
"""Bytes of a file that is read; a million characters and 50,000 tokens make less than 100 MiB."""

_MAGIC = b"SQLite format 3\0"
_VERSION_AT, _ID_AT = slice(60, 64), slice(68, 72)
"""Where `user_version` and `application_id` are, big-endian: see “The Database Header” in SQLite's
“Database File Format”."""

_LONGEST_VALUE = 256 * 2**20
"""Bytes of one text or blob that is taken from a file."""


class DocumentError(Exception):
    """A document cannot be read; says why in words for the writer."""


class NewerDocumentError(DocumentError):
    """A later version of the program wrote it."""


def document_to_bytes(document: Document) -> bytes:
    """Return a file's contents."""
    with closing(sqlite3.connect(":memory:")) as connection:
        make(connection)
        DocumentTables(connection).write(document)
        return connection.serialize()


def document_of_bytes(data: bytes) -> Document:
    """Read a file's contents; those of an older form are brought up to the present one.

    Raises:
        NewerDocumentError: A later version of the program wrote it.
        DocumentError: It is no document, or is damaged.
    """
    if not data.startswith(_MAGIC) or int.from_bytes(data[_ID_AT]) != APPLICATION_ID:
        raise DocumentError(tr("it does not begin as a document of Kelvin Studio does"))
    if (version := int.from_bytes(data[_VERSION_AT])) > VERSION:
        raise NewerDocumentError(
            tr(
                "it was written by a later version of Kelvin Studio (form {version}, and this one "
                "reads {known})",
                version=version,
                known=VERSION,
            )
        )
    with closing(sqlite3.connect(":memory:")) as connection, collector_paused(keeps=True):
        connection.deserialize(data)
        return read_database(connection)


def read_database(connection: sqlite3.Connection) -> Document:
    """Read the document of a database, of any form up to the present one.

    Args:
        connection: It is used for nothing else before or after.

    Raises:
        DocumentError: It is damaged, or no document.
    """
    # A stranger's, perhaps: see “Defense Against The Dark Arts” in SQLite's documentation.
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
    try:
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA cell_size_check = ON")
        check_whole(connection)
        migrate(connection)
        return DocumentTables(connection).read()
    except (sqlite3.Error, ValueError) as error:
        raise DocumentError(tr("it is damaged: {why}", why=visible_line(str(error)))) from error


def open_document(path: Path) -> tuple[Document, FileState]:
    """Open a `.kelvin` file.

    Returns:
        What it says, and what says later whether it still does.

    Raises:
        ManuscriptFileError: It cannot be read, is above `LARGEST`, or is no document.
    """
    data, status = read_file(path, LARGEST)
    try:
        return document_of_bytes(data), FileState.of(data, status)
    except NewerDocumentError as error:
        raise ManuscriptFileError(path, tr("{why}. Open it there.", why=error)) from error
    except DocumentError as error:
        raise ManuscriptFileError(
            path,
            tr(
                "not a document that can be opened: {why}. A text editor may show the text in it; "
                "look for a copy of it, too.",
                why=error,
            ),
        ) from error


def write_document(path: Path, document: Document) -> FileState:
    """Save a `.kelvin` file, whole or not at all: see `atomic_write`.

    Args:
        path: The file.
        document: What it is to hold.

    Returns:
        What says later whether it still holds this.

    Raises:
        ManuscriptFileError: It could not be written. What stood there before still stands, or the
            message says where it is.
    """
    return write_file(path, document_to_bytes(document))

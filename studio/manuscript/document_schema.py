"""The tables of a document's database in each of its forms, and the ways from one to the next.

Texts are plain `TEXT`, so that any program that reads SQLite finds them.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import cache

APPLICATION_ID = 0x6B6C766E
"""“klvn” in ASCII, by which a file is known as a document."""

_PAGE = 8192
"""Bytes. Of what is known of a token, 1.4 KiB, five fit a page; of SQLite's usual 4 KiB two, and
a document were a third larger."""

_MIGRATIONS = (
    """
    CREATE TABLE passage (
        id INTEGER PRIMARY KEY,
        text TEXT NOT NULL,
        origins BLOB NOT NULL,
        groups BLOB NOT NULL
    ) STRICT;
    CREATE TABLE document (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        passage INTEGER NOT NULL REFERENCES passage,
        caret INTEGER NOT NULL,
        brief TEXT NOT NULL,
        preset BLOB NOT NULL
    ) STRICT;
    CREATE TABLE source (
        id INTEGER PRIMARY KEY,
        name BLOB NOT NULL
    ) STRICT;
    CREATE TABLE sequence (
        id INTEGER PRIMARY KEY,
        ids BLOB,
        is_whole INTEGER NOT NULL,
        seed INTEGER,
        start INTEGER
    ) STRICT;
    CREATE TABLE token (
        id INTEGER PRIMARY KEY,
        sequence INTEGER REFERENCES sequence,
        position INTEGER NOT NULL,
        record BLOB NOT NULL
    ) STRICT;
    CREATE TABLE take_set (
        id INTEGER PRIMARY KEY,
        place BLOB NOT NULL,
        used INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE take (
        take_set INTEGER NOT NULL REFERENCES take_set,
        number INTEGER NOT NULL,
        passage INTEGER NOT NULL REFERENCES passage,
        facts BLOB NOT NULL,
        tokens BLOB NOT NULL,
        behind INTEGER REFERENCES token,
        PRIMARY KEY (take_set, number)
    ) STRICT;
    CREATE TABLE nested (
        take_set INTEGER NOT NULL,
        number INTEGER NOT NULL,
        inside INTEGER NOT NULL REFERENCES take_set,
        place BLOB NOT NULL,
        PRIMARY KEY (take_set, number, inside),
        FOREIGN KEY (take_set, number) REFERENCES take
    ) STRICT;
    """,
    """
    CREATE TABLE brush (
        id INTEGER PRIMARY KEY,
        own BLOB NOT NULL
    ) STRICT;
    ALTER TABLE passage ADD COLUMN brushes BLOB NOT NULL DEFAULT x'';
    """,
    """
    CREATE TABLE note (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        text TEXT NOT NULL,
        facts BLOB NOT NULL
    ) STRICT;
    CREATE TABLE plan (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        facts BLOB NOT NULL
    ) STRICT;
    """,
    # Which model wrote a take.
    """
    CREATE TABLE model (
        id INTEGER PRIMARY KEY,
        record BLOB NOT NULL
    ) STRICT;
    ALTER TABLE take ADD COLUMN model INTEGER REFERENCES model;
    """,
    # Runs of lanes, each as a file of a comparison has it.
    """
    CREATE TABLE run (
        name TEXT NOT NULL PRIMARY KEY,
        comparison BLOB NOT NULL
    ) STRICT;
    """,
)
"""The n-th makes a database of form n + 1 of one of form n; one of form 0 is empty. What was
released is never changed: another is appended, with a sample of the form before it in the tests."""

VERSION = len(_MIGRATIONS)
"""The form that is written."""


def make(connection: sqlite3.Connection) -> None:
    """Make the tables in an empty database."""
    connection.execute(f"PRAGMA page_size = {_PAGE}")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    migrate(connection)


@cache
def empty_database() -> bytes:
    """Return a file of the tables alone.

    On a disk each of the steps that make them would be waited for.
    """
    with closing(sqlite3.connect(":memory:")) as connection:
        make(connection)
        return connection.serialize()


def migrate(connection: sqlite3.Connection) -> None:
    """Bring a database of an older form up to the present one."""
    for version in range(_version(connection), VERSION):
        connection.executescript(
            f"BEGIN; {_MIGRATIONS[version]} PRAGMA user_version = {version + 1}; COMMIT;"
        )


def check_whole(connection: sqlite3.Connection) -> None:
    """Refuse a database that is damaged, or that has anything else than a document's tables.

    A view or a trigger would be somebody's program; with the very tables that are made here, each
    value is of its column's type.

    Raises:
        ValueError: It is so.
        sqlite3.Error: It is damaged so that it cannot be looked at.
    """
    with closing(sqlite3.connect(":memory:")) as plain:
        for version in range(_version(connection)):
            plain.executescript(_MIGRATIONS[version])
        if _schema(plain) != _schema(connection):
            raise ValueError("its tables are not those of a document")
    [(found,)] = connection.execute("PRAGMA quick_check(1)").fetchall()
    if found != "ok":
        raise ValueError(found)


def _version(connection: sqlite3.Connection) -> int:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    assert isinstance(version, int)
    return min(max(version, 0), VERSION)


def _schema(connection: sqlite3.Connection) -> list[tuple[str, str, str, str]]:
    return connection.execute(
        "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name"
    ).fetchall()

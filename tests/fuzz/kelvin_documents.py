"""Target: the bytes of a `.kelvin` file, and single values in tables that are sound otherwise."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from random import Random

import msgspec
from msgspec.structs import replace

from studio.manuscript import KeptRun, Manuscript, TokenSpans
from studio.manuscript.document_file import DocumentError, document_of_bytes, document_to_bytes
from tests.fuzz.mutation import mutated
from tests.fuzz.target import Target
from tests.helpers.documents import document_of, sea

_FOREIGN = re.compile(r"'.*?'|`.*?`|\(.*?\)|\d+", re.DOTALL)
"""What of a message is a number or the file's: inputs that differ in it alone count as alike."""

_VALUES = (0, -1, 1, 7, 2**31, 2**63 - 1, -(2**63), "", "\0", "a\ud800", b"", b"\x90", 1.5, None)


def target(_folder: Path) -> Target:
    """A document with a take in a take, and an empty one."""
    runs = (KeptRun("01764430000000000001-0a1b2c3d", b"{}"),)
    sound = document_to_bytes(replace(sea(), runs=runs))
    values = _blobs(sound)

    def absurd(chosen: Random) -> bytes:
        """A sound database in which one value is another."""
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.deserialize(sound)
            tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
            table = chosen.choice([name for (name,) in tables])
            columns = connection.execute(f"SELECT name FROM pragma_table_info('{table}')")
            column = chosen.choice([name for (name,) in columns])
            if chosen.random() < 0.5:
                value: object = mutated(chosen, values, (b"\xff", b"\xdf\xff\xff\xff\xff"))
            else:
                value = chosen.choice(_VALUES)
            some = chosen.choice(("", " WHERE rowid = (SELECT min(rowid) FROM passage)"))
            try:
                connection.execute(f"UPDATE {table} SET {column} = ?{some}", (value,))
                connection.commit()
            except (sqlite3.Error, UnicodeEncodeError):
                return sound  # no database can hold it
            return connection.serialize()

    return Target(
        [sound, document_to_bytes(document_of(Manuscript()))],
        check,
        (b"SQLite format 3\0", b"klvn", b"CREATE TABLE", b"STRICT"),
        ("studio.manuscript.document",),
        absurd,
    )


def check(data: bytes) -> str:
    """What is read can be opened, stepped through, written, and read again."""
    try:
        document = document_of_bytes(data)
    except DocumentError as error:
        return _FOREIGN.sub("#", str(error))[:200]
    manuscript = Manuscript()
    spans = TokenSpans(manuscript)
    manuscript.restore(document.passage, document.take_sets)
    spans.set_source(("a.gguf", 100, 49_152))
    for one in manuscript.take_sets:
        for direction in (-1, 1):
            if manuscript.can_step_take(one, direction):
                manuscript.step_take(one, direction)
    while manuscript.can_undo:
        manuscript.undo()
    assert manuscript.text == document.text
    document_of_bytes(document_to_bytes(document_of(manuscript)))
    return f"{len(document.take_sets)} sets"


def _blobs(data: bytes) -> list[bytes]:
    """All values of a document that are packed."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(data)
        rows = [
            *connection.execute("SELECT groups FROM passage"),
            *connection.execute("SELECT origins FROM passage"),
            *connection.execute("SELECT name FROM source"),
            *connection.execute("SELECT record FROM token"),
            *connection.execute("SELECT place FROM take_set"),
            *connection.execute("SELECT facts FROM take"),
            *connection.execute("SELECT tokens FROM take"),
            *connection.execute("SELECT ids FROM sequence"),
        ]
    one = dict.fromkeys(("starts", "lengths", "sources", "counts", "tokens"), b"\x01\x00\x00\x00")
    return [*(value for (value,) in rows), msgspec.msgpack.encode(one)]

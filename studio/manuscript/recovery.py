"""What is kept of a document that is not saved, so that nothing that stops the program loses it.

A record is a file's bytes: a line that says what this is and proves it whole, a line of JSON, and
the text as it is, which a writer can read in any editor.
"""

from __future__ import annotations

import codecs
import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from studio.manuscript.document import Document
from studio.manuscript.file_state import FileState
from studio.manuscript.files import Encoding, Newline, TextFile
from studio.manuscript.passage import Origin, Passage, with_runs
from studio.manuscript.text_shape import BITE
from studio.percent_encoding import percent_decoded, percent_encoded
from studio.translation import tr
from studio.visible_text import visible_line

_NAME = b"kelvin-studio-recovery"
_VERSION = 1
LARGEST = 512 * 2**20
"""Bytes of a record that is read; a text that can be opened makes a fraction of it."""

_YEAR_9999 = 253_370_764_800.0


class RecoveryError(Exception):
    """A record cannot be read; says why in words for the writer."""


class NewerRecordError(RecoveryError):
    """It is whole, but a later version of the program wrote it."""


class _FileHeld(msgspec.Struct):
    size: int
    sha256: str


class _Header(msgspec.Struct):
    written_at: float
    path: str | None
    newline: str
    encoding: str
    held: _FileHeld | None
    caret: int
    generated: list[tuple[int, int]]
    brief: str


@dataclass(frozen=True, slots=True)
class RecoveryRecord:
    """A document at one moment.

    Attributes:
        text: The manuscript's, in `file.text`, and how its file would be written.
        generated: Half-open ranges of the text that a model wrote, in order.
        brief: What the model is told before it.
        caret: Before which code point it stands.
        path: The document's file; None where it was never saved.
        held: What that file held when it was read or written last.
        written_at: Seconds since 1970.
        document: The same with its takes and tokens, where these are known. It is kept beside the
            record, not in it.
    """

    file: TextFile
    generated: tuple[tuple[int, int], ...]
    brief: str
    caret: int
    path: Path | None
    held: FileState | None
    written_at: float
    document: Document | None = field(default=None, compare=False)

    @property
    def text(self) -> str:
        """The manuscript's text."""
        return self.file.text

    @property
    def whole(self) -> Document:
        """All that is known of the document."""
        if self.document is not None:
            return self.document
        typed = bytes([Origin.TYPED]) * len(self.text)
        passage = Passage(self.text, with_runs(typed, self.generated, Origin.GENERATED))
        return Document((passage,), (), self.caret, self.brief)

    def to_bytes(self) -> bytes:
        """The record as a file's bytes."""
        file, held = self.file, self.held
        header = _Header(
            written_at=self.written_at,
            path=None if self.path is None else percent_encoded(self.path),
            newline=file.newline.name,
            encoding=file.encoding.name,
            held=None if held is None else _FileHeld(held.size, held.digest),
            caret=self.caret,
            generated=list(self.generated),
            brief=self.brief,
        )
        line = msgspec.json.encode(header) + b"\n"
        # In bites, and one join: what takes long at once would keep other threads waiting.
        bites = range(0, len(file.text), BITE)
        pieces = [line, *(file.text[at : at + BITE].encode() for at in bites)]
        return b"".join([_first_line(*pieces), b"\n", *pieces])

    @classmethod
    def of_bytes(cls, data: bytes) -> RecoveryRecord:
        """Reads a record.

        Raises:
            NewerRecordError: A later version of the program wrote it.
            RecoveryError: It is none, or is damaged.
        """
        first, _, body = data.partition(b"\n")
        match first.split(b" "):
            case [name, version, _] if name == _NAME and version.isdigit():
                if int(version[:9]) > _VERSION:
                    raise NewerRecordError(
                        tr(
                            "it was written by a later version of Kelvin Studio (form {form}, and "
                            "this one reads {known})",
                            form=version[:9].decode(),
                            known=_VERSION,
                        )
                    )
            case _:
                raise RecoveryError(tr("it does not begin as a recovery file does"))
        if first != _first_line(body):
            raise _damaged(tr("its contents are not those that were written"))
        line, _, text = body.partition(b"\n")
        try:
            header = msgspec.json.decode(line, type=_Header)
            newline, encoding = Newline[header.newline], Encoding[header.encoding]
            file = TextFile(_decoded(text), newline, encoding)
        except (msgspec.MsgspecError, UnicodeDecodeError, KeyError) as error:
            raise _damaged(visible_line(str(error))) from error
        _check(header, len(file.text))
        held = header.held
        path = header.path
        return cls(
            file=file,
            generated=tuple(header.generated),
            brief=header.brief,
            caret=header.caret,
            path=None if path is None else percent_decoded(path),
            held=None if held is None else FileState(held.size, held.sha256),
            written_at=header.written_at,
        )


def _first_line(*body: bytes) -> bytes:
    digest = hashlib.sha256()
    for part in body:
        digest.update(part)
    return b"%s %d %s" % (_NAME, _VERSION, digest.hexdigest().encode())


def _decoded(text: bytes) -> str:
    """In bites, so that other threads have their turn."""
    decode = codecs.getincrementaldecoder("utf-8")().decode
    pieces = [decode(text[at : at + BITE]) for at in range(0, len(text), BITE)]
    return "".join([*pieces, decode(b"", True)])


def _damaged(why: str) -> RecoveryError:
    return RecoveryError(tr("it is damaged: {why}", why=why))


def _check(header: _Header, length: int) -> None:
    if not 0 <= header.written_at < _YEAR_9999:
        raise _damaged(tr("no time is {time}", time=header.written_at))
    reached = 0
    for start, end in header.generated:
        if not reached <= start < end <= length:
            raise _damaged(tr("no range of the text is {start} to {end}", start=start, end=end))
        reached = end
    if not 0 <= header.caret <= length:
        raise _damaged(tr("the caret is at {place} of {length}", place=header.caret, length=length))

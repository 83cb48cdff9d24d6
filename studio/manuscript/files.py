"""Text files: opened and saved so that what the writer did not change keeps its bytes."""

from __future__ import annotations

import codecs
import errno
import os
from enum import Enum
from pathlib import Path
from typing import BinaryIO

import msgspec

from studio.atomic_write import atomic_write
from studio.in_place import TornFileError
from studio.manuscript.file_state import FileState
from studio.manuscript.text_shape import BITE, Report
from studio.regular_file import NotRegularError, TooLargeError, read_regular_file
from studio.translation import mark, tr
from studio.visible_text import visible_path

SIZE_LIMIT = 64 * 2**20
"""Bytes. Larger files are refused: an editor that takes minutes to open one helps nobody."""


class ManuscriptFileError(Exception):
    """The environment failed, not the program: a message for the writer, naming file and remedy.

    Attributes:
        path: The file.

    Args:
        path: The file.
        message: What is wrong and what to do, for the writer.
    """

    def __init__(self, path: Path, message: str) -> None:
        super().__init__(f"{visible_path(path)}: {message}")
        self.path = path


class Encoding(Enum):
    """How a file's characters become bytes: Python's codec, and the mark before them."""

    UTF_8 = ("utf-8", b"")
    UTF_8_BOM = ("utf-8", codecs.BOM_UTF8)
    UTF_16_LE = ("utf-16-le", codecs.BOM_UTF16_LE)
    UTF_16_BE = ("utf-16-be", codecs.BOM_UTF16_BE)

    @property
    def codec(self) -> str:
        """The name Python gives the encoding, without its byte order mark."""
        return self.value[0]

    @property
    def mark(self) -> bytes:
        """The byte order mark."""
        return self.value[1]


class Newline(Enum):
    """What ends a line in the file. In the text a line ends with U+000A."""

    LF = "\n"
    CRLF = "\r\n"
    CR = "\r"


class TextFile(msgspec.Struct, frozen=True):
    """A file's characters, and what it takes to write the same bytes again.

    Attributes:
        text: The characters. In a file whose line ends differ among themselves, the carriage
            returns stay in the text and `newline` is LF.
        newline: What each U+000A of the text is in the file.
        encoding: The file's encoding, its byte order mark included.
    """

    text: str
    newline: Newline = Newline.LF
    encoding: Encoding = Encoding.UTF_8

    @classmethod
    def of_bytes(cls, data: bytes, report: Report = lambda _done: None) -> TextFile:
        """Reads a file's contents, piece by piece, so that other threads get their turn.

        Args:
            data: The contents.
            report: Is given how many bytes have been read so far; may raise to give up.

        Raises:
            UnicodeDecodeError: They are not text in one of the encodings. Its `start` is the byte's
                offset in `data`.
        """
        marks = (Encoding.UTF_8_BOM, Encoding.UTF_16_LE, Encoding.UTF_16_BE)
        encoding = next((e for e in marks if data.startswith(e.mark)), Encoding.UTF_8)
        skipped, codec = len(encoding.mark), encoding.codec
        pieces, start = [], skipped
        while start < len(data):
            end = _end_of_character(data, start + BITE, encoding)
            try:
                pieces.append(data[start:end].decode(codec))
            except UnicodeDecodeError as e:
                first, last = e.start + start, e.end + start
                raise UnicodeDecodeError(codec, data, first, last, e.reason) from None
            start = end
            report(start)
        text = "".join(pieces)
        if (null := text.find("\0")) >= 0:
            start = skipped + len(text[:null].encode(codec))
            raise UnicodeDecodeError(codec, data, start, start + 1, tr("a null character"))
        newline = _newline_of(text)
        return cls(_replaced(text, newline.value, "\n"), newline, encoding)

    def with_text(self, text: str) -> TextFile:
        """Another text, to be written with the same line ends and in the same encoding."""
        return TextFile(text, self.newline, self.encoding)

    def to_bytes(self) -> bytes:
        """The file's contents.

        Raises:
            UnicodeEncodeError: The text holds a lone surrogate.
        """
        text, codec = _replaced(self.text, "\n", self.newline.value), self.encoding.codec
        pieces = [text[at : at + BITE].encode(codec) for at in range(0, len(text), BITE)]
        # A text that begins with such a character would lose it: it would be taken for the mark.
        mark = Encoding.UTF_8_BOM.mark if text.startswith("\ufeff") else b""
        return b"".join([self.encoding.mark or mark, *pieces])


def _end_of_character(data: bytes, end: int, encoding: Encoding) -> int:
    """The first place from `end` on, or in bad bytes about there, where no character is cut."""
    if encoding in (Encoding.UTF_8, Encoding.UTF_8_BOM):
        last = end + 3
        while end < min(last, len(data)) and data[end] & 0xC0 == 0x80:
            end += 1
        return end
    end += (end - len(encoding.mark)) % 2
    high = data[end - 1 : end] if encoding is Encoding.UTF_16_LE else data[end - 2 : end - 1]
    return end + 2 if high and 0xD8 <= high[0] <= 0xDB else end


def _replaced(text: str, old: str, new: str) -> str:
    """`str.replace` in bites, for line ends."""
    if old == new or old not in text:
        return text
    pieces, start = [], 0
    while start < len(text):
        end = start + BITE
        if text[end - 1 : end + 1] == "\r\n":
            end += 1
        pieces.append(text[start:end].replace(old, new))
        start = end
    return "".join(pieces)


def _newline_of(text: str) -> Newline:
    """The line end of a file that has one alone; LF where they differ or there is none."""
    if text.count("\n") == 0:
        return Newline.CR if "\r" in text else Newline.LF
    return Newline.CRLF if text.count("\r\n") == text.count("\n") else Newline.LF


def read_text_file(path: Path) -> TextFile:
    """Reads a text file once, as `open_text_file` does."""
    return open_text_file(path)[0]


def open_text_file(path: Path, report: Report = lambda _done: None) -> tuple[TextFile, FileState]:
    """Opens a text file: UTF-8 with or without byte order mark, or UTF-16 with one.

    Args:
        path: The file.
        report: See `TextFile.of_bytes`.

    Returns:
        What it says, and what says later whether it still does.

    Raises:
        ManuscriptFileError: It cannot be read, is no regular file, is above `SIZE_LIMIT`, or is not
            text in one of these encodings.
    """
    data, status = read_file(path, SIZE_LIMIT)
    return _text_of(path, data, report), FileState.of(data, status)


def read_file(path: Path, limit: int) -> tuple[bytes, os.stat_result]:
    """Reads a file whole.

    Args:
        path: It.
        limit: Bytes that it may have at most.

    Returns:
        What it holds, and what the system reported of it before.

    Raises:
        ManuscriptFileError: It cannot be read, is no regular file, or is larger.
    """
    try:
        return read_regular_file(path, limit)
    except NotRegularError as e:
        raise ManuscriptFileError(
            path, tr("not a regular file (a pipe, socket or device); choose a text file")
        ) from e
    except TooLargeError as e:
        raise ManuscriptFileError(
            path,
            tr(
                "too large to edit: %n bytes; allowed are {most:,} ({mebibytes} MiB). Split it "
                "into several files.",
                "",
                e.size,
                most=limit,
                mebibytes=limit // 2**20,
            ),
        ) from e
    except OSError as e:
        raise ManuscriptFileError(path, _problem(e, _OPENED)) from e


def read_text_stream(stream: BinaryIO, name: str) -> TextFile:
    """Reads a text from a pipe to its end, in the encodings of `open_text_file`.

    Args:
        stream: What is read.
        name: What messages call it.

    Raises:
        ManuscriptFileError: It cannot be read, is above `SIZE_LIMIT`, or is no text.
    """
    try:
        data = stream.read(SIZE_LIMIT + 1)
    except OSError as e:
        raise ManuscriptFileError(Path(name), _problem(e, _READ)) from e
    if len(data) > SIZE_LIMIT:
        raise ManuscriptFileError(
            Path(name),
            tr(
                "too large to edit: more than {most:,} bytes ({mebibytes} MiB)",
                most=SIZE_LIMIT,
                mebibytes=SIZE_LIMIT // 2**20,
            ),
        )
    return _text_of(Path(name), data)


def _text_of(path: Path, data: bytes, report: Report = lambda _done: None) -> TextFile:
    try:
        return TextFile.of_bytes(data, report)
    except UnicodeDecodeError as e:
        raise ManuscriptFileError(
            path,
            tr(
                "not a text file that can be opened: byte 0x{byte:02x} at offset {offset:,} is not "
                "{encoding} text ({why}). Allowed are UTF-8, and UTF-16 with a byte order mark. If "
                "it is text, save it as UTF-8 in the program it came from.",
                byte=data[e.start],
                offset=e.start,
                encoding=e.encoding.upper(),
                why=e.reason,
            ),
        ) from e


def write_text_file(path: Path, file: TextFile) -> FileState:
    """Saves a text file, whole or not at all: see `atomic_write`.

    Args:
        path: The file.
        file: The text, and how it is encoded.

    Returns:
        What says later whether it still holds this.

    Raises:
        ManuscriptFileError: It could not be written. What stood there before still stands, or the
            message says where it is.
        UnicodeEncodeError: The text holds a lone surrogate.
    """
    return write_file(path, file.to_bytes())


def write_file(path: Path, data: bytes) -> FileState:
    """Writes a file, whole or not at all: see `atomic_write`.

    Args:
        path: It.
        data: What it is to hold.

    Returns:
        What says later whether it still holds this.

    Raises:
        ManuscriptFileError: As `write_text_file`.
    """
    try:
        return FileState.of(data, atomic_write(path, data))
    except OSError as e:
        words = _TORN if isinstance(e, TornFileError) else _SAVED
        raise ManuscriptFileError(path, _problem(e, words)) from e


_PERMISSIONS = mark("check the permissions, or choose another place")
_ROOM = mark("make room on the disk, or choose another place")
_REMEDIES = {
    errno.ENOENT: mark("check the name, and that the folder exists"),
    errno.EACCES: _PERMISSIONS,
    errno.EPERM: _PERMISSIONS,
    errno.EROFS: mark("choose a place that can be written to"),
    errno.EISDIR: mark("it is a folder; choose a file"),
    errno.ENOTDIR: mark("part of the path is a file, not a folder; choose another place"),
    errno.ENOSPC: _ROOM,
    errno.EDQUOT: _ROOM,
    errno.ENAMETOOLONG: mark("choose a shorter name"),
    errno.ELOOP: mark("the symbolic links run in a circle; choose another file"),
    errno.EINVAL: mark("choose a regular file, not a pipe, socket or device"),
}
_ANY_REMEDY = mark("try again, or choose another place")
_OPENED = mark("could not be opened: {cause}. What to do: {remedy}.")
_READ = mark("could not be read: {cause}. What to do: {remedy}.")
_SAVED = mark("could not be saved: {cause}; the file is unchanged. What to do: {remedy}.")
_TORN = mark("could not be saved: {cause}. What to do: {remedy}.")


def _problem(error: OSError, words: str) -> str:
    """What failed and what to do.

    Args:
        error: What the system said.
        words: Which of the sentences above it is said in.
    """
    cause = error.strerror or str(error)
    return tr(words, cause=cause, remedy=tr(_REMEDIES.get(error.errno or 0, _ANY_REMEDY)))

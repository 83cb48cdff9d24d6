"""Reads parts of a ZIP archive that nobody vouches for: few, by name, never past a limit.

Nothing is unpacked to the disk, so a part's name leads nowhere.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from types import TracebackType
from typing import BinaryIO

from studio.translation import mark, tr
from studio.visible_text import visible_line

MOST_BYTES = 128 * 2**20
"""Of a part, unpacked. A novel of 4,000,000 characters has a quarter of it."""

_MOST_AT_ONCE = 2 * 2**20
"""Bytes read in one piece. The archive's list of its parts is one: 40,000 of them fit."""
_BITE = 2**20
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    ValueError,
    OverflowError,
)
"""What `zipfile` raises for an archive that is none."""


PROTECTED = mark("it is protected by a password. Save it without one in the program it came from.")


class DocumentError(Exception):
    """A document that cannot be read: what is wrong and what to do, for the writer."""


class BoundedZip:
    """The archive.

    Args:
        file: Where it is; is read from while parts are.

    Raises:
        DocumentError: It is no archive, or has too many parts.
        OSError: The file cannot be read.
    """

    def __init__(self, file: BinaryIO) -> None:
        try:
            self._archive = zipfile.ZipFile(_InPieces(file))
        except _DAMAGED as error:
            raise _damaged(str(error)) from error

    def __enter__(self) -> BoundedZip:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._archive.close()

    def __contains__(self, name: str) -> bool:
        return name in self._archive.NameToInfo

    def read(self, name: str, most: int) -> bytes:
        """A small part; empty where it is not there.

        Args:
            name: What it is called.
            most: Bytes that it may have.

        Raises:
            DocumentError: It has more, or is damaged.
            OSError: The file cannot be read.
        """
        return b"".join(self.bites(name, most)) if name in self else b""

    def size(self, name: str) -> int:
        """How many bytes a part says it has, unpacked; 0 where it is not there."""
        return self._archive.NameToInfo[name].file_size if name in self else 0

    def bites(self, name: str, most: int = MOST_BYTES) -> Iterator[bytes]:
        """A part that is there, piece by piece.

        Args:
            name: What it is called.
            most: Bytes that it may have.

        Raises:
            DocumentError: It has more, is encrypted, packed in another way, or damaged.
            OSError: The file cannot be read.
        """
        info = self._archive.NameToInfo[name]
        if info.flag_bits & 1:
            raise DocumentError(tr(PROTECTED))
        if info.compress_type not in _PACKINGS:
            raise _damaged(tr("a part is packed in a way that no document is"))
        if info.file_size > most:
            raise _too_large(info.file_size, most)
        total = 0
        try:
            with self._archive.open(info) as part:
                while bite := part.read(_BITE):
                    total += len(bite)
                    if total > most:  # more than it says it has
                        raise _too_large(total, most)
                    yield bite
        except _DAMAGED as error:
            raise _damaged(str(error)) from error


class _InPieces:
    """A file of which nobody reads much at once, whatever it says of itself.

    Args:
        file: The file, which stays another's to close.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a place.

        Args:
            offset: From where `whence` says, as for any file.
            whence: As for any file.

        Raises:
            BadZipFile: It lies before the file.
        """
        if offset < 0 and whence == 0:
            raise zipfile.BadZipFile("a part lies before the file")
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def read(self, size: int | None = -1) -> bytes:
        """So many bytes, or all that are left.

        Raises:
            BadZipFile: They are more than a document has in one piece.
        """
        wanted = _MOST_AT_ONCE + 1 if size is None or size < 0 else size
        if wanted > _MOST_AT_ONCE + 1:
            raise zipfile.BadZipFile("more parts than a document has")
        data = self._file.read(wanted)
        if len(data) > _MOST_AT_ONCE:
            raise zipfile.BadZipFile("more parts than a document has")
        return data


def _damaged(why: str) -> DocumentError:
    return DocumentError(
        tr(
            "it is damaged, or no such document ({why}). Open it in the program it came from and "
            "save it anew.",
            why=visible_line(why),
        )
    )


def _too_large(size: int, most: int) -> DocumentError:
    return DocumentError(
        tr(
            "too large: a part of it has {size:,} bytes unpacked; allowed are {most:,}. Split it "
            "into several documents in the program it came from.",
            size=size,
            most=most,
        )
    )

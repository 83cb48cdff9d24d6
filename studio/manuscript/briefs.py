"""The briefs of documents, kept beside no document: a writer's text files stay what they are.

One small file a document that has a brief, named for the place of the document. This module does
not know what a brief is for.
"""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import msgspec

from studio.atomic_write import atomic_write
from studio.manuscript.regular_file import read_regular_file

_FORMAT = "kelvin-studio brief"
_VERSION = 1
_LARGEST = 32 * 2**20
"""Bytes of a file that is read."""


class BriefError(Exception):
    """A brief cannot be read or kept: a message for the writer."""


class _Brief(msgspec.Struct):
    format: str
    version: int
    document: str
    """For whoever looks into the folder; nothing depends on it."""
    brief: str


class BriefFolder:
    """The folder.

    Args:
        folder: Need not be there yet.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, document: Path) -> str:
        """The brief that was saved for a document; empty where there is none.

        Raises:
            BriefError: There is one, and it cannot be read. It stays where it is.
        """
        path = self._path(document)
        try:
            kept = msgspec.json.decode(read_regular_file(path, _LARGEST)[0], type=_Brief)
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise _unreadable(document, path, error.strerror or str(error)) from error
        except msgspec.MsgspecError as error:
            raise _unreadable(document, path, f"it is damaged ({error})") from error
        if kept.format != _FORMAT or kept.version > _VERSION:
            raise _unreadable(document, path, "it is of a later version of Kelvin Studio")
        return kept.brief

    def save(self, document: Path, brief: str) -> None:
        """Keep a document's brief in place of the one before; an empty one leaves no file.

        Raises:
            BriefError: It could not be written. What was kept before still is.
        """
        path = self._path(document)
        try:
            if not brief:
                path.unlink(missing_ok=True)
                return
            # The writer's texts are nobody else's.
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            # A name that is no text, as Linux allows it, is only shown.
            shown = os.fsencode(_resolved(document)).decode(errors="replace")
            data = msgspec.json.encode(_Brief(_FORMAT, _VERSION, shown, brief))
            if len(data) > _LARGEST:
                raise OSError(
                    errno.EFBIG, f"it is longer than the {_LARGEST:,} bytes that are read"
                )
            atomic_write(path, data, 0o600)
        except OSError as error:
            raise BriefError(
                f"The brief of “{document.name}” could not be saved: "
                f"{error.strerror or error}. It is still here; the text is saved. Make room or "
                f"check the permissions of “{self._folder}”, then save again."
            ) from error

    def _path(self, document: Path) -> Path:
        return self._folder / f"{document_key(document)}.json"


def document_key(document: Path) -> str:
    """A name for a document's place, the same by whatever links it is reached."""
    return hashlib.sha256(os.fsencode(os.path.normcase(_resolved(document)))).hexdigest()[:32]


def _resolved(document: Path) -> str:
    return os.path.realpath(document)


def _unreadable(document: Path, path: Path, why: str) -> BriefError:
    return BriefError(
        f"The brief that was kept for “{document.name}” cannot be read: {why}. It stays in "
        f"“{path}” until you save the document with another one."
    )

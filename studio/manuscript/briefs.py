"""The briefs of documents, kept beside no document: a writer's text files stay what they are.

One small file a document that has a brief or notes, named for the place of the document.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
from pathlib import Path

import msgspec

from studio.atomic_write import atomic_write
from studio.manuscript.file_state import FileState
from studio.manuscript.prompt_plan import NO_PLAN, PromptPlan
from studio.regular_file import read_regular_file
from studio.translation import tr
from studio.visible_text import visible_line, visible_name, visible_path

_FORMAT = "kelvin-studio brief"
_VERSION = 1
_LARGEST = 32 * 2**20
"""Bytes of a file that is read."""
_MOST = 2000
"""Files that are looked through for a document that was moved."""


class BriefError(Exception):
    """A brief cannot be read or kept: a message for the writer."""


class _Brief(msgspec.Struct):
    format: str
    version: int
    document: str
    """Where it was."""
    sha256: str
    """What it held, by which it is known where it has another name now."""
    brief: str
    plan: PromptPlan = NO_PLAN


class BriefFolder:
    """The folder.

    Args:
        folder: Need not be there yet.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, document: Path) -> str:
        """The brief that was saved for a document; empty where there is none.

        A document that was moved or renamed since is known by what it holds.

        Raises:
            BriefError: There is one, and it cannot be read. It stays where it is.
        """
        path = self._path(document)
        try:
            return _read(path).brief
        except (FileNotFoundError, NotADirectoryError):
            return self._moved(document)
        except OSError as error:
            raise BriefError(
                tr(
                    "The brief that was kept for “{document}” cannot be read: {why}. It stays in "
                    "“{file}” until you save the document with another one.",
                    document=visible_name(document.name),
                    why=error.strerror or error,
                    file=visible_path(path),
                )
            ) from error

    def plan(self, document: Path) -> PromptPlan:
        """The notes that were saved with the brief of a document that `load` was called for.

        Passages of its text are known only where that is the text that was saved.
        """
        try:
            kept = _read(self._path(document))
            if kept.plan.passages and FileState.at(document).digest != kept.sha256:
                return msgspec.structs.replace(kept.plan, passages=())
        except OSError:
            return NO_PLAN  # `load` has said why
        return kept.plan

    def _moved(self, document: Path) -> str:
        """The brief of a document that held the same and is not where it was."""
        try:
            files = sorted(self._folder.glob("*.json"))[:_MOST]
            held = FileState.at(document) if files else None
        except OSError:
            return ""
        if held is None or held.size == 0:
            return ""  # all empty files are alike
        for path in files:
            with contextlib.suppress(OSError):
                kept = _read(path)
                if kept.sha256 == held.digest and not Path(kept.document).exists():
                    # From now on it is this place's: to be emptied there, too.
                    path.replace(self._path(document))
                    return kept.brief
        return ""

    def save(self, document: Path, brief: str, plan: PromptPlan = NO_PLAN) -> None:
        """Keep a document's brief in place of the one before; an empty one leaves no file.

        Args:
            document: The document's file.
            brief: The brief's text.
            plan: What else the model is given; where there is any there is a file.

        Raises:
            BriefError: It could not be written. What was kept before still is.
        """
        path = self._path(document)
        try:
            if not brief and plan == NO_PLAN:
                with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                    path.unlink()
                return
            # The writer's texts are nobody else's.
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            # A name that is no text, as Linux allows it, is only shown.
            shown = os.fsencode(_resolved(document)).decode(errors="replace")
            held = FileState.at(document).digest if document.is_file() else ""
            data = msgspec.json.encode(_Brief(_FORMAT, _VERSION, shown, held, brief, plan))
            if len(data) > _LARGEST:
                why = tr("it is longer than the {most:,} bytes that are read", most=_LARGEST)
                raise OSError(errno.EFBIG, why)
            atomic_write(path, data, is_private=True)
        except OSError as error:
            raise BriefError(
                tr(
                    "The brief of “{document}” could not be saved: {why}. It is still here; the "
                    "text is saved. Make room or check the permissions of “{folder}”, then save "
                    "again.",
                    document=visible_name(document.name),
                    why=error.strerror or error,
                    folder=visible_path(self._folder),
                )
            ) from error

    def _path(self, document: Path) -> Path:
        return self._folder / f"{document_key(document)}.json"


def document_key(document: Path) -> str:
    """A name for a document's place, the same by whatever links it is reached."""
    return hashlib.sha256(os.fsencode(os.path.normcase(_resolved(document)))).hexdigest()[:32]


def _resolved(document: Path) -> str:
    return os.path.realpath(document)


def _read(path: Path) -> _Brief:
    """What a file has.

    Raises:
        OSError: It cannot be read, or is none of ours.
    """
    try:
        kept = msgspec.json.decode(read_regular_file(path, _LARGEST)[0], type=_Brief)
    except msgspec.MsgspecError as error:
        why = tr("it is damaged ({why})", why=visible_line(str(error)))
        raise OSError(errno.EINVAL, why) from error
    if kept.format != _FORMAT or kept.version > _VERSION:
        raise OSError(errno.EINVAL, tr("it is of a later version of Kelvin Studio"))
    return kept

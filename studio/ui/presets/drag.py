"""A preset on its way out by drag: a file for folders and mails, its JSON for text fields.

The file is written when the place it is dropped on asks for it, and not before. That place may read
it long after the drop; so it lies in a folder of this program's own that is removed at the end.
"""

import shutil
import tempfile
import weakref
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QMetaType, QMimeData, QUrl

from studio.presets import PresetDocument
from studio.presets.folder import SUFFIX

NAME_FORMAT = "application/x-kelvin-studio-preset"
"""The preset's name alone, for this program's own windows: they have the preset already."""

_FILES = "text/uri-list"
_TEXT = "text/plain"


class DragFolder:
    """Where files are written that were dragged out; removed with `close`, or when Python ends."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._removed: weakref.finalize[..., DragFolder] | None = None

    @property
    def path(self) -> Path | None:
        """The folder, once something was written."""
        return self._path

    def write(self, document: PresetDocument) -> Path:
        """Write a preset's file; one of the same name is replaced.

        Raises:
            OSError: the system failed.
        """
        if self._path is None:
            self._path = Path(tempfile.mkdtemp(prefix="kelvin-studio-"))
            self._removed = weakref.finalize(self, shutil.rmtree, self._path, ignore_errors=True)
        # A name that can be a preset's is a file's name on every system.
        path = self._path / f"{document.preset.name}{SUFFIX}"
        path.write_bytes(document.to_bytes())
        return path

    def close(self) -> None:
        """Remove the folder and what is in it."""
        if self._removed:
            self._removed()
        self._path = self._removed = None


class PresetMimeData(QMimeData):
    """A preset as a file, as text, and by name.

    Args:
        document: The preset, with all that is in its file.
        folder: Where the file is written.
    """

    def __init__(self, document: PresetDocument, folder: DragFolder) -> None:
        super().__init__()
        self._document = document
        self._folder = folder

    def formats(self) -> list[str]:
        """What it can be had as, the best first."""
        return [NAME_FORMAT, _FILES, _TEXT]

    def hasFormat(self, mime_type: str) -> bool:  # noqa: N802 - Qt's name
        """Whether it can be had so."""
        return mime_type in self.formats()

    def retrieveData(self, mime_type: str, _type: QMetaType | QMetaType.Type) -> Any:  # noqa: N802 - Qt's name
        """One of them, made now."""
        if mime_type == NAME_FORMAT:
            return QByteArray(self._document.preset.name.encode())
        if mime_type == _TEXT:
            return self._document.to_bytes().decode()
        if mime_type == _FILES:
            try:
                path = self._folder.write(self._document)
            except OSError:  # a full disk: the text can be had still
                return None
            return [QUrl.fromLocalFile(str(path))]
        return None


def dragged_name(data: QMimeData) -> str:
    """The name of the preset that is dragged from this program's library; empty where none is."""
    return bytes(data.data(NAME_FORMAT).data()).decode() if data.hasFormat(NAME_FORMAT) else ""

"""Several parts in one ZIP archive, as word processors and readers of books have their files."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence

_OLDEST = (1980, 1, 1, 0, 0, 0)
"""The time that every part bears: the same text makes the same bytes."""
_READABLE = 0o644 << 16


def zipped(parts: Sequence[tuple[str, str]], first: tuple[str, str] | None = None) -> bytes:
    """The archive.

    Args:
        parts: Names and texts.
        first: One that stands before the others and is not compressed, by which the kind of file is
            known.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        if first is not None:
            _write(archive, *first, zipfile.ZIP_STORED)
        for name, text in parts:
            _write(archive, name, text, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _write(archive: zipfile.ZipFile, name: str, text: str, compression: int) -> None:
    info = zipfile.ZipInfo(name, _OLDEST)
    info.compress_type = compression
    info.external_attr = _READABLE
    archive.writestr(info, text.encode("utf-8", "replace"))

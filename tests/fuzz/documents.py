"""Target: Word and OpenDocument texts, whole archives and the XML within them."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

from studio.interchange.documents import read_document
from studio.interchange.docx import to_docx
from studio.interchange.odt import to_odt
from studio.manuscript import ManuscriptFileError
from tests.fuzz.target import Target
from tests.interchange.samples import story

_FOREIGN = re.compile(r"“.*?”|\S*\d\S*|\(.*\)", re.DOTALL)
"""What of a message is a number or a library's: inputs that differ in it alone count as alike."""
_STORIES = ("word/document.xml", "content.xml")
_OTHERS = ("word/styles.xml", "META-INF/manifest.xml", "_rels/.rels")


def target(folder: Path) -> Target:
    """The sample in both formats, and their parts."""
    wholes = [to_docx(story()), to_odt(story())]
    parts = []
    for whole in wholes:
        with zipfile.ZipFile(io.BytesIO(whole)) as archive:
            names = archive.namelist()
            parts += [archive.read(name) for name in (*_STORIES, *_OTHERS) if name in names]
    words = [b"<w:p>", b"</w:p>", b"<w:t>", b"<text:p>", b"<text:h>", b"<!DOCTYPE", b"<!ENTITY"]
    words += [
        b"PK\x01\x02",
        b"PK\x03\x04",
        b"PK\x05\x06",
        b"PK\x06\x07",
        b"w:val",
        b"text:c",
        b"/>",
    ]
    return Target(wholes + parts, _Checks(folder), tuple(words), ("studio.interchange",))


class _Checks:
    """Reads an archive, or what could be a part of one as each of its parts."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "fuzzed.docx"

    def __call__(self, data: bytes) -> str:
        if data.startswith(b"PK"):
            return self._read(data)
        reports = []
        for name in (*_STORIES, *_OTHERS):
            buffer = io.BytesIO()
            with zipfile.ZipFile(buffer, "w") as archive:
                archive.writestr(name, data)
                if name in _OTHERS:
                    archive.writestr(_STORIES[name.startswith("META")], "<a/>")
            reports.append(self._read(buffer.getvalue()))
        return " ".join(reports)

    def _read(self, data: bytes) -> str:
        self._path.write_bytes(data)
        try:
            text = read_document(self._path)
        except ManuscriptFileError as error:
            message = str(error)
            assert 0 < len(message) < 600, "a message that fills the window"
            message.encode()
            return _FOREIGN.sub("#", message.removeprefix(str(self._path)))[:60]
        text.encode()
        assert "\0" not in text
        return f"taken: {len(text).bit_length()}"

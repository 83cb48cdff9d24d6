"""Text on the clipboard that still knows who wrote it, and which tokens it is made of.

Beside the plain text, which every program takes, stands one `Origin` a character. The records of
tokens are too large for that: they stay here, and the clipboard has a key to them.
"""

from uuid import uuid4

from PySide6.QtCore import QByteArray, QMimeData

from studio.manuscript import Origin, Passage, with_own_records

_ORIGINS = "application/x-kelvin-studio-origins"
_KEY = "application/x-kelvin-studio-passage"


class Clippings:
    """The passage that was copied last, for as long as it may be pasted."""

    def __init__(self) -> None:
        self._key = b""
        self._passage: Passage | None = None

    def copy(self, passage: Passage) -> QMimeData:
        """Put a passage aside, and give what the clipboard shall hold of it."""
        self._key, self._passage = uuid4().bytes, passage
        data = passage_mime(passage.text, passage.origins)
        data.setData(_KEY, QByteArray(self._key))
        return data

    def passage_in(self, source: QMimeData, text: str) -> Passage | None:
        """`text`, which came from `source`, as a passage; None where it does not say who wrote it.

        Each call gives other records: two places in a text never share one.

        Args:
            source: What is pasted.
            text: Its text.
        """
        kept = self._passage
        if kept and bytes(source.data(_KEY).data()) == self._key and kept.text == text:
            return with_own_records(kept)
        origins = origins_in(source, text)
        return None if origins is None else Passage(text, origins)


def passage_mime(text: str, origins: bytes) -> QMimeData:
    """A text with who wrote each of its code points.

    Args:
        text: The text.
        origins: One byte a code point.
    """
    data = QMimeData()
    data.setText(text)
    data.setData(_ORIGINS, QByteArray(origins))
    return data


def origins_in(source: QMimeData, text: str) -> bytes | None:
    """Who wrote each code point of `text`, which came from `source`; None where it does not say.

    Nor does it where text and origins do not fit together: another program may have changed one.

    Args:
        source: What is pasted.
        text: Its text.
    """
    origins = bytes(source.data(_ORIGINS).data())
    known = len(origins) == len(text) and set(origins) <= set(Origin)
    return origins if origins and known else None

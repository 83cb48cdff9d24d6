"""Text on the clipboard that still knows who wrote it.

Beside the plain text, which every program takes, stands one `Origin` a character. This module does
not know editors.
"""

from PySide6.QtCore import QByteArray, QMimeData

from studio.manuscript import Origin

_ORIGINS = "application/x-kelvin-studio-origins"


def passage_mime(text: str, origins: bytes) -> QMimeData:
    """A text with who wrote each of its code points."""
    data = QMimeData()
    data.setText(text)
    data.setData(_ORIGINS, QByteArray(origins))
    return data


def origins_in(source: QMimeData, text: str) -> bytes | None:
    """Who wrote each code point of `text`, which came from `source`; None where it does not tell.

    Nor does it where text and origins do not fit together: another program may have changed one.
    """
    origins = bytes(source.data(_ORIGINS).data())
    known = len(origins) == len(text) and set(origins) <= set(Origin)
    return origins if origins and known else None

"""Records of tokens for tests: bytes, and a number to tell them apart. Knows no model."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(eq=False)
class Record:
    """What is kept of a token."""

    text: bytes
    id: int = 0
    sketch: bytes = b""
    near_tie: bool = False


def tokens(*texts: str | bytes) -> list[Record]:
    """Records of tokens with these texts, numbered."""
    return [
        Record(text.encode() if isinstance(text, str) else text, index)
        for index, text in enumerate(texts)
    ]


def bytes_of(records: Iterable[Record]) -> bytes:
    """What they spell together."""
    return b"".join(record.text for record in records)

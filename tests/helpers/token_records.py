"""Records of tokens for tests: bytes, and a number to say them apart. Knows no model."""

from collections.abc import Iterable

from studio.token_record import TokenRecord, undrawn


def token_record(text: bytes, token: int = 0) -> TokenRecord:
    """A record of a token that was read, without its distribution."""
    return undrawn(token, text, b"")


def tokens(*texts: str | bytes) -> list[TokenRecord]:
    """Records of tokens with these texts, numbered."""
    return [
        token_record(text.encode() if isinstance(text, str) else text, index)
        for index, text in enumerate(texts)
    ]


def bytes_of(records: Iterable[TokenRecord]) -> bytes:
    """What they spell together."""
    return b"".join(record.text for record in records)

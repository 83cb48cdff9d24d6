"""Quotation marks as a language has them, for the straight ones on a keyboard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

QuoteStyle = Literal["off", "english", "german", "french", "polish", "swedish", "danish", "spanish"]


class Quotes(NamedTuple):
    """The signs of one habit: double ones, and those of a quotation within another."""

    open: str
    close: str
    open_single: str
    close_single: str

    @property
    def sample(self) -> str:
        """How they look."""
        return f"{self.open}…{self.close} {self.open_single}…{self.close_single}"


_NARROW = "\u202f"

QUOTES: Mapping[QuoteStyle, Quotes] = {
    "english": Quotes("“", "”", "‘", "’"),
    "german": Quotes("„", "“", "‚", "‘"),
    "french": Quotes(f"«{_NARROW}", f"{_NARROW}»", "‹", "›"),
    "polish": Quotes("„", "”", "‚", "’"),
    "swedish": Quotes("”", "”", "’", "’"),
    "danish": Quotes("»", "«", "›", "‹"),
    "spanish": Quotes("«", "»", "“", "”"),
}

STRAIGHT = frozenset("\"'")
"""What is typed."""

_APOSTROPHE = "’"
_OPENS_BEHIND = frozenset("([{<—–-/=")


def curled(typed: str, before: str, style: QuoteStyle) -> str:
    """The sign for a straight one; the same where none is to stand for it.

    Args:
        typed: One of `STRAIGHT`.
        before: What stands before it in its paragraph, or the end of that.
        style: Whose habit.
    """
    quotes = QUOTES.get(style)
    if quotes is None:
        return typed
    last = before[-1:]
    is_own = last in (quotes.open, quotes.open_single) and quotes.open != quotes.close
    opens = not last or last.isspace() or last in _OPENS_BEHIND or is_own
    if typed == '"':
        return quotes.open if opens else quotes.close
    if last.isalnum():
        # Within a word it is the same in every language; it may be the end of a quotation too.
        is_open = before.count(quotes.open_single) > before.count(quotes.close_single)
        return quotes.close_single if is_open else _APOSTROPHE
    return quotes.open_single if opens else quotes.close_single

"""What many messages have in common: their bases, the prompt, a token written.

`messages` has all the rest, and names these too. Imports without llama_cpp.
"""

from collections.abc import Iterable
from typing import Annotated, Literal

import msgspec
import numpy as np

from studio.token_record import TokenId, TokenRecord

Pieces = Annotated[dict[TokenId, bytes], msgspec.Meta(max_length=2**20)]
"""Bytes by token id: no vocabulary has as many. A longer one is refused before it is read."""
PromptFormat = Literal["plain", "chat"]


class Prompt(msgspec.Struct, frozen=True, kw_only=True):
    """What the model is given: brief and manuscript, in a preset's format."""

    manuscript: str
    """The manuscript up to the caret; the model continues it."""
    skipped: Annotated[int, msgspec.Meta(ge=0, le=2**53)] = 0
    """Code points of the manuscript before these: further off than any context reaches."""
    brief: str = ""
    system: str = ""
    """The preset's system message; used by the chat format alone."""
    format: PromptFormat = "plain"

    def __post_init__(self) -> None:
        """Replace lone surrogates, which neither UTF-8 nor a vocabulary has, by question marks.

        A writer's text can hold one where a paste or a file name broke a character in two.
        """
        for field in ("manuscript", "brief", "system"):
            raw = getattr(self, field).encode("utf-8", errors="replace")
            msgspec.structs.force_setattr(self, field, raw.decode())


def check_stop(stop: tuple[str, ...]) -> None:
    """Refuse a stop that would end everything.

    Raises:
        ValueError: one is empty.
    """
    if not all(stop):
        raise ValueError("stop: found an empty text; allowed are texts of a character or more")


def check_ids(field: str, ids: bytes) -> None:
    """Refuse what are no token ids: int32, little-endian.

    Raises:
        ValueError: it is no whole number of them.
    """
    if len(ids) % 4:
        raise ValueError(f"{field}: found {len(ids)} bytes; allowed are 4 for each token id")


def id_bytes(ids: Iterable[int]) -> bytes:
    """Token ids as messages carry them: int32, little-endian."""
    return np.asarray(list(ids), dtype="<i4").tobytes()


def ids_of(data: bytes) -> list[int]:
    """The token ids of `id_bytes`."""
    ids: list[int] = np.frombuffer(data, dtype="<i4").tolist()
    return ids


class Command(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Base of all commands."""

    request: int


class Event(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Base of all events; `request` is that of the command answered."""

    request: int


class Token(Event, frozen=True, kw_only=True, tag=True):
    """One token written."""

    sequence: int = 0
    """Which of the generation's sequences wrote it."""
    index: int
    """How many tokens the sequence wrote before it."""
    record: TokenRecord
    pieces: Pieces = msgspec.field(default_factory=dict)
    """Bytes of tokens in its sketch that no message before has spelled."""

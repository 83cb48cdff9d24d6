"""What many messages have in common: their bases, the prompt, a token written.

`messages` has all the rest, and names these too. Imports without llama_cpp.
"""

from typing import Annotated, Literal

import msgspec

from studio.sampling import LogitSketch

TokenId = Annotated[int, msgspec.Meta(ge=0, lt=2**31)]
"""A number of the vocabulary, as llama.cpp counts. No other comes through a frame: what the window
does with its numbers must not fail on one that a damaged engine made up."""

Pieces = Annotated[dict[TokenId, bytes], msgspec.Meta(max_length=2**20)]
"""Bytes by token id: no vocabulary has as many. A longer one is refused before it is read."""
TypedBytes = Annotated[dict[TokenId, int], msgspec.Meta(max_length=2**12)]
"""Numbers by the ids of a sketch."""
TopTokens = Annotated[tuple[tuple[TokenId, float], ...], msgspec.Meta(max_length=2**12)]
"""Some ids, each with its probability."""

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


def check_sketch(sketch: bytes) -> None:
    """Refuse what is no sketch of a token; one may be without.

    Raises:
        SketchError: the bytes are none.
    """
    if sketch:
        LogitSketch.check_form(sketch)


class Command(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Base of all commands."""

    request: int


class Event(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Base of all events; `request` is that of the command answered."""

    request: int


class Token(Event, frozen=True, kw_only=True, tag=True, weakref=True):
    """One token written, what else could have been, and how it was chosen."""

    index: int
    id: TokenId
    text: bytes
    """What it adds: UTF-8, perhaps only a part of a character; empty for a control token."""
    probability: float
    """As the sampler used it: after temperature and filters."""
    rank: int
    """As the sampler used it: 0 = the favourite of those that were left."""
    entropy: float
    """Nats, of the distribution drawn from."""
    top: TopTokens
    """The most likely (id, probability), as the sampler used them."""
    sketch: bytes
    pieces: Pieces
    u: float
    """What was drawn, in [0, 1): the same u at another temperature is the same dice."""
    near_tie: bool
    """Whether arithmetic alone may decide which token T 0 takes here, penalties and biases
    counted."""
    typed: TypedBytes = msgspec.field(default_factory=dict)
    """Of those tokens of the sketch that begin with what the text before has already: with how many
    bytes of it. `text` is without them. Only the first of a generation can have any."""

    def __post_init__(self) -> None:
        """Refuse what is no sketch."""
        check_sketch(self.sketch)

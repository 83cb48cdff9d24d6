"""The record of one token: one type from the message of the engine to text, lane and file."""

from __future__ import annotations

from typing import Annotated

import msgspec

from studio.sampling.logits.ranking import HEAD
from studio.sampling.sketches import sketch_format

TokenId = Annotated[int, msgspec.Meta(ge=0, lt=2**31)]
"""A number of the vocabulary, as llama.cpp counts. No other comes through a frame or a file: what
the window does with its numbers must not fail on one that a damaged engine made up."""

TokenText = Annotated[bytes, msgspec.Meta(max_length=4096)]
"""What a token spells; `gguf_header` refuses vocabularies of longer ones."""

Share = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]
Nats = Annotated[float, msgspec.Meta(ge=0.0, le=64.0)]
"""An entropy; a vocabulary of 2³¹ tokens has 21.5 at most."""

TopTokens = Annotated[tuple[tuple[TokenId, Share], ...], msgspec.Meta(max_length=256)]
"""Some ids, each with its probability."""
TypedBytes = Annotated[dict[TokenId, TokenId], msgspec.Meta(max_length=256)]
"""Numbers by the ids of a sketch."""


class TokenSequence:
    """The tokens that a model had before it, one list for all the records of a run or a reading.

    Attributes:
        ids: All, oldest first: the prompt, and what was written; None while they are not reported.
        is_whole: Whether that is all the model had.
        seed: What each u was made of; None where nothing was drawn.
        start: The index of the first token drawn, at which samplers had learnt nothing; or None.

    Args:
        ids: Their ids, in order.
        is_whole: Whether none is missing before them.
        seed: Of the random draws; None where it is not known, or nothing was drawn.
        start: The index of the first in its text.
    """

    __slots__ = ("ids", "is_whole", "seed", "start")

    def __init__(
        self,
        ids: list[int] | None,
        *,
        is_whole: bool = True,
        seed: int | None = None,
        start: int | None = None,
    ) -> None:
        self.ids = ids
        self.is_whole = is_whole
        self.seed = seed
        self.start = start


class TokenRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, weakref=True):
    """A token of a text: what else could have stood there, and how it was drawn where it was.

    One that was read, or chosen by the writer, was not drawn: see `undrawn`.
    """

    id: TokenId
    text: TokenText
    """What it adds: UTF-8, perhaps only a part of a character; empty for a control token."""
    sketch: Annotated[bytes, msgspec.Meta(max_length=sketch_format.LARGEST)] = b""
    """A `studio.sampling.LogitSketch` of the model's own logits, which knows this token exactly;
    empty where it was left out or forgotten."""
    near_tie: bool = False
    """Whether the top-2 margin is within the noise of arithmetic, so that T 0 may take another
    token here from run to run. Penalties and biases count where it was drawn."""
    typed: TypedBytes = msgspec.field(default_factory=dict)
    """Of those tokens of the sketch that begin with what the text before has already: with how many
    bytes of it. `text` is without them. Only the first token behind a prompt can have any."""

    u: Share | None
    """The uniform variate that it was drawn with, below 1; None where nothing was drawn."""
    probability: Share
    """As the sampler used it: after temperature and filters."""
    rank: TokenId
    """In the distribution drawn from, 0 for the favourite."""
    kept: TokenId = 0
    """How many tokens the filters left; 0 where that is not known."""
    entropy: Nats
    """Of the distribution drawn from."""
    top: TopTokens = ()
    """The most likely tokens of the distribution drawn from, best first."""
    mu: float | None = None
    """The surprise in bits that Mirostat allowed here; None where it was off or that is unknown."""
    adaptive_mean: float | None = None
    """The mean probability of what adaptive-p had drawn before; None as for `mu`."""
    nats_t1: Annotated[float, msgspec.Meta(ge=0.0)] | None = None
    """−ln p at T 1, before filters and penalties, where no sketch says it; None where one does."""

    is_chosen: bool = False
    """Whether the writer chose it."""
    sequence: TokenSequence | None = None
    """What it stands in; None where that is not known. Neither a message nor a file has any."""
    index: TokenId = 0
    """How many tokens of `sequence` stand before it."""

    @property
    def is_estimated(self) -> bool:
        """Whether `probability`, `entropy` and `top` may be no more than the middle of two bounds.

        That is so where a server sent the likeliest tokens alone, and filters left others too.
        """
        is_cut_short = 0 < self.kept <= HEAD
        return not is_cut_short and sketch_format.is_truncated(self.sketch)

    def __post_init__(self) -> None:
        """Refuse what is no sketch, without the cost of reading it.

        Raises:
            SketchError: The bytes are none.
        """
        if self.sketch:
            sketch_format.check_form(self.sketch)


def placed(record: TokenRecord, sequence: TokenSequence, index: int) -> TokenRecord:
    """Return a copy of a record that knows where its token stands.

    Args:
        record: What is known of the token.
        sequence: What it stands in.
        index: How many tokens of it stand before this one.
    """
    return msgspec.structs.replace(record, sequence=sequence, index=index)


def undrawn(
    token: int,
    text: bytes,
    sketch: bytes,
    *,
    near_tie: bool = False,
    typed: dict[int, int] | None = None,
    is_chosen: bool = False,
) -> TokenRecord:
    """Return the record of a token that was not drawn.

    It counts as drawn from itself alone: with probability 1, rank 0 and entropy 0.

    Args:
        token: Its id.
        text: What it adds.
        sketch: The distribution that it stands in.
        near_tie: See `TokenRecord.near_tie`.
        typed: See `TokenRecord.typed`.
        is_chosen: Whether the writer chose it, and no model read it.
    """
    return TokenRecord(
        id=token,
        text=text,
        sketch=sketch,
        near_tie=near_tie,
        typed=typed or {},
        u=None,
        probability=1.0,
        rank=0,
        entropy=0.0,
        is_chosen=is_chosen,
    )

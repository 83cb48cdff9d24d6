"""A comparison as it is kept: prompt, settings, seeds, and what each lane wrote. Frozen values.

All that is needed to look at it again, without the model and without the program that made it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Protocol

import msgspec

from studio.engine.messages import MOST_SEQUENCES, FinishReason, Prompt
from studio.model_record import Count, Line, ModelRecord
from studio.sampling import MAX_SEED, SamplingParams
from studio.sampling.measures import bits
from studio.sampling.samplers.mirostat import MOST_MU
from studio.token_record import TokenId, TokenRecord, TokenText
from studio.utf8 import whole_characters

FORMAT = "kelvin-studio comparison"
FORMAT_VERSION = 1

OF_ITSELF: tuple[FinishReason, ...] = ("end_of_text", "stop_string")
"""Reasons for which a lane's text ends; for the others it is cut short, or runs."""

# What no comparison has is refused where a file is read: charts and the engine count on it.
CarriedNumber = Annotated[float, msgspec.Meta(ge=-MOST_MU, le=MOST_MU)]
"""What a sampler carries from token to token."""
Seconds = Annotated[float, msgspec.Meta(ge=0.0, le=1e9)]


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """A change of a lane's parameters while it ran."""

    index: Count
    """The first token drawn with them."""
    params: SamplingParams


class LaneRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A lane."""

    params: SamplingParams
    """As it began; `turns` has what they were later."""
    seed: Annotated[int, msgspec.Meta(ge=0, le=MAX_SEED)]
    tokens: tuple[TokenRecord, ...]
    reason: FinishReason | None = None
    """Why it ended; None where it was still running."""
    end: TokenRecord | None = None
    """What was drawn behind the last token and ended the text, where something did: see
    `LaneFinished.end`. None too in files that did not keep it."""
    stop: Annotated[tuple[Line, ...], msgspec.Meta(max_length=1_000)] = ()
    """The texts that end it."""
    mu: CarriedNumber | None = None
    """What Mirostat allowed behind the last token; None where it was off."""
    adaptive_mean: CarriedNumber | None = None
    """The mean probability of what adaptive-p had drawn; None where it was off."""
    name: Line = ""
    """What the writer calls it, or the preset's name."""
    turns: tuple[Turn, ...] = ()
    color: Annotated[int, msgspec.Meta(ge=-1, le=1_000)] = -1
    """Its place among the colours of lanes; -1 for its place in the comparison."""

    @property
    def text(self) -> str:
        """What it wrote."""
        return whole_characters(b"".join(token.text for token in self.drawn))

    @property
    def drawn(self) -> tuple[TokenRecord, ...]:
        """Its tokens, and behind them what ended its text."""
        return self.tokens if self.end is None else (*self.tokens, self.end)

    @property
    def ended(self) -> int | None:
        """How many tokens its text has, where that ended of itself; None where it was cut short."""
        return len(self.tokens) if self.reason in OF_ITSELF else None

    def params_at(self, index: int) -> SamplingParams:
        """The parameters that a token was drawn with."""
        params = self.params
        for turn in self.turns:
            if turn.index <= index:
                params = turn.params
        return params

    @property
    def entropies(self) -> list[float]:
        """Of the distribution drawn from, in bits, by position."""
        return [bits(token.entropy) for token in self.tokens]


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """One prompt in several lanes."""

    format: str = FORMAT
    format_version: int = FORMAT_VERSION
    made: Line = ""
    """When: ISO 8601, UTC."""
    model: ModelRecord
    prompt: Prompt
    prompt_tokens: Count = 0
    prompt_ids: tuple[TokenId, ...] = ()
    """The prompt's token ids, which penalties look at; empty where they were not kept."""
    unseen_characters: Count = 0
    """Of the manuscript's beginning, which did not fit the context."""
    unseen_tokens: Count = 0
    """The same in tokens."""
    share_u: bool = msgspec.field(default=True, name="same_dice")
    max_tokens: Annotated[int, msgspec.Meta(ge=1, lt=2**31)]
    ignore_eos: bool = False
    lanes: Annotated[tuple[LaneRecord, ...], msgspec.Meta(min_length=1, max_length=MOST_SEQUENCES)]
    seconds_prompt: Seconds = 0.0
    seconds_generation: Seconds = 0.0
    tokens_per_second: Seconds = 0.0
    """Of all lanes together."""
    spellings: dict[TokenId, TokenText] = {}
    """What tokens spell that are named in `top` or in a sketch, as far as known."""

    def without_sketches(self, first: int = 0) -> Comparison:
        """The same, a twentieth of the size; what is re-tempered from sketches is gone.

        Args:
            first: The token of each lane from which on it is.
        """
        lanes = tuple(
            msgspec.structs.replace(
                lane,
                tokens=(*lane.tokens[:first], *map(_without_sketch, lane.tokens[first:])),
                end=_without_sketch(lane.end) if lane.end else None,
            )
            for lane in self.lanes
        )
        if first:
            return msgspec.structs.replace(self, lanes=lanes)
        named = {token for lane in lanes for record in lane.drawn for token, _ in record.top}
        spellings = {token: text for token, text in self.spellings.items() if token in named}
        return msgspec.structs.replace(self, lanes=lanes, spellings=spellings)


class HasId(Protocol):
    """A token, as far as telling it from another goes."""

    @property
    def id(self) -> int:
        """Its number in the vocabulary."""


def first_divergence(
    first: Sequence[HasId],
    second: Sequence[HasId],
    first_ended: int | None = None,
    second_ended: int | None = None,
) -> int | None:
    """The index of the first token in which two lanes differ; None where they do not, so far.

    Args:
        first: What one lane drew, that which ended its text among it.
        second: The same of the other.
        first_ended: How many tokens the first one's text has, where it ended of itself: then
            another that goes on differs from it there, whatever it drew. None where it was cut
            short: then nothing is known of what it would have said.
        second_ended: The same of the second.
    """
    for index, (one, other) in enumerate(zip(first, second, strict=False)):
        if one.id != other.id:
            return index
    first_length = len(first) if first_ended is None else first_ended
    second_length = len(second) if second_ended is None else second_ended
    if first_ended is not None and second_length > first_ended:
        return first_ended
    if second_ended is not None and first_length > second_ended:
        return second_ended
    return None


def divergence_of(first: LaneRecord, second: LaneRecord) -> int | None:
    """`first_divergence` of two lanes that are kept.

    Args:
        first: One lane.
        second: The other.
    """
    return first_divergence(first.drawn, second.drawn, first.ended, second.ended)


def _without_sketch(token: TokenRecord) -> TokenRecord:
    return msgspec.structs.replace(token, sketch=b"")

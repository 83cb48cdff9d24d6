"""A comparison as it is kept: prompt, settings, seeds, and what each lane wrote. Frozen values.

All that is needed to look at it again, without the model and without the program that made it.
Knows neither files (`comparison_file`) nor how it came about (`recorder`).
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from typing import Annotated, Protocol

import msgspec

from studio.engine.messages import LaneFinishReason, Prompt
from studio.sampling import SamplingParams
from studio.sampling.measures import bits

FORMAT = "kelvin-studio comparison"
FORMAT_VERSION = 1

Count = Annotated[int, msgspec.Meta(ge=0)]
Share = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]
Seconds = Annotated[float, msgspec.Meta(ge=0.0)]


class ModelRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Which model it was."""

    name: str
    file: str = ""
    """The file's name, without its folder."""
    architecture: str = ""
    quantization: str = ""
    bytes: Count = 0
    hash: str = ""
    """See `model_hash`; empty where it was not made."""


class TokenRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A token, how it was chosen, and what else could have been.

    Has what a token written in the manuscript has, so that it can become one (`Token` of the
    engine's messages).
    """

    id: Count
    text: bytes
    """UTF-8, perhaps only a part of a character."""
    probability: Share
    rank: Count
    entropy: Seconds
    """Nats, of the distribution drawn from."""
    u: Share
    near_tie: bool = False
    top: tuple[tuple[Count, Share], ...] = ()
    """The most likely (id, probability), as the sampler used them."""
    sketch: bytes = b""
    """A `studio.sampling.LogitSketch`; empty where sketches were left out."""


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """A change of a lane's parameters while it ran."""

    index: Count
    """The first token drawn with them."""
    params: SamplingParams


class LaneRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A lane."""

    params: SamplingParams
    """As it began; `turns` has what they were later."""
    seed: Count
    tokens: tuple[TokenRecord, ...]
    reason: LaneFinishReason | None = None
    """Why it ended; None where it was still running."""
    name: str = ""
    """What the writer calls it, or the preset's name."""
    turns: tuple[Turn, ...] = ()

    @property
    def text(self) -> str:
        """What it wrote; a broken character is U+FFFD, half of one at the end is no text."""
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        return "".join(decoder.decode(token.text) for token in self.tokens)

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
    made: str = ""
    """When: ISO 8601, UTC."""
    model: ModelRecord
    prompt: Prompt
    prompt_tokens: Count = 0
    unseen_characters: Count = 0
    """Of the manuscript's beginning, which did not fit the context."""
    same_dice: bool = True
    max_tokens: Annotated[int, msgspec.Meta(ge=1)]
    ignore_eos: bool = False
    lanes: Annotated[tuple[LaneRecord, ...], msgspec.Meta(min_length=1, max_length=64)]
    seconds_prompt: Seconds = 0.0
    seconds_generation: Seconds = 0.0
    tokens_per_second: Seconds = 0.0
    """Of all lanes together."""
    spellings: dict[int, bytes] = {}
    """What tokens spell that are named in `top` or in a sketch, as far as known."""

    def without_sketches(self) -> Comparison:
        """The same, a twentieth of the size; what is re-tempered from sketches is gone."""
        lanes = tuple(
            msgspec.structs.replace(
                lane,
                tokens=tuple(msgspec.structs.replace(token, sketch=b"") for token in lane.tokens),
            )
            for lane in self.lanes
        )
        named = {token for lane in lanes for record in lane.tokens for token, _ in record.top}
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
    *,
    first_is_whole: bool = False,
    second_is_whole: bool = False,
) -> int | None:
    """The index of the first token in which two lanes differ; None where they do not, so far.

    Args:
        first: One lane's tokens.
        second: The other's.
        first_is_whole: Whether the first ended because its text did ("end_of_text"): then another
            that goes on differs from it there.
        second_is_whole: The same of the second.
    """
    for index, (one, other) in enumerate(zip(first, second, strict=False)):
        if one.id != other.id:
            return index
    shorter = min(len(first), len(second))
    # Of two of the same length nothing is known of what the one that was cut short would have said.
    differ = (first_is_whole and len(second) > shorter) or (
        second_is_whole and len(first) > shorter
    )
    return shorter if differ else None


def divergence_of(first: LaneRecord, second: LaneRecord) -> int | None:
    """`first_divergence` of two lanes that are kept."""
    return first_divergence(
        first.tokens,
        second.tokens,
        first_is_whole=first.reason == "end_of_text",
        second_is_whole=second.reason == "end_of_text",
    )

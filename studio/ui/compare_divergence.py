"""Where a lane first leaves another one, and what both drew from there.

Knows lanes' tokens and distributions, and no widget.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from studio.sampling import LogitSketch
from studio.ui.compare_lane import CompareLane, LaneToken
from studio.ui.next_token import NextToken
from studio.ui.temperature_scale import format_temperature

_SEGMENTS = 24
"""Tokens told apart in a bar; what is beyond is one segment."""


class Segment(NamedTuple):
    """One token's stretch of a cumulative bar, 0 to 1; `token` is None for all others together."""

    token: int | None
    start: float
    end: float


class Side(NamedTuple):
    """What one lane drew from at the place.

    Attributes:
        lane: Which.
        drawn: The token that it drew.
        u: The dice.
        segments: In the order in which u runs through them, the favourite first.
    """

    lane: CompareLane
    drawn: LaneToken
    u: float
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Divergence:
    """Both sides of a place where two lanes part.

    Attributes:
        index: The place, counted from the prompt.
        reference: The lane compared with, and its temperature there.
        other: The lane that leaves it.
        temperatures: In force at the place, of both.
        same_dice: Whether both drew the same u.
    """

    index: int
    reference: Side
    other: Side
    temperatures: tuple[float, float]
    same_dice: bool


class FirstDivergence:
    """The first place where two lanes that grow differ; no token is read twice."""

    def __init__(self) -> None:
        self._read = 0
        self._tokens: tuple[Sequence[LaneToken], Sequence[LaneToken]] | None = None
        self.index: int | None = None

    def look(self, first: Sequence[LaneToken], second: Sequence[LaneToken]) -> int | None:
        """Where they differ, None while they do not."""
        if self._tokens is None or first is not self._tokens[0] or second is not self._tokens[1]:
            self._tokens = first, second
            self._read, self.index = 0, None
        shared = min(len(first), len(second))
        while self.index is None and self._read < shared:
            if first[self._read].id != second[self._read].id:
                self.index = self._read
            self._read += 1
        return self.index


def divergence_at(
    index: int, reference: CompareLane, other: CompareLane, history: Sequence[int]
) -> Divergence | None:
    """What both lanes drew from; None where a file has left the distributions out.

    Args:
        index: The place; both have a token there.
        reference: The lane compared with.
        other: The lane that leaves it.
        history: The prompt's tokens.
    """
    sides = [_side(lane, index, history) for lane in (reference, other)]
    if sides[0] is None or sides[1] is None:
        return None
    return Divergence(
        index,
        sides[0],
        sides[1],
        (reference.params_at(index).temperature, other.params_at(index).temperature),
        sides[0].u == sides[1].u,
    )


def explain(divergence: Divergence, words: NextToken) -> str:
    """In one sentence, why the two drew differently."""
    first, second = divergence.reference, divergence.other
    one, two = words.text(first.drawn.id).text, words.text(second.drawn.id).text
    cold, hot = map(format_temperature, divergence.temperatures)
    if divergence.same_dice:
        return (
            f"The same dice, u = {first.u:.3f}, fell on “{one}” at T {cold} and on “{two}” at "
            f"T {hot}: the stretches moved under the line."
        )
    return (
        f"Each lane threw its own dice: u = {first.u:.3f} fell on “{one}” at T {cold}, "
        f"u = {second.u:.3f} on “{two}” at T {hot}."
    )


def _side(lane: CompareLane, index: int, history: Sequence[int]) -> Side | None:
    token = lane.tokens[index]
    if not token.sketch:
        return None
    sketch = LogitSketch.from_bytes(token.sketch)
    before = [*history, *(earlier.id for earlier in lane.tokens[:index])]
    shaped = sketch.shaped(lane.params_at(index), before)
    segments: list[Segment] = []
    reached = start = 0.0
    for place, (token_id, probability) in enumerate(
        zip(shaped.ids.tolist(), shaped.probabilities.tolist(), strict=True)
    ):
        if probability and (place < _SEGMENTS or token_id == token.id):
            if start > reached:
                segments.append(Segment(None, reached, start))
            reached = start + probability
            segments.append(Segment(token_id, start, reached))
        start += probability
    if reached < 1 - 1e-9:
        segments.append(Segment(None, reached, 1.0))
    return Side(lane, token, token.u, tuple(segments))

"""Settings, tokens and divergences in the words of a page that a person reads.

Knows records; neither Markdown nor HTML, and escapes nothing.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import msgspec

from studio.experiments.comparison import Comparison, LaneRecord, TokenRecord, divergence_of
from studio.sampling import DEFAULT_SAMPLERS, SamplingParams

_NEUTRAL = SamplingParams()
_APART = ("temperature", "seed", "samplers")
_REASONS = {
    "end_of_text": "its text ended",
    "max_tokens": "as many tokens as were asked for",
    "stopped": "stopped",
    "context_full": "the context was full",
    None: "still running",
}


class Parting(NamedTuple):
    """Where a lane parts from the one before it.

    Attributes:
        place: The index of the first token that differs.
        mine: What the lane wrote there; None where its text ended.
        before: What the lane before it wrote there; None where its text ended.
    """

    place: int
    mine: TokenRecord | None
    before: TokenRecord | None


def number(value: float) -> str:
    """A number without needless digits; ∞ for infinity."""
    return "∞" if math.isinf(value) else f"{value:g}"


def lane_name(place: int, lane: LaneRecord) -> str:
    """What a lane is called: its place, and its name if it has one."""
    return f"Lane {place + 1}" + (f" · {lane.name}" if lane.name else "")


def temperature(lane: LaneRecord) -> str:
    """A lane's temperature, and those that it was turned to."""
    values = [lane.params.temperature, *(turn.params.temperature for turn in lane.turns)]
    told = [f"T {number(values[0])}"]
    for turn, before, value in zip(lane.turns, values, values[1:], strict=False):
        if value != before:
            told.append(f"{number(value)} from token {turn.index + 1}")
    return ", ".join(told)


def other_settings(params: SamplingParams) -> str:
    """All parameters but temperature and seed that are not neutral, by their names."""
    told = []
    for entry in msgspec.structs.fields(SamplingParams):
        value = getattr(params, entry.name)
        if entry.name in _APART or value == getattr(_NEUTRAL, entry.name):
            continue
        shown = number(value) if isinstance(value, int | float) else repr(value)
        told.append(f"{entry.name} {shown}")
    if params.samplers != DEFAULT_SAMPLERS:
        told.append("order " + ", ".join(params.samplers))
    return ", ".join(told)


def reason(lane: LaneRecord) -> str:
    """Why a lane ended."""
    return _REASONS[lane.reason]


def percent(share: float) -> str:
    """A probability."""
    return f"{100 * share:.1f} %" if share >= 0.001 else f"{100 * share:.2g} %"


def quoted(text: bytes) -> str:
    """What a token spells, so that spaces and line ends show."""
    shown = text.decode("utf-8", errors="replace")
    for sign, mark in (("\n", "↵"), ("\t", "⇥"), ("\r", "␍")):
        shown = shown.replace(sign, mark)
    return f"“{shown}”"


def rank(token: TokenRecord) -> str:
    """Its place among what could have been."""
    return "the favourite" if token.rank == 0 else f"choice {token.rank + 1:,}"


def partings(comparison: Comparison) -> list[Parting | None]:
    """For each lane where it parts from the one before it; None where it does not, or is first."""
    found: list[Parting | None] = [None]
    for before, lane in zip(comparison.lanes, comparison.lanes[1:], strict=False):
        index = divergence_of(before, lane)
        found.append(
            None if index is None else Parting(index, _token(lane, index), _token(before, index))
        )
    return found


def told_parting(parting: Parting, before: str) -> str:
    """A sentence about where a lane parts from another, which is called `before`."""
    mine, theirs = parting.mine, parting.before
    place = f"Token {parting.place + 1:,} is the first that differs from {before}: "
    if mine is None or theirs is None:
        return place + (f"{before} ends there." if theirs is None else "the text ends there.")
    same_dice = " with the same dice" if mine.u == theirs.u else ""
    near = " Arithmetic alone may have decided there." if mine.near_tie or theirs.near_tie else ""
    return (
        f"{place}{quoted(mine.text)} ({percent(mine.probability)}, {rank(mine)}) where that has "
        f"{quoted(theirs.text)} ({percent(theirs.probability)}, {rank(theirs)}){same_dice}.{near}"
    )


def _token(lane: LaneRecord, index: int) -> TokenRecord | None:
    return lane.tokens[index] if index < len(lane.tokens) else None

"""Settings, tokens and divergences in the words of a page that a person reads.

Knows records; neither Markdown nor HTML, and escapes nothing.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import msgspec

from studio.engine.messages import LaneFinishReason
from studio.experiments.comparison import Comparison, LaneRecord, TokenRecord, divergence_of
from studio.sampling import DEFAULT_SAMPLERS, SamplingParams

_NEUTRAL = SamplingParams()
_APART = ("temperature", "seed", "samplers")
_REASONS: dict[LaneFinishReason | None, str] = {
    "end_of_text": "its text ended",
    "stop_string": "it met a stop string",
    "max_tokens": "it reached its length",
    "stopped": "it was stopped",
    "context_full": "the context was full",
    None: "it was still running",
}
_ENDS: dict[LaneFinishReason | None, str] = {
    "end_of_text": "the end of the text",
    "stop_string": "a stop string, which ends the text",
}


class Parting(NamedTuple):
    """Where a lane parts from the one before it.

    Attributes:
        place: The index of the first token that differs.
        mine: What the lane drew there; None where its text ended and it was not kept on what.
        before: The same of the lane before it.
        my_end: Why the lane's text ends there; "" where it goes on.
        end_before: The same of the lane before it.
    """

    place: int
    mine: TokenRecord | None
    before: TokenRecord | None
    my_end: str = ""
    end_before: str = ""


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
    """What a token spells, so that spaces, line ends and bytes of half a character show."""
    shown = text.decode("utf-8", "backslashreplace")
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
        if index is None:
            found.append(None)
            continue
        mine, theirs = _drawn(lane, index), _drawn(before, index)
        found.append(Parting(index, mine, theirs, _end(lane, index), _end(before, index)))
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
        f"{place}{_told(mine, parting.my_end)} where that has "
        f"{_told(theirs, parting.end_before)}{same_dice}.{near}"
    )


def _told(token: TokenRecord, end: str) -> str:
    words = end or quoted(token.text)
    return f"{words} ({percent(token.probability)}, {rank(token)})"


def _drawn(lane: LaneRecord, index: int) -> TokenRecord | None:
    return lane.drawn[index] if index < len(lane.drawn) else None


def _end(lane: LaneRecord, index: int) -> str:
    return _ENDS.get(lane.reason, "") if index == lane.ended else ""

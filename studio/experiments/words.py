"""Settings, tokens and divergences in the words of a page that a person reads.

Says what was run and nothing else: no lane that was not, no setting that did not act.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import msgspec

from studio.engine.messages import FinishReason
from studio.experiments.comparison import Comparison, LaneRecord, divergence_of
from studio.sampling import (
    DEFAULT_SAMPLERS,
    PARAMETERS,
    STEPS,
    SamplingParams,
    WordBias,
    active_steps,
)
from studio.token_record import TokenRecord
from studio.visible_text import visible_line

_NEUTRAL = SamplingParams()
_FIELDS = {
    step.name: {
        *(name for name, facts in PARAMETERS.items() if facts.step == step.name),
        *(("min_keep",) if step.heeds_min_keep else ()),
    }
    for step in STEPS
    if step.name != "temperature"
}
"""What each sampler's settings are, but for temperature's own."""
_GREEDY = ("penalties", "dry", "temperature")
"""The samplers that act at T 0: which token is best hangs by nothing else."""
_COLORS = 8
_CUT_SHORT: tuple[FinishReason | None, ...] = ("stopped", None)
_REASONS: dict[FinishReason | None, str] = {
    "end_of_text": "its text ended",
    "stop_string": "it met a stop string",
    "max_tokens": "it reached its length",
    "stopped": "it was stopped",
    "context_full": "the context was full",
    None: "it was still running",
}
_ENDS: dict[FinishReason | None, str] = {
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


class NamedLane(NamedTuple):
    """A lane that is reported, and what it is called."""

    lane: LaneRecord
    name: str
    color: int
    """Its place among the colours of lanes."""


def results(comparison: Comparison) -> list[NamedLane]:
    """The lanes that wrote a text to its end."""
    return [
        named
        for named in _run(comparison)
        if named.lane.tokens and named.lane.reason not in _CUT_SHORT
    ]


def cut_short(comparison: Comparison) -> list[NamedLane]:
    """The lanes that were stopped, or still written: their texts are no results."""
    return [
        named for named in _run(comparison) if named.lane.tokens and named.lane.reason in _CUT_SHORT
    ]


def without_text(comparison: Comparison) -> list[str]:
    """A sentence for each lane that was run and wrote nothing."""
    return [
        f"{named.name} ({temperature(named.lane)}) wrote nothing: {reason(named.lane)}."
        for named in _run(comparison)
        if not named.lane.tokens
    ]


def _run(comparison: Comparison) -> list[NamedLane]:
    return [
        NamedLane(lane, lane_name(place, lane), (place if lane.color < 0 else lane.color) % _COLORS)
        for place, lane in enumerate(comparison.lanes)
        if lane.reason is not None or lane.drawn
    ]


def number(value: float) -> str:
    """A number without needless digits; ∞ for infinity."""
    return "∞" if math.isinf(value) else f"{value:g}"


def lane_name(place: int, lane: LaneRecord) -> str:
    """What a lane is called: its place, and its name if it has one.

    Args:
        place: Its place, from 0.
        lane: The lane's record.
    """
    return f"Lane {place + 1}" + (f" · {visible_line(lane.name)}" if lane.name else "")


def temperature(lane: LaneRecord) -> str:
    """The temperature that a lane wrote at, and those that it was turned to."""
    return _stretches(lane, lambda params: number(_acting_temperature(params)), "T ")


def settings(lane: LaneRecord) -> str:
    """What else shaped a lane, and what that was turned to; "" where nothing did."""
    return _stretches(lane, other_settings)


def other_settings(params: SamplingParams) -> str:
    """All parameters but temperature and seed that had an effect, by their names."""
    acting = _acting(params)
    fields = {field for step in acting for field in _FIELDS.get(step, ())}
    fields |= {"logit_bias", "word_biases"}
    has_range = params.dynatemp_range and 0 < params.temperature < math.inf
    if has_range and "temperature" in acting and not params.mirostat:
        fields |= {"dynatemp_range", "dynatemp_exponent"}
    if params.mirostat and params.temperature:
        fields |= {"mirostat", "mirostat_tau", "mirostat_eta"}
    parts = []
    for entry in msgspec.structs.fields(SamplingParams):
        value = getattr(params, entry.name)
        if entry.name not in fields - {"temperature"} or value == getattr(_NEUTRAL, entry.name):
            continue
        if entry.name == "word_biases":
            shown = ", ".join(map(_word, params.word_biases))
        else:
            shown = number(value) if isinstance(value, int | float) else repr(value)
        parts.append(f"{entry.name} {shown}")
    if acting != tuple(step for step in DEFAULT_SAMPLERS if step in acting):
        parts.append("order " + ", ".join(acting))
    return ", ".join(parts)


def seed(lane: LaneRecord) -> str:
    """The seed of a lane's random draws; "" where nothing was drawn, at T 0 throughout."""
    drew = any(_acting_temperature(params) for _, params in _parts(lane))
    return str(lane.seed) if drew else ""


def _acting(params: SamplingParams) -> tuple[str, ...]:
    """The samplers that had an effect, in their order."""
    if params.mirostat:
        return ("temperature",)
    steps = active_steps(params)
    if "temperature" in steps and params.temperature == 0:
        return tuple(step for step in steps if step in _GREEDY)
    return steps


def _acting_temperature(params: SamplingParams) -> float:
    has_step = params.mirostat or "temperature" in params.samplers
    return params.temperature if has_step else 1.0


def _parts(lane: LaneRecord) -> list[tuple[int, SamplingParams]]:
    """(index, parameters) for each stretch of tokens that was drawn with the same."""
    begun = [(0, lane.params), *((turn.index, turn.params) for turn in lane.turns)]
    ends = [*(index for index, _ in begun[1:]), len(lane.drawn)]
    # A turn behind the last token has changed nothing, nor has what was turned before the first.
    acted = [one for one, end in zip(begun, ends, strict=True) if one[0] < end]
    return acted or begun[-1:]


def _stretches(
    lane: LaneRecord, describe: Callable[[SamplingParams], str], before: str = ""
) -> str:
    parts: list[str] = []
    last = None
    for start, params in _parts(lane):
        words = describe(params)
        if words != last:
            parts.append(f"{words or 'none'} from token {start + 1}" if parts else words)
        last = words
    whole = ", ".join(parts) if before else "; ".join(filter(None, parts))
    return f"{before}{whole}"


def _word(word: WordBias) -> str:
    return f"{'/'.join(word.forms)!r} {'banned' if math.isinf(word.bias) else number(word.bias)}"


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
    return f"“{visible_line(shown)}”"


def rank(token: TokenRecord) -> str:
    """Its place among what could have been."""
    return "the favourite" if token.rank == 0 else f"choice {token.rank + 1:,}"


def partings(lanes: Sequence[LaneRecord]) -> list[Parting | None]:
    """For each lane where it parts from the one before it; None where it does not, or is first."""
    found: list[Parting | None] = [None] * min(1, len(lanes))
    for before, lane in pairwise(lanes):
        index = divergence_of(before, lane)
        if index is None:
            found.append(None)
            continue
        mine, theirs = _drawn(lane, index), _drawn(before, index)
        found.append(Parting(index, mine, theirs, _end(lane, index), _end(before, index)))
    return found


def parting_sentence(parting: Parting, before: str) -> str:
    """A sentence about where a lane parts from another, which is called `before`.

    Args:
        parting: What both drew there.
        before: The name of the other lane.
    """
    mine, theirs = parting.mine, parting.before
    place = f"Token {parting.place + 1:,} is the first that differs from {before}: "
    if mine is None or theirs is None:
        return place + (f"{before} ends there." if theirs is None else "the text ends there.")
    same_draw = " with the same random draw" if mine.u == theirs.u else ""
    near = " Arithmetic alone may have decided there." if mine.near_tie or theirs.near_tie else ""
    return (
        f"{place}{_draw_words(mine, parting.my_end)} where that has "
        f"{_draw_words(theirs, parting.end_before)}{same_draw}.{near}"
    )


def _draw_words(token: TokenRecord, end: str) -> str:
    words = end or quoted(token.text)
    return f"{words} ({percent(token.probability)}, {rank(token)})"


def _drawn(lane: LaneRecord, index: int) -> TokenRecord | None:
    return lane.drawn[index] if index < len(lane.drawn) else None


def _end(lane: LaneRecord, index: int) -> str:
    return _ENDS.get(lane.reason, "") if index == lane.ended else ""

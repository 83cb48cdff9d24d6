"""Settings, tokens and divergences in the words of a page that a person reads.

Says what was run and nothing else: no lane that was not, no setting that did not act.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import msgspec

from studio.engine.messages import FinishReason, Prompt
from studio.experiments.comparison import Comparison, LaneRecord, divergence_of
from studio.presets import preset_words
from studio.sampling import (
    DEFAULT_SAMPLERS,
    PARAMETERS,
    STEPS,
    SamplingParams,
    WordBias,
    active_steps,
)
from studio.token_record import TokenRecord
from studio.translation import mark, tr
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
    "end_of_text": mark("its text ended"),
    "stop_string": mark("it met a stop string"),
    "max_tokens": mark("it reached its length"),
    "stopped": mark("it was stopped"),
    "context_full": mark("the context was full"),
    None: mark("it was still running"),
}
_ENDS: dict[FinishReason | None, str] = {
    "end_of_text": mark("the end of the text"),
    "stop_string": mark("a stop string, which ends the text"),
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
        tr(
            "{lane} ({temperature}) wrote nothing: {why}.",
            lane=named.name,
            temperature=temperature(named.lane),
            why=reason(named.lane),
        )
        for named in _run(comparison)
        if not named.lane.tokens
    ]


def _run(comparison: Comparison) -> list[NamedLane]:
    return [
        NamedLane(lane, lane_name(place, lane), (place if lane.color < 0 else lane.color) % _COLORS)
        for place, lane in enumerate(comparison.lanes)
        if lane.reason is not None or lane.drawn
    ]


def prompt_parts(prompt: Prompt) -> list[tuple[str, str]]:
    """What each part of a prompt is called, and its text; of those that there are."""
    parts = (
        (tr("System message"), prompt.system if prompt.format == "chat" else ""),
        (tr("Brief"), prompt.brief),
        *((tr("Note"), note.text) for note in (prompt.parts.notes if prompt.parts else ())),
        (tr("Manuscript"), prompt.manuscript),
    )
    return [(title, text) for title, text in parts if text]


def same_as(name: str) -> str:
    """A sentence about a lane that does not part from the one before it, which is called so."""
    return tr("The same as {lane}, as far as both go.", lane=name)


def number(value: float) -> str:
    """A number without needless digits; ∞ for infinity."""
    return "∞" if math.isinf(value) else f"{value:g}"


def lane_name(place: int, lane: LaneRecord) -> str:
    """What a lane is called: its place, and its name if it has one.

    Args:
        place: Its place, from 0.
        lane: The lane's record.
    """
    number = tr("Lane {number}", number=place + 1)
    return f"{number} · {visible_line(preset_words(lane.name))}" if lane.name else number


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
        parts.append(tr("order {steps}", steps=", ".join(acting)))
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
            if parts:
                shown = words or tr("none")
                parts.append(tr("{words} from token {place}", words=shown, place=start + 1))
            else:
                parts.append(words)
        last = words
    whole = ", ".join(parts) if before else "; ".join(filter(None, parts))
    return f"{before}{whole}"


def _word(word: WordBias) -> str:
    bias = tr("banned") if math.isinf(word.bias) else number(word.bias)
    return f"{'/'.join(word.forms)!r} {bias}"


def reason(lane: LaneRecord) -> str:
    """Why a lane ended."""
    return tr(_REASONS[lane.reason])


def percent(share: float) -> str:
    """A probability."""
    return f"{100 * share:.1f} %" if share >= 0.001 else f"{100 * share:.2g} %"


def quoted(text: bytes) -> str:
    """What a token spells, so that spaces, line ends and bytes of half a character show."""
    shown = text.decode("utf-8", "backslashreplace")
    for sign, seen in (("\n", "↵"), ("\t", "⇥"), ("\r", "␍")):
        shown = shown.replace(sign, seen)
    return f"“{visible_line(shown)}”"


def rank(token: TokenRecord) -> str:
    """Its place among what could have been."""
    if token.rank == 0:
        return tr("the favourite")
    return tr("choice {number:,}", number=token.rank + 1)


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
    place = parting.place + 1
    if mine is None or theirs is None:
        words = _LANE_ENDS if theirs is None else _TEXT_ENDS
        return tr(words, place=place, lane=before)
    words = tr(
        _SAME_DRAW if mine.u == theirs.u else _DIFFERS,
        place=place,
        lane=before,
        mine=_draw_words(mine, parting.my_end),
        theirs=_draw_words(theirs, parting.end_before),
    )
    if mine.near_tie or theirs.near_tie:
        words += " " + tr("Arithmetic alone may have decided there.")
    return words


_LANE_ENDS = mark("Token {place:,} is the first that differs from {lane}: {lane} ends there.")
_TEXT_ENDS = mark("Token {place:,} is the first that differs from {lane}: the text ends there.")
_DIFFERS = mark(
    "Token {place:,} is the first that differs from {lane}: {mine} where that has {theirs}."
)
_SAME_DRAW = mark(
    "Token {place:,} is the first that differs from {lane}: {mine} where that has {theirs} with "
    "the same random draw."
)


def _draw_words(token: TokenRecord, end: str) -> str:
    words = end or quoted(token.text)
    return f"{words} ({drawn_share(token)}, {rank(token)})"


def drawn_share(token: TokenRecord) -> str:
    """How likely a token was where it was drawn: ``31.2 %``, or ``about 31.2 %``."""
    share = percent(token.probability)
    return tr("about {share}", share=share) if token.is_estimated else share


def _drawn(lane: LaneRecord, index: int) -> TokenRecord | None:
    return lane.drawn[index] if index < len(lane.drawn) else None


def _end(lane: LaneRecord, index: int) -> str:
    end = _ENDS.get(lane.reason, "") if index == lane.ended else ""
    return tr(end) if end else ""

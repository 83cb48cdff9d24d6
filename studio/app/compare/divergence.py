"""Where a lane first leaves another one, and what both drew from there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from studio.app.compare.lane import CompareLane
from studio.app.compare.lane_words import word_of
from studio.app.parameters.temperature_scale import format_temperature
from studio.app.tokens.next_token import NextToken
from studio.experiments.comparison import first_divergence
from studio.token_record import TokenRecord
from studio.translation import tr

_SEGMENTS = 24
"""Tokens distinguished in a bar; what is beyond is one segment."""


class Segment(NamedTuple):
    """A token's share of a cumulative bar, 0 to 1; `token` is None for all the others together."""

    token: int | None
    start: float
    end: float


class Side(NamedTuple):
    """What one lane drew from, and drew, at the place where it parts from another.

    Attributes:
        lane: The lane that drew.
        drawn: The token that it drew.
        ends: Whether that ended the lane's text.
        u: The random draw.
        segments: In the order in which u runs through them, the favourite first.
        notes: What is not known of its samplers there, or what their own random draws decided.
    """

    lane: CompareLane
    drawn: TokenRecord
    ends: bool
    u: float
    segments: tuple[Segment, ...]
    notes: tuple[str, ...]


class Divergence(msgspec.Struct, frozen=True):
    """Both sides of a place where two lanes part.

    Attributes:
        index: The place, counted from the prompt.
        reference: The lane compared with, and its temperature there.
        other: The lane that leaves it.
        temperatures: Those in force at the place, of both lanes.
        share_u: Whether both drew the same u.
    """

    index: int
    reference: Side
    other: Side
    temperatures: tuple[float, float]
    share_u: bool


class FirstDivergence:
    """Finds the first place where two growing lanes differ; no token is read twice.

    They also differ where one text has come to its end and the other goes on.
    """

    def __init__(self) -> None:
        self._read = 0
        self._tokens: tuple[Sequence[TokenRecord], Sequence[TokenRecord]] | None = None
        self.index: int | None = None

    def look(self, first: CompareLane, second: CompareLane) -> int | None:
        """Where they differ, None while they do not.

        Args:
            first: One lane.
            second: The other.
        """
        tokens = first.tokens, second.tokens
        if self._tokens is None or any(
            one is not other for one, other in zip(tokens, self._tokens, strict=True)
        ):
            self._tokens = tokens
            self._read = 0
        shared = min(map(len, tokens))
        while self._read < shared and tokens[0][self._read].id == tokens[1][self._read].id:
            self._read += 1
        if self._read < shared:
            self.index = self._read
        else:
            rest = first_divergence(
                first.drawn[shared:],
                second.drawn[shared:],
                *(None if lane.ended is None else lane.ended - shared for lane in (first, second)),
            )
            self.index = None if rest is None else shared + rest
        return self.index


def divergence_at(
    index: int,
    reference: CompareLane,
    other: CompareLane,
    history: Sequence[int],
    vocabulary: NextToken,
) -> Divergence | None:
    """What both lanes drew from; None where a file has left the distributions out.

    Args:
        index: The place; both drew there.
        reference: The lane compared with.
        other: The lane that leaves it.
        history: The prompt's tokens; empty where they are not known.
        vocabulary: Knows DRY's sequence breakers as tokens, if anybody does.
    """
    sides = [_side(lane, index, history, vocabulary) for lane in (reference, other)]
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
    """In one sentence, why the two drew differently.

    Args:
        divergence: Where the lanes part.
        words: Spells tokens.
    """
    first, second = divergence.reference, divergence.other
    one, two = (_word(side.drawn, words) for side in (first, second))
    cold, hot = map(format_temperature, divergence.temperatures)
    if first.drawn.id == second.drawn.id:
        ended = cold if first.ends else hot
        return tr(
            "Both drew “{word}”. In the lane at T {ended} a stop string of its "
            "preset begins there, which ends the text; the other goes on.",
            word=one,
            ended=ended,
        )
    one, two = (
        tr("“{word}”, which ends the text,", word=word) if side.ends else f"“{word}”"
        for word, side in ((one, first), (two, second))
    )
    if divergence.share_u:
        return tr(
            "The same random draw, u = {u:.3f}, gave {first} at T {cold} and {second} "
            "at T {hot}: the tokens' shares moved under the line.",
            u=first.u,
            first=one,
            cold=cold,
            second=two,
            hot=hot,
        )
    return tr(
        "Each lane had its own random draw: u = {u:.3f} gave {first} at T "
        "{cold}, u = {v:.3f} gave {second} at T {hot}.",
        u=first.u,
        first=one,
        cold=cold,
        v=second.u,
        second=two,
        hot=hot,
    )


def in_short(index: int, reference: CompareLane, other: CompareLane) -> str:
    """Where one lane leaves another and how, in a few words.

    Args:
        index: The place; both drew there, or ended.
        reference: The lane compared with.
        other: The lane that leaves it.
    """
    cold, hot = (
        format_temperature(lane.params_at(index).temperature) for lane in (reference, other)
    )
    mine, theirs = (_drawn_word(lane, index) for lane in (other, reference))
    return tr(
        "{hot} leaves {cold} at token {number:,}: {mine}, not {theirs}",
        hot=hot,
        cold=cold,
        number=index + 1,
        mine=mine,
        theirs=theirs,
    )


def _drawn_word(lane: CompareLane, index: int) -> str:
    if index == lane.ended or index >= len(lane.drawn):
        return tr("the end")
    return f"“{word_of(lane.drawn[index])}”"


def _word(drawn: TokenRecord, words: NextToken) -> str:
    """What a lane drew, as it is shown."""
    return words.spelled(drawn.id, drawn.typed.get(drawn.id, 0)).text


def notes_of(divergence: Divergence) -> str:
    """What is to be said beside the bars, of which lane where it is not of both."""
    sides = (divergence.reference, divergence.other)
    if sides[0].notes == sides[1].notes:
        return " ".join(sides[0].notes)
    return " ".join(
        f"T {format_temperature(temperature)}: {' '.join(side.notes)}"
        for side, temperature in zip(sides, divergence.temperatures, strict=True)
        if side.notes
    )


def _side(
    lane: CompareLane, index: int, history: Sequence[int], vocabulary: NextToken
) -> Side | None:
    token = lane.drawn[index] if index < len(lane.drawn) else None
    sketch = vocabulary.sketches.of(token) if token else None
    if token is None or token.u is None or sketch is None:
        return None
    params, place = lane.params_at(index), lane.place_of(index, history)
    state = vocabulary.state_at(place, params)
    shaped = sketch.shaped(params, place.history, state)
    segments: list[Segment] = []
    reached = start = 0.0
    for rank, (token_id, probability) in enumerate(
        zip(shaped.ids.tolist(), shaped.probabilities.tolist(), strict=True)
    ):
        if probability and (rank < _SEGMENTS or token_id == token.id):
            if start > reached:
                segments.append(Segment(None, reached, start))
            reached = start + probability
            segments.append(Segment(token_id, start, reached))
        start += probability
    if reached < 1 - 1e-9:
        segments.append(Segment(None, reached, 1.0))
    notes = tuple(note.words for note in vocabulary.notes_at(place, params, sketch))
    return Side(lane, token, index == lane.ended, token.u, tuple(segments), notes)

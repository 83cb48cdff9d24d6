"""The draws of a take, as they can be drawn again: see `studio.sampling.analysis.redraw`.

What its records do not say, and what the writer has changed of it since, is not looked at.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import overload

from studio.app.tokens.next_token import NextToken
from studio.app.tokens.place import UNKNOWN_PLACE, place_of
from studio.app.tokens.sampler_notes import sees_all
from studio.app.tokens.sketch_store import SketchStore
from studio.manuscript import Take
from studio.manuscript.token_characters import characters_of
from studio.sampling import SamplingParams, active_steps
from studio.sampling.analysis.redraw import Before, Draw, Redraw


class TakeDraws(Sequence[Draw]):
    """The tokens of a take that stand in the text as they were drawn.

    Attributes:
        records: Those tokens; behind them what ended the text, where they are all.
        tokens: How many of them are in the text.
        starts: Where each of these begins, in code points from the first; one more for where the
            last ends.
        is_whole: Whether none of its tokens was changed since.

    Args:
        take: The take.
        text: What stands in its place now, without what it was begun with.
        sketches: Unpacks them, each when it is first looked at.
    """

    def __init__(self, take: Take, text: str, sketches: SketchStore) -> None:
        characters = characters_of(take.records)
        starts = [0, *accumulate(len(part) for _, part in characters)]
        standing = 0
        while standing < len(characters) and text.startswith(
            characters[standing][1], starts[standing]
        ):
            standing += 1
        self.records = [record for record, _ in characters[:standing]]
        self.tokens = standing
        self.starts = starts[: standing + 1]
        self.is_whole = standing == len(characters)
        if self.is_whole and take.end is not None:
            self.records.append(take.end)
        self._turns = take.turns
        self._sketches = sketches
        self._made: list[Draw | None] = [None] * len(self.records)

    def __len__(self) -> int:
        return len(self.records)

    @overload
    def __getitem__(self, index: int) -> Draw: ...

    @overload
    def __getitem__(self, index: slice) -> list[Draw]: ...

    def __getitem__(self, index: int | slice) -> Draw | list[Draw]:
        """Return a draw, or some; its sketch is unpacked when it is first asked for."""
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        made = self._made[index]
        if made is None:
            record = self.records[index]
            made = self._made[index] = Draw(
                self._sketches.of(record),
                record.id,
                record.u,
                self._params_at(index) if record.u is not None else None,
                record.mu,
                record.adaptive_mean,
            )
        return made

    def _params_at(self, index: int) -> SamplingParams | None:
        turn = bisect_right(self._turns, index, key=lambda turn: turn[0])
        return self._turns[turn - 1][1] if turn else None

    def redraw(self, vocabulary: NextToken) -> Redraw:
        """Return them as something to draw again.

        Args:
            vocabulary: Knows texts as tokens: DRY's sequence breakers and words with biases.
        """

        def before_at(index: int, params: SamplingParams) -> Before | None:
            place = place_of(self.records[index]) or UNKNOWN_PLACE
            if not (sees_all(params, place) and vocabulary.knows_texts(params)):
                return None
            needs_chance = "xtc" in active_steps(params) and not params.mirostat
            if needs_chance and place.xtc_chance(params) is None:
                return None
            return Before(place.history, vocabulary.state_at(place, params))

        return Redraw(self, before_at)

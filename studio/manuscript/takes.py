"""Takes: the continuations that a model wrote at one place, of which one is in the text.

`Manuscript` moves takes in and out of the text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec
from msgspec.structs import replace

from studio.manuscript.passage import NOTHING, Passage
from studio.manuscript.place import Place
from studio.model_record import ModelRecord
from studio.sampling import SamplingParams
from studio.token_record import TokenRecord


class GrowingTakeError(RuntimeError):
    """What was asked is refused while a take grows, or needs a growing take and there is none."""


class Take(msgspec.Struct, eq=False):
    """One generated continuation.

    Attributes:
        seed: The seed it was drawn with, None if nobody said.
        temperatures: Those that held while it was written, in order.
        preset: The name of the preset whose settings it was begun with, "" if nobody said.
        model: Which model wrote it, None if nobody said.
        is_deleted: Whether the writer has deleted it: it is kept for undo alone.
        name: What the writer calls it; "" for nothing.
        ending: Why it ended, a word of the generator's; "" if nobody said.
        passage: Its text with provenance: as it was generated, or, once the writer has edited it
            and stepped away from it, as it then stood.
        records: Those of the tokens that it grew by, in order.
        turns: The parameters that it was drawn with, each with the number of the first token that
            was; empty if nobody said.
        end: What was drawn behind the last token and ended the text; None where nothing was.
        cut: How many tokens it had when the context was full, and its beginning was cut; None where
            that never was.
        written_from: A mark of the prompt and the model; two that are equal mean the same logits.
            Empty if nobody said.
        nested: Sets of takes that stood inside its text when it was put away; their places count
            from its beginning.
        given: How many of its first code points it was begun with; it grew by what is behind them.
        follows: How well the text behind its place followed it when it was written, the mean
            surprise of its first tokens in bits; None where that was not looked at.
        fills_in: Whether the model was given what followed its place too, and filled in between.
    """

    seed: int | None = None
    temperatures: list[float] = msgspec.field(default_factory=list)
    preset: str = ""
    name: str = ""
    ending: str = ""
    passage: Passage = NOTHING
    records: list[TokenRecord] = msgspec.field(default_factory=list)
    turns: list[tuple[int, SamplingParams]] = msgspec.field(default_factory=list)
    end: TokenRecord | None = None
    cut: int | None = None
    written_from: bytes = b""
    nested: dict[TakeSet, Place] = msgspec.field(default_factory=dict)
    given: int = 0
    follows: float | None = None
    fills_in: bool = False
    model: ModelRecord | None = None
    is_deleted: bool = False
    _grow: Callable[[str], None] | None = None

    @property
    def text(self) -> str:
        """The characters of `passage`."""
        return self.passage.text

    @property
    def was_drawn(self) -> bool:
        """Whether a generation wrote it: what stood where another road was taken was not."""
        return bool(self.records or self.turns)

    @property
    def growing(self) -> bool:
        """Whether text can be appended."""
        return self._grow is not None

    def append(self, text: str) -> None:
        """Adds generated text at the take's end, in the manuscript too.

        Raises:
            GrowingTakeError: The take has ended.
            ValueError: The text holds a lone surrogate.
        """
        if self._grow is None:
            raise GrowingTakeError("this take has ended; begin another one")
        self._grow(text)

    def bind(self, grow: Callable[[str], None] | None) -> None:
        """Sets what `append` calls; None ends the take. For the manuscript alone."""
        self._grow = grow


class TakeSet(msgspec.Struct, eq=False):
    """The takes of one place, in the order they were made, and which of them is in the text.

    Attributes:
        place: Where; kept up to date by the manuscript.
        takes: All of them, those that were deleted too. None is ever removed, except one that ended
            without text.
        used: Rises with use; the largest was used last.
    """

    place: Place
    takes: list[Take] = msgspec.field(default_factory=list)
    used: int = 0

    @property
    def index(self) -> int | None:
        """Which take is in the text; None for none."""
        return self.place.index

    @property
    def current(self) -> Take | None:
        """The take in the text."""
        return None if self.place.index is None else self.takes[self.place.index]

    @property
    def kept(self) -> list[Take]:
        """The takes that were not deleted."""
        return [take for take in self.takes if not take.is_deleted]

    def neighbour(self, direction: int) -> int | None:
        """The index one step on (+1) or back (-1), None past the ends.

        With no take in the text, a step on leads to the first and a step back to the last.

        Raises:
            ValueError: The direction is neither +1 nor -1.
        """
        if direction not in (-1, 1):
            raise ValueError(f"direction: found {direction}, allowed are -1 and +1")
        count, present = len(self.takes), self.place.index
        if direction > 0:
            others = range(0 if present is None else present + 1, count)
        else:
            others = range((count if present is None else present) - 1, -1, -1)
        return next((index for index in others if not self.takes[index].is_deleted), None)


def copies_of(
    places: Mapping[TakeSet, Place], without: Take | None = None
) -> dict[TakeSet, TakeSet]:
    """The copy of each set of takes as it is now: what happens to one changes nothing of the other.

    A take that grows has ended in its copy. Takes that were deleted have none, nor what stood in
    these alone.

    Args:
        places: Where each of one text stands; sets nested in a take are among them.
        without: The last take of its set, which has no copy either; None for none.
    """
    kept = {one: [take for take in one.kept if take is not without] for one in places}
    within = {inner for one in places for take in one.takes for inner in take.nested}
    waiting = [one for one, place in places.items() if not place.gone or one not in within]
    reached = set[TakeSet]()
    while waiting:
        one = waiting.pop()
        if one not in reached and kept[one]:
            reached.add(one)
            waiting += (inner for take in kept[one] for inner in take.nested)
    copies = {
        one: TakeSet(_renumbered(place, one), used=one.used)
        for one, place in places.items()
        if one in reached
    }
    for one, copy in copies.items():
        for take in kept[one]:
            nested = {
                copies[inner]: _renumbered(place, inner)
                for inner, place in take.nested.items()
                if inner in copies
            }
            copy.takes.append(
                replace(
                    take,
                    temperatures=take.temperatures[:],
                    turns=take.turns[:],
                    records=take.records[:],
                    nested=nested,
                    _grow=None,
                )
            )
    return copies


def _renumbered(place: Place, one: TakeSet) -> Place:
    """A place of a set as it is without the takes that were deleted."""
    if place.index is None or not any(take.is_deleted for take in one.takes):
        return place
    present = one.takes[place.index]
    number = None if present.is_deleted else one.kept.index(present)
    return Place(place.start, place.end, number, place.gone)

"""Who wrote each character of a text, as its reader asks: also what a hand changed in a take.

An `Origin` says where a character came from; whether it stands in what a model wrote, the places of
the takes say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum
from itertools import groupby

from studio.manuscript.passage import Marks, Origin, runs_of
from studio.manuscript.takes import Take, TakeSet
from studio.manuscript.token_groups import whole_groups


class Provenance(IntEnum):
    """Where a character comes from: an `Origin`, or one more."""

    TYPED = Origin.TYPED
    GENERATED = Origin.GENERATED
    PASTED = Origin.PASTED
    OPENED = Origin.OPENED
    EDITED = 4
    """The writer, who put it into a line of what a model wrote, or in the place of its words."""


_TYPED = re.compile(b"%c+" % Origin.TYPED)


def provenance_of(text: str, origins: bytes, take_sets: Iterable[TakeSet], start: int = 0) -> bytes:
    """The `Provenance` of each code point, one byte each.

    What was typed in a take counts as changed where it stands in one line with what the model
    wrote of that take; a paragraph of the writer's own does not, nor what the take was begun with.

    Args:
        text: A text, or whole lines of it.
        origins: The `Origin` of each of its code points.
        take_sets: The takes of the text.
        start: Where the lines begin in the text.
    """
    found = bytearray(origins)
    for one in take_sets:
        take, place = one.current, one.place
        low, high = max(place.start - start, 0), min(place.end - start, len(text))
        if take is None or low >= high:
            continue
        for run in _TYPED.finditer(origins, low, high):
            for first, last in _lines(text, *run.span()):
                begins = first == place.start - start
                if begins and take.given:
                    continue
                is_behind = not begins and _is_models(text, origins, first - 1)
                if is_behind or (last < high and _is_models(text, origins, last)):
                    found[first:last] = bytes([Provenance.EDITED]) * (last - first)
    return bytes(found)


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The parts of a range between its line ends."""
    while start < end:
        stop = text.find("\n", start, end)
        stop = end if stop < 0 else stop
        if start < stop:
            yield start, stop
        start = stop + 1


def _is_models(text: str, origins: bytes, index: int) -> bool:
    """Whether a model wrote what stands there, and it is no line end."""
    return origins[index] == Origin.GENERATED and text[index] != "\n"


def takes_of(
    text: str, origins: bytes, marks: Marks | None, take_sets: Iterable[TakeSet]
) -> Iterator[tuple[int, int, Take | None]]:
    """Which take each part of what a model wrote is of; None where that is not known.

    A token that keeps its record is of the take that drew it, wherever it stands by now; what has
    none is of the innermost take that holds it.

    Args:
        text: The whole text.
        origins: The `Origin` of each of its code points.
        marks: The mark of each; None where there is none at all.
        take_sets: The takes of the text.

    Yields:
        Half-open ranges in order, each with its take.
    """
    sets = list(take_sets)
    owners: list[Take | None] = [None] * len(text)
    standing = [one for one in sets if one.current is not None]
    # The inner ones last. Of two that hold the same, the later one was made inside the other.
    for one in sorted(standing, key=lambda one: one.place.start - one.place.end):
        low, high = one.place.start, one.place.end
        owners[low:high] = [one.current] * (high - low)
    drew: dict[int, Take] = {}
    for one in sets:
        for take in one.takes:
            for record in take.records:
                if record.sequence is not None:
                    # What a take was begun with, of another one, was drawn there.
                    drew.setdefault(id(record.sequence), take)
    for start, group in whole_groups(text, marks or ()):
        own = drew.get(id(group.records[0].sequence))
        if own is not None:
            owners[start : start + len(group.text)] = [own] * len(group.text)
    for start, end in runs_of(origins, Origin.GENERATED):
        at = start
        for owner, stretch in groupby(owners[start:end]):
            first, at = at, at + sum(1 for _ in stretch)
            yield first, at, owner


def percents(counts: Sequence[int]) -> list[int]:
    """Counts in whole percent, 100 together: what is little is not nothing.

    Args:
        counts: One of them at least is above 0.
    """
    total = sum(counts)
    found = [max(1, round(100 * count / total)) if count else 0 for count in counts]
    found[found.index(max(found))] += 100 - sum(found)
    return found


def letters_in(text: str) -> int:
    """How many characters of a text can be seen: letters, digits, signs."""
    return sum(map(len, text.split()))

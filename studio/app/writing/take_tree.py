"""All takes of a manuscript as a tree: those that were written inside a take are below it."""

from __future__ import annotations

import msgspec

from studio.manuscript import Manuscript, Take, TakeSet
from studio.sampling.measures import surprise

_FIRST_WORDS = 60
"""Characters of a take that say which it is."""
_BEFORE = 40
"""Characters before a place that say where it is."""

Way = tuple[tuple[TakeSet, int], ...]
"""Which take of which set has to be in the text, from the outermost set inwards."""


class TakeNode(msgspec.Struct, frozen=True):
    """A take.

    Attributes:
        take: It.
        text: What it says: in the text as it stands there now.
        way: How it comes into the text: see `Way`; itself last.
        is_shown: Whether it stands there.
        inside: The places inside it where takes were written.
    """

    take: Take
    text: str
    way: Way
    is_shown: bool
    inside: tuple[PlaceNode, ...]

    @property
    def first_words(self) -> str:
        """How it begins, in one line."""
        text = " ".join(self.text[: 2 * _FIRST_WORDS].split())
        return text if len(text) <= _FIRST_WORDS else f"{text[:_FIRST_WORDS].rstrip()}…"

    @property
    def words(self) -> int:
        """How many words it has."""
        return len(self.text.split())

    @property
    def mean_surprise(self) -> float | None:
        """Of its tokens as the sampler used their probabilities, in bits; None without any."""
        drawn = [record.probability for record in self.take.records if record.probability > 0]
        return sum(map(surprise, drawn)) / len(drawn) if drawn else None


class PlaceNode(msgspec.Struct, frozen=True):
    """A place where takes were written.

    Attributes:
        before: The end of what stands before it, in one line; "" at the text's beginning.
        takes: Those of its set, in the order they were made.
    """

    before: str
    takes: tuple[TakeNode, ...]


def take_tree(manuscript: Manuscript) -> list[PlaceNode]:
    """The places of takes that stand in the text, in order, with all that is inside them.

    Those whose place was deleted are left out, and takes that were: undo brings them back.

    Args:
        manuscript: What is looked at.
    """
    sets = manuscript.take_sets
    standing = [one for one in sets if not one.place.gone and one.kept]
    owners = {one: manuscript.innermost_around(one) for one in standing}

    def place(one: TakeSet, way: Way, before: str) -> PlaceNode:
        return PlaceNode(
            before,
            tuple(
                node(one, index, (*way, (one, index)))
                for index, take in enumerate(one.takes)
                if not take.is_deleted
            ),
        )

    def node(one: TakeSet, index: int, way: Way) -> TakeNode:
        take, is_shown = one.takes[index], one in owners and one.index == index
        if is_shown:
            inner = [(other.place.start, other) for other in standing if owners[other] is one]
            start, text = one.place.start, manuscript.part(one.place.start, one.place.end)
        else:
            inner = [(there.start, other) for other, there in take.nested.items() if other.kept]
            start, text = 0, take.text
        on_the_way = {other for other, _ in way}
        return TakeNode(
            take,
            text,
            way,
            is_shown,
            tuple(
                place(other, way, _line_before(text, begin - start))
                for begin, other in sorted(inner, key=lambda pair: pair[0])
                if other not in on_the_way
            ),
        )

    roots = [one for one in standing if owners[one] is None]
    return [
        place(one, (), _line_before(manuscript.part(max(start - 2 * _BEFORE, 0), start), None))
        for start, one in sorted(
            ((one.place.start, one) for one in roots), key=lambda pair: pair[0]
        )
    ]


def _line_before(text: str, end: int | None) -> str:
    """The last characters of a text up to a place, in one line."""
    before = " ".join(text[:end].split())
    if len(before) <= _BEFORE:
        return before
    cut = before[-_BEFORE:]
    whole = cut.partition(" ")[2]
    return f"… {whole or cut}"

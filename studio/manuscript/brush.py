"""A passage of the text with sampling of its own: another temperature, or all of a preset's.

Each of its characters has the same `Brush`, which goes wherever the character goes. Side by side
they are runs, so that a passage of any length costs no more than a short one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Annotated

import msgspec

from studio.sampling import SamplingParams

_LONGEST_NAME = 1000
"""Characters of a preset's name that are read from a file."""


class OwnSampling(msgspec.Struct, frozen=True):
    """What a passage is written with in place of what holds for the rest of the text.

    Attributes:
        temperature: Its T.
        preset: The name of the preset that it was given, "" where it was given T alone.
        params: All that it was given; None where it was given T alone.

    Raises:
        ParameterError: There is no such temperature.
    """

    temperature: float
    preset: Annotated[str, msgspec.Meta(max_length=_LONGEST_NAME)] = ""
    params: SamplingParams | None = None

    def __post_init__(self) -> None:
        """Refuse what no sampler would take."""
        SamplingParams(temperature=self.temperature)

    def over(self, params: SamplingParams) -> SamplingParams:
        """The parameters in force in the passage.

        Args:
            params: Those of the rest of the text.
        """
        return msgspec.structs.replace(self.params or params, temperature=self.temperature)

    def turned(self, params: SamplingParams) -> OwnSampling:
        """The same passage's once these are in force in it; those that are not its own are not."""
        return msgspec.structs.replace(
            self, temperature=params.temperature, params=self.params and params
        )


@dataclass(eq=False, slots=True)
class Brush:
    """One passage's; two that say the same are still two.

    Attributes:
        own: What it is written with. It is turned in place, so that characters that are out of the
            text just now, in a take or an undo step, come back as the others are.
    """

    own: OwnSampling
    _still: Brush | None = field(default=None, init=False, repr=False)

    @property
    def still(self) -> Brush:
        """One that says the same for good, for a document: the same one until this is turned."""
        if self._still is None or self._still.own is not self.own:
            self._still = Brush(self.own)
        return self._still


Run = tuple[int, Brush | None]
"""So many characters, and what they have."""
Brushes = tuple[Run, ...]
"""The runs of a passage, side by side, no two alike; empty where no character has any."""


def merged(runs: Iterable[Run]) -> Brushes:
    """Runs as they are kept: none empty, and those that are alike in one."""
    kept: list[Run] = []
    for length, brush in runs:
        if kept and kept[-1][1] is brush:
            kept[-1] = kept[-1][0] + length, brush
        elif length:
            kept.append((length, brush))
    return () if len(kept) == 1 and kept[0][1] is None else tuple(kept)


def still(brushes: Brushes) -> Brushes:
    """The runs as they are now, whatever is turned later."""
    return tuple((length, brush and brush.still) for length, brush in brushes)


def between(brushes: Brushes, start: int, end: int) -> Iterator[Run]:
    """The runs of a part of a passage, those of characters that have none among them.

    Args:
        brushes: The runs of the whole passage.
        start: The first character of the part.
        end: The one behind the last.
    """
    if not brushes:
        yield end - start, None
        return
    at = 0
    for length, brush in brushes:
        if at >= end:
            break
        inside = min(at + length, end) - max(at, start)
        if inside > 0:
            yield inside, brush
        at += length


def split(brushes: Brushes, lengths: Iterable[int]) -> Iterator[Brushes]:
    """The runs of each of the parts that a passage is cut into.

    Args:
        brushes: The runs of the whole passage, which has some.
        lengths: How many characters each part has.
    """
    runs = iter(brushes)
    left, brush = 0, None
    for length in lengths:
        part: list[Run] = []
        while length:
            if not left:
                left, brush = next(runs)
            taken = min(left, length)
            part.append((taken, brush))
            left, length = left - taken, length - taken
        yield merged(part)

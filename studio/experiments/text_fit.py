"""The temperature of a text and of its parts: each chapter, and each place in its sentences."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.experiments.sentence_places import SentencePlace
from studio.sampling.analysis.fitted_temperature import TemperatureFit, TemperatureLikelihood

MOST_CHAPTERS = 200
"""Those that are fitted: more could not be read."""

Chapters = Sequence[tuple[str, int, int]]
"""Each heading's words, where it begins in the text and where it ends."""


class PlaceFit(NamedTuple):
    """The tokens of a text that stand at one place of their sentences; `fit` as in `ChapterFit`."""

    place: SentencePlace
    tokens: int
    fit: TemperatureFit | None


class ChapterFit(NamedTuple):
    """The tokens of a chapter.

    Attributes:
        title: Its heading; empty for what stands before the first.
        tokens: How many.
        fit: None where T matters at none of them.
    """

    title: str
    tokens: int
    fit: TemperatureFit | None


class TextFit(NamedTuple):
    """What temperature a text reads like.

    Attributes:
        whole: That of all its tokens.
        curve: The mean log-likelihood of a token: see `LikelihoodSums.curve`.
        places: Each place in a sentence that tokens stand at.
        chapters: Each chapter that has tokens; empty where there is one alone.
    """

    whole: TemperatureFit
    curve: NDArray[np.float64]
    places: tuple[PlaceFit, ...]
    chapters: tuple[ChapterFit, ...]


class CountedTokens:
    """The tokens of a text that count, in order: a row of a likelihood, and where it stands.

    Args:
        likelihood: Has their rows, among others perhaps.
    """

    def __init__(self, likelihood: TemperatureLikelihood) -> None:
        self._likelihood = likelihood
        self._rows: list[int] = []
        self._starts: list[int] = []
        self._places: list[int] = []

    def __len__(self) -> int:
        return len(self._rows)

    def append(self, row: int, start: int, place: int) -> None:
        """Count the next token.

        Args:
            row: Its number in the likelihood.
            start: Where it begins in the text.
            place: Its `SentencePlace`.
        """
        self._rows.append(row)
        self._starts.append(start)
        self._places.append(place)

    def fitted(self, chapters: Chapters) -> Generator[bool, None, TextFit | None]:
        """Fit the whole and then the parts, in steps.

        Args:
            chapters: Those of the text, in order.

        Yields:
            False: nothing is waited for.

        Returns:
            The fit; None where there is no token, or none at which T matters.
        """
        likelihood = self._likelihood
        rows = np.array(self._rows, dtype=np.intp)
        starts, at_places = np.array(self._starts), np.array(self._places)
        sums = yield from likelihood.summed(rows)
        whole = sums.fit()
        if whole is None:
            return None
        places = []
        for place in (SentencePlace.START, SentencePlace.INSIDE, SentencePlace.NAME):
            chosen = rows[at_places == place]
            if chosen.size:
                part = yield from likelihood.summed(chosen)
                places.append(PlaceFit(place, chosen.size, part.fit()))
        found = []
        for title, start, end in chapters[:MOST_CHAPTERS]:
            low, high = np.searchsorted(starts, (start, end))
            if low < high:
                part = yield from likelihood.summed(rows[low:high])
                found.append(ChapterFit(title, int(high - low), part.fit()))
        shown = tuple(found) if len(found) > 1 else ()
        return TextFit(whole, sums.curve(), tuple(places), shown)

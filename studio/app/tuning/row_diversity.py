"""How much the rows of a data set differ from one another, made in the background as they come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QObject, Signal

from studio.app.background import Background
from studio.app.frame_clock import FrameClock
from studio.app.tuning.augment_run import AugmentRun
from studio.experiments.comparison import OF_ITSELF
from studio.experiments.text_measures.diversity import distinct_parts, words_of
from studio.experiments.text_measures.nearest_texts import NearestTexts

_MOST = 1_000
"""Rows that are looked at, evenly among all."""
_LOOK_MS = 1_500


class Diversity(NamedTuple):
    """What the rows come to.

    Attributes:
        texts: How many were looked at.
        distinct: Distinct-1, -2 and -3: see `distinct_parts`.
        similarities: The median and the ninth decile of each one's to its nearest neighbour.
        tokens: Their mean number.
        ended: The share of those that ended by themselves.
    """

    texts: int
    distinct: tuple[float, float, float]
    similarities: tuple[float, float]
    tokens: float
    ended: float


class RowDiversity(QObject):
    """Follows a run's rows.

    Attributes:
        found: The last that was made; None for none.

    Args:
        run: Whose rows.
        parent: The Qt parent, if any.
    """

    changed = Signal()
    """`found` is another."""

    def __init__(self, run: AugmentRun, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.found: Diversity | None = None
        self._run = run
        self._background = Background("diversity", self)
        self._is_due = False
        self._clock = FrameClock(self._look, self, _LOOK_MS)
        for signal in (run.begun, run.added, run.chosen):
            signal.connect(self._clock.request)

    @property
    def is_settled(self) -> bool:
        """Whether `found` is of all the rows that there are."""
        return self._clock.is_settled and not (self._background.is_busy or self._is_due)

    def close(self) -> None:
        """Look at nothing more."""
        self._background.close()

    def _look(self) -> None:
        if self._background.is_busy:
            self._is_due = True
            return
        self._is_due = False
        run = self._run
        rows = [
            (entry.text, entry.tokens, entry.reason in OF_ITSELF)
            for entry in run.entries
            if run.is_row(entry)
        ]
        step = max(1, len(rows) / _MOST)
        chosen = [rows[int(place * step)] for place in range(int(len(rows) / step))]
        self._background.start(lambda _at: _diversity(chosen), self._take)

    def _take(self, found: Diversity | None) -> None:
        self.found = found
        self.changed.emit()
        if self._is_due:
            self._clock.request()


def _diversity(rows: Sequence[tuple[str, int, bool]]) -> Diversity | None:
    """In the other thread."""
    if not rows:
        return None
    words, nearest = [words_of(text) for text, _, _ in rows], NearestTexts()
    for text, _, _ in rows:
        nearest.add(nearest.trace(text))
    first, second, third = (_distinct(words, n) for n in (1, 2, 3))
    median, decile = np.quantile(nearest.similarities, (0.5, 0.9)).tolist()
    return Diversity(
        texts=len(rows),
        distinct=(first, second, third),
        similarities=(median, decile),
        tokens=float(np.mean([tokens for _, tokens, _ in rows])),
        ended=float(np.mean([ended for _, _, ended in rows])),
    )


def _distinct(words: Sequence[Sequence[str]], n: int) -> float:
    parts = distinct_parts(words, n)
    count = sum(grams for _, grams in parts)
    return sum(added for added, _ in parts) / count if count else 0.0

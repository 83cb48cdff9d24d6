"""What is asked of the logits of a step before the next step has them overwritten.

The draw needs their ranking and a sketch their tail, and both are found in one pass. The sketch
itself can then be made later, of what was found. The module knows no samplers.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.sampling.choice import Choice
from studio.sampling.ranking import HEAD, Ranking
from studio.sampling.sketch import LogitSketch, Written, written_outside
from studio.sampling.tail import Tail
from studio.sampling.tail_sums import measure_tail, survey, surveyed_tail


class Survey:
    """The ranking of a step's logits, and what a sketch needs of them.

    Args:
        logits: `(V,)`, as for `Ranking`. They may change once `outside` was asked.

    Attributes:
        ranking: Of these logits; what is past its best must not be asked when they have changed.

    Raises:
        LogitsError: As for `Ranking`.
    """

    __slots__ = ("_nodes", "_tail", "ranking")

    def __init__(self, logits: NDArray[Any]) -> None:
        found = survey(logits, HEAD)
        self._nodes: NDArray[np.float64] | None = None
        self._tail: Tail | None = None
        if found is not None:
            self.ranking = Ranking.of_best(logits, found)
            self._nodes = found.nodes
        else:
            self.ranking = Ranking(logits)
        if self._nodes is None:
            self._tail = measure_tail(self.ranking, HEAD)

    def outside(self, choice: Choice) -> Written | None:
        """Return what a sketch records of the token chosen where it is not among the best."""
        if choice.best is self.ranking.ids and choice.rank < HEAD:
            return None
        return written_outside(self.ranking, choice.token)

    def sketch(self, written: Written | None = None) -> LogitSketch:
        """Return the sketch of these logits, and of the token written there, if it is `outside`."""
        tail = self._tail
        if self._nodes is not None:
            tail = surveyed_tail(self.ranking, HEAD, self._nodes)
        return LogitSketch.of_parts(self.ranking, tail, written)

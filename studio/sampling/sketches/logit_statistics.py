"""What is asked of the logits of a step before the next step has them overwritten.

The draw needs their ranking and a sketch a histogram of the rest, and both are found in one go. The
sketch itself can then be made later, of what was found. Of samplers the module knows what a draw
decided.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from studio.sampling.logits import kernels
from studio.sampling.logits.ranking import HEAD, Ranking
from studio.sampling.samplers.choice import Choice
from studio.sampling.tails.tail import Tail
from studio.sampling.tails.tail_nodes import GRID, measure, tail_of


class Written(NamedTuple):
    """A token of the tail whose logit is recorded all the same, because it was written.

    Attributes:
        token: It.
        logit: Its logit.
        rank: Its rank; the least that it can have where a server sent others (`TruncatedLogits`).
    """

    token: int
    logit: float
    rank: int


class LogitStatistics:
    """The ranking of a step's logits, and what a sketch needs of them.

    Args:
        logits: `(V,)`, as for `Ranking`. They may change once it was asked for what is written.
        knows_zero: Whether they are a model's own, and not these but for a constant.

    Attributes:
        knows_zero: The same.
        ranking: Of these logits; what is past its best must not be asked when they have changed.

    Raises:
        LogitsError: As for `Ranking`.
    """

    __slots__ = ("_found", "knows_zero", "ranking")

    def __init__(self, logits: ArrayLike, *, knows_zero: bool = True) -> None:
        self.knows_zero = knows_zero
        source = np.asarray(logits)
        found = self._found = kernels.top_k_and_tail(source, HEAD, GRID)
        self.ranking = Ranking(source) if found is None else Ranking.of_best(source, found)
        if found is None:
            _ = self.ranking.histogram  # while the logits are what they are

    def tail(self) -> Tail | None:
        """Return all tokens but the best `HEAD`; None where there are no others."""
        found = self._found
        if found is not None:
            if not found.tokens:
                return None
            edge = self.ranking.logits.item(HEAD)
            return tail_of(edge, found.tokens, found.nodes, found.are_few_enough)
        histogram = self.ranking.histogram
        if histogram is None:
            return None
        nodes, few = measure(histogram, self.ranking.logits)
        return tail_of(histogram.edge, histogram.tokens, nodes.tolist(), few)

    def drawn(self, choice: Choice) -> Written | None:
        """Return what is recorded of the token that was chosen here, as `written` does."""
        # In most steps this is all there is to know.
        if choice.best is self.ranking.ids and choice.rank < HEAD:
            return None
        return self.written(choice.token)

    def written(self, token: int) -> Written | None:
        """Return what is recorded of a token that is not among the best; None of one that is.

        Raises:
            ValueError: The token is not in the vocabulary, or its logit is -inf.
        """
        ranking = self.ranking
        if not 0 <= token < ranking.size:
            raise ValueError(f"written: found {token}; allowed is 0 to {ranking.size - 1}.")
        source = ranking.source
        logit = source[token]
        if logit == -np.inf:
            raise ValueError(
                f"written: token {token} has the logit -inf and cannot have been drawn."
            )
        if token in ranking.ids[:HEAD].tolist():  # a search by numpy costs ten times as much
            return None
        above = np.count_nonzero(source > logit)
        equal_before = np.count_nonzero(source[:token] == logit)
        return Written(token, float(np.float32(logit)), int(above + equal_before))

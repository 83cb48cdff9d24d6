"""What is asked of the logits of a step where nobody asks for its distribution.

The draw needs their ranking, and a text's likelihood one number of each of its tokens. That is half
the work of a sketch, and a hundredth of its bytes.
"""

from __future__ import annotations

import math

from numpy.typing import ArrayLike

from studio.sampling.logits.ranking import Ranking


class TokenLikelihood:
    """The ranking of a step's logits, and how likely each token is at T 1.

    Args:
        logits: `(V,)`, as for `Ranking`; not to change before all is asked.

    Attributes:
        ranking: Of these logits.

    Raises:
        LogitsError: As for `Ranking`.
    """

    __slots__ = ("_log_mass", "ranking")

    def __init__(self, logits: ArrayLike) -> None:
        self.ranking = Ranking(logits)
        self._log_mass = math.log(self.ranking.mass(self.ranking.size, 1.0))

    def nats(self, token: int) -> float:
        """Return −ln p of a token at T 1, before all filters and penalties; 0 or more."""
        ranking = self.ranking
        below = ranking.maximum - float(ranking.source[token])
        return max(0.0, self._log_mass + below)

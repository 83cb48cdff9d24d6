"""Near-ties, at the margin and beside it."""

import numpy as np
import pytest

from studio.sampling import Ranking, is_near_tie
from studio.sampling.logits.top_two_margin import MARGIN


@pytest.mark.parametrize(
    ("gap", "near"), [(0.0, True), (0.9 * MARGIN, True), (1.1 * MARGIN, False), (5.0, False)]
)
def test_the_gap_of_the_two_best_decides(gap: float, near: bool) -> None:
    logits = np.zeros(300, dtype=np.float64)
    logits[7], logits[200] = 4.0, 4.0 + gap
    assert is_near_tie(Ranking(logits)) is near


def test_a_favourite_without_a_rival_is_no_tie() -> None:
    logits = np.full(300, -np.inf)
    logits[5] = 1.0
    assert is_near_tie(Ranking(logits)) is False

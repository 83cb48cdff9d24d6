from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from studio.sampling import Ranking, hermite
from studio.sampling.hermite import Jet, Nodes
from studio.sampling.tail import Tail
from studio.sampling.tail_sums import measure_tail

HEAD = 128


def tail_and_logits(row: NDArray[np.float32]) -> tuple[Tail, NDArray[np.float64]]:
    tail = measure_tail(Ranking(row), HEAD)
    assert tail is not None
    return tail, np.sort(row.astype(np.float64))[::-1][HEAD:] - tail.edge


@pytest.mark.parametrize("beta", [0.0, 0.1, 0.2, 0.5, 1.0, 1.4])
def test_the_log_partition_function_of_real_tails(
    real_logits: NDArray[np.float32], beta: float
) -> None:
    for row in real_logits[::20]:
        tail, z = tail_and_logits(row)
        weights = np.exp(beta * z)
        k, slope, curvature = tail.log_partition(beta)
        mean = weights @ z / weights.sum()
        assert k == pytest.approx(math.log(weights.sum()), abs=3e-3)
        assert slope == pytest.approx(mean, abs=3e-2)
        assert curvature == pytest.approx(weights @ (z - mean) ** 2 / weights.sum(), rel=0.15)


@pytest.mark.parametrize(("beta", "within"), [(0.0, 0.05), (0.5, 0.05), (1.0, 0.12)])
def test_the_share_above_a_bound_is_estimated(
    real_logits: NDArray[np.float32], beta: float, within: float
) -> None:
    wrong = []
    for row in real_logits[::20]:
        tail, z = tail_and_logits(row)
        weights = np.exp(beta * z)
        for share in (0.02, 0.1, 0.5, 0.8):
            place = int(np.searchsorted(weights.cumsum(), share * weights.sum()))
            drop = -float(z[place])
            wrong.append(abs(tail.share_above(drop, beta) - share))
            back = tail.drop_to_share(share, beta)
            assert tail.share_above(back, beta) == pytest.approx(share, abs=5e-3)
        assert tail.share_above(-1.0, beta) == 0.0
    assert max(wrong) < within
    assert np.median(wrong) < 0.02


def test_there_is_no_tail_where_the_head_is_everything() -> None:
    assert measure_tail(Ranking(np.zeros(HEAD, np.float32)), HEAD) is None
    tail = measure_tail(Ranking(np.zeros(HEAD + 1, np.float32)), HEAD)
    assert tail is not None
    assert tail.count == 1


def test_a_polynomial_of_degree_five_is_interpolated_exactly() -> None:
    # (4 − β)⁵ falls and is convex as far as 4.
    def jet(x: float) -> Jet:
        return Jet((4 - x) ** 5, -5 * (4 - x) ** 4, 20 * (4 - x) ** 3)

    betas = (0.0, 1.5, 2.0)
    nodes = Nodes(betas, *(tuple(part) for part in zip(*map(jet, betas), strict=True)))
    for x in (0.0, 0.3, 1.49, 1.5, 1.9):
        assert hermite.at(nodes, x) == pytest.approx(jet(x))


def test_a_power_law_is_followed_past_the_last_node() -> None:
    def jet(x: float) -> Jet:
        return Jet(3 * (x + 2) ** -0.7, -2.1 * (x + 2) ** -1.7, 3.57 * (x + 2) ** -2.7)

    assert hermite.beyond(jet(1.0), 0.0) == pytest.approx(jet(1.0))
    assert hermite.beyond(jet(1.0), 6.0) == pytest.approx(jet(7.0))


def test_what_has_reached_its_floor_stays_there() -> None:
    assert hermite.beyond(Jet(0.0, 0.0, 0.0), 3.0) == (0.0, 0.0, 0.0)
    assert hermite.beyond(Jet(2.0, -1.0, 0.0), 3.0) == (2.0, 0.0, 0.0)


def test_missing_slopes_and_curvatures_are_made_up_for() -> None:
    betas: NDArray[np.float64] = np.linspace(0.0, 1.5, 5)
    values, slopes, curvatures = np.exp(-betas), -np.exp(-betas), np.exp(-betas)
    missing = hermite.missing_from(betas, 4)
    nodes = hermite.complete(
        betas.tolist(), values.tolist(), slopes[:-1].tolist(), float(curvatures[0]), missing
    )
    assert nodes.slopes == pytest.approx(slopes, abs=1e-3)
    assert nodes.curvatures == pytest.approx(curvatures, abs=1e-2)

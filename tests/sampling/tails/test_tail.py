from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from studio.sampling import LogitStatistics
from studio.sampling.tails import hermite
from studio.sampling.tails.hermite import Jet, Nodes
from studio.sampling.tails.tail import Tail

pytestmark = pytest.mark.usefixtures("either_way")

HEAD = 128


def tail_and_logits(row: NDArray[np.float32]) -> tuple[Tail, NDArray[np.float64]]:
    tail = LogitStatistics(row).tail()
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
        assert k == pytest.approx(math.log(weights.sum()), abs=3e-4)
        assert slope == pytest.approx(mean, abs=3e-3)
        assert curvature == pytest.approx(weights @ (z - mean) ** 2 / weights.sum(), rel=0.02)


SHARES = (0.02, 0.1, 0.35, 0.5, 0.8, 0.97)


# What is measured is stated in `Tail.share_above`; here is room for another processor's rounding
# and another build's logits. 0.5 would be no estimate at all.
@pytest.mark.parametrize(
    ("beta", "within", "as_a_rule"),
    [(0.0, 0.08, 0.02), (0.5, 0.08, 0.02), (1.0, 0.08, 0.02), (2.0, 0.1, 0.02)],
)
def test_the_share_above_a_bound_is_estimated(
    real_logits: NDArray[np.float32], beta: float, within: float, as_a_rule: float
) -> None:
    wrong = []
    for row in real_logits[::4]:
        tail, z = tail_and_logits(row)
        for drop, least, most in steps(z, beta):
            share = tail.share_above(drop, beta)
            wrong.append(max(least - share, share - most, 0.0))
        for share in SHARES:
            back = tail.drop_to_share(share, beta)
            # What stands at the edge itself may have more than was asked for.
            least_there_is = tail.share_above(0.0, beta)
            assert tail.share_above(back, beta) == pytest.approx(
                max(share, least_there_is), abs=5e-3
            )
        assert tail.share_above(-1.0, beta) == 0.0
    assert max(wrong) < within
    assert np.median(wrong) < as_a_rule


def steps(z: NDArray[np.float64], beta: float) -> list[tuple[float, float, float]]:
    """At some drops, the share of the weight above each: without and with the tokens right there.

    A share is a step at every token; an estimate that lies anywhere on it is not wrong.
    """
    cumulative = np.exp(beta * z).cumsum()
    cumulative /= cumulative[-1]
    found = []
    for share in SHARES:
        place = min(int(np.searchsorted(cumulative, share)), z.size - 1)
        first = int(np.searchsorted(-z, -z[place], "left"))
        last = int(np.searchsorted(-z, -z[place], "right"))
        least = float(cumulative[first - 1]) if first else 0.0
        found.append((-float(z[place]), least, float(cumulative[last - 1])))
    return found


groups = st.lists(
    st.tuples(st.integers(1, 3000), st.floats(0.0, 25.0), st.sampled_from([0.0, 0.1, 1.0, 3.0])),
    min_size=1,
    max_size=4,
)


@settings(max_examples=60, deadline=None)
@given(groups, st.integers(0, 1000), st.sampled_from([0.0, 0.3, 1.0, 2.0]), st.floats(0.0, 25.0))
def test_whatever_the_tail_chernoffs_bound_is_kept(
    parts: list[tuple[int, float, float]], seed: int, beta: float, drop: float
) -> None:
    rng = np.random.default_rng(seed)
    row = np.concatenate([rng.normal(mean, spread, count) for count, mean, spread in parts])
    best = np.full(HEAD, row.max() + 1.0)
    tail, z = tail_and_logits(np.concatenate((best, row)).astype(np.float32))

    def log_partition(at: float) -> float:
        return float(np.logaddexp.reduce(at * z))

    share = tail.share_above(drop, beta)
    assert 0.0 <= share <= 1.0
    # ln P(z ≥ −drop) is at most K(s) − K(β) + (s − β)·drop for every s above β; below, for the
    # other side. K of the tail itself is within 0.01 of these sums.
    for s in beta + np.geomspace(0.01, 20.0, 25):
        bound = log_partition(float(s)) - log_partition(beta) + (float(s) - beta) * drop
        assert math.log(max(share, 1e-300)) <= bound + 0.05 + 0.05 * abs(bound)


def test_at_its_own_edge_a_tail_of_one_group_is_no_more_than_what_stands_there() -> None:
    # Nine tokens a step above ten thousand equal ones: of the number 0.09 %, at β 1.5 still little.
    row = np.concatenate((np.full(HEAD + 9, 3.0), np.zeros(10_000))).astype(np.float32)
    tail, z = tail_and_logits(row)
    for beta in (0.0, 0.5, 1.0):
        weights = np.exp(beta * z)
        exact = weights[:9].sum() / weights.sum()
        assert tail.share_above(0.0, beta) <= 3 * exact


def test_there_is_no_tail_where_the_head_is_everything() -> None:
    assert LogitStatistics(np.zeros(HEAD, np.float32)).tail() is None
    few = np.full(50_000, -np.inf, np.float32)
    few[:5] = 1.0
    assert LogitStatistics(few).tail() is None
    tail = LogitStatistics(np.zeros(HEAD + 1, np.float32)).tail()
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

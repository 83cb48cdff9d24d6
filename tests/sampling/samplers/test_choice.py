from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from studio.sampling import (
    Ranking,
    SamplerState,
    SamplingParams,
    choose,
    distribution,
    draw,
    measures,
    uniform,
)

INF = math.inf

samplers = st.permutations(("top_k", "top_p", "min_p", "temperature"))
units = st.floats(0.0, 1.0, exclude_max=True)
some_logits = st.lists(
    st.one_of(st.just(-INF), st.integers(-80, 80).map(lambda n: n / 8)), min_size=1, max_size=40
).filter(lambda z: max(z) > -INF)
temperatures = st.one_of(st.floats(1e-3, 1e4), st.sampled_from([0.0, 1e-320, INF]))


@given(
    some_logits,
    samplers,
    temperatures,
    temperatures,
    units,
    st.integers(0, 20),
    st.floats(0.01, 1.0),
    st.floats(0.0, 1.0),
)
def test_for_a_given_u_the_rank_never_falls_as_t_rises(
    logits: list[float],
    order: Sequence[str],
    one: float,
    other: float,
    u: float,
    top_k: int,
    top_p: float,
    min_p: float,
) -> None:
    cold, hot = (
        choose(
            logits,
            SamplingParams(
                temperature=t, top_k=top_k, top_p=top_p, min_p=min_p, samplers=tuple(order)
            ),
            (),
            # The statement is exact, sums are not: allow for their last digits.
            min(max(u + by, 0.0), 1.0 - 1e-9),
        )
        for t, by in ((min(one, other), -1e-9), (max(one, other), 1e-9))
    )
    assert cold.rank <= hot.rank
    assert cold.kept <= hot.kept


def check_against_distribution(
    logits: NDArray[np.float32], params: SamplingParams, history: list[int], u: float
) -> None:
    choice = choose(logits, params, history, u)
    p = distribution(logits, params, history)
    assert choice.probability == pytest.approx(p[choice.token], rel=1e-5)
    assert choice.probability > 0.0
    assert choice.kept >= np.count_nonzero(p)
    assert choice.entropy == pytest.approx(measures.entropy(p), abs=1e-4)
    assert len(choice.top) == min(10, choice.kept)
    ids, shares = zip(*choice.top, strict=True)
    assert shares == pytest.approx(p[list(ids)], rel=1e-5, abs=1e-15)
    assert (np.diff(shares) <= 0).all()
    if choice.rank < len(ids):
        assert ids[choice.rank] == choice.token
    # The token's share of [0, 1) covers u: what lies before it is less than u, with it more.
    before = p[p > p[choice.token]].sum()
    up_to = p[p >= p[choice.token]].sum()
    assert before - 1e-5 <= u <= up_to + 1e-5


any_params = st.builds(
    SamplingParams,
    temperature=temperatures,
    top_k=st.integers(0, 2000),
    top_p=st.floats(0.01, 1.0),
    min_p=st.one_of(st.just(0.0), st.floats(0.0, 1.0)),
    repeat_penalty=st.sampled_from([1.0, 1.3, 0.5]),
    samplers=st.permutations(("penalties", "top_k", "top_p", "min_p", "temperature")).flatmap(
        lambda order: st.integers(0, 5).map(lambda n: tuple(order[:n]))
    ),
)


@given(st.integers(0, 2**32 - 1), st.integers(1, 6000), any_params, units)
def test_it_draws_from_the_distribution(
    seed: int, size: int, params: SamplingParams, u: float
) -> None:
    rng = np.random.default_rng(seed)
    logits = (rng.normal(size=size) * rng.uniform(0.1, 5)).astype(np.float32)
    logits[rng.random(size) < rng.choice([0.0, 0.3])] = -INF
    logits[0] = 1.0
    check_against_distribution(logits, params, rng.integers(0, size, 20).tolist(), u)


@given(some_logits, any_params, units)
def test_it_draws_from_the_distribution_with_ties(
    logits: list[float], params: SamplingParams, u: float
) -> None:
    check_against_distribution(np.array(logits, np.float32), params, [0], u)


@pytest.mark.parametrize("temperature", [0.0, 0.3, 0.7, 1.0, 2.0, 5.0, INF])
@pytest.mark.parametrize("filters", [{}, {"top_p": 0.95}, {"top_k": 40, "min_p": 0.05}])
def test_it_draws_from_the_distribution_of_real_logits(
    real_logits: NDArray[np.float32], temperature: float, filters: dict[str, float]
) -> None:
    params = SamplingParams(temperature=temperature, repeat_penalty=1.1, **filters)  # type: ignore[arg-type]  # filters vary
    for position, row in enumerate(real_logits[::30]):
        check_against_distribution(row, params, list(range(64)), uniform(1, position))


@given(st.integers(0, 2**32 - 1), st.floats(0.1, 5.0), st.integers(0, 100))
def test_where_probabilities_differ_draw_finds_the_same_token(
    seed: int, temperature: float, position: int
) -> None:
    logits = np.random.default_rng(seed).normal(size=300).astype(np.float32)
    params = SamplingParams(temperature=temperature, top_k=100)
    choice = choose(logits, params, (), uniform(seed, position))
    assert draw(distribution(logits, params), seed, position) == choice.token


def test_at_t_infinity_the_ranking_is_that_of_the_logits() -> None:
    logits = [1.0, 3.0, 2.0, 3.0]
    params = SamplingParams(temperature=INF)
    tokens = [choose(logits, params, (), u).token for u in (0.0, 0.25, 0.5, 0.75)]
    assert tokens == [1, 3, 2, 0]


def test_t_zero_leaves_one_token() -> None:
    choice = choose([1.0, 3.0, 3.0], SamplingParams(temperature=0.0), (), 0.999)
    assert (choice.token, choice.rank, choice.kept) == (1, 0, 1)
    assert (choice.probability, choice.entropy) == (1.0, 0.0)
    assert choice.top == ((1, 1.0),)


def test_a_token_deep_in_the_tail_is_found() -> None:
    logits = np.linspace(1.0, 0.0, 50_000, dtype=np.float32)
    choice = choose(logits, SamplingParams(), (), 0.999999)
    p = distribution(logits, SamplingParams())
    assert abs(p[: choice.token].sum() - 0.999999) < 2e-5  # one token's probability is 1.2e-5
    assert choice.rank == choice.token


@pytest.mark.parametrize("size", [1, 2, 129, 130, 4097, 49_152])
def test_the_last_u_below_one_finds_a_token(size: int) -> None:
    logits = np.zeros(size, dtype=np.float32)
    choice = choose(logits, SamplingParams(), (), math.nextafter(1.0, 0.0))
    assert choice.token == choice.rank == size - 1


@pytest.mark.parametrize("u", [1.0, -0.1, math.nan])
def test_u_outside_its_range_is_refused(u: float) -> None:
    with pytest.raises(ValueError, match="u: found"):
        choose([1.0], SamplingParams(), (), u)


def test_fewer_than_ten_and_more_than_ten_can_be_asked_for() -> None:
    logits = np.arange(30.0)
    top = choose(logits, SamplingParams(), (), 0.5, top=3).top
    assert [token for token, _ in top] == [29, 28, 27]
    assert len(choose(logits, SamplingParams(), (), 0.5, top=100).top) == 30
    assert choose(logits, SamplingParams(), (), 0.5, top=0).top == ()


def test_read_only_logits_are_neither_written_to_nor_kept() -> None:
    logits = np.random.default_rng(0).normal(size=60_000).astype(np.float32)
    before = logits.copy()
    logits.flags.writeable = False
    params = SamplingParams(temperature=2.0, repeat_penalty=2.0, top_p=0.99)
    choice = choose(logits, params, range(100), 0.999)
    logits.flags.writeable = True
    logits[:] = 0.0
    again = choose(before, params, range(100), 0.999)
    assert choice.token == again.token
    assert choice.top == again.top


def test_the_ranking_made_once_gives_the_same_choice() -> None:
    logits = np.random.default_rng(0).normal(size=60_000).astype(np.float32)
    ranking = Ranking(logits)
    for params in (SamplingParams(), SamplingParams(repeat_penalty=1.2, top_k=5)):
        from_ranking = choose(ranking, params, [1, 2], 0.9)
        from_logits = choose(logits, params, [1, 2], 0.9)
        assert from_ranking[:5] == from_logits[:5]


@given(
    some_logits,
    temperatures,
    units,
    st.floats(0.5, 2.0),
    st.floats(-1.0, 1.0),
    st.integers(0, 3),
    st.permutations(("penalties", "temperature", "top_k", "xtc", "typical_p")),
    st.lists(st.integers(0, 2), max_size=4),
)
def test_a_near_tie_is_between_the_two_that_t0_would_choose_between(
    logits: list[float],
    temperature: float,
    u: float,
    repeat: float,
    frequency: float,
    top_k: int,
    order: Sequence[str],
    history: list[int],
) -> None:
    history = [token for token in history if token < len(logits)]
    changes = {"repeat_penalty": repeat, "frequency_penalty": frequency}
    params = SamplingParams(
        temperature=temperature,
        top_k=top_k,
        xtc_probability=1.0,
        xtc_threshold=0.1,
        typical_p=0.7,
        samplers=tuple(order),
        **changes,  # type: ignore[arg-type]  # they vary
    )
    near = choose(logits, params, history, u).near_tie
    penalised = np.sort(
        distribution(logits, SamplingParams(samplers=("penalties",), **changes), history)  # type: ignore[arg-type]
    )[::-1]
    gap = math.log(penalised[0] / penalised[1]) if penalised[1:2].any() else INF
    if abs(gap - 0.1) > 1e-6:
        assert near == (gap < 0.1)


def test_a_near_tie_knows_what_breaks_a_repetition() -> None:
    logits = np.array([2.0, 1.95, -5.0, -5.0])
    history = [3, 2, 0, 3, 2]  # after which DRY takes something off token 0
    params = SamplingParams(
        dry_multiplier=1.0, dry_allowed_length=1, typical_p=0.9, samplers=("typical_p", "dry")
    )
    assert not choose(logits, params, history, 0.5).near_tie
    broken = SamplerState(breakers={2: [()]})
    assert choose(logits, params, history, 0.5, state=broken).near_tie


def test_a_near_tie_of_common_settings_is_between_the_best_two() -> None:
    for params in (
        SamplingParams(),
        SamplingParams(top_k=2, temperature=0.5),
        SamplingParams(top_k=1),
    ):
        assert choose([1.0, 3.0, 2.95], params, (), 0.5).near_tie
        assert not choose([1.0, 3.0, 2.8], params, (), 0.5).near_tie

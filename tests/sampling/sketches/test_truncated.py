"""Where the best tokens alone are known, the truth lies in whatever is said of it."""

from __future__ import annotations

import math
from functools import cache, partial
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from studio.sampling import (
    LogitsError,
    LogitSketch,
    SamplingParams,
    SketchError,
    choose,
    distribution,
    measures,
)
from studio.sampling.errors import UndecidedError
from studio.sampling.samplers.steps import needs_logits
from studio.sampling.sketches.penalties_applied import apply_penalties
from studio.sampling.sketches.truncated_logits import TruncatedLogits, deciding_temperature
from studio.sampling.sketches.truncated_sketch import TruncatedSketch
from studio.token_record import undrawn

HEADS = (20, 128, 200, 1000, 5000)
TEMPERATURES = (0.1, 0.3, 0.7, 1.0, 1.5, 2.2, 5.0)
US = tuple((np.arange(14) + 0.5) / 14)
ROUNDED = 3e-6
"""Of what is packed in float32, of itself."""

BEHIND = ("top_p", "min_p", "p_less", "xtc", "temperature")
BEFORE = ("temperature", "penalties", "dry", "top_n_sigma", "top_k", "typical_p", "top_p", "min_p")
FILTERS = (
    SamplingParams(),
    SamplingParams(top_p=0.9),
    SamplingParams(top_p=0.99, samplers=BEFORE),
    SamplingParams(min_p=0.02, samplers=BEFORE),
    SamplingParams(min_p=1e-4),
    SamplingParams(top_k=40, typical_p=0.9),
    SamplingParams(top_k=3000, top_p=0.95),
    SamplingParams(top_k=15, top_n_sigma=1.0, samplers=("top_k", "top_n_sigma", "temperature")),
    SamplingParams(p_less=1, top_k=10),
    SamplingParams(xtc_probability=1.0, xtc_threshold=0.05),
    SamplingParams(dynatemp_range=0.4),
    SamplingParams(presence_penalty=0.7, frequency_penalty=0.3, top_p=0.95),
    SamplingParams(logit_bias=((5, 3.0), (900, -4.0))),
    SamplingParams(mirostat=1),
    SamplingParams(mirostat=2),
    SamplingParams(top_k=20, adaptive_target=0.3),
)


def log_probabilities(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return them as logits that are normalised: what a server has before it cuts them off."""
    whole = logits.astype(np.float64)
    shifted = whole - whole.max()
    logs: NDArray[np.float64] = shifted - math.log(float(np.exp(shifted).sum()))
    return logs.astype(np.float32).astype(np.float64)


class Whole:
    """All logits of a place, and what samplers make of them: several sketches are held to it.

    Args:
        logs: They, normalised.
    """

    def __init__(self, logs: NDArray[np.float64]) -> None:
        self.logs = logs
        self.distribution = cache(partial(distribution, logs))
        self.choose = cache(partial(choose, logs))


def cut_off(logs: NDArray[np.float64], count: int, temperature: float = 1.0) -> TruncatedLogits:
    best = np.lexsort((np.arange(logs.size), -logs))[:count]
    tempered = log_probabilities(logs / temperature)
    return TruncatedLogits(best, tempered[best], logs.size, temperature=temperature)


def check_ranges(
    whole: Whole,
    sketch: TruncatedSketch,
    params: SamplingParams,
    history: tuple[int, ...] = (),
) -> bool:
    """Check what it says of what samplers leave; False where it says nothing."""
    try:
        found = sketch.shaped_range(params, history)
    except (UndecidedError, LogitsError):
        return False
    p = whole.distribution(params, history)
    there = p[found.ids]
    slack = ROUNDED * np.maximum(there, 1e-3) * 30
    assert (found.lowest <= there + slack).all()
    assert (there <= found.highest + slack).all()
    entropy = measures.entropy(p)
    assert found.entropy[0] - 1e-4 <= entropy <= found.entropy[1] + 1e-4
    assert found.kept[0] <= whole.choose(params, history, 0.5).kept <= found.kept[1]
    rest = max(0.0, 1.0 - float(there.sum()))
    assert found.tail_probability[0] - 1e-4 <= rest <= found.tail_probability[1] + 1e-4
    return True


def check_draws(
    whole: Whole,
    truncated: TruncatedLogits,
    params: SamplingParams,
    us: tuple[float, ...],
    history: tuple[int, ...] = (),
) -> int:
    """Check the draws that are decided, and return how many are."""
    decided = 0
    for u in us:
        choice = truncated.choose(params, history, u)
        if choice is None:
            continue
        decided += 1
        true = whole.choose(params, history, u)
        assert (choice.token, choice.rank) == (true.token, true.rank)
        assert choice.kept in (0, true.kept)
        assert choice.near_tie or not true.near_tie
        for mine, other in ((choice.mu, true.mu), (choice.adaptive_mean, true.adaptive_mean)):
            assert (mine is None) == (other is None)
            assert mine is None or other is None or mine == pytest.approx(other, abs=1e-6)
    return decided


def test_real_logits_lie_within(real_logits: NDArray[np.float32]) -> None:
    said = dict.fromkeys(range(len(FILTERS)), 0)
    for row in real_logits[::80]:
        whole = Whole(logs := log_probabilities(row))
        history = tuple(np.argsort(-row)[[0, 3, 40, 170, 2000]].tolist())
        for count in HEADS:
            truncated = cut_off(logs, count)
            packed = truncated.sketch().to_bytes()
            assert len(packed) <= 2048
            sketch = LogitSketch.from_bytes(packed)
            assert isinstance(sketch, TruncatedSketch)
            for number, params in enumerate(FILTERS):
                for temperature in TEMPERATURES if number < 4 else (0.3, 1.0, 2.2):
                    at = msgspec.structs.replace(params, temperature=temperature)
                    said[number] += check_ranges(whole, sketch, at, history)
    assert all(said.values()), said


@pytest.mark.parametrize("taken", [1.2, 1.5, 3.0])
def test_what_is_taken_hot_bounds_all_temperatures(
    real_logits: NDArray[np.float32], taken: float
) -> None:
    """T 1 among them: the model's own probabilities."""
    for row in real_logits[7::80]:
        whole = Whole(logs := log_probabilities(row))
        for count in (20, 200, 1000, 5000):
            packed = cut_off(logs, count, taken).sketch(int(np.argmax(logs))).to_bytes()
            sketch = LogitSketch.from_bytes(packed)
            assert isinstance(sketch, TruncatedSketch)
            for temperature in TEMPERATURES:
                for params in FILTERS[:4]:
                    at = msgspec.structs.replace(params, temperature=temperature)
                    check_ranges(whole, sketch, at)
            p = whole.distribution(SamplingParams())
            for token in sketch.ids[::9].tolist():
                low, high = sketch.probability_range(token, 1.0)
                assert low * (1.0 - 1e-5) <= p[token] <= high * (1.0 + 1e-5)
            # Where it was taken no bound is open: what is not known is known together.
            low, high = sketch.probability_range(int(sketch.ids[0]), taken)
            assert high - low < 1e-4 * high


@pytest.mark.parametrize(
    ("params", "taken"),
    [
        (SamplingParams(temperature=1.5), 1.5),
        (SamplingParams(temperature=1.5, presence_penalty=0.5, logit_bias=((3, 1.0),)), 1.5),
        (SamplingParams(temperature=1.5, top_p=0.9, samplers=("temperature", "top_p")), 1.5),
        (SamplingParams(temperature=1.5, top_p=0.9), 1.0),
        (SamplingParams(temperature=1.5, min_p=0.05), 1.0),
        (SamplingParams(temperature=1.5, mirostat=2), 1.0),
        (SamplingParams(temperature=1.5, dynatemp_range=0.3), 1.0),
        (SamplingParams(temperature=1.5, samplers=("top_p",)), 1.0),
        (SamplingParams(temperature=0.7), 1.0),
        (SamplingParams(temperature=math.inf), 1.0),
    ],
)
def test_the_temperature_that_decides_most_draws(params: SamplingParams, taken: float) -> None:
    assert deciding_temperature(params) == taken


def test_real_draws_are_those_of_the_whole(real_logits: NDArray[np.float32]) -> None:
    decided = dict.fromkeys(range(len(FILTERS)), 0)
    for row in real_logits[5::80]:
        whole = Whole(logs := log_probabilities(row))
        history = tuple(np.argsort(-row)[[0, 3, 40, 170, 2000]].tolist())
        for count in (20, 200, 1000):
            truncated = cut_off(logs, count)
            for temperature in (0.0, 0.7, 1.0, 1.5):
                for number, params in enumerate(FILTERS):
                    at = msgspec.structs.replace(params, temperature=temperature)
                    decided[number] += check_draws(whole, truncated, at, US, history)
    assert all(decided.values()), decided
    plain = cut_off(log_probabilities(real_logits[5]), 1000)
    assert sum(plain.choose(SamplingParams(), (), u) is not None for u in US) >= 10
    # Taken at T 1.5, what the others weigh at T 1.5 is known.
    whole, hot = Whole(log_probabilities(real_logits[200])), SamplingParams(temperature=1.5)
    decided_at = [check_draws(whole, cut_off(whole.logs, 1000, t), hot, US) for t in (1.0, 1.5)]
    assert decided_at[1] > 1.5 * decided_at[0]


@pytest.mark.parametrize("params", FILTERS)
def test_what_settles_all_draws_decides_each(
    params: SamplingParams, real_logits: NDArray[np.float32]
) -> None:
    settled = 0
    for row in real_logits[7::40]:
        whole = Whole(logs := log_probabilities(row))
        for count in (20, 200):
            truncated = cut_off(logs, count)
            if truncated.settles(params, ()):
                settled += 1
                assert check_draws(whole, truncated, params, US) == len(US)
    assert settled or not 0 < params.top_k < 100


def test_whether_all_are_settled_is_no_question_of_one(real_logits: NDArray[np.float32]) -> None:
    truncated = cut_off(log_probabilities(real_logits[5]), 20)
    assert truncated.choose(SamplingParams(), (), 0.01) is not None
    assert not truncated.settles(SamplingParams(), ())
    # The last that is known may have as much as the first that is not.
    assert truncated.settles(SamplingParams(top_k=19), ())
    assert cut_off(log_probabilities(real_logits[5]), real_logits.shape[1]).settles(
        SamplingParams(), ()
    )


@pytest.mark.parametrize("rank", [0, 19, 20, 300, 20_000, 49_000])
def test_a_token_that_was_drawn_is_known_wherever_it_ranks(
    rank: int, real_logits: NDArray[np.float32]
) -> None:
    logs = log_probabilities(real_logits[5])
    order = np.lexsort((np.arange(logs.size), -logs))
    token = int(order[rank])
    truncated = TruncatedLogits(
        order[:20], logs[order[:20]], logs.size, beside=(token, float(logs[token]))
    )
    bare = cut_off(logs, 20)
    assert truncated.knows(token)
    assert not truncated.knows(int(order[40_000]))
    assert (truncated.ids.tolist(), truncated.tail) == (bare.ids.tolist(), bare.tail)
    sketch = LogitSketch.from_bytes(truncated.sketch(token).to_bytes())
    assert isinstance(sketch, TruncatedSketch)
    for t in TEMPERATURES:
        low, high = sketch.probability_range(token, t)
        exact = float(distribution(logs, SamplingParams(temperature=t), ())[token])
        assert low * (1 - 1e-4) <= exact <= high * (1 + 1e-4)
    if rank >= 20:
        assert sketch.written is not None
        assert sketch.written.rank == 20  # it is that at least


def test_curve_of_the_two_ends_holds_the_truth(real_logits: NDArray[np.float32]) -> None:
    for row in real_logits[3::50]:
        logs = log_probabilities(row)
        whole = LogitSketch.of(logs)
        for count in (20, 200, 1000):
            sketch = cut_off(logs, count).sketch()
            assert isinstance(sketch, TruncatedSketch)
            for temperature in TEMPERATURES:
                shares = [end.distribution(temperature)[1][0] for end in sketch.ends]
                true = whole.distribution(temperature)[1][0]
                assert min(shares) - 2e-4 <= true <= max(shares) + 2e-4
                assert sketch.tail is not None
                middle = sketch.distribution(temperature)[1][0]
                assert min(shares) - 2e-4 <= middle <= max(shares) + 2e-4


def any_params(rng: np.random.Generator) -> SamplingParams:
    def one(*options: Any) -> Any:
        return options[rng.integers(len(options))]

    return SamplingParams(
        temperature=one(0.0, 0.2, 0.7, 1.0, 1.6, 5.0, math.inf),
        top_k=one(0, 0, 1, 3, 10),
        top_p=one(1.0, 1.0, 0.5, 0.9),
        min_p=one(0.0, 0.0, 0.3, 0.05, 0.001),
        typical_p=one(1.0, 1.0, 1.0, 0.7),
        top_n_sigma=one(-1.0, -1.0, -1.0, 1.0),
        p_less=one(0, 0, 0, 1),
        xtc_probability=one(0.0, 0.0, 1.0),
        xtc_threshold=one(0.05, 0.2),
        dynatemp_range=one(0.0, 0.0, 0.0, 0.5),
        presence_penalty=one(0.0, 0.0, 0.8, -0.8),
        frequency_penalty=one(0.0, 0.0, 0.5),
        logit_bias=one((), (), ((0, 2.0),), ((1, -3.0), (0, -math.inf)), ((0, 1.0), (1, 9.0))),
        mirostat=one(0, 0, 0, 0, 1, 2),
        adaptive_target=one(-1.0, -1.0, -1.0, 0.4),
        min_keep=one(0, 0, 2),
        samplers=tuple(rng.permutation((*BEHIND, *BEFORE[1:6], "adaptive_p")).tolist()),
    )


@settings(max_examples=150, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32 - 1))
@example(seed=500928)  # top-p counts beyond what is known, and min-p behind it cuts there
def test_any_logits_lie_within(seed: int) -> None:
    rng = np.random.default_rng(seed)
    size = int(rng.integers(2, 60))
    raw = rng.normal(scale=rng.choice((0.0, 0.3, 1.0, 3.0, 10.0)), size=size)
    has_ties = rng.random() < 0.5  # rounding must not part them
    logs = log_probabilities(raw.round() if has_ties else raw)
    params, count = any_params(rng), int(rng.integers(1, size + 1))
    history = tuple(rng.integers(0, size, rng.integers(0, 5)).tolist())
    truncated = cut_off(logs, count, 1.0 if has_ties else rng.choice((1.0, 0.7, 1.6)))
    try:
        check_draws(Whole(logs), truncated, params, tuple(rng.random(6).tolist()), history)
    except LogitsError:
        return  # all that are known are banned
    sketch = truncated.sketch()
    if isinstance(sketch, TruncatedSketch):
        check_ranges(Whole(logs), sketch, params, history)


@pytest.mark.parametrize(
    ("ids", "logs", "said"),
    [
        ([1, 2], [-1.0, math.nan], "not a number"),
        ([1, 1], [-1.0, -2.0], "comes twice"),
        ([1, 9], [-1.0, -2.0], "found token 9"),
        ([1, -1], [-1.0, -2.0], "found token -1"),
        ([1, 2], [-0.1, -0.2], "add up to"),
        ([1, 2], [0.5, -9.0], "none is above 0"),
        ([1], [-1.0, -2.0], "one for each"),
        ([], [], "one for each"),
        ([1.5, 2.5], [-1.0, -2.0], "no ids"),
        ([1, 2], [-5.0, -6.0], "more than they can have"),
        ([1, 2], [-math.inf, -math.inf], "no token is left"),
    ],
)
def test_what_cannot_be_the_best_of_a_distribution(
    ids: list[float], logs: list[float], said: str
) -> None:
    with pytest.raises(LogitsError, match=said):
        TruncatedLogits(ids, logs, 9)


def test_order_rounding_and_impossible_tokens_are_taken_as_they_come() -> None:
    logs = np.log([0.5, 0.3, 0.2])
    mixed = TruncatedLogits([7, 3, 5], logs[[2, 0, 1]] + 1e-5, 9)
    assert mixed.ids.tolist() == [3, 5, 7]
    assert mixed.tail is not None
    assert mixed.tail.least[0] == 0.0
    impossible = TruncatedLogits([3, 5, 7, 1], [*logs, -math.inf], 9)
    assert impossible.tail is None
    choice = impossible.choose(SamplingParams(typical_p=0.9), (), 0.99)
    assert choice is not None
    assert not impossible.sketch().is_truncated
    whole = TruncatedLogits(np.arange(3), logs, 3)
    assert whole.choose(SamplingParams(), (), 0.6).token == 1  # type: ignore[union-attr]


def test_the_repeat_penalty_is_left_out() -> None:
    params = SamplingParams(repeat_penalty=1.1, presence_penalty=0.4)
    assert needs_logits(params)
    logs = np.log([0.5, 0.3, 0.1])
    for size in (3, 9):
        some = TruncatedLogits(np.arange(3), logs + (0.105 if size == 3 else 0.0), size)
        choices = [
            some.choose(one, (1,), 0.5)
            for one in (params, msgspec.structs.replace(params, repeat_penalty=1.0))
        ]
        assert choices[0] is not None
        assert choices[1] is not None
        assert choices[0].token == choices[1].token
        assert choices[0].probability == choices[1].probability
    assert not needs_logits(SamplingParams(repeat_penalty=1.1, repeat_last_n=0))


def test_a_whole_sketch_of_log_probabilities_leaves_the_repeat_penalty_out() -> None:
    """As one of which the best alone are known does; and it is known by its record."""
    rng = np.random.default_rng(4)
    logs = log_probabilities(rng.normal(scale=3.0, size=300))
    best = int(np.argmax(logs))
    params = SamplingParams(repeat_penalty=1.5, top_k=40)
    without = msgspec.structs.replace(params, repeat_penalty=1.0)
    own = LogitSketch.of(logs)
    served = LogitSketch.from_bytes(TruncatedLogits(np.arange(300), logs, 300).sketch().to_bytes())
    assert (own.knows_zero, served.knows_zero, served.is_truncated) == (True, False, False)
    assert LogitSketch.from_bytes(own.to_bytes()).knows_zero

    def first(sketch: LogitSketch, at: SamplingParams) -> float:
        shaped = sketch.shaped(at, (best,))
        return float(shaped.probabilities[shaped.ids == best][0])

    assert first(own, params) < first(own, without)
    assert first(served, params) == first(served, without)
    assert served.kept(params, (best,))[1].tolist() == served.kept(without, (best,))[1].tolist()
    penalised = apply_penalties(served, params, (best,))
    assert (penalised.logits == served.logits).all()
    assert not apply_penalties(
        served, msgspec.structs.replace(params, presence_penalty=1.0), (best,)
    ).knows_zero


def test_the_record_is_a_sketch_of_one_type() -> None:
    rng = np.random.default_rng(3)
    logs = log_probabilities(rng.normal(scale=2.5, size=5000))
    order = np.argsort(-logs)
    truncated = cut_off(logs, 400)
    sketch = truncated.sketch(int(order[300]))
    record = undrawn(int(order[300]), b"x", sketch.to_bytes())
    again = LogitSketch.from_bytes(record.sketch)
    assert isinstance(again, TruncatedSketch)
    assert again.is_truncated
    assert not LogitSketch.of(logs).is_truncated
    assert again.written is not None
    assert again.written.rank == 300
    assert again.to_bytes() == record.sketch
    low, high = again.probability_range(int(order[300]), 1.4)
    assert low <= distribution(logs, SamplingParams(temperature=1.4))[order[300]] <= high
    low, high = again.probability_range(int(order[3000]), 1.4)
    assert low == 0.0
    assert distribution(logs, SamplingParams(temperature=1.4))[order[3000]] <= high
    with pytest.raises(ValueError, match="none of those"):
        truncated.sketch(int(order[4000]))


def test_where_not_even_the_best_is_known_all_is_possible() -> None:
    sketch = LogitSketch.from_bytes(TruncatedLogits([7], [math.log(0.1)], 50).sketch().to_bytes())
    assert isinstance(sketch, TruncatedSketch)
    with pytest.raises(UndecidedError):
        sketch.shaped_range(SamplingParams())
    assert sketch.probability_range(7, 0.7) == (0.0, 1.0)
    assert sketch.entropy_range(0.7) == (0.0, math.log(50))
    assert sketch.tail_range(0.7) == (0.0, 1.0)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(place=st.integers(0, 1900), byte=st.integers(0, 255), cut=st.booleans())
def test_a_damaged_record_is_refused_or_harmless(place: int, byte: int, cut: bool) -> None:
    logs = log_probabilities(np.random.default_rng(5).normal(scale=3.0, size=2000))
    data = bytearray(cut_off(logs, 300).sketch().to_bytes())
    if cut:
        data = data[:place]
    else:
        data[place % len(data)] = byte
    try:
        sketch = LogitSketch.from_bytes(bytes(data))
    except SketchError:
        return
    assert sketch.entropy(1.3) >= 0.0
    if isinstance(sketch, TruncatedSketch):
        found = sketch.shaped_range(SamplingParams(temperature=1.3, min_p=0.01))
        assert found.entropy[0] <= found.entropy[1]

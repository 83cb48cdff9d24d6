"""What a sketch answers of its logits, question by question, against the whole vocabulary.

Among the known tokens it must say the same; of the whole tail nearly so; and where a filter has
left a part of the tail, what is asserted here is how good the estimate is on tails of two shapes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from numpy.typing import NDArray

from studio.sampling import LogitsError, LogitSketch, Ranking
from studio.sampling.logits.adjustment import Adjustment
from studio.sampling.samplers.adaptive import logits_near
from studio.sampling.samplers.whole import WholeLogits
from studio.sampling.sketches.sketched import SketchedLogits

HEAD = 128
BELL = np.random.default_rng(1).normal(0.0, 2.5, 6000).astype(np.float32)
"""As most models' are."""
EVEN = np.concatenate([np.linspace(8.0, 0.5, HEAD), np.linspace(0.0, -10.0, 4000)]).astype("f4")
"""A tail spread evenly over ten nats: what is left of such a one is known in numbers."""
SHORT = np.array([1.0, -math.inf, 3.0, 2.0, 3.0, -1.0], np.float32)
"""Without a tail; two are equal, and one is impossible."""
SHAPES = pytest.mark.parametrize("logits", [BELL, EVEN], ids=["bell", "even"])
BETAS = pytest.mark.parametrize("beta", [0.0, 0.3, 1.0, 2.0])


def both(logits: NDArray[np.float32]) -> tuple[SketchedLogits, WholeLogits]:
    sketch = LogitSketch.of(logits)
    known = sketch.logits.astype(np.float64)
    sketched = SketchedLogits(sketch.ids, known, sketch.tail, sketch.vocabulary_size)
    return sketched, WholeLogits(Ranking(logits))


def same(sketched: SketchedLogits, whole: WholeLogits, kept: int) -> None:
    """The same tokens in the same order with the same logits, and no more of either."""
    whole.ranking.extend(kept)
    kept = min(kept, whole.limit(kept), sketched.ids.size)
    assert sketched.ids[:kept].tolist() == whole.ranking.ids[:kept].tolist()
    assert sketched.logits[:kept] == pytest.approx(whole.logits[:kept], rel=1e-6, abs=1e-9)
    assert sketched.size == whole.size


# Among the known tokens


@pytest.mark.parametrize(
    ("logits", "kept"),
    [(BELL, 1), (BELL, 2), (BELL, 60), (BELL, HEAD), (EVEN, 100), (SHORT, 3), (SHORT, 6)],
)
@BETAS
def test_among_the_known_it_answers_as_all_do(
    logits: NDArray[np.float32], kept: int, beta: float
) -> None:
    sketched, whole = both(logits)
    same(sketched, whole, kept)
    kept = sketched.limit(kept)
    assert kept == whole.limit(kept)
    assert not sketched.cuts_tail(kept)
    weight = whole.weight(kept, beta)
    assert sketched.weight(kept, beta) == pytest.approx(weight, rel=1e-6)
    assert sketched.mass(kept, beta) == pytest.approx(weight.mass, rel=1e-6)
    assert sketched.tail_weight(kept, beta) == (0.0, 0.0)
    assert sketched.weights(kept, beta)[kept:].sum() == 0.0
    assert sketched.deviation(kept) == pytest.approx(whole.deviation(kept), rel=1e-5)
    for share in (0.2, 0.6, 0.9, 1.0):
        wanted = share * weight.mass * (1.0 - 1e-9)
        assert sketched.count_to_mass(wanted, beta, kept) == whole.count_to_mass(wanted, beta, kept)
    for distance in (0.0, 0.5, 1.0, 3.0, 100.0):
        assert sketched.count_within(distance, kept) == whole.count_within(distance, kept)


@pytest.mark.parametrize(("logits", "kept"), [(BELL, 5), (BELL, HEAD), (SHORT, 3), (SHORT, 5)])
def test_penalties_and_biases_change_what_is_kept_alone(
    logits: NDArray[np.float32], kept: int
) -> None:
    sketched, whole = both(logits)
    ids = sketched.ids.tolist()
    recent = frozenset({ids[0], ids[2], ids[-1]})
    same(sketched.penalised(3.0, recent, kept), whole.penalised(3.0, recent, kept), kept)
    biased = Adjustment.of({ids[1]: 2.5, ids[-1]: 2.0})
    same(sketched.adjusted(biased, kept), whole.adjusted(biased, kept), kept)
    beyond = sketched.penalised(3.0, recent, kept)
    assert beyond.ids[kept:].tolist() == ids[kept:], "what is not left stays where it was"
    assert beyond.logits[kept:].tolist() == sketched.logits[kept:].tolist()


@pytest.mark.parametrize("count", [1, 3, HEAD - 1])
def test_without_the_best_the_next_are_the_best(count: int) -> None:
    sketched, whole = both(BELL)
    left = sketched.without_best(count, BELL.size)
    same(left, whole.without_best(count, BELL.size), HEAD - count)
    assert left.limit(BELL.size) == BELL.size - count, "and the tail is all there"
    again = left.without_best(BELL.size, BELL.size)
    assert again.ids.tolist() == sketched.ids[-1:].tolist(), "one that is known stays"


@pytest.mark.parametrize("kept", [1, 40, HEAD])
@pytest.mark.parametrize("p", [0.1, 0.5, 0.8, 1.0])
@pytest.mark.parametrize("least", [1, 3])
@BETAS
def test_typical_takes_the_same_of_the_known(kept: int, p: float, least: int, beta: float) -> None:
    for logits in (BELL[:HEAD], BELL):
        sketched, whole = both(logits)
        sketched, count = sketched.typical(p, beta, kept, least)
        whole, expected = whole.typical(p, beta, kept, least)
        assert count == expected
        same(sketched, whole, count)
        assert sketched.limit(BELL.size) == count, "nothing of the tail is left"


@pytest.mark.parametrize("kept", [1, 40, HEAD])
@BETAS
def test_logits_are_made_of_the_same_probabilities(kept: int, beta: float) -> None:
    sketched, whole = both(BELL)
    near = partial(logits_near, 0.02)
    made = sketched.reshaped(near, kept, beta)
    same(made, whole.reshaped(near, kept, beta), kept)
    assert made.limit(BELL.size) == kept


# What is taken out


CUTS: tuple[Callable[[SketchedLogits], SketchedLogits], ...] = (
    lambda it: it.without_best(5, HEAD),
    lambda it: it.typical(0.4, 1.0, HEAD, 1)[0],
    lambda it: it.adjusted(Adjustment.of({int(it.ids[3]): -math.inf}), HEAD),
    lambda it: it.reshaped(lambda p: np.log(p), 50, 1.0),
    lambda it: it.without_best(2, HEAD).without_best(2, HEAD - 2),
)


@pytest.mark.parametrize("cut", CUTS)
def test_what_is_taken_out_is_shown_where_it_was(
    cut: Callable[[SketchedLogits], SketchedLogits],
) -> None:
    sketched, _ = both(BELL)
    left = cut(sketched)
    weights = left.weights(HEAD, 1.0)
    ids, shown = left.with_cut(weights)
    assert set(ids.tolist()) == set(sketched.ids.tolist())
    assert ids.size == HEAD
    of_token = dict(zip(ids.tolist(), shown.tolist(), strict=True))
    assert [of_token[token] for token in left.ids.tolist()] == weights.tolist()
    gone = set(ids.tolist()) - set(left.ids.tolist())
    assert gone
    assert {of_token[token] for token in gone} == {0.0}
    logits = dict(zip(sketched.ids.tolist(), sketched.logits.tolist(), strict=True))
    for token, logit in zip(left.cut.ids.tolist(), left.cut.logits.tolist(), strict=True):
        assert logit == logits[token], "a token keeps the logit that it was taken out with"


def test_not_all_that_are_known_can_be_banned() -> None:
    sketched, _ = both(SHORT)
    left = sketched.adjusted(Adjustment.of({4: -math.inf}), 5)
    ids, shown = left.with_cut(left.weights(5, 1.0))
    assert ids.tolist() == [2, 4, 3, 0, 5]
    assert shown[1] == 0.0
    with pytest.raises(LogitsError, match=r"^every token that the sketch knows is banned\.$"):
        sketched.adjusted(Adjustment.of(dict.fromkeys((0, 2, 3, 4, 5), -math.inf)), 5)


# The tail as a whole


@SHAPES
@BETAS
def test_the_whole_tail_weighs_what_it_does(logits: NDArray[np.float32], beta: float) -> None:
    sketched, whole = both(logits)
    for kept in (logits.size, 10 * logits.size):
        assert sketched.limit(kept) == logits.size
        assert not sketched.cuts_tail(kept)
        weight = whole.weight(kept, beta)
        assert sketched.weight(kept, beta) == pytest.approx(weight, rel=1e-4)
        assert sketched.mass(kept, beta) == pytest.approx(weight.mass, rel=1e-4)
        known, tail, all_of_them = sketched.weighed(kept, beta)
        assert all_of_them.mass == pytest.approx(known.sum() + tail.mass, rel=1e-12)
        assert tail == sketched.tail_weight(kept, beta)
        assert sketched.deviation(kept) == pytest.approx(whole.deviation(kept), rel=1e-4)
    alike, exact = both(np.float32(0.01) * logits)
    assert alike.deviation(kept) == pytest.approx(exact.deviation(kept), rel=1e-3)


@SHAPES
@BETAS
def test_counts_in_the_whole_tail(logits: NDArray[np.float32], beta: float) -> None:
    sketched, whole = both(logits)
    size = logits.size
    for share in (0.5, 0.9, 0.97):
        wanted = share * whole.mass(size, beta)
        expected = whole.count_to_mass(wanted, beta, size)
        assert sketched.count_to_mass(wanted, beta, size) == pytest.approx(expected, rel=0.04)
        _, expected = whole.typical(share, beta, size, 1)
        left, count = sketched.typical(share, beta, size, 1)
        assert count == (pytest.approx(expected, rel=0.06) if beta else expected)
        assert left.limit(size) == (
            left.ids.size if count == left.ids.size else size - HEAD + left.ids.size
        )
    assert sketched.count_to_mass(2.0 * whole.mass(size, beta), beta, size) == size
    for distance in (3.0, 6.0, 9.0, 12.0, 100.0):
        expected = whole.count_within(distance, size)
        assert sketched.count_within(distance, size) == pytest.approx(expected, rel=0.09)


@SHAPES
def test_of_the_tail_all_are_made_the_same(logits: NDArray[np.float32]) -> None:
    sketched, whole = both(logits)
    near = partial(logits_near, 0.01)
    for beta in (0.3, 1.0):
        made = sketched.reshaped(near, logits.size, beta)
        expected = whole.reshaped(near, logits.size, beta)
        assert made.limit(2 * logits.size) == logits.size
        for at in (0.0, 1.0, 3.0):
            weight = expected.weight(logits.size, at)
            assert made.weight(logits.size, at) == pytest.approx(weight, rel=5e-3, abs=1e-6)
        weights = np.exp((logits.astype(np.float64) - logits.max()) * beta)
        known = near(weights[made.ids] / weights.sum())
        assert made.logits == pytest.approx(known, abs=1e-4)
        assert (np.diff(made.logits) <= 0.0).all()


@pytest.mark.parametrize("kept", [HEAD + 1, 3000])
def test_of_what_is_left_of_the_tail_all_are_made_the_same(kept: int) -> None:
    sketched, whole = both(BELL)
    near = partial(logits_near, 0.01)
    made, expected = sketched.reshaped(near, kept, 0.3), whole.reshaped(near, kept, 0.3)
    assert made.limit(BELL.size) == kept
    assert made.mass(kept, 1.0) == pytest.approx(expected.mass(kept, 1.0), rel=5e-3)


# A part of the tail


@SHAPES
@pytest.mark.parametrize("kept", [HEAD + 1, 160, 400, 1000, 2000])
def test_a_part_of_the_tail_is_estimated(logits: NDArray[np.float32], kept: int) -> None:
    sketched, whole = both(logits)
    assert sketched.cuts_tail(kept)
    assert sketched.deviation(kept) == pytest.approx(whole.deviation(kept), rel=0.09)
    if logits is EVEN or kept == HEAD + 1:
        within = 0.001 if kept == HEAD + 1 else 0.02
        assert sketched.deviation(kept) == pytest.approx(whole.deviation(kept), rel=within)
    for beta in (0.0, 0.3, 1.0, 2.0):
        expected, found = whole.weight(kept, beta), sketched.weight(kept, beta)
        assert found.mass == pytest.approx(expected.mass, rel=0.008)
        assert found.moment / found.mass == pytest.approx(expected.moment / expected.mass, rel=0.01)


@SHAPES
@pytest.mark.parametrize("kept", [HEAD + 1, 160, 400, 1000, 2000])
@pytest.mark.parametrize("beta", [0.0, 0.3, 1.0])
def test_counts_in_a_part_of_the_tail(logits: NDArray[np.float32], kept: int, beta: float) -> None:
    sketched, whole = both(logits)
    for share in (0.2, 0.5, 0.8, 0.97):
        wanted = share * whole.mass(kept, beta)
        expected = whole.count_to_mass(wanted, beta, kept)
        assert sketched.count_to_mass(wanted, beta, kept) == pytest.approx(expected, rel=0.03)
        left, count = sketched.typical(share, beta, kept, 1)
        _, expected = whole.typical(share, beta, kept, 1)
        assert count == (pytest.approx(expected, rel=0.08) if beta else expected)
        assert left.ids.size <= count <= kept
    assert sketched.count_within(2.0, kept) == whole.count_within(2.0, kept)
    assert sketched.count_within(1000.0, kept) == kept

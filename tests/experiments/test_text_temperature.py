"""Texts drawn as a whole, on a model small enough to list every text with its probability."""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import TypeVar

import numpy as np
import pytest
from numpy.typing import NDArray

from studio.experiments.text_temperature import (
    NO_TOKEN,
    Proposal,
    Texts,
    block_wise,
    resampled,
)

VOCABULARY, LENGTH, DRAWS = 8, 4, 20_000
END = 0
"""In the model whose texts may end before."""

Outcome = TypeVar("Outcome")


class Enumerable:
    """Random next-token probabilities behind each beginning of a text.

    Args:
        end: The token that ends a text; None for none.
        alpha: Of the p^α that is asked for.
    """

    def __init__(self, end: int | None, alpha: float) -> None:
        rng = np.random.default_rng(7)
        self._end = NO_TOKEN if end is None else end
        self._rng = rng
        self._alpha = alpha
        self._logs: list[NDArray[np.float64]] = []
        for place in range(LENGTH):
            logits = rng.normal(scale=1.2, size=(VOCABULARY**place, VOCABULARY))
            self._logs.append(logits - np.log(np.exp(logits).sum(axis=1, keepdims=True)))
        self.evaluations = 0

    def write(self, proposal: Proposal) -> Texts:
        """Write texts anew behind what stays, each token at T = 1/α."""
        former, kept, length = proposal
        count, width = former.tokens.shape
        tokens = np.full((count, length), NO_TOKEN)
        masses = np.zeros((count, length))
        stays = np.arange(width) < kept[:, np.newaxis]
        tokens[:, :width] = np.where(stays, former.tokens, NO_TOKEN)
        masses[:, :width] = np.where(stays, former.log_masses, 0.0)
        for place in range(length):
            going = kept <= place
            if place:
                last = tokens[:, place - 1]
                going = going & (last != NO_TOKEN) & (last != self._end)
            rows = np.flatnonzero(going)
            weights = np.exp(
                self._alpha * self._logs[place][code(tokens[rows, :place], VOCABULARY)]
            )
            sums = weights.cumsum(axis=1)
            u = self._rng.random((rows.size, 1)) * sums[:, -1:]
            tokens[rows, place] = (sums <= u).sum(axis=1)
            masses[rows, place] = np.log(sums[:, -1])
            self.evaluations += rows.size
        return Texts(tokens, masses)

    def exact(self) -> NDArray[np.float64]:
        """The probability of each text under p^α, by its code."""
        found = np.zeros((VOCABULARY + 1) ** LENGTH)
        waiting: list[tuple[tuple[int, ...], float]] = [((), 0.0)]
        while waiting:
            text, log = waiting.pop()
            if len(text) == LENGTH or (text and text[-1] == self._end):
                padded = np.array([[*text, *[NO_TOKEN] * (LENGTH - len(text))]])
                found[code(padded + 1, VOCABULARY + 1)] = math.exp(self._alpha * log)
                continue
            number = code(np.array([text], dtype=np.int64), VOCABULARY)[0]
            for token, more in enumerate(self._logs[len(text)][number].tolist()):
                waiting.append(((*text, token), log + more))
        return np.asarray(found / found.sum())


def code(tokens: NDArray[np.int64], base: int) -> NDArray[np.int64]:
    return np.asarray(tokens @ base ** np.arange(tokens.shape[1]), dtype=np.int64)


def drawn(draw: Generator[Proposal, Texts, Outcome], model: Enumerable) -> Outcome:
    try:
        proposal = next(draw)
        while True:
            proposal = draw.send(model.write(proposal))
    except StopIteration as end:
        outcome: Outcome = end.value
        return outcome


def deviation(texts: Texts, exact: NDArray[np.float64]) -> float:
    """How far the chi-square of some texts is beyond its mean, in standard deviations.

    Texts of which fewer than five are expected are counted together. By Wilson and Hilferty 1931
    the cube root of a chi-square is nearly normal.
    """
    counts = np.bincount(code(texts.tokens + 1, VOCABULARY + 1), minlength=exact.size)
    expected = exact * len(texts.tokens)
    assert not counts[exact == 0.0].any()
    seldom = expected < 5.0
    observed = np.append(counts[~seldom], counts[seldom].sum())
    wanted = np.append(expected[~seldom], expected[seldom].sum())
    statistic = float(((observed - wanted) ** 2 / wanted).sum())
    freedom = observed.size - 1
    assert freedom > 50
    spread = 2.0 / (9.0 * freedom)
    return float((statistic / freedom) ** (1.0 / 3.0) - (1.0 - spread)) / math.sqrt(spread)


@pytest.mark.parametrize(("end", "alpha"), [(None, 2.0), (END, 1.3)])
def test_block_wise_resampling_draws_from_p_to_the_alpha_and_token_by_token_does_not(
    end: int | None, alpha: float
) -> None:
    model = Enumerable(end, alpha)
    rng = np.random.default_rng(20_251_016)
    found = drawn(block_wise(LENGTH, 2, 26, rng, chains=DRAWS), model)
    assert found.evaluations == model.evaluations
    assert 0 < found.accepted < found.proposed
    exact = model.exact()
    assert deviation(found.texts, exact) < 2.5
    # One text of one: its weight changes nothing.
    token_wise = drawn(resampled(LENGTH, 1, rng, groups=DRAWS), model)
    assert deviation(token_wise.texts, exact) > 20.0


def test_resampling_by_weights_comes_near_and_leans_with_few_texts() -> None:
    model = Enumerable(None, 2.0)
    rng = np.random.default_rng(20_251_016)
    exact = model.exact()
    several = drawn(resampled(LENGTH, 24, rng, groups=DRAWS), model)
    assert several.evaluations == model.evaluations == LENGTH * 24 * DRAWS
    assert deviation(several.texts, exact) < 2.5
    assert np.all((several.effective > 1.0) & (several.effective <= 24.0 + 1e-9))
    pairs = drawn(resampled(LENGTH, 2, rng, groups=DRAWS), model)
    assert deviation(pairs.texts, exact) > 10.0


def test_at_t_1_every_proposal_is_taken() -> None:
    """p^1 is what token by token gives: no text weighs more than another."""
    texts = Texts(np.zeros((1, 3), dtype=np.int64), np.zeros((1, 3)))
    draw = block_wise(3, 3, 5, np.random.default_rng(0))
    assert next(draw).length == 3
    for _ in range(5):
        assert draw.send(texts).kept[0] in range(3)
    with pytest.raises(StopIteration) as end:
        draw.send(texts)
    assert end.value.value.accepted == end.value.value.proposed == 5

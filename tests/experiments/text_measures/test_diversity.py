"""Distinct-n and self-BLEU, by hand."""

import numpy as np
import pytest

from studio.experiments.text_measures.diversity import distinct_parts, self_bleu, words_of
from studio.experiments.text_measures.intervals import percentile_interval, resampled_counts

TEXTS = [["a", "b", "a", "b"], ["a", "b", "c"]]


def test_words_are_words_and_signs() -> None:
    assert words_of("It's 3 o'clock, naïve.") == [
        "It", "'", "s", "3", "o", "'", "clock", ",", "naïve", ".",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("n", "different", "lengths"),
    [
        (1, 3, [4, 3]),  # a, b, c
        (2, 3, [3, 2]),  # ab, ba, bc
        (3, 3, [2, 1]),  # aba, bab, abc
        (5, 0, [0, 0]),
    ],
)
def test_the_parts_add_up_to_the_different_ones(n: int, different: int, lengths: list[int]) -> None:
    parts = distinct_parts(TEXTS, n)
    assert sum(part for part, _ in parts) == pytest.approx(different)
    assert [count for _, count in parts] == lengths


def test_a_text_s_part_is_what_it_adds() -> None:
    # ba is the first's alone, bc the second's; ab is spread over all five pairs.
    assert [part for part, _ in distinct_parts(TEXTS, 2)] == pytest.approx([1 + 3 / 5, 1 + 2 / 5])


def test_resampled_texts_are_spread_as_new_texts_are() -> None:
    random = np.random.default_rng(1)
    likely = 1.0 / np.arange(1, 201)
    likely /= likely.sum()
    found, spreads = [], []
    for trial in range(150):
        lengths = random.integers(10, 40, 24)
        texts = [random.choice(200, length, p=likely).astype(str).tolist() for length in lengths]
        parts = np.array(distinct_parts(texts, 2))
        counts = resampled_counts(24, seed=trial, resamples=300)
        figure = float(parts[:, 0].sum() / parts[:, 1].sum())
        interval = percentile_interval(figure, (counts @ parts[:, 0]) / (counts @ parts[:, 1]))
        found.append(figure)
        spreads.append((interval.high - interval.low) / (2 * 1.96))
    assert np.mean(spreads) == pytest.approx(np.std(found), rel=0.15)


def test_self_bleu_by_hand() -> None:
    # Of three words two are there, of two pairs one, of one triple none, which counts 0.1.
    by_hand = (2 / 3 * 1 / 2 * 0.1) ** (1 / 3)
    assert self_bleu(["the cat sat", "the cat ran"]) == pytest.approx([by_hand, by_hand])


def test_self_bleu_of_the_same_and_of_nothing_in_common() -> None:
    assert self_bleu(["one two three four five"] * 2) == pytest.approx([1.0, 1.0])
    assert self_bleu(["one two three", "four five six"]) == [0.0, 0.0]
    assert self_bleu(["one two three", " ", ""]) == [0.0, 0.0, 0.0]
    assert self_bleu(["alone"]) == [0.0]

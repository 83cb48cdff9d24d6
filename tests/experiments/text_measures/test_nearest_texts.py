"""The nearest neighbour of each text, held against sets of shingles themselves."""

from __future__ import annotations

import random
import tracemalloc

import numpy as np
import pytest

from studio.experiments.text_measures.near_duplicates import shingles, similarity
from studio.experiments.text_measures.nearest_texts import NearestTexts, TextTrace


def texts_of(count: int, seed: int) -> list[str]:
    """Texts that share more or less of one another."""
    draws = random.Random(seed)
    words = [f"word{number}" for number in range(40)]
    found = [" ".join(draws.choices(words, k=60))]
    while len(found) < count:
        text = draws.choice(found).split()
        for _ in range(draws.choice([0, 1, 5, 20])):
            text[draws.randrange(len(text))] = draws.choice(words)
        found.append(" ".join(text))
    return found


def test_similarities_are_those_of_the_shingles() -> None:
    texts, nearest = texts_of(60, 3), NearestTexts()
    sets = [shingles(text) for text in texts]
    for number, text in enumerate(texts):
        trace = nearest.trace(text)
        before = max((similarity(sets[number], one) for one in sets[:number]), default=0.0)
        # Four standard errors of 128 hashes.
        assert nearest.similarity(trace) == pytest.approx(before, abs=0.18)
        assert nearest.has(trace) == (text in texts[:number])
        nearest.add(trace)
    for number, found in enumerate(nearest.similarities):
        others = (similarity(sets[number], one) for at, one in enumerate(sets) if at != number)
        assert found == pytest.approx(max(others), abs=0.18)


def test_more_than_there_was_room_for() -> None:
    nearest = NearestTexts()
    for number in range(2_100):
        nearest.add(nearest.trace(f"a text with the number {number} in it"))
    assert len(nearest) == len(nearest.similarities) == 2_100
    assert nearest.has(nearest.trace(" a text with the number 7 in it\n"))
    assert nearest.similarity(nearest.trace("a text with the number 2099 in it")) == 1.0


def test_of_a_text_little_stays() -> None:
    nearest, draws = NearestTexts(), np.random.default_rng(1)
    hashes = draws.integers(2**16, size=(3_072, 128), dtype=np.uint16)
    tracemalloc.start()
    try:
        for number in range(1_024):
            nearest.add(TextTrace(number, hashes[number]))
        before, _ = tracemalloc.get_traced_memory()
        for number in range(1_024, 3_072):
            nearest.add(TextTrace(number, hashes[number]))
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert nearest.has(TextTrace(3_000, hashes[0]))
    assert (after - before) / 2_048 < 300


def test_texts_without_words() -> None:
    nearest = NearestTexts()
    nearest.add(nearest.trace(""))
    nearest.add(nearest.trace("one"))
    assert list(nearest.similarities) == [0.0, 0.0]
    assert nearest.has(nearest.trace(" \n"))
    assert NearestTexts().similarity(nearest.trace("one")) == 0.0

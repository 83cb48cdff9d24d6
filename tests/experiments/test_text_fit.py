"""A text's parts are fitted as if each stood alone."""

import numpy as np

from studio.experiments.sentence_places import SentencePlace
from studio.experiments.text_fit import CountedTokens, TextFit
from studio.sampling import LogitSketch
from studio.sampling.analysis.fitted_temperature import (
    CURVE_TEMPERATURES,
    TemperatureLikelihood,
    at_once,
)

START, NAME, INSIDE = SentencePlace.START, SentencePlace.NAME, SentencePlace.INSIDE


def drawn(temperatures: list[float], seed: int = 1) -> TemperatureLikelihood:
    """Tokens each drawn at its temperature."""
    rng = np.random.default_rng(seed)
    likelihood = TemperatureLikelihood()
    for temperature in temperatures:
        logits = (rng.standard_normal(300) * 3).astype(np.float32)
        token = int((logits / temperature + rng.gumbel(size=300)).argmax())
        likelihood.append(LogitSketch.of(logits, token), token)
    return likelihood


def fitted(counted: CountedTokens, chapters: list[tuple[str, int, int]]) -> TextFit:
    found = at_once(counted.fitted(chapters))
    assert found is not None
    return found


def test_each_part_has_the_fit_of_its_tokens() -> None:
    likelihood = drawn([0.5] * 60 + [1.6] * 60)
    counted = CountedTokens(likelihood)
    places = [START, INSIDE, INSIDE, NAME] * 30
    for row, place in enumerate(places):
        counted.append(row, 5 * row, place)
    chapters = [("", 0, 0), ("One", 0, 300), ("Empty", 300, 300), ("Two", 300, 600)]
    found = fitted(counted, chapters)
    assert found.whole == likelihood.fit()
    assert [(it.title, it.tokens) for it in found.chapters] == [("One", 60), ("Two", 60)]
    assert found.chapters[0].fit == likelihood.fit(range(60))
    assert found.chapters[1].fit == likelihood.fit(range(60, 120))
    assert [(it.place, it.tokens) for it in found.places] == [(START, 30), (INSIDE, 60), (NAME, 30)]
    names = [row for row, place in enumerate(places) if place is NAME]
    assert found.places[2].fit == likelihood.fit(names)
    best = float(CURVE_TEMPERATURES[found.curve.argmax()])
    assert abs(np.log(best / found.whole.temperature)) < 0.03


def test_tokens_that_do_not_count_do_not() -> None:
    likelihood = drawn([0.5] * 40 + [1.6] * 40)
    counted = CountedTokens(likelihood)
    for row in range(40, 80):
        counted.append(row, row, INSIDE)
    found = fitted(counted, [("Alone", 0, 80)])
    assert found.whole == likelihood.fit(range(40, 80))
    assert found.chapters == (), "one alone is the whole"
    assert len(found.places) == 1


def test_without_a_token_there_is_none() -> None:
    assert at_once(CountedTokens(TemperatureLikelihood()).fitted([("", 0, 5)])) is None

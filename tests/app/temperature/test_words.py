import math

import pytest

from studio.app.temperature.words import (
    follow_words,
    place_words,
    round_temperature,
    sensitivity_figure,
    sensitivity_words,
    short_follow_words,
    short_sensitivity_words,
)


@pytest.mark.parametrize(
    ("effective", "words", "short"),
    [
        (1.0, "always the favourite", ("the favourite", "1")),
        (1.49, "nearly always the favourite", ("the favourite", "1")),
        (1.5, "about 2 words could follow here", ("about 2 words", "2")),
        (2.04, "about 2 words could follow here", ("about 2 words", "2")),
        (2.94, "about 3 words could follow here", ("about 3 words", "3")),
        (1234.5, "about 1,234 words could follow here", ("about 1,234 words", "1,234")),
    ],
)
def test_how_many_words_could_follow_is_a_whole_number(
    effective: float, words: str, short: tuple[str, str]
) -> None:
    assert follow_words(effective) == words
    assert short_follow_words(effective) == short


@pytest.mark.parametrize(
    ("sensitivity", "words"),
    [
        (0.0, "turning T changes nothing here"),
        (0.3, "turning T changes little here"),
        (1.0, "choices grow about as T does"),
        (1.5, "a small turn changes much here"),
        (20.0, "a small turn changes much here"),
    ],
)
def test_how_much_a_turn_changes(sensitivity: float, words: str) -> None:
    assert sensitivity_words(sensitivity) == words
    short, shortest = short_sensitivity_words(sensitivity)
    assert len(shortest) < 0.6 * len(short) < 0.6 * 0.8 * len(words)


def test_the_number_behind_the_words() -> None:
    assert sensitivity_figure(1.0) == "dH/dlnT 1.00 nats: T up by 10 %, choices up by about 10 %"
    assert sensitivity_figure(0.02) == "dH/dlnT 0.02 nats: T up by 10 %, choices up by about 0.2 %"


def test_a_place_on_the_curve() -> None:
    assert place_words(1.4999, math.log(100)) == "T 1.50: about 100 choices"
    assert place_words(math.inf, math.log(2)) == "T ∞: about 2.0 choices"
    assert round_temperature(0.123456) == 0.123

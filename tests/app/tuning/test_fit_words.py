"""What a fitted temperature says of a text."""

import pytest

from studio.app.tuning import fit_words
from studio.sampling.analysis.fitted_temperature import TemperatureFit
from studio.sampling.analysis.retemper import COLDEST, HOTTEST

COOL = TemperatureFit(
    temperature=0.8712,
    low=0.82,
    high=0.931,
    perplexity_t1=24.06,
    perplexity_fitted=23.61,
    tokens=1312,
    by_likelihood=(0.83, 0.92),
    by_information=(0.831, 0.921),
    by_bootstrap=(0.82, 0.931),
)


def test_a_text_is_said_to_read_like_a_temperature() -> None:
    assert fit_words.lead("Your text", COOL) == "Your text reads like T\u00a00.87 (0.82 to 0.93)."
    assert fit_words.spoken_curve("Your text", COOL) == (
        "Your text: most likely at T 0.87, hardly less from 0.82 to 0.93"
    )
    assert fit_words.figures(COOL) == "Perplexity 24.1 at T 1, 23.6 at T 0.87; 1,312 tokens"


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.82, 0.93, "closer to the model’s favourites"),
        (0.9, 1.1, "about as much"),
        (1.1, 1.3, "surprises the model more"),
    ],
)
def test_what_it_means_rests_on_the_whole_interval(low: float, high: float, words: str) -> None:
    assert words in fit_words.meaning(COOL._replace(low=low, high=high))


def test_an_end_of_the_range_stands_for_all_beyond() -> None:
    assert fit_words.fitted_temperature(COLDEST) == f"{COLDEST:g} or less"
    assert fit_words.fitted_temperature(HOTTEST) == f"{HOTTEST:g} or more"
    assert fit_words.fitted_temperature(0.0712) == "0.071"
    assert fit_words.settable(0.8712) == 0.87


@pytest.mark.parametrize(
    ("value", "words"), [(1234.5, "1,234"), (123.4, "123"), (23.61, "23.6"), (2.345, "2.35")]
)
def test_a_perplexity_has_three_digits(value: float, words: str) -> None:
    assert fit_words.perplexity(value) in (words, words.replace("2.35", "2.34"))


def test_details_have_each_way_of_making_an_interval() -> None:
    beta, ratio, information, bootstrap, _ = fit_words.details(COOL)
    assert beta.startswith("β 1.15 (1.07")
    assert ratio == "By likelihood ratio: T 0.83 to 0.92"
    assert information == "By observed information: T 0.83 to 0.92"
    assert bootstrap.endswith("T 0.82 to 0.93")
    _, _, information, bootstrap, _ = fit_words.details(
        COOL._replace(by_information=None, by_bootstrap=None)
    )
    assert "none" in information
    assert "none" in bootstrap


def test_a_preset_is_called_by_its_text() -> None:
    assert fit_words.preset_name("The Sea: 1/2") == "Like The Sea 1 2"
    assert fit_words.preset_name("…") == "Fitted"
    assert len(fit_words.preset_name("a" * 200)) <= len("Like ") + 60

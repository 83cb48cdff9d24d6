"""Biases that are another model's: what is said of them, and what is left without them."""

import math

import pytest

from studio.app.tokens.foreign_biases import foreign_bias_words, without_foreign_biases
from studio.sampling import SamplingParams


@pytest.mark.parametrize(
    ("biases", "expected"),
    [
        ((), ""),
        (((99, 1.0),), ""),
        (
            ((5, 1.0), (100, -math.inf)),
            "The bias of token 100 is for another model: this one has the tokens 0 to 99. Take it "
            "out under Biases of words and tokens (F4), choose another preset, or open the model "
            "that it was made for.",
        ),
        (
            ((1_234, 1.0), (5_000, 2.0)),
            "The biases of 2 tokens, such as 1,234, are for another model: this one has the tokens "
            "0 to 99. Remove them under Biases of words and tokens (F4), choose another preset, "
            "or open the model that they were made for.",
        ),
    ],
)
def test_the_words(biases: tuple[tuple[int, float], ...], expected: str) -> None:
    assert foreign_bias_words(SamplingParams(logit_bias=biases), 100) == expected


def test_those_of_a_model_with_as_many_tokens_are_known_by_its_name() -> None:
    params = SamplingParams(logit_bias=((5, 1.0),), logit_bias_vocabulary="abc Another model")
    words = foreign_bias_words(params, 100, "xyz This model", where="in the lane")
    assert words == (
        "The bias of token 5 is for another model, “Another model”, in which a number is another "
        "token. Take it out in the lane, choose another preset, or open the model that it was made "
        "for."
    )
    assert foreign_bias_words(params, 100, "abc Another model") == ""


def test_what_is_left_are_those_of_the_models_own_tokens() -> None:
    params = SamplingParams(temperature=0.8, logit_bias=((5, 1.0), (100, 2.0)))
    assert without_foreign_biases(params, 100).logit_bias == ((5, 1.0),)
    assert without_foreign_biases(params, 101) == params

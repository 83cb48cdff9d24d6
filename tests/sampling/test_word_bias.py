"""Words with biases: what is allowed, and which ways of writing one are meant."""

import math
from typing import Any

import msgspec
import pytest

from studio.sampling import CASINGS, ParameterError, SamplingParams, WordBias, foreign_tokens
from studio.sampling.word_bias import LONGEST_WORD, MOST_WORDS, cased


def params(*words: Any) -> SamplingParams:
    return SamplingParams(word_biases=words)


@pytest.mark.parametrize(
    ("text", "casings", "forms"),
    [
        ("the", (), ("the",)),
        ("the", CASINGS, ("the", "The", "THE")),
        ("Kelvin", ("lower",), ("Kelvin", "kelvin")),
        ("a mix of", ("capitalised",), ("a mix of", "A mix of")),
        ("“don't", ("capitalised", "upper"), ("“don't", "“Don't", "“DON'T")),
        ("straße", ("upper",), ("straße", "STRASSE")),
        ("—", CASINGS, ("—",)),
        ("MCDONALD", ("capitalised",), ("MCDONALD", "Mcdonald")),
    ],
)
def test_the_casings_asked_for_are_meant_beside_what_was_typed(
    text: str, casings: tuple[str, ...], forms: tuple[str, ...]
) -> None:
    assert WordBias(text, -1.0, casings).forms == forms


def test_a_text_without_letters_has_one_casing() -> None:
    assert {cased("42", name) for name in CASINGS} == {"42"}


def test_they_are_read_as_json_has_them() -> None:
    given = {"text": "the", "bias": None, "casings": ["upper", "lower"]}
    (word,) = params(given).word_biases
    assert word == WordBias("the", -math.inf, ("lower", "upper")), "in one order"
    assert params({"text": "a", "bias": 2}).word_biases == (WordBias("a", 2.0),)


def test_spaces_at_the_end_are_dropped_and_those_before_it_meant() -> None:
    assert params(WordBias("the ", 1.0)).word_biases[0].text == "the"
    assert params(WordBias(" the", 1.0)).word_biases[0].text == " the"
    assert params(WordBias("  ", 1.0)).word_biases[0].text == "  "
    assert params(WordBias("\n", 1.0)).word_biases[0].text == "\n"


@pytest.mark.parametrize(
    "wrong",
    [
        "the",
        ["the"],
        [{"text": "the"}],
        [{"text": "", "bias": 1}],
        [{"text": "the", "bias": "much"}],
        [{"text": "the", "bias": math.inf}],
        [{"text": "the", "bias": math.nan}],
        [{"text": "the", "bias": True}],
        [{"text": "the", "bias": 1, "casings": ["Title"]}],
        [{"text": "the", "bias": 1, "casings": [["upper"]]}],
        [{"text": "the", "bias": 1, "color": "red"}],
        [{"text": "x" * (LONGEST_WORD + 1), "bias": 1}],
        [{"text": "a\0b", "bias": 1}],
        [WordBias("the", 1.0), WordBias("the ", 2.0)],
        [WordBias(str(number), 1.0) for number in range(MOST_WORDS + 1)],
    ],
)
def test_what_is_none_is_refused(wrong: Any) -> None:
    with pytest.raises(ParameterError, match="word_biases: found"):
        SamplingParams(word_biases=wrong)


def test_they_go_over_the_wire() -> None:
    sent = params(WordBias("the", -math.inf, CASINGS), WordBias(" sea", 2.5))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(sent), type=SamplingParams) == sent


def test_numbers_are_foreign_where_they_were_given_for_another_vocabulary() -> None:
    given = SamplingParams(logit_bias=((3, 1.0), (120, 2.0)), logit_bias_vocabulary="ab12 Sea")
    assert foreign_tokens(given, 200, "ab12 The same words, other weights") == []
    assert foreign_tokens(given, 100, "ab12 Sea") == [120]
    assert foreign_tokens(given, 200, "cd34 Sea") == [3, 120]
    assert foreign_tokens(given, 200, "") == [], "nobody knows"
    unknown = msgspec.structs.replace(given, logit_bias_vocabulary="")
    assert foreign_tokens(unknown, 200, "cd34 Sea") == []


def test_without_numbers_there_is_no_vocabulary_that_they_are_for() -> None:
    assert SamplingParams(logit_bias_vocabulary="ab12 Sea").logit_bias_vocabulary == ""
    with pytest.raises(ParameterError, match="logit_bias_vocabulary"):
        SamplingParams(logit_bias=((3, 1.0),), logit_bias_vocabulary="two\nlines")

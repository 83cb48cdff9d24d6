"""Which tokens words bias, by the text before."""

import math

import numpy as np
import pytest

from studio.sampling import LogitSketch, SamplerState, SamplingParams, WordBias, distribution
from studio.sampling.word_tokens import (
    WordTable,
    WordTokens,
    begins_in_word,
    ends_in_word,
    merged,
    text_before,
)

THE = WordTokens((1,), {b"": (2,), b"th": (3,)}, True, (1,))
DASH = WordTokens((5, 6), {b"\xe2\x80": (7,)}, False, (5,))
BAN = -math.inf


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (b"", {1: BAN, 2: BAN}),
        (b"over ", {1: BAN, 2: BAN}),
        (b"ba", {1: BAN}),
        ("caf\u00e9".encode(), {1: BAN}),
        ("\u6d77".encode(), {1: BAN, 2: BAN}),
        (b"over th", {1: BAN, 3: BAN}),
        (b"over bath", {1: BAN}),
        (b"(", {1: BAN, 2: BAN}),
    ],
)
def test_a_word_counts_where_it_begins_as_one(before: bytes, expected: dict[int, float]) -> None:
    assert dict(WordTable([(THE, BAN)]).at(before)) == expected


def test_a_sign_counts_everywhere_and_half_of_it_where_the_other_half_stands() -> None:
    table = WordTable([(DASH, -2.0)])
    assert dict(table.at(b"sea")) == {5: -2.0, 6: -2.0}
    assert dict(table.at(b"sea\xe2\x80")) == {5: -2.0, 6: -2.0, 7: -2.0}


def test_what_two_words_say_of_one_token_is_added_up() -> None:
    other = WordTokens((1,), {b"th": (3,)}, True, (1,))
    table = WordTable([(THE, 1.5), (other, 2.0)])
    assert dict(table.at(b" th")) == {1: 3.5, 3: 3.5}
    assert merged(((1, 1.0), (9, BAN)), {1: BAN, 9: 3.0}) == {1: BAN, 9: BAN}


def test_the_text_before_is_as_long_as_it_must_be() -> None:
    pieces = {1: b"sea", 2: b" was", 3: b" calm"}
    assert text_before([1, 2, 3], pieces.get, 6) == b" was calm"
    assert text_before([1, 2, 3], pieces.get, 99) == b"sea was calm"
    assert text_before([9, 2, 3], pieces.get, 9) == b" was calm"
    assert text_before([9, 2, 3], pieces.get, 10) is None
    assert text_before([9], pieces.get, 0) == b""


@pytest.mark.parametrize(
    ("text", "joins"),
    [("a", True), ("7", True), ("é", True), ("ʼ", True), ("ी", True), (" ", False), ("_", False),
     ("'", False), ("海", False), ("か", False), ("ก", False), ("한", True), ("—", False)],
)  # fmt: skip
def test_letters_digits_and_marks_of_scripts_with_spaces_make_a_word(
    text: str, joins: bool
) -> None:
    assert ends_in_word(f"x{text}".encode()) is joins
    assert begins_in_word(f"{text}x".encode()) is joins


def test_half_a_character_counts_as_half_a_letter() -> None:
    assert ends_in_word("é".encode()[:1])
    assert begins_in_word("é".encode()[1:])


def test_they_act_like_biases_by_number_on_logits_and_sketches() -> None:
    logits = np.random.default_rng(1).normal(size=300).astype(np.float32)
    words = SamplingParams(temperature=0.7, top_k=40, word_biases=(WordBias("x", 1.0),))
    numbers = SamplingParams(temperature=0.7, top_k=40, logit_bias=((7, 3.0), (8, BAN)))
    state = SamplerState(word_biases={7: 3.0, 8: BAN})
    expected = distribution(logits, numbers)
    np.testing.assert_array_equal(distribution(logits, words, (), state), expected)
    sketch = LogitSketch.of(logits)
    one, other = sketch.shaped(words, (), state), sketch.shaped(numbers)
    np.testing.assert_array_equal(one.ids, other.ids)
    np.testing.assert_array_equal(one.probabilities, other.probabilities)

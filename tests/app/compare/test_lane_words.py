"""A lane's figures in plain words."""

import math

import msgspec
import pytest

from studio.app.compare.lane_words import (
    effective_words,
    openness,
    shown_nats,
    token_count,
    token_openness,
    word_count,
    word_of,
)
from tests.helpers.token_records import token_record


@pytest.mark.parametrize(
    ("effective", "words"),
    [
        (1.0, "1 word every time"),
        (1.3, "about 1.3 words"),
        (16.2, "about 16 words"),
        (1234.0, "about 1,234 words"),
    ],
)
def test_how_many_words_could_follow(effective: float, words: str) -> None:
    assert openness(effective) == words


def test_counts() -> None:
    assert [word_count(1), word_count(1204)] == ["1 word", "1,204 words"]
    assert [token_count(1), token_count(1204)] == ["1 token", "1,204 tokens"]


@pytest.mark.parametrize("nats", [math.nan, -1.0, math.inf])
def test_what_is_no_entropy_is_shown_as_one(nats: float) -> None:
    assert 0.0 <= shown_nats(nats) <= 50.0
    assert math.isfinite(effective_words(nats))


def test_how_open_the_place_of_a_token_was() -> None:
    sea = msgspec.structs.replace(token_record(b" sea"), entropy=math.log(16))
    assert word_of(sea) == "sea"
    assert word_of(token_record(b" ")) == "␣"
    assert token_openness(sea) == "“sea” one of about 16, 4.0 bits"
    assert token_openness(token_record(b" sea")) == "“sea” the only word, 0.0 bits"

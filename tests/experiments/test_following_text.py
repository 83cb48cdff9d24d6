"""How candidates may end, how what follows is read behind them, and which is the best."""

from __future__ import annotations

import math

import numpy as np
import pytest

from studio.engine.messages import Evaluated, Prompt, id_bytes
from studio.experiments.following_text import (
    Ending,
    best_first,
    endings_of,
    following_score,
    mean_surprise,
    seen_part,
)
from studio.sampling import LogitSketch
from studio.token_record import undrawn


def sketch(favourite: int) -> bytes:
    """A distribution over 300 tokens with one favourite."""
    logits = np.zeros(300, dtype=np.float32)
    logits[favourite] = 9.0
    return LogitSketch.of(logits).to_bytes()


def evaluated(unseen: int) -> Evaluated:
    return Evaluated(
        request=1,
        tokens=id_bytes([1]),
        context_used=1,
        context_size=2048,
        unseen_characters=unseen,
        reused=0,
    )


def lengths(text: str, reason: str = "max_tokens", after: str = " Then.") -> list[str]:
    return [text[: ending.length] for ending in endings_of([(text, reason)], after)]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (" the sea. He saw", " the sea."),
        (" the sea. It was grey. He saw", " the sea. It was grey."),
        (" “Come here!” She went", " “Come here!”"),
        (" the sea…\n\nNext day he", " the sea…"),
        ("海は静かだった。彼は", "海は静かだった。"),
        (" 3.5 miles. 4 more", " 3.5 miles."),
    ],
)
def test_a_text_that_ended_for_its_length_may_end_with_its_last_sentence(
    text: str, sentence: str
) -> None:
    assert lengths(text) == [sentence, text]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (" the sea", "max_tokens"),
        (" the sea. ", "max_tokens"),
        (" the sea. He saw", "end_of_text"),
        (" the sea. He saw", "stop_string"),
        (" “Oh!” he said and", "max_tokens"),
        (" old Mr. Smith and", "max_tokens"),
        (" one J. Smith and", "max_tokens"),
    ],
)
def test_elsewhere_it_ends_where_it_ended(text: str, reason: str) -> None:
    assert lengths(text, reason) == [text]


def test_each_is_joined_to_what_follows_and_one_without_text_is_none() -> None:
    written = [(" the sea. He", "max_tokens"), (" ", "stopped"), (" gulls", "max_tokens")]
    assert endings_of(written, "Then he slept.") == [
        Ending(0, 9, " the sea. "),
        Ending(0, 12, " the sea. He "),
        Ending(2, 6, " gulls "),
    ]


def ranked(found: list[float | None], *numbers: int) -> list[tuple[int, float | None, bool]]:
    """Candidates of these numbers, in order; where one comes twice, it is the shorter first."""
    endings = [Ending(number, place + 1, "text") for place, number in enumerate(numbers)]
    return [
        (one.ending.number, one.follows, one.is_shortened) for one in best_first(endings, found)
    ]


def test_the_best_is_the_one_that_is_followed_with_the_least_surprise() -> None:
    assert ranked([3.0, 1.0, 2.0], 0, 1, 2) == [
        (1, 1.0, False),
        (2, 2.0, False),
        (0, 3.0, False),
    ]


def test_each_counts_as_it_is_followed_best() -> None:
    assert ranked([2.0, 3.0, 2.5, 1.0], 0, 0, 1, 1) == [(1, 1.0, False), (0, 2.0, True)]
    assert ranked([0.0, 3.0, 0.5], 0, 0, 1) == [(0, 0.0, True), (1, 0.5, False)]
    assert ranked([2.0, 2.0], 0, 0) == [(0, 2.0, False)], "as well followed, it stays whole"


def test_those_that_were_not_read_come_behind_whole_and_as_they_were_written() -> None:
    assert ranked([], 0, 0, 1, 2) == [(0, None, False), (1, None, False), (2, None, False)]
    assert ranked([3.0, 4.0, 2.0], 0, 0, 1, 1, 2) == [
        (1, 2.0, True),
        (0, 3.0, True),
        (2, None, False),
    ]
    assert ranked([None, 2.0], 0, 1) == [(1, 2.0, False), (0, None, False)]


def test_the_space_that_joins_is_read_with_the_word_behind_it() -> None:
    prompt = Prompt(manuscript="He saw", brief="Short.")
    command = following_score(7, prompt, " the sea. ", "Then he slept.")
    assert command.prompt == Prompt(manuscript="He saw the sea. Then he slept.", brief="Short.")
    assert command.prompt.manuscript[command.first :] == " Then he slept."
    assert following_score(7, prompt, " the sea", ", and").first == len("He saw the sea")
    assert following_score(7, prompt, " sea.\n\n", "Then").first == len("He saw sea.\n\n")


def test_what_is_read_is_bounded() -> None:
    command = following_score(1, Prompt(manuscript=""), "", "a b " * 100_000)
    assert (command.most, len(command.prompt.manuscript)) == (64, 1024)


def test_the_prompt_is_what_the_model_saw() -> None:
    prompt = Prompt(manuscript="0123456789", skipped=100)
    seen = seen_part(prompt, evaluated(104))
    assert (seen.manuscript, seen.skipped) == ("456789", 104)
    assert seen_part(prompt, evaluated(100)) == prompt


def test_the_measure_is_the_mean_surprise_in_bits_and_bounded() -> None:
    assert mean_surprise([]) is None
    likely, unlikely = undrawn(4, b".", sketch(4)), undrawn(5, b".", sketch(4))
    one, other = mean_surprise([likely]), mean_surprise([unlikely])
    assert one is not None
    assert other is not None
    assert 0.0 <= one < other < 64.0
    assert mean_surprise([likely, unlikely]) == pytest.approx((one + other) / 2)
    damaged = undrawn(10**6, b".", sketch(4))  # of another vocabulary
    assert mean_surprise([damaged]) == 64.0
    assert math.isfinite(mean_surprise([likely, damaged]) or math.inf)

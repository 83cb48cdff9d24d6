"""The two numbers of a comparison that the writer sets."""

import pytest

from studio.app.compare.numbers import LANES_LENGTH, LANES_SEED, taken


def test_what_is_allowed_is_taken_and_a_word_too() -> None:
    assert taken(LANES_LENGTH, 64.0) == 64
    assert taken(LANES_SEED, -1.0) == -1


def test_what_is_not_allowed_is_refused_with_what_is() -> None:
    with pytest.raises(ValueError, match=r"found .*allowed is"):
        taken(LANES_LENGTH, -3.0)

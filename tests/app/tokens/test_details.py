"""All that is known of one token at one place, in numbers and in words."""

import math

import numpy as np
import pytest

from studio.app.tokens.details import TokenDetails, most_likely_words
from studio.app.tokens.next_token import NextToken
from studio.sampling import LogitSketch, SamplingParams

NARROW = "\u202f"
LOGITS = np.array([3.0, 2.2, 1.0, 0.0, -1.0, -2.0, -3.0, -4.0], np.float32)


@pytest.fixture
def state() -> NextToken:
    made = NextToken(SamplingParams(temperature=0.5, top_k=3))
    made.show(LogitSketch.of(LOGITS))
    made.add_pieces({0: b" sea", 1: b"\n", 2: b"\xf0\x9f"})
    return made


def details(state: NextToken, token: int) -> TokenDetails:
    found = state.details(token)
    assert found is not None
    return found


def words(state: NextToken, token: int) -> str:
    return most_likely_words(details(state, token).subject)


def test_the_three_probabilities_with_their_names(state: NextToken) -> None:
    known = details(state, 1)
    p = np.exp(LOGITS - 3.0)
    squared = p**2
    assert known.lines == (
        ("will be used", f"{100 * squared[1] / squared[:3].sum():.1f}{NARROW}%"),
        ("before filters, T 0.50", f"{100 * squared[1] / squared.sum():.1f}{NARROW}%"),
        ("the model’s own, T 1", f"{100 * p[1] / p.sum():.1f}{NARROW}%"),
    )
    assert (known.rank, known.own_rank, known.rank_words) == (2, 2, "rank 2")
    assert known.logit == pytest.approx(2.2)
    cut = details(state, 4)
    assert cut.lines[0] == ("will be used", "cut")
    assert (cut.rank, cut.rank_words) == (None, "cut, the model’s own rank 5")


def test_when_it_is_most_likely(state: NextToken) -> None:
    assert words(state, 0) == "the favourite: the colder, the likelier"
    assert words(state, 1).startswith("never the favourite; most likely at T\u00a0")
    assert "before" not in words(state, 1)
    assert words(state, 2) == (
        f"never the favourite: the hotter, the likelier, up to 33.3{NARROW}%"
    )
    assert words(state, 5).endswith("(before filters)")
    tie = NextToken(SamplingParams())
    tie.show(LogitSketch.of(np.array([1.0, 1.0, 0.0], np.float32)))
    assert words(tie, 1) == "as likely as the favourite at every T above 0"


def test_with_penalties_it_is_the_penalised_favourite() -> None:
    state = NextToken(SamplingParams(repeat_penalty=3.0))
    state.show(LogitSketch.of(LOGITS), [0])
    assert words(state, 1) == "the favourite: the colder, the likelier"
    assert words(state, 0).startswith("never the favourite")
    first = details(state, 0)
    assert first.rank is not None
    assert (first.rank > 1, first.own_rank) == (True, 1)
    assert first.rank_words == f"rank {first.rank}, the model’s own rank 1"


def test_where_samplers_look_at_t_it_is_what_was_before_them() -> None:
    state = NextToken(SamplingParams(dynatemp_range=0.4, top_k=3))
    state.show(LogitSketch.of(LOGITS))
    assert words(state, 1).endswith("(before penalties and filters)")
    state.set_params(SamplingParams(xtc_probability=1.0))
    assert words(state, 1).endswith("(before filters)")


def test_most_likely_is_most_likely(state: NextToken) -> None:
    peak = details(state, 1).subject.most_likely
    here = peak.probability
    for temperature in (peak.temperature * 1.05, peak.temperature / 1.05, 0.1, math.inf):
        state.set_params(SamplingParams(temperature=temperature, top_k=3))
        assert details(state, 1).row.probability <= here + 1e-9


def test_a_token_that_the_sketch_does_not_know_has_no_details(state: NextToken) -> None:
    assert state.details(99) is None
    assert state.asked(99) is None
    state.clear("Nothing.")
    assert state.details(0) is None


def test_it_is_spoken_as_one_sentence(state: NextToken) -> None:
    assert details(state, 0).spoken == (
        "space sea, token 0, rank 1, logit 3.00; "
        + ", ".join(f"{name} {value}" for name, value in details(state, 0).lines)
        + "; the favourite: the colder, the likelier"
    )


def test_whether_the_card_would_be_the_same(state: NextToken) -> None:
    before = details(state, 0)
    # All that is shown of the token stays, but what is left over is worked out anew.
    state.set_params(SamplingParams(temperature=0.5, top_k=3, min_p=1e-9))
    assert details(state, 0).says_the_same(before)
    state.set_params(SamplingParams(temperature=0.6, top_k=3))
    assert not details(state, 0).says_the_same(before)
    assert not before.says_the_same(None)

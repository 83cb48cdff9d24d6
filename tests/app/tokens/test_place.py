import pytest

from studio.app.tokens.place import UNKNOWN_PLACE, TokenPlace
from studio.sampling import NO_STATE, SamplerState, SamplingParams, chance

XTC = SamplingParams(xtc_probability=0.5, seed=7)
BREAKERS = {3: [()]}


def test_at_the_caret_the_die_is_that_of_the_seed_in_force_and_the_position() -> None:
    place = TokenPlace([1, 2, 3], is_next=True)
    assert place.xtc_chance(XTC) == chance(7, 3)
    assert place.state(XTC, None).chance == chance(7, 3)
    assert place.xtc_chance(SamplingParams(xtc_probability=0.5)) is None, "a new seed each time"


def test_where_a_token_was_drawn_the_seed_in_force_does_not_matter() -> None:
    place = TokenPlace([1, 2, 3], seed=9)
    assert place.xtc_chance(XTC) == chance(9, 3)
    assert TokenPlace([1, 2, 3]).xtc_chance(XTC) is None, "nothing was thrown, or nobody knows"
    assert TokenPlace([1], is_whole=False, seed=9).xtc_chance(XTC) is None, (
        "nor which position it is"
    )


def test_without_a_die_xtc_acts() -> None:
    assert UNKNOWN_PLACE.state(XTC, BREAKERS) == NO_STATE
    assert NO_STATE.chance == 0.0


def test_breakers_and_mu_go_to_those_that_use_them() -> None:
    place = TokenPlace([1], mu=4.5, adaptive_mean=0.25)
    assert place.state(SamplingParams(dry_multiplier=1.0), BREAKERS).breakers == BREAKERS
    assert place.state(SamplingParams(dry_multiplier=1.0), None).breakers == {}
    assert place.state(SamplingParams(mirostat=2), BREAKERS).mu == 4.5
    assert place.state(SamplingParams(), BREAKERS) is NO_STATE
    assert place.state(XTC, None).mu is None
    adaptive = SamplingParams(adaptive_target=0.5)
    assert place.state(adaptive, None) == SamplerState(adaptive_mean=0.25)
    assert place.state(XTC, None).adaptive_mean is None
    first = place._replace(is_first=True)
    assert first.state(adaptive, None) is NO_STATE, "at a run's first token nothing is learnt"
    assert first.state(SamplingParams(mirostat=2), None).mu is None


@pytest.mark.parametrize("seed", [None, -1])
def test_no_seed_is_no_seed(seed: int | None) -> None:
    assert TokenPlace([], seed=seed).seed_with(XTC) is None

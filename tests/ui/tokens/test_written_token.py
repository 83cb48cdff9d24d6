import pytest

from studio.app.tokens.written_token import Run
from studio.sampling import SamplingParams
from studio.sampling.samplers.mirostat import mu_after
from studio.token_record import TokenRecord
from tests.ui.fake_engine import token_record

MIROSTAT = SamplingParams(mirostat=2, mirostat_tau=4.0, seed=3)


def drawn(token_id: int) -> TokenRecord:
    return token_record(b" a", token_id)


def test_a_token_knows_what_was_before_it_and_its_dice() -> None:
    run = Run(SamplingParams(seed=3))
    run.begin([1, 2])
    first, second = run.take(drawn(8)), run.take(drawn(9))
    run.begin([1, 2, 8, 9])  # the context was cut
    third = run.take(drawn(10))
    assert [list(record.place.history) for record in (first, second, third)] == [
        [1, 2],
        [1, 2, 8],
        [1, 2, 8, 9],
    ]
    assert first.place.seed == 3
    assert not first.place.is_next
    assert (first.id, first.text, first.u, first.near_tie) == (8, b" a", 0.25, False)
    assert first.sketch == drawn(8).sketch


def test_mirostats_memory_is_followed() -> None:
    run = Run(MIROSTAT)
    records = [run.take(drawn(8)) for index in range(3)]
    mu = None
    for record in records:
        assert record.place.mu == (None if mu is None else pytest.approx(mu))
        assert record.place.knows_mu
        mu = mu_after(MIROSTAT, mu, record.token.probability)


def test_what_it_had_learnt_is_not_known_where_it_was_turned_on_the_way_or_off() -> None:
    run = Run(SamplingParams(seed=3))
    first, second = run.take(drawn(8)), run.take(drawn(8))
    assert first.place.knows_mu, "a generation begins with nothing learnt"
    assert not second.place.knows_mu, "Mirostat was off"
    run.turn(MIROSTAT)
    assert not any(run.take(drawn(8)).place.knows_mu for index in (2, 3))

    run = Run(MIROSTAT)
    run.take(drawn(8))
    run.turn(SamplingParams(mirostat=2, mirostat_tau=4.0, temperature=0.5))
    assert run.take(drawn(8)).place.knows_mu, "T is not what it learns by"


def test_from_where_a_change_is_known_mirostat_is_followed_over_it() -> None:
    run = Run(SamplingParams(seed=3))
    run.take(drawn(8))
    run.change(MIROSTAT)
    first, second = run.take(drawn(8)), run.take(drawn(8))
    assert (first.place.mu, first.place.knows_mu) == (None, True), "it begins here"
    assert second.place.mu == pytest.approx(mu_after(MIROSTAT, None, first.token.probability))
    other = SamplingParams(mirostat=2, mirostat_tau=2.0)
    run.change(other)
    third, fourth = run.take(drawn(8)), run.take(drawn(8))
    assert fourth.place.mu == pytest.approx(mu_after(other, third.place.mu, 0.5))
    assert fourth.place.knows_mu


def test_a_prompt_that_is_not_known_is_no_whole_place() -> None:
    assert not Run(MIROSTAT, knows_prompt=False).take(drawn(8)).place.is_whole

from __future__ import annotations

import math

import numpy as np
import pytest

from studio.sampling import LogitsError, LogitSketch, LogitStatistics, SamplingParams, choose
from tests.helpers.hostile_logits import hostile_logits

pytestmark = pytest.mark.usefixtures("either_way")


@pytest.mark.parametrize("size", [40, 129, 5000, 20_000])
@pytest.mark.parametrize("temperature", [0.5, 50.0])
def test_a_sketch_is_made_when_the_logits_have_gone(size: int, temperature: float) -> None:
    params = SamplingParams(temperature=temperature)
    for logits in hostile_logits(size):
        memory = logits.astype(np.float32)
        statistics = LogitStatistics(memory)
        choice = choose(statistics.ranking, params, (), 0.9)
        expected = LogitSketch.of(memory.copy(), written=choice.token)
        written = statistics.drawn(choice)
        memory[:] = np.nan
        assert LogitSketch.of_statistics(statistics, written).to_bytes() == expected.to_bytes()


def test_a_token_that_penalties_moved_is_looked_for_by_its_id() -> None:
    logits = np.linspace(5.0, -5.0, 20_000, dtype=np.float32)
    statistics = LogitStatistics(logits)
    # The token 200 is drawn first of all, after the best 200 are penalised away.
    params = SamplingParams(temperature=0.0, repeat_penalty=100.0, repeat_last_n=200)
    choice = choose(statistics.ranking, params, range(200), 0.5)
    assert (choice.token, choice.rank) == (200, 0)
    written = statistics.drawn(choice)
    assert written is not None
    assert (written.token, written.rank) == (200, 200)


@pytest.mark.parametrize("size", [200, 20_000])
def test_the_first_token_that_is_not_among_the_best_is_recorded(size: int) -> None:
    logits = np.linspace(5.0, -5.0, size, dtype=np.float32)
    for rank in (0, 127, 128, 129):
        statistics = LogitStatistics(logits)
        params = SamplingParams(temperature=math.inf)
        choice = choose(statistics.ranking, params, (), (rank + 0.5) / size)
        assert choice.rank == rank
        written = statistics.drawn(choice)
        assert (written is None) == (rank < 128)
        assert written is None or written == (rank, logits[rank], rank)


@pytest.mark.parametrize("token", [-1, 3000])
def test_a_token_of_another_vocabulary_is_refused(token: int) -> None:
    statistics = LogitStatistics(np.linspace(1.0, 0.0, 3000))
    with pytest.raises(ValueError, match=rf"^written: found {token}; allowed is 0 to 2999\.$"):
        statistics.written(token)


def test_what_are_no_logits_is_refused() -> None:
    with pytest.raises(LogitsError, match="NaN at 1 of 20000 positions"):
        LogitStatistics(np.where(np.arange(20_000) == 7, np.nan, 0.0).astype(np.float32))

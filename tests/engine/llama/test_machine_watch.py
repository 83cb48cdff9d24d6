"""When a machine that owes an answer is lost: by a clock that the test turns."""

import pytest

from studio.engine.llama.machine_watch import MachineWatch

MACHINE = "10.0.0.1:50052"
LOOK = 0.5


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr("studio.engine.llama.machine_watch.time.monotonic", lambda: now[0])
    return now


class _Looks:
    """In place of an event that is waited for: time goes on by so many seconds a look."""

    def __init__(self, clock: list[float], steps: list[float]) -> None:
        self._clock, self._steps = clock, steps

    def wait(self, _seconds: float) -> bool:
        if not self._steps:
            return True
        self._clock[0] += self._steps.pop(0)
        return False


class Watched:
    """A watch whose looks come as the test says, over a machine that owes an answer."""

    def __init__(self, clock: list[float]) -> None:
        self.lost: list[str] = []
        self.watch = MachineWatch(self.lost.append)
        self.watch.close()  # its own thread
        self._clock = clock
        self.watch._asked[MACHINE] = clock[0]

    def is_lost(self, *steps: float) -> bool:
        """Whether it is lost after looks that are so many seconds apart."""
        self.lost.clear()
        self.watch._closed = _Looks(self._clock, list(steps))  # type: ignore[assignment]
        self.watch._look()
        return bool(self.lost)


@pytest.fixture
def watched(clock: list[float]) -> Watched:
    return Watched(clock)


def test_one_that_has_nothing_to_compute_has_three_seconds(watched: Watched) -> None:
    assert not watched.is_lost(*[LOOK] * 6)
    assert watched.is_lost(LOOK)
    assert watched.lost == [MACHINE]


@pytest.mark.parametrize(
    ("before", "tokens", "looks"),
    [
        (0.0, 1, 120),  # of the first batch nothing is known: a minute
        (1.0, 128, 120),  # and never more
        (0.05, 20, 8),
        (0.05, 1, 6),  # never less than at rest
    ],
)
def test_a_batch_may_take_four_times_what_the_last_one_took_by_the_token(
    watched: Watched, before: float, tokens: int, looks: int
) -> None:
    watched.watch._seconds_per_token = before
    with watched.watch.computing(tokens):
        assert not watched.is_lost(*[LOOK] * looks)
        assert watched.is_lost(LOOK)
    assert watched.watch._seconds_per_token == (looks + 1) * LOOK / tokens


def test_a_model_on_its_way_there_has_three_minutes_for_a_piece(watched: Watched) -> None:
    with watched.watch.loading() as arrived:
        assert not watched.is_lost(*[LOOK] * 360)
        arrived()
        assert not watched.is_lost(*[LOOK] * 360)
        assert watched.is_lost(LOOK)


def test_what_this_process_did_not_see_is_not_held_against_it(watched: Watched) -> None:
    # It was halted, or the machine under it slept.
    assert not watched.is_lost(LOOK, 3600.0, *[LOOK] * 6)
    assert watched.is_lost(LOOK, 3600.0, *[LOOK] * 7)

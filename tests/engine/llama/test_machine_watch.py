"""When a machine that owes an answer is lost: by a clock that the test turns."""

import pytest

from studio.engine.interrupt import EvaluationStopped
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
        (None, 1, 120),  # of the first batch nothing is known: a minute
        ((1, 1.0), 128, 120),  # and never more
        ((1, 0.0625), 20, 10),
        ((1, 0.0625), 1, 6),  # never less than at rest
        ((64, 2.0), 1, 16),  # one token may take as long as many
    ],
)
def test_a_batch_may_take_four_times_what_follows_from_the_last_one(
    watched: Watched, clock: list[float], before: tuple[int, float] | None, tokens: int, looks: int
) -> None:
    if before:
        take(watched.watch, clock, *before)
        watched.watch._asked[MACHINE] = clock[0]
    with watched.watch.computing(tokens):
        assert not watched.is_lost(*[LOOK] * looks)
        assert watched.is_lost(LOOK)


def take(watch: MachineWatch, clock: list[float], tokens: int, seconds: float) -> None:
    """Have a batch take so long."""
    with watch.computing(tokens):
        clock[0] += seconds


@pytest.mark.parametrize(
    ("tokens", "seconds", "size", "looks"),
    [
        (1, 0.008, 64, 6),
        (64, 0.06, 512, 6),
        (1, 0.4, 1, 6),
        (16, 0.5, 16, 6),
        (1, 8.0, 1, 64),  # one token cannot be divided
        (128, 6.0, 16, 48),  # slower all at once: what takes the time is not known
    ],
)
def test_batches_are_so_small_that_a_halt_within_one_is_missed_as_soon_as_at_rest(
    watched: Watched, clock: list[float], tokens: int, seconds: float, size: int, looks: int
) -> None:
    watch = watched.watch
    assert watch.batch_size == 1, "nothing is known"
    take(watch, clock, tokens, seconds)
    assert watch.batch_size == size
    watch._asked[MACHINE] = clock[0]
    with watch.computing(size):
        assert not watched.is_lost(*[LOOK] * looks)
        assert watched.is_lost(LOOK)


def test_a_batch_that_was_ended_says_nothing_of_the_next(
    watched: Watched, clock: list[float]
) -> None:
    take(watched.watch, clock, 1, 0.4)
    with pytest.raises(EvaluationStopped), watched.watch.computing(1):
        raise EvaluationStopped
    assert watched.watch.batch_size == 1


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

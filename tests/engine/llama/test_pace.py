from itertools import pairwise

from studio.engine.llama.pace import Pace


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def settled(threads: int, clock: Clock) -> Pace:
    pace = Pace(threads, clock)
    for _ in range(20):
        assert pace.threads() == threads
        pace.add(0.008)
    return pace


def test_a_slow_token_alone_changes_nothing() -> None:
    pace = settled(2, Clock())
    for seconds in (0.5, 0.5, 0.008, 0.5, 0.5, 0.008):
        pace.add(seconds)
        assert pace.threads() == 2


def test_a_thread_gives_way_to_another_program_and_comes_back_after_it() -> None:
    clock = Clock()
    pace = settled(4, clock)
    for _ in range(3):
        pace.add(0.1)
    assert pace.threads() == 3
    pace.add(0.012)  # with a thread fewer; says nothing of all of them
    clock.now += 0.9
    assert pace.threads() == 3
    clock.now += 0.2
    assert pace.threads() == 4
    pace.add(0.008)
    assert pace.threads() == 4


def test_while_the_other_program_runs_the_tries_become_rare() -> None:
    clock = Clock()
    pace = settled(2, clock)
    for _ in range(3):
        pace.add(0.1)
    tries = []
    for _ in range(6000):
        clock.now += 0.02
        if pace.threads() == 2:
            tries.append(clock.now)
            pace.add(0.1)
    rests = [round(later - earlier) for earlier, later in pairwise(tries)]
    assert rests == sorted(rests)
    assert rests[-1] == 16
    assert len(tries) < 15


def test_a_context_that_grows_is_no_other_program() -> None:
    pace = Pace(2, Clock())
    seconds = 0.005
    for _ in range(400):
        seconds *= 1.008
        assert pace.threads() == 2
        pace.add(seconds)


def test_the_only_thread_stays() -> None:
    pace = settled(1, Clock())
    for _ in range(10):
        pace.add(5.0)
    assert pace.threads() == 1

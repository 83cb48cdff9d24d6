import subprocess
import sys
import time

import numpy as np
import pytest

from studio.engine.llama.free_cores import FreeCores, usable_processors


class Machine:
    """Processors that this process and others have had for so many seconds."""

    def __init__(self) -> None:
        self.now, self.others, self.own = 100.0, 5000.0, 7.0

    def go_on(self, seconds: float, *, others: float, own: float) -> None:
        """Let time pass in which others and this process have so many cores."""
        self.now += seconds
        self.others += others * seconds
        self.own += own * seconds

    def free_cores(self, threads: int, cores: int) -> FreeCores:
        return FreeCores(
            threads, cores, lambda: self.now, lambda: (self.others + self.own, self.own)
        )


@pytest.mark.parametrize(
    ("threads", "cores", "others", "left"),
    [
        (2, 2, 0.0, 2),
        (2, 2, 0.4, 2),  # a window is painted
        (2, 2, 0.7, 1),
        (2, 2, 2.0, 1),  # never none
        (4, 8, 3.0, 4),  # there is room for all
        (8, 8, 3.2, 5),
        (4, 2, 0.2, 4),  # so many were asked for
        (1, 2, 2.0, 1),
    ],
)
def test_each_core_that_others_have_is_left_to_them(
    threads: int, cores: int, others: float, left: int
) -> None:
    machine = Machine()
    free = machine.free_cores(threads, cores)
    assert free.threads() == threads, "nothing is known yet"
    machine.go_on(1.0, others=others, own=cores - others)
    free.evaluated()
    assert free.threads() == left


def test_what_others_have_before_the_first_evaluation_counts() -> None:
    machine = Machine()
    free = machine.free_cores(2, 2)
    machine.go_on(1.0, others=2.0, own=0.0)
    assert free.threads() == 1


def test_a_thread_comes_back_when_the_others_have_ended() -> None:
    machine = Machine()
    free = machine.free_cores(2, 2)
    free.threads()
    machine.go_on(0.3, others=1.0, own=1.0)
    free.evaluated()
    assert free.threads() == 1
    machine.go_on(0.3, others=0.1, own=1.0)
    free.evaluated()
    assert free.threads() == 2


def test_what_others_had_while_nothing_was_evaluated_takes_no_thread() -> None:
    machine = Machine()
    free = machine.free_cores(2, 2)
    free.threads()
    machine.go_on(0.3, others=0.0, own=2.0)
    free.evaluated()
    machine.go_on(5.0, others=2.0, own=0.0)
    assert free.threads() == 2
    # Nor does it count as a part of what comes then.
    machine.go_on(0.1, others=0.0, own=2.0)
    free.evaluated()
    machine.go_on(0.1, others=0.0, own=2.0)
    free.evaluated()
    assert free.threads() == 2


def test_while_nothing_is_evaluated_a_thread_comes_back() -> None:
    machine = Machine()
    free = machine.free_cores(2, 2)
    free.threads()
    machine.go_on(3.0, others=1.5, own=0.5)
    free.evaluated()
    machine.go_on(0.1, others=1.5, own=0.0)
    assert free.threads() == 1, "so short a time says nothing"
    machine.go_on(5.0, others=0.1, own=0.0)
    assert free.threads() == 2


def test_too_short_a_time_says_nothing() -> None:
    machine = Machine()
    free = machine.free_cores(2, 2)
    free.threads()
    machine.go_on(0.1, others=2.0, own=0.0)
    free.evaluated()
    assert free.threads() == 2
    machine.go_on(0.15, others=2.0, own=0.0)
    free.evaluated()
    assert free.threads() == 1


def test_while_all_are_free_it_is_looked_ever_more_rarely() -> None:
    machine, looks = Machine(), list[float]()

    def processor_seconds() -> tuple[float, float]:
        looks.append(machine.now)
        return machine.others + machine.own, machine.own

    free = FreeCores(2, 2, lambda: machine.now, processor_seconds)
    free.threads()
    looks[:] = [machine.now]

    def evaluate(times: int, others: float) -> None:
        for _ in range(times):
            machine.go_on(0.02, others=others, own=2.0 - others)
            free.evaluated()

    evaluate(200, others=0.0)
    assert np.diff(looks) == pytest.approx([0.2, 0.4, 0.8, 1.0, 1.0], abs=0.03)
    # What comes then is noticed within a second, and what goes sooner.
    evaluate(60, others=1.5)
    assert free.threads() == 1
    evaluate(22, others=0.1)
    assert free.threads() == 2
    assert np.diff(looks)[5:7] == pytest.approx([1.0, 0.2], abs=0.03)


def test_beside_as_many_busy_programs_as_there_are_cores_one_thread_is_left() -> None:
    cores = len(usable_processors())
    free = FreeCores(cores)
    busy = [
        subprocess.Popen([sys.executable, "-I", "-S", "-c", "while True: pass"])
        for _ in range(cores)
    ]
    try:
        while free.threads() > 1:
            free.evaluated()
            time.sleep(0.01)
    finally:
        for process in busy:
            process.kill()
            process.wait()

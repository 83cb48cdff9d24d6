"""Which command goes before which, and that every request gets an answer. No model is loaded."""

import threading
from collections.abc import Callable

import pytest

from studio.engine.control import Control
from studio.engine.inbox import Inbox
from studio.engine.interrupt import Interrupt
from studio.engine.messages import (
    ChangeSequence,
    Generate,
    Load,
    PreviewNextToken,
    Prompt,
    Runnable,
    Score,
    SequenceStart,
    Stop,
)
from studio.sampling import SamplingParams

COLD, WARM = SamplingParams(temperature=0.0), SamplingParams(temperature=1.5)
PROMPT = Prompt(manuscript="x")
COLDER = ChangeSequence(request=1, sequence=0, params=COLD)


def load(request: int) -> Load:
    return Load(request=request, path="m.gguf")


def look(request: int) -> PreviewNextToken:
    return PreviewNextToken(request=request, prompt=PROMPT)


def score(request: int) -> Score:
    return Score(request=request, prompt=PROMPT)


def write(request: int) -> Generate:
    return Generate(
        request=request, prompt=PROMPT, sequences=(SequenceStart(params=WARM),), max_tokens=1
    )


class Harness:
    """An inbox, and what became of the requests put into it."""

    def __init__(self) -> None:
        self.interrupt = Interrupt()
        self.dropped: list[int] = []
        self.inbox = Inbox(self.interrupt, self.dropped.append)

    def put(self, *commands: Runnable | ChangeSequence | Stop) -> None:
        for command in commands:
            self.inbox.put(command)

    def take(self) -> tuple[int, Control]:
        """The next command's request and control. Only where there is one: it would wait."""
        taken = self.inbox.pop()
        assert taken
        return taken[0].request, taken[1]

    def drain(self) -> list[int]:
        """Requests in the order in which they would run, to the last one waiting."""
        self.inbox.put(write(999))
        order = []
        while (request := self.take()[0]) != 999:
            order.append(request)
        return order


@pytest.fixture
def harness() -> Harness:
    return Harness()


def test_a_lone_command_is_taken_as_it_is(harness: Harness) -> None:
    harness.put(write(1))
    request, control = harness.take()
    assert (request, list(control.commands), control.stopped) == (1, [], False)
    assert not harness.interrupt.is_set()


# What gives way


def test_a_newer_look_ahead_replaces_one_that_waits(harness: Harness) -> None:
    harness.put(look(1), look(2), look(3))
    assert harness.dropped == [1, 2]
    assert harness.take()[0] == 3


def test_a_newer_look_ahead_stops_one_that_runs(harness: Harness) -> None:
    harness.put(look(1))
    _, running = harness.take()
    harness.put(look(2))
    assert running.stopped
    assert harness.interrupt.is_set()
    assert harness.dropped == []  # it runs, so it answers for itself
    request, control = harness.take()
    assert (request, control.stopped, harness.interrupt.is_set()) == (2, False, False)


def test_a_generation_stops_a_look_ahead_that_runs(harness: Harness) -> None:
    harness.put(look(1))
    _, running = harness.take()
    harness.put(write(2))
    assert running.stopped
    assert harness.take()[0] == 2


def test_a_generation_replaces_a_look_ahead_that_waits(harness: Harness) -> None:
    harness.put(load(1))
    harness.take()
    harness.put(look(2), write(3))
    assert harness.dropped == [2]
    assert harness.take()[0] == 3


def test_a_look_ahead_waits_for_a_generation(harness: Harness) -> None:
    harness.put(write(1))
    _, running = harness.take()
    harness.put(look(2))
    assert not running.stopped
    assert not harness.interrupt.is_set()
    assert harness.take()[0] == 2


def test_generations_queue(harness: Harness) -> None:
    harness.put(write(1), write(2))
    _, running = harness.take()
    harness.put(write(3))
    assert not running.stopped
    assert harness.take()[0] == 2
    assert harness.take()[0] == 3
    assert harness.dropped == []


def test_a_load_goes_before_everything_that_waits(harness: Harness) -> None:
    harness.put(write(1), write(2), look(3), load(4))
    assert harness.dropped == [1, 2, 3]
    assert harness.take()[0] == 4


@pytest.mark.parametrize("first", [load(1), look(1), write(1)])
def test_a_load_stops_whatever_runs(harness: Harness, first: Runnable) -> None:
    harness.put(first)
    _, running = harness.take()
    harness.put(load(2))
    assert running.stopped
    assert harness.interrupt.is_set()
    assert harness.take()[0] == 2


def test_only_the_newest_load_is_carried_out(harness: Harness) -> None:
    harness.put(load(1), load(2), load(3))
    assert harness.dropped == [1, 2]
    assert harness.take()[0] == 3


def test_what_comes_after_a_load_waits_for_it(harness: Harness) -> None:
    harness.put(load(1))
    _, loading = harness.take()
    harness.put(write(2), look(3))
    assert not loading.stopped
    assert harness.take()[0] == 2
    assert harness.take()[0] == 3


# Stops


def test_a_stop_ends_what_runs(harness: Harness) -> None:
    harness.put(write(1))
    _, running = harness.take()
    harness.put(Stop(request=1))
    assert running.stopped
    assert harness.interrupt.is_set()


def test_what_was_stopped_while_it_waited_still_has_its_turn_to_answer(harness: Harness) -> None:
    harness.put(write(1), write(2))
    _, running = harness.take()
    harness.put(Stop(request=2))
    assert not running.stopped
    assert not harness.interrupt.is_set()  # that would end the other one
    request, control = harness.take()
    assert (request, control.stopped) == (2, True)
    assert harness.interrupt.is_set()
    assert harness.dropped == []


def test_a_stop_does_not_outlive_its_command(harness: Harness) -> None:
    harness.put(write(1), write(2))
    harness.take()
    harness.put(Stop(request=1))
    _, control = harness.take()
    assert not control.stopped
    assert not harness.interrupt.is_set()


def test_a_stop_that_comes_when_all_is_done_stops_nothing(harness: Harness) -> None:
    harness.put(write(1))
    harness.take()
    harness.put(Stop(request=1))  # it has answered, but the next is not taken yet
    harness.put(write(2))
    _, control = harness.take()
    harness.put(Stop(request=1), Stop(request=77))
    assert not control.stopped
    assert not harness.interrupt.is_set()


# Parameters


def test_parameters_turn_in_what_runs(harness: Harness) -> None:
    harness.put(write(1))
    _, control = harness.take()
    harness.put(COLDER)
    assert list(control.commands) == [COLDER]


def test_parameters_turn_in_what_waits(harness: Harness) -> None:
    harness.put(write(2), write(1))
    _, first = harness.take()
    harness.put(COLDER)
    assert not first.commands
    assert list(harness.take()[1].commands) == [COLDER]


def test_parameters_of_something_else_turn_nothing(harness: Harness) -> None:
    harness.put(write(5))
    _, control = harness.take()
    harness.put(COLDER)
    assert not control.commands


# The end


def test_close_ends_what_runs_and_gives_no_more(harness: Harness) -> None:
    harness.put(write(1), write(2))
    _, running = harness.take()
    harness.inbox.close()
    assert running.stopped
    assert harness.interrupt.is_set()
    assert harness.inbox.pop() is None


def in_a_thread(harness: Harness) -> tuple[threading.Thread, list[Runnable | None]]:
    taken: list[Runnable | None] = []

    def take() -> None:
        entry = harness.inbox.pop()
        taken.append(entry[0] if entry else None)

    thread = threading.Thread(target=take)
    thread.start()
    return thread, taken


def test_whoever_waits_is_woken_by_a_command(harness: Harness) -> None:
    thread, taken = in_a_thread(harness)
    harness.put(write(1))
    thread.join(30)
    assert taken == [write(1)]


def test_whoever_waits_is_woken_by_the_end(harness: Harness) -> None:
    thread, taken = in_a_thread(harness)
    harness.inbox.close()
    thread.join(30)
    assert taken == [None]


@pytest.mark.parametrize("seed", range(20))
def test_every_request_is_taken_or_dropped_once(harness: Harness, seed: int) -> None:
    kinds: tuple[Callable[[int], Runnable], ...] = (load, look, write)
    random = seed * 7919 + 1
    taken = []
    for request in range(1, 60):
        random = (random * 1_103_515_245 + 12_345) % 2**31
        harness.put(kinds[random // 65_536 % 3](request))
        if random // 65_536 % 5 == 0:
            taken.append(harness.take()[0])
    taken += harness.drain()
    # The marker that ends the drain drops a look-ahead, as any generation does.
    assert sorted(taken + harness.dropped) == list(range(1, 60))


# Scoring


def test_a_newer_scoring_a_generation_or_a_load_stops_one_that_runs(harness: Harness) -> None:
    for newer in (score(2), write(2), load(2)):
        harness.put(score(1))
        _, control = harness.take()
        harness.put(newer)
        assert control.stopped
        assert harness.take()[0] == 2


def test_a_scoring_that_waits_gives_way_with_an_answer(harness: Harness) -> None:
    harness.put(score(1), score(2), write(3))
    assert harness.dropped == [1, 2]
    assert harness.take()[0] == 3


def test_a_look_ahead_waits_for_a_scoring_and_does_not_end_it(harness: Harness) -> None:
    harness.put(score(1))
    _, control = harness.take()
    harness.put(look(2), look(3))
    assert not control.stopped
    assert harness.dropped == [2]
    assert harness.take()[0] == 3


def test_a_scoring_lets_a_look_ahead_finish(harness: Harness) -> None:
    harness.put(look(1))
    _, control = harness.take()
    harness.put(score(2))
    assert not control.stopped
    assert harness.take()[0] == 2


# Work that nobody asked for


def test_a_command_interrupts_what_is_done_at_rest(harness: Harness) -> None:
    assert harness.inbox.rests(0), "nothing waits"
    assert not harness.interrupt.is_set()
    harness.put(look(1))
    assert harness.interrupt.is_set()
    assert not harness.inbox.rests(0)
    assert harness.take()[0] == 1
    assert not harness.interrupt.is_set(), "the command itself goes on"


def test_the_end_interrupts_it_too(harness: Harness) -> None:
    assert harness.inbox.rests(0)
    harness.inbox.close()
    assert harness.interrupt.is_set()


def test_nothing_rests_while_a_command_runs(harness: Harness) -> None:
    harness.put(write(1))
    harness.take()
    harness.put(look(2))
    assert not harness.interrupt.is_set()

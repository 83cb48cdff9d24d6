"""Comparisons in the queue: what gives way to them, and how what concerns a lane finds its own."""

from collections.abc import Sequence

from studio.engine.control import Control
from studio.engine.inbox import Inbox
from studio.engine.interrupt import Interrupt
from studio.engine.messages import (
    AnyCommand,
    ChangeSequence,
    ContinueSequence,
    Generate,
    Load,
    PreviewNextToken,
    Prompt,
    QueueSequence,
    RemoveSequence,
    RerunSequence,
    Score,
    SequenceStart,
    Stop,
    StopSequence,
)
from studio.sampling import SamplingParams

COLD = SamplingParams(temperature=0.0)
PROMPT = Prompt(manuscript="x")


def compare(request: int) -> Generate:
    return Generate(
        request=request,
        prompt=PROMPT,
        sequences=(SequenceStart(params=COLD),) * 2,
        when_full="end",
        keep=True,
        share_u=True,
        max_tokens=3,
    )


def turn(request: int) -> ChangeSequence:
    return ChangeSequence(request=request, sequence=0, params=COLD)


def go_on(request: int) -> ContinueSequence:
    return ContinueSequence(request=request, sequence=0, params=COLD, max_tokens=3)


def again(request: int) -> RerunSequence:
    return RerunSequence(request=request, sequence=0, params=COLD, max_tokens=3)


def queue(request: int) -> QueueSequence:
    start = SequenceStart(params=COLD)
    return QueueSequence(request=request, prompt=PROMPT, start=start, max_tokens=3)


class Harness:
    """An inbox, and what became of the requests put into it."""

    def __init__(self, *commands: AnyCommand) -> None:
        self.dropped: list[int] = []
        self.inbox = Inbox(Interrupt(), self.dropped.append)
        self.put(*commands)

    def put(self, *commands: AnyCommand) -> None:
        for command in commands:
            self.inbox.put(command)

    def take(self) -> tuple[AnyCommand, Control]:
        """The next, which concerns a comparison."""
        taken = self.inbox.pop()
        assert taken
        assert isinstance(taken[1], Control)
        return taken[0], taken[1]

    def rest(self) -> Sequence[int]:
        """Requests in the order in which they would run, to the last one waiting."""
        self.inbox.put(
            Generate(
                request=999, prompt=PROMPT, sequences=(SequenceStart(params=COLD),), max_tokens=1
            )
        )
        order = []
        while (taken := self.inbox.pop()) and taken[0].request != 999:
            order.append(taken[0].request)
        return order


def test_look_aheads_and_scorings_give_way() -> None:
    harness = Harness(Load(request=1, path="m"))
    harness.inbox.pop()
    harness.put(
        PreviewNextToken(request=2, prompt=PROMPT), Score(request=3, prompt=PROMPT), compare(4)
    )
    assert harness.dropped == [2, 3]
    assert harness.take()[0] == compare(4)


def test_a_newer_comparison_replaces_an_older_one() -> None:
    harness = Harness(compare(1))
    _, running = harness.take()
    harness.put(compare(2), compare(3))
    assert running.stopped
    assert harness.dropped == [2]
    assert harness.rest() == [3]


def test_comparisons_and_generations_wait_for_each_other() -> None:
    harness = Harness(
        Generate(request=1, prompt=PROMPT, sequences=(SequenceStart(params=COLD),), max_tokens=1)
    )
    taken = harness.inbox.pop()
    assert taken
    harness.put(compare(2))
    assert not taken[1].stopped
    _, running = harness.take()
    assert harness.rest() == []
    assert not running.stopped


def test_a_load_comes_before_them() -> None:
    harness = Harness(compare(1))
    _, running = harness.take()
    harness.put(compare(2), Load(request=3, path="m"))
    assert running.stopped
    assert harness.rest() == [3]


def test_what_concerns_a_lane_reaches_the_run() -> None:
    harness = Harness(compare(1))
    _, control = harness.take()
    commands: list[AnyCommand] = [
        turn(1),
        StopSequence(request=1, sequence=1),
        go_on(1),
        again(1),
        queue(1),
        RemoveSequence(request=1, sequence=1),
    ]
    harness.put(*commands)
    assert list(control.commands) == commands
    control.commands.clear()  # carried out
    assert harness.rest() == []


def test_it_reaches_a_comparison_that_waits() -> None:
    harness = Harness(Load(request=1, path="m"))
    harness.inbox.pop()
    harness.put(compare(2), turn(2))
    _, control = harness.take()
    assert list(control.commands) == [turn(2)]


def test_a_lane_that_goes_on_when_nothing_runs_is_a_run_and_others_join_it() -> None:
    harness = Harness(go_on(1), again(1), turn(1))
    command, control = harness.take()
    assert command == go_on(1)
    assert list(control.commands) == [again(1), turn(1)]


def test_turns_and_stops_of_what_does_not_run_are_nothing() -> None:
    harness = Harness(turn(1), StopSequence(request=1, sequence=0), queue(1))
    assert harness.rest() == []


def test_what_came_just_after_the_end_is_not_lost() -> None:
    harness = Harness(compare(1))
    harness.take()
    harness.put(turn(1), go_on(1), again(1))  # the run is over, and never looks at them
    command, control = harness.take()
    assert command == go_on(1)
    assert list(control.commands) == [again(1)]


def test_a_lane_goes_on_after_a_stop_that_has_not_ended_the_run_yet() -> None:
    harness = Harness(compare(1))
    _, control = harness.take()
    harness.put(Stop(request=1))
    assert control.stopped
    harness.put(go_on(1))
    assert not control.commands
    assert harness.take()[0] == go_on(1)


def test_another_comparisons_lanes_are_no_concern_of_this_one() -> None:
    harness = Harness(compare(1))
    _, control = harness.take()
    harness.put(turn(7), go_on(7))
    assert not control.commands
    assert harness.take()[0] == go_on(7)

"""A generation that is followed, on an engine that the test plays."""

import pytest
from PySide6.QtCore import QObject

from studio.app.generation.generation import Generation
from studio.app.generation.sequence import GeneratedSequence, SequencePhase
from studio.app.parameters.sampling_state import SamplingState
from studio.engine.messages import (
    ContinueSequence,
    Failed,
    Generate,
    Prompt,
    RerunSequence,
    SequenceStart,
    Started,
    Superseded,
)
from studio.sampling import SamplingParams
from tests.helpers.fake_engine import FakeClient, evaluated, finished, token

HOT = SamplingParams(temperature=1.5)


class Followed:
    """A generation of some sequences, and what it reported."""

    def __init__(self, count: int) -> None:
        self.client = FakeClient()
        self.client.start()
        self.generation = Generation(self.client)
        self.sequences = [GeneratedSequence(SamplingState(HOT)) for _ in range(count)]
        self.ends: list[object] = []
        self.frames: list[list[int]] = []
        self.generation.ended.connect(self.ends.append)
        self.generation.progressed.connect(
            lambda: self.frames.append([len(sequence.tokens) for sequence in self.sequences])
        )
        self.request = self.begin(*([False] * count))

    def begin(self, *waits: bool) -> int:
        request = self.generation.next_request()
        self.generation.begin(
            Generate(
                request=request,
                prompt=Prompt(manuscript="The sea"),
                sequences=tuple(SequenceStart(params=HOT, waits=wait) for wait in waits),
                max_tokens=9,
                when_full="end",
            ),
            self.sequences,
        )
        return request

    def write(self, number: int, *ids: int) -> None:
        first = len(self.sequences[number].tokens)
        for index, token_id in enumerate(ids, first):
            self.client.answer(
                token(self.request, index, b" w%d" % token_id, token_id=token_id, sequence=number)
            )

    def start(self, number: int, seed: int = 7) -> None:
        self.client.answer(
            Started(request=self.request, sequence=number, seed=seed, params=HOT, tokens=0)
        )

    def ids(self) -> list[list[int]]:
        return [[record.id for record in sequence.tokens] for sequence in self.sequences]


@pytest.mark.parametrize("count", [1, 3, 8])
def test_each_sequence_has_what_it_wrote_a_frame_at_a_time(qapp: QObject, count: int) -> None:
    followed = Followed(count)
    grown: list[GeneratedSequence] = []
    for number, sequence in enumerate(followed.sequences):
        sequence.grown.connect(lambda sequence=sequence: grown.append(sequence))
        followed.start(number)
    followed.client.answer(evaluated(followed.request, 1, 2))
    followed.frames.clear()
    for number in range(count):
        followed.write(number, 10 + number, 20 + number)
    assert followed.frames == [], "it waits for its time"
    assert grown == []
    followed.generation.frames.flush()
    assert followed.frames == [[2] * count]
    assert grown == followed.sequences
    followed.generation.frames.flush()
    assert grown == followed.sequences, "nothing has come since"
    assert followed.ids() == [[10 + number, 20 + number] for number in range(count)]
    assert {sequence.phase for sequence in followed.sequences} == {SequencePhase.RUNNING}
    assert {sequence.expected for sequence in followed.sequences} == {9}
    assert [sequence.params_at(1) for sequence in followed.sequences] == [HOT] * count
    assert set(followed.generation.take_pieces()) == {
        *range(10, 10 + count),
        *range(20, 20 + count),
    }


def test_it_is_over_with_the_engines_last_word(qapp: QObject) -> None:
    followed = Followed(1)
    (sequence,) = followed.sequences
    followed.write(0, 10)
    ended, run = finished(followed.request, 1)
    followed.client.answer(ended)
    assert followed.frames[-1] == [1], "all of it is shown before it has ended"
    assert (sequence.phase, sequence.reason) == (SequencePhase.ENDED, "max_tokens")
    assert followed.ends == []
    followed.client.answer(run)
    assert followed.ends == [run]
    followed.client.answer(run)
    followed.write(0, 11)
    followed.client.die()
    assert followed.ends == [run]
    assert followed.ids() == [[10]]


def test_an_engine_that_dies_before_its_last_word_leaves_nothing_open(qapp: QObject) -> None:
    followed = Followed(1)
    followed.client.answer(finished(followed.request, 0)[0])
    followed.client.die()
    assert followed.ends == [None]
    assert followed.sequences[0].reason == "max_tokens"


@pytest.mark.parametrize("reason", ["gone", "failed", "stopped"])
def test_all_that_run_end_with_it(qapp: QObject, reason: str) -> None:
    followed = Followed(3)
    request = followed.request
    failures: list[tuple[str, str]] = []
    followed.generation.failed.connect(lambda *failure: failures.append(failure))
    for number in range(3):
        followed.write(number, 10)
    followed.client.answer(finished(request, 1)[0])
    failure = Failed(request=request, kind="prompt", message="It does not fit.")
    match reason:
        case "gone":
            followed.client.die()
        case "failed":
            followed.client.answer(failure)
        case "stopped":
            followed.client.answer(Superseded(request=request))
    assert [sequence.reason for sequence in followed.sequences] == ["max_tokens", reason, reason]
    assert followed.ids() == [[10]] * 3
    assert followed.frames[-1] == [1, 1, 1]
    assert not followed.generation.is_running
    assert failures == ([("It does not fit.", "prompt")] if reason == "failed" else [])


def test_one_that_is_run_again_takes_nothing_of_the_one_before(qapp: QObject) -> None:
    followed = Followed(2)
    sequence = followed.sequences[1]
    followed.write(1, 10)
    sequence.clear()
    followed.generation.resume(
        sequence,
        RerunSequence(request=followed.request, sequence=1, params=HOT, max_tokens=4, seed=3),
    )
    followed.write(1, 11)
    assert followed.ids() == [[], []]
    assert sequence.runs
    followed.start(1, seed=3)
    followed.write(1, 12)
    assert followed.ids() == [[], [12]]
    assert (sequence.seed, sequence.expected) == (3, 4)


def test_what_goes_on_before_the_last_word_keeps_it_open(qapp: QObject) -> None:
    followed = Followed(1)
    (sequence,) = followed.sequences
    ended, run = finished(followed.request, 0)
    followed.client.answer(ended)
    followed.generation.resume(
        sequence, ContinueSequence(request=followed.request, sequence=0, params=HOT, max_tokens=4)
    )
    followed.client.answer(run)
    assert sequence.runs
    followed.client.die()
    assert followed.ends == [run, None]
    assert sequence.reason == "gone"


def test_those_that_wait_do_not_run(qapp: QObject) -> None:
    followed = Followed(2)
    followed.client.answer(Superseded(request=followed.request))
    followed.request = followed.begin(True, False)
    assert [sequence.runs for sequence in followed.sequences] == [False, True]
    followed.start(0, seed=8)
    assert followed.sequences[0].seed == 8, "its draws are known all the same"


def test_tokens_of_a_request_that_was_replaced_still_say_how_they_are_spelled(
    qapp: QObject,
) -> None:
    followed = Followed(1)
    late = followed.request
    followed.request = followed.begin(False)
    followed.client.answer(token(late, 0, b" late", token_id=5))
    assert followed.ids() == [[]]
    assert followed.generation.take_pieces() == {5: b" late"}
    assert followed.generation.take_pieces() == {}

"""Comparisons as commands: in the engine, and in the real child process over its pipes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.engine.control import Control
from studio.engine.engine import Engine
from studio.engine.interrupt import Interrupt
from studio.engine.messages import (
    AnyEvent,
    ChangeSequence,
    ContinueSequence,
    Distribution,
    Evaluated,
    Failed,
    Finished,
    Generate,
    Load,
    LoadOptions,
    ParamsChanged,
    PreviewNextToken,
    Prompt,
    RemoveSequence,
    RerunSequence,
    RunFinished,
    Runnable,
    SequenceStart,
    Started,
    Stop,
    StopSequence,
    Token,
)
from studio.sampling import SamplingParams
from tests.helpers.engine_child import EngineChild

PROMPT = Prompt(manuscript="The old fisherman looked out over the")
OPTIONS = LoadOptions(threads=1, gpu_layers=0, context_size=512)
MANY = 100_000


def at(temperature: float) -> SamplingParams:
    return SamplingParams(temperature=temperature)


def compare(request: int, max_tokens: int, *temperatures: float, eos: bool = False) -> Generate:
    lanes = tuple(SequenceStart(params=at(temperature)) for temperature in temperatures)
    return Generate(
        request=request,
        prompt=PROMPT,
        sequences=lanes,
        when_full="end",
        keep=True,
        share_u=True,
        max_tokens=max_tokens,
        ignore_eos=not eos,
        seed=3,
    )


class Desk:
    """An engine in process, a command at a time."""

    def __init__(self, path: Path) -> None:
        self.interrupt = Interrupt()
        self.events: list[AnyEvent] = []
        self.engine = Engine(lambda *events: self.events.extend(events), self.interrupt)
        self.load(path)

    def load(self, path: Path) -> None:
        load = Load(request=0, path=str(path), options=OPTIONS)
        self.engine.run(load, Control(self.interrupt))

    def run(self, command: Runnable) -> list[AnyEvent]:
        self.events.clear()
        self.engine.run(command, Control(self.interrupt))
        assert all(event.request == command.request for event in self.events)
        return list(self.events)


def ids(events: list[AnyEvent], sequence: int) -> list[int]:
    return [e.record.id for e in events if isinstance(e, Token) and e.sequence == sequence]


@pytest.fixture
def desk(byte_level_path: Path) -> Iterator[Desk]:
    desk = Desk(byte_level_path)
    yield desk
    desk.engine.close()


def test_a_comparison_and_its_lanes_that_go_on(desk: Desk) -> None:
    whole = desk.run(compare(5, 30, 0.0, 1.0))
    first = desk.run(compare(6, 20, 0.0, 1.0))
    # A look ahead between them is no harm.
    assert isinstance(desk.run(PreviewNextToken(request=7, prompt=PROMPT))[-1], Distribution)
    rest = desk.run(ContinueSequence(request=6, sequence=0, params=at(0.0), max_tokens=10))
    assert ids(first, 0) + ids(rest, 0) == ids(whole, 0)
    assert isinstance(rest[-1], RunFinished)
    again = desk.run(RerunSequence(request=6, sequence=1, params=at(1.0), max_tokens=30, seed=3))
    assert len(ids(again, 1)) == 30
    assert desk.run(RemoveSequence(request=6, sequence=1)) == []


def test_a_generation_takes_the_lanes_room_and_they_take_it_back(desk: Desk) -> None:
    whole = desk.run(compare(5, 30, 0.0, 1.0))
    first = desk.run(compare(6, 20, 0.0, 1.0))
    write = Generate(
        request=8,
        prompt=PROMPT,
        sequences=(SequenceStart(params=at(1.0)),),
        max_tokens=460,
        ignore_eos=True,
    )
    assert isinstance(desk.run(write)[-1], RunFinished)
    rest = desk.run(ContinueSequence(request=6, sequence=0, params=at(0.0), max_tokens=10))
    assert ids(first, 0) + ids(rest, 0) == ids(whole, 0)


def test_what_is_written_alone_past_the_context_can_go_on_too(desk: Desk) -> None:
    params = SamplingParams(temperature=0.7, seed=3)

    def write(request: int, max_tokens: int) -> list[AnyEvent]:
        start = SequenceStart(params=params)
        return desk.run(
            Generate(
                request=request,
                prompt=PROMPT,
                sequences=(start,),
                max_tokens=max_tokens,
                ignore_eos=True,
                keep=True,
            )
        )

    whole, first = write(5, 560), write(6, 500)
    assert len([event for event in whole if isinstance(event, Evaluated)]) == 2, "it was cut"
    rest = desk.run(ContinueSequence(request=6, sequence=0, params=params, max_tokens=60))
    assert ids(first, 0) + ids(rest, 0) == ids(whole, 0)
    # What is not kept does not go on.
    not_kept = Generate(
        request=7, prompt=PROMPT, sequences=(SequenceStart(params=params),), max_tokens=1
    )
    desk.run(not_kept)
    (failed,) = desk.run(ContinueSequence(request=7, sequence=0, params=params, max_tokens=1))
    assert isinstance(failed, Failed)


def test_a_comparison_that_is_not_there(desk: Desk, byte_level_path: Path) -> None:
    go_on = ContinueSequence(request=6, sequence=0, params=at(0.0), max_tokens=10)
    (failed,) = desk.run(go_on)
    assert isinstance(failed, Failed)
    assert failed.kind == "no_sequences"
    desk.run(compare(6, 3, 1.0))
    desk.load(byte_level_path)
    (failed,) = desk.run(go_on)
    assert isinstance(failed, Failed)
    assert "Run it again" in failed.message
    assert desk.run(RemoveSequence(request=6, sequence=0)) == []


def test_lanes_that_cannot_fit_are_refused_before_anything_is_evaluated(desk: Desk) -> None:
    (failed,) = desk.run(compare(6, 200, *[1.0] * 4))
    assert isinstance(failed, Failed)
    assert failed.kind == "context_size"
    assert "4 lanes of 200 tokens do not fit" in failed.message
    # Where a text may end before, it is tried, and the lanes say it.
    events = desk.run(compare(6, 400, *[0.0] * 4, eos=True))
    reasons = {e.reason for e in events if isinstance(e, Finished)}
    assert reasons <= {"context_full", "end_of_text"}


@pytest.mark.process  # renders a template
def test_a_chat_prompt(starter_model: Path) -> None:
    desk = Desk(starter_model)
    prompt = Prompt(manuscript="Dear", brief="My parcel is broken.", system="Help.", format="chat")
    command = Generate(
        request=2,
        prompt=prompt,
        sequences=(SequenceStart(params=at(0.0)),) * 2,
        when_full="end",
        keep=True,
        share_u=True,
        max_tokens=4,
    )
    events = desk.run(command)
    desk.engine.close()
    (report,) = [event for event in events if isinstance(event, Evaluated)]
    assert len(report.token_ids()) > 20
    assert ids(events, 0) == ids(events, 1)


# In the child process


@pytest.fixture
def child(starter_model: Path) -> Iterator[EngineChild]:
    with EngineChild() as child:
        child.load(starter_model, OPTIONS)
        yield child


def wrote(child: EngineChild, sequence: int, index: int) -> None:
    child.until(lambda e: isinstance(e, Token) and (e.sequence, e.index) == (sequence, index))


def test_turned_stopped_and_gone_on_with_from_another_process(child: EngineChild) -> None:
    child.send(compare(7, MANY, 0.0, 0.7, 1.5, eos=True))
    wrote(child, 1, 3)
    hot = at(1.8)
    child.send(ChangeSequence(request=7, sequence=1, params=hot))
    turned = child.until(lambda e: isinstance(e, ParamsChanged))[-1]
    assert isinstance(turned, ParamsChanged)
    assert (turned.sequence, turned.params) == (1, hot)
    assert turned.index > 3
    child.send(StopSequence(request=7, sequence=0))
    ended = child.until(lambda e: isinstance(e, Finished) and e.sequence == 0)[-1]
    assert isinstance(ended, Finished)
    assert ended.reason == "stopped"
    child.send(
        RerunSequence(request=7, sequence=3, params=at(1.0), max_tokens=5),
        ContinueSequence(request=7, sequence=0, params=at(0.0), max_tokens=5),
    )
    child.until(lambda e: isinstance(e, Started) and e.sequence == 3)
    wrote(child, 0, ended.tokens + 3)
    child.send(Stop(request=7))
    child.until(lambda e: isinstance(e, RunFinished))
    # All have ended; one goes on.
    child.send(ContinueSequence(request=7, sequence=0, params=at(0.0), max_tokens=2))
    events = child.until(lambda e: isinstance(e, RunFinished))
    assert len(ids(events, 0)) == 2


def test_a_generation_after_a_comparison(child: EngineChild) -> None:
    child.send(
        compare(7, 5, 0.0, 1.0),
        Generate(
            request=8,
            prompt=PROMPT,
            sequences=(SequenceStart(params=at(0.0)),),
            max_tokens=5,
            ignore_eos=True,
        ),
    )
    events = child.until(lambda e: isinstance(e, RunFinished) and e.request == 8)
    assert [e.request for e in events if isinstance(e, RunFinished)] == [7, 8]

"""A server that draws by itself: its texts as they come, and a word for what it does not say."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator

import msgspec
import pytest
from msgspec.structs import replace

from studio.engine.control import Control
from studio.engine.engine import Engine
from studio.engine.interrupt import Interrupt
from studio.engine.messages import (
    AnyEvent,
    ChangeSequence,
    ContinueSequence,
    Evaluated,
    Failed,
    Finished,
    Generate,
    Load,
    Loaded,
    PreviewNextToken,
    Prompt,
    PromptNote,
    PromptParts,
    PromptRange,
    QueueSequence,
    RunFinished,
    Runnable,
    Score,
    SequenceStart,
    Started,
    StopSequence,
    Superseded,
    Token,
)
from studio.experiments.samples import Sample, SampleRun, WrittenSample
from studio.experiments.sweep.texts import SweepText, kept
from studio.sampling import SamplingParams
from tests.helpers.faulty_server import (
    Answer,
    Cut,
    Endless,
    Fault,
    FaultyServer,
    Instead,
    NoHttp,
    Request,
    Stalled,
    answer_of,
    too_many,
)
from tests.helpers.openai_server import Pretend
from tests.helpers.waiting import until

PROMPT = Prompt(manuscript="The old fisherman ", brief="Be brief.")


class Desk:
    """An engine, and what it says."""

    def __init__(self) -> None:
        self.events: list[AnyEvent] = []
        self.interrupt = Interrupt()
        self.engine = Engine(self._take, self.interrupt)
        self.control = Control(self.interrupt)
        self.on_event: Callable[[AnyEvent], object] = lambda _event: None

    def _take(self, *events: AnyEvent) -> None:
        self.events += events
        for event in events:
            self.on_event(event)

    def run(self, command: Runnable) -> list[AnyEvent]:
        """What a command is answered by."""
        self.events = []
        self.interrupt.clear()
        self.control = Control(self.interrupt)
        self.engine.run(command, self.control)
        return self.events

    def load(self, server: FaultyServer) -> Loaded:
        (*_, loaded) = self.run(Load(request=1, path=server.url))
        assert isinstance(loaded, Loaded), loaded
        server.requests.clear()
        return loaded


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    with FaultyServer(Pretend()) as one:
        yield one


@pytest.fixture
def desk(server: FaultyServer) -> Iterator[Desk]:
    one = Desk()
    one.load(server)
    yield one
    one.engine.close()


def test_a_server_that_was_left_is_asked_by_nobody_any_more() -> None:
    def lines() -> set[threading.Thread]:
        return {thread for thread in threading.enumerate() if thread.name == "server"}

    before = lines()
    with FaultyServer(Pretend(most_logprobs=5)) as one:
        desk = Desk()
        desk.load(one)
        assert lines() > before, "its vocabulary was asked for"
        desk.engine.close()
        until(lambda: lines() <= before, "the lines' end")


def generate(*params: SamplingParams, **options: object) -> Generate:
    sequences = tuple(SequenceStart(params=one) for one in params)
    given = {"request": 2, "prompt": PROMPT, "max_tokens": 12, **options}
    return Generate(sequences=sequences, when_full="end", **given)  # type: ignore[arg-type]


def texts(events: list[AnyEvent]) -> dict[int, str]:
    found: dict[int, str] = {}
    for event in events:
        if isinstance(event, Token):
            found[event.sequence] = found.get(event.sequence, "") + event.record.text.decode()
    return found


def of(events: list[AnyEvent], kind: type) -> list[AnyEvent]:
    return [event for event in events if isinstance(event, kind)]


SEEDED = SamplingParams(seed=7)


def test_what_stands_there(server: FaultyServer) -> None:
    one = Desk()
    report = one.load(server).report
    assert (report.path, report.name, report.backend) == (server.url, "tiny", "vLLM")
    assert (report.context_size, report.layers) == (2048, 0)
    one.engine.close()


def test_a_text_comes_as_it_is_written(server: FaultyServer, desk: Desk) -> None:
    events = desk.run(generate(SEEDED))
    assert [type(event) for event in events[:2]] == [Started, Evaluated]
    tokens = [event for event in events if isinstance(event, Token)]
    assert [event.index for event in tokens] == list(range(12))
    assert {(event.record.u, event.record.sketch) for event in tokens} == {(None, b"")}
    finished, run = events[-2:]
    assert isinstance(finished, Finished)
    assert isinstance(run, RunFinished)
    assert (finished.reason, finished.tokens, finished.seed) == ("max_tokens", 12, 7)
    (request,) = server.asked("/v1/completions")
    assert request.json["prompt"] == "Be brief.\n\nThe old fisherman "
    assert request.json["stream"] is True
    assert texts(desk.run(generate(SEEDED))) == texts(events)  # of one seed
    assert texts(desk.run(generate(SamplingParams(seed=8)))) != texts(events)


def test_lanes_are_refused_and_texts_side_by_side_are_not(desk: Desk) -> None:
    lanes = [SamplingParams(temperature=t) for t in (0.3, 1.0, 1.7)]
    (failed,) = desk.run(generate(*lanes, keep=True, share_u=True, seed=5))
    assert isinstance(failed, Failed)
    assert "Lanes are compared by what could have stood in each place" in failed.message
    events = desk.run(generate(*lanes, seed=5))
    assert sorted(texts(events)) == [0, 1, 2]
    seeds = {event.sequence: event.seed for event in events if isinstance(event, Finished)}
    assert seeds == {0: 5, 1: 6, 2: 7}
    (failed,) = desk.run(ContinueSequence(request=2, sequence=0, params=lanes[0], max_tokens=1))
    assert isinstance(failed, Failed)


def test_a_sequence_is_turned_and_stopped_while_it_runs(server: FaultyServer, desk: Desk) -> None:
    server.fail(Stalled(5_000), times=2)
    hot = SamplingParams(temperature=2.0, seed=7)
    begun: set[int] = set()

    def on_event(event: AnyEvent) -> None:
        if isinstance(event, Token) and event.index == 2:
            begun.add(event.sequence)
            if begun == {0, 1}:  # both requests stall, and no later one
                commands = desk.control.commands
                commands.append(ChangeSequence(request=2, sequence=0, params=hot))
                commands.append(StopSequence(request=2, sequence=1))

    desk.on_event = on_event
    events = desk.run(generate(SEEDED, SEEDED))
    ends = {event.sequence: event.reason for event in events if isinstance(event, Finished)}
    assert ends == {0: "max_tokens", 1: "stopped"}
    said = [request.json for request in server.asked("/v1/completions")]
    assert [body["temperature"] for body in said] == [1.0, 1.0, 2.0]
    most = said[2]["max_tokens"]
    assert isinstance(most, int)
    written = 12 - most
    assert written >= 3
    assert said[2]["prompt"] == "Be brief.\n\nThe old fisherman " + texts(events)[0][:written]


def test_what_is_queued_is_written_too(server: FaultyServer, desk: Desk) -> None:
    left = [f"Prompt {number} " for number in range(12)]

    def on_event(event: AnyEvent) -> None:
        if isinstance(event, Started):
            while left:
                command = QueueSequence(
                    request=2,
                    prompt=Prompt(manuscript=left.pop(0)),
                    start=SequenceStart(params=SEEDED),
                    max_tokens=4,
                )
                desk.control.commands.append(command)

    desk.on_event = on_event
    events = desk.run(generate(SEEDED))
    assert len(of(events, Finished)) == len(of(events, Started)) == 13
    assert len({str(request.json["prompt"]) for request in server.requests}) == 13


FAULTS: dict[str, tuple[Fault, str]] = {
    "cut within": (Cut(5_000), "ended within an answer"),
    "stalled at once": (Cut(), "ended within an answer"),
    "no HTTP": (NoHttp(), "speaks another protocol"),
    "500": (Instead(answer_of({"error": {"message": "no memory"}}, 500)), "no memory"),
    "an error within": (
        Instead(
            Answer(
                200,
                b'data: {"error": {"message": "no memory", "code": 500}}\n\n',
                {"Content-Type": "text/event-stream"},
            )
        ),
        "no memory",
    ),
    "nonsense": (
        Instead(Answer(200, b"data: 7\n\n", {"Content-Type": "text/event-stream"})),
        "not as OpenAI's protocol has it",
    ),
    "401": (Instead(answer_of({}, 401)), "asks for a key"),
    "a redirect": (Instead(Answer(307, b"", {"Location": "http://a"})), "did not give"),
    "endless": (Endless(b": still here\n\n" * 9999), "has no end"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_keeps_what_came_and_passes(
    server: FaultyServer, desk: Desk, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.engine.server.asking_again.FIRST", 0.0)
    fault, words = FAULTS[name]
    server.fault = fault
    events = desk.run(generate(SEEDED))
    failed = events[-1]
    assert isinstance(failed, Failed)
    assert (failed.kind, failed.has_model) == ("server", True)
    assert words in failed.message
    assert server.url in failed.message
    whole = name == "cut within"
    assert bool(texts(events)) == whole
    server.fault = None
    assert len(texts(desk.run(generate(SEEDED)))[0]) == 12


CHAT = Prompt(manuscript="", brief="Say hello.", system="Be kind.", format="chat")


@pytest.mark.parametrize("goes_on", [True, False])
@pytest.mark.parametrize("program", ["vllm", "ollama", "lmstudio", "chat"])
def test_a_chat_is_asked_as_a_chat(program: str, goes_on: bool) -> None:
    with FaultyServer(Pretend(program, goes_on=goes_on)) as server:
        one = Desk()
        one.load(server)
        events = one.run(generate(SEEDED, prompt=CHAT))
        assert len(texts(events)[0]) == 12
        (request,) = server.asked("/v1/chat/completions")
        assert request.json["messages"] == [
            {"role": "system", "content": "Be kind."},
            {"role": "user", "content": "Say hello."},
        ]
        begun = msgspec.structs.replace(CHAT, manuscript="Hello, ")
        *_, last = one.run(generate(SEEDED, prompt=begun))
        if program == "vllm" or goes_on:
            body = server.requests[-1].json
            assert body["messages"][-1] == {"role": "assistant", "content": "Hello, "}  # type: ignore[index]
            assert body.get("continue_final_message", False) is (program == "vllm")
        else:
            assert isinstance(last, Failed)
            assert "cannot be asked to go on from the beginning of an answer" in last.message
        *_, last = one.run(generate(SEEDED))
        if program == "chat":
            assert isinstance(last, Failed)
            assert "has chat alone. Use a preset of the chat format." in last.message
        else:
            assert isinstance(last, RunFinished)
        one.engine.close()


def test_another_model_is_noticed_and_nothing_of_it_is_taken(
    server: FaultyServer, desk: Desk
) -> None:
    other = Pretend(model="another")

    def answered(request: Request) -> Answer:
        body = request.body.replace(b'"tiny"', b'"another"')
        return other(Request(request.method, request.path, request.headers, body))

    server.answering = answered
    *_, failed = events = desk.run(generate(SEEDED))
    assert isinstance(failed, Failed)
    assert "has another model now: “another”, and no longer “tiny”" in failed.message
    assert texts(events) == {}


def test_texts_of_a_run_have_no_figures_that_nobody_knows(desk: Desk) -> None:
    wanted = iter(
        Sample(key=(number,), prompt=PROMPT, params=SamplingParams(seed=number), max_tokens=6)
        for number in range(10)
    )
    found: list[WrittenSample] = []
    run = SampleRun(
        5, lambda: next(wanted, None), found.append, lambda it: desk.control.commands.append(it)
    )
    desk.on_event = run.on_event
    for command in run.commands():
        desk.run(command)
    assert run.failed is None
    assert sorted(it.sample.key for it in found) == [(number,) for number in range(10)]
    assert {len(it.text) for it in found} == {6}
    assert {(it.log_probability_t1, it.log_probability_t) for it in found} == {(None, None)}
    assert math.isnan(kept_of(found[0]).entropy)


def kept_of(written: WrittenSample) -> SweepText:
    sample = msgspec.structs.replace(written.sample, key=(0, 0, 0))
    return kept(replace(written, sample=sample))


def test_a_busy_server_is_asked_again(server: FaultyServer, desk: Desk) -> None:
    server.fail(too_many(), times=2)
    assert len(texts(desk.run(generate(SEEDED)))[0]) == 12


def test_a_stop_ends_it_within_a_stream(server: FaultyServer, desk: Desk) -> None:
    server.fault = Stalled(5_000)
    seen = threading.Event()
    desk.on_event = lambda event: seen.set() if isinstance(event, Token) else None
    thread = threading.Thread(target=desk.run, args=(generate(SEEDED),))
    thread.start()
    assert seen.wait(60)
    desk.control.stop()
    thread.join(60)
    finished, run = desk.events[-2:]
    assert isinstance(finished, Finished)
    assert isinstance(run, RunFinished)
    assert finished.reason == "stopped"
    assert finished.tokens == len(texts(desk.events)[0]) > 0


def test_a_stop_ends_a_load(server: FaultyServer) -> None:
    server.fault = Stalled()
    one = Desk()
    thread = threading.Thread(target=one.run, args=(Load(request=1, path=server.url),))
    thread.start()
    until(lambda: len(server.requests) == 1, "the first question")
    one.control.stop()
    thread.join(60)
    assert isinstance(one.events[-1], Superseded)
    one.engine.close()


@pytest.mark.parametrize(
    "command",
    [PreviewNextToken(request=3, prompt=PROMPT), Score(request=3, prompt=PROMPT)],
    ids=["preview", "score"],
)
def test_what_it_does_not_say_has_its_reason(command: Runnable) -> None:
    with FaultyServer(Pretend("ollama")) as server:
        one = Desk()
        one.load(server)
        (failed,) = one.run(command)
        one.engine.close()
    assert isinstance(failed, Failed)
    assert failed.message == (
        "Ollama writes by itself, and does not say what could stand next: it lacks token ids, "
        "prompts as ids."
    )


def test_a_prompt_with_its_parts_and_cut_where_it_has_no_room(
    server: FaultyServer, desk: Desk
) -> None:
    parts = PromptParts(
        notes=(PromptNote(text="The cat is grey."), PromptNote(text="It rains.", at=4)),
        left_out=(PromptRange(start=0, end=2),),
    )
    prompt = Prompt(manuscript="1234\n56", brief="Be brief.", parts=parts)
    desk.run(generate(SEEDED, prompt=prompt))
    said = server.requests[-1].json["prompt"]
    assert said == "Be brief.\n\nThe cat is grey.\n\n34It rains.\n\n\n56"
    long = "".join(f"Line {number} of many.\n" for number in range(2_000))
    events = desk.run(generate(SEEDED, prompt=Prompt(manuscript=long)))
    (evaluated,) = of(events, Evaluated)
    assert isinstance(evaluated, Evaluated)
    sent = str(server.requests[-1].json["prompt"])
    assert long.endswith(sent)
    assert sent.startswith("Line ")
    assert evaluated.unseen_characters == len(long) - len(sent) > 30_000

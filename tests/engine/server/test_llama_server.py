"""A model at a real llama-server: what it is, what is drawn from it, and how it may fail.

The same model is open in this process beside it. The two are not of one version of llama.cpp, and
sum in other orders.
"""

from __future__ import annotations

import math
import string
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studio.engine.control import Control
from studio.engine.generation import at_server
from studio.engine.interrupt import EvaluationStopped, Interrupt
from studio.engine.messages import (
    AnyEvent,
    ChangeSequence,
    Distribution,
    Failed,
    Finished,
    Generate,
    Load,
    Loaded,
    LoadOptions,
    PreviewNextToken,
    Prompt,
    RunFinished,
    Score,
    Scored,
    ScoringEnded,
    SequenceStart,
    Token,
)
from studio.engine.server import context, model
from studio.engine.server.answers import Completion
from studio.engine.server.asking import address_of
from studio.engine.server.lines import Lines, Question
from studio.engine.server.model import ServerModel
from studio.engine.server.vocabulary import one_token
from studio.engine.vocabulary import Vocabulary
from studio.sampling import LogitSketch, SamplingParams
from studio.sampling.sketches.truncated_sketch import TruncatedSketch
from tests.helpers.engine_bench import EngineBench
from tests.helpers.faulty_server import (
    Answer,
    Cut,
    Fault,
    FaultyServer,
    Instead,
    NoHttp,
    answer_of,
    forwarding,
    too_many,
)
from tests.helpers.llama_server import CONTEXT, HOST, SLOTS, LlamaServer, StartServer, free_port
from tests.helpers.tiny_model import CONTROL, byte_level_tokens

STORY = "The old fisherman looked out over the"
ALIKE = 0.1
"""By so much a probability of the starter model may differ, whose weights are rounded: see
tests/benchmarks/batch_noise.py."""
SUMMED = 1e-2
"""And one whose weights are not, of itself: another version sums in another order."""


class Bench(EngineBench):
    """With the commands of these tests."""

    def open(self, url: str, key: str = "") -> AnyEvent:
        return self.run(Load(request=0, path=url, key=key))[-1]

    def write(self, *params: SamplingParams, tokens: int, prompt: str = STORY) -> list[AnyEvent]:
        return self.run(
            Generate(
                request=1,
                prompt=Prompt(manuscript=prompt),
                sequences=tuple(SequenceStart(params=one) for one in params),
                max_tokens=tokens,
                ignore_eos=True,
                when_full="end" if len(params) > 1 else "cut",
            )
        )


def tokens_of(events: list[AnyEvent], sequence: int = 0) -> list[Token]:
    return [it for it in events if isinstance(it, Token) and it.sequence == sequence]


@pytest.fixture
def bench(llama_server: LlamaServer, near_server: None) -> Iterator[Bench]:
    """An engine with the server's model."""
    bench = Bench()
    opened = bench.open(llama_server.url)
    assert isinstance(opened, Loaded), opened
    yield bench
    bench.engine.close()


@pytest.fixture
def closed() -> Iterator[Bench]:
    """An engine that nothing is opened with yet."""
    bench = Bench()
    yield bench
    bench.engine.close()


@pytest.fixture(scope="module")
def server_model(llama_server: LlamaServer) -> Iterator[ServerModel]:
    model = ServerModel(address_of(llama_server.url), "", Interrupt())
    yield model
    model.close()


def test_what_stands_there_is_reported(llama_server: LlamaServer, closed: Bench) -> None:
    opened = closed.open(llama_server.url)
    assert isinstance(opened, Loaded), opened
    report = opened.report
    assert report.path == llama_server.url
    assert "SmolLM2" in report.name
    assert (report.vocabulary_size, report.context_size) == (49_152, CONTEXT - 1)
    assert report.context_train == 8192
    assert report.has_chat_template


def test_its_vocabulary_is_the_models_own(
    server_model: ServerModel, starter_vocabulary: Vocabulary
) -> None:
    there, here = server_model.vocabulary, starter_vocabulary
    assert there.size == here.size
    assert [there.text(it) for it in range(here.size)] == [here.text(it) for it in range(here.size)]
    assert there.control == here.control
    assert there.control_tokens == here.control_tokens
    assert (there.bos, there.eos, there.adds_bos) == (here.bos, here.eos, here.adds_bos)
    assert [there.strips_space(it) for it in list(here.control)[:3]] == [
        here.strips_space(it) for it in list(here.control)[:3]
    ]
    for text in ("", " ", "Über façade 你好 👨‍👩‍👧", "<|im_end|>", STORY * 20):
        assert there.tokenize(text) == here.tokenize(text), text


@pytest.mark.parametrize("first", [1_000, 20])
def test_the_draws_are_those_of_the_same_model_here(
    start_llama_server: StartServer,
    closed: Bench,
    byte_level_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    first: int,
) -> None:
    """With weights that are not rounded, token for token; and what is recorded of each.

    Be it that all tokens are known or a few, of which more are asked for where a draw needs them.
    """
    monkeypatch.setattr(at_server, "FIRST", first)
    server = start_llama_server(model=byte_level_path)
    here = Bench()
    here.load(byte_level_path)
    assert isinstance(closed.open(server.url), Loaded)
    truncated = 0
    for params in (
        SamplingParams(seed=11),
        SamplingParams(seed=12, temperature=0.7, top_k=60, top_p=0.9, min_p=0.02),
        SamplingParams(seed=13, temperature=1.6, presence_penalty=0.5, dry_multiplier=0.8),
        SamplingParams(seed=14, mirostat=2),
        SamplingParams(seed=15, temperature=1.5),
        SamplingParams(seed=16, temperature=2.5, top_p=0.9, samplers=("temperature", "top_p")),
    ):
        own = [it.record for it in tokens_of(here.write(params, tokens=40))]
        found = [it.record for it in tokens_of(closed.write(params, tokens=40))]
        assert [it.id for it in found] == [it.id for it in own]
        assert [it.text for it in found] == [it.text for it in own]
        for mine, theirs in zip(own, found, strict=True):
            one, other = (LogitSketch.from_bytes(it.sketch) for it in (mine, theirs))
            for token in set(one.ids.tolist()) & set(other.ids.tolist()):
                low, high = range_of(other, token)
                share = one.probability(token, 1.0)
                assert low * (1.0 - SUMMED) <= share <= high * (1.0 + SUMMED)
            truncated += other.is_truncated
    assert (truncated > 40) == (first == 20)
    here.engine.close()


def range_of(sketch: LogitSketch, token: int) -> tuple[float, float]:
    if isinstance(sketch, TruncatedSketch):
        return sketch.probability_range(token, 1.0)
    return (share := sketch.probability(token, 1.0)), share


def test_a_hot_text_is_asked_for_at_its_temperature(proxy: FaultyServer, closed: Bench) -> None:
    """And where the server, which draws then, draws part of a character, at T 1."""
    hot, cold = SamplingParams(seed=5, temperature=1.5), SamplingParams(seed=5, temperature=0.9)

    def tempered(params: SamplingParams) -> tuple[list[int], int]:
        before = len(proxy.asked("/completion"))
        found = [it.record.id for it in tokens_of(closed.write(params, tokens=6))]
        asked = proxy.asked("/completion")[before:]
        return found, sum(b"post_sampling_probs" in one.body for one in asked)

    assert tempered(cold)[1] == 0
    whole, questions = tempered(hot)
    assert questions >= 5

    def fall_silent(event: AnyEvent, _control: Control) -> None:
        if isinstance(event, Token) and event.index == 2:
            proxy.fail(Instead(answer_of({"model": ""})), times=1, at="post_sampling_probs")

    closed.on_event = fall_silent
    again, questions = tempered(hot)
    closed.on_event = lambda _event, _control: None
    assert again == whole
    assert questions >= 5


def test_a_look_at_what_comes_next_is_healed_as_here(bench: Bench, starter_model: Path) -> None:
    local = Bench()
    local.run(Load(request=0, path=str(starter_model), options=LoadOptions(threads=1)))
    look = PreviewNextToken(request=4, prompt=Prompt(manuscript="The colour of the s"))
    there, here = bench.run(look)[-1], local.run(look)[-1]
    local.engine.close()
    assert isinstance(there, Distribution)
    assert isinstance(here, Distribution)
    mine, theirs = (LogitSketch.from_bytes(it.sketch) for it in (here, there))
    assert (mine.knows_zero, theirs.knows_zero) == (True, False)
    best = dict(zip(mine.ids.tolist(), mine.distribution(1.0)[1].tolist(), strict=True))
    others = dict(zip(theirs.ids.tolist(), theirs.distribution(1.0)[1].tolist(), strict=True))
    for token in mine.ids[:8].tolist():
        assert others[token] == pytest.approx(best[token], abs=ALIKE)


def test_four_sequences_each_write_what_they_write_alone(
    start_llama_server: StartServer, closed: Bench, byte_level_path: Path
) -> None:
    server = start_llama_server(model=byte_level_path)
    assert isinstance(closed.open(server.url), Loaded)
    seeds = [SamplingParams(seed=seed, top_k=40) for seed in range(1, SLOTS + 1)]
    events = closed.write(*seeds, tokens=30)
    assert isinstance(events[-1], RunFinished), events[-1]
    assert events[-1].reasons == ("max_tokens",) * SLOTS
    together = [[it.record.id for it in tokens_of(events, number)] for number in range(SLOTS)]
    alone = [[it.record.id for it in tokens_of(closed.write(one, tokens=30))] for one in seeds]
    assert together == alone
    assert len(set(map(tuple, together))) == SLOTS


def test_what_was_read_is_not_read_again(server_model: ServerModel) -> None:
    text = server_model.vocabulary.tokenize("Once, long before anybody was born, " * 12)
    read = []
    for tokens in (text, [*text, text[0]], [*text[:-2], text[0], text[1]]):
        asked = Question("/completion", one_token(tokens, 5, text[0]))
        read.append(server_model.lines.ask(asked, Completion).timings.prompt_n)
    assert read[0] > 20
    assert max(read[1:]) <= 3


def test_a_stop_leaves_the_server_at_once(bench: Bench) -> None:
    threads = []

    def stop_at_third(event: AnyEvent, control: Control) -> None:
        if isinstance(event, Token) and event.index == 2:
            thread = threading.Thread(target=control.stop)
            threads.append(thread)
            thread.start()

    bench.on_event = stop_at_third
    events = bench.write(SamplingParams(seed=1), tokens=500)
    bench.on_event = lambda _event, _control: None
    threads[0].join()
    [finished] = [it for it in events if isinstance(it, Finished)]
    assert finished.reason == "stopped"
    assert 1 <= finished.tokens < 500
    assert len(tokens_of(bench.write(SamplingParams(seed=1), tokens=2))) == 2


def test_a_stop_ends_a_request_that_waits(server_model: ServerModel) -> None:
    interrupt = Interrupt()
    lines = Lines(server_model.lines.address, "", interrupt)
    endless = {"prompt": "Once", "n_predict": 100_000, "ignore_eos": True, "n_probs": 1}
    thread = threading.Timer(0.3, interrupt.set)
    thread.start()
    with pytest.raises(EvaluationStopped):
        lines.ask(Question("/completion", endless), Completion)
    thread.join()


def test_a_server_that_goes_away_and_comes_again(
    start_llama_server: StartServer, closed: Bench
) -> None:
    server = start_llama_server()
    assert isinstance(closed.open(server.url), Loaded)

    def end_at_third(event: AnyEvent, _control: Control) -> None:
        if isinstance(event, Token) and event.index == 2:
            server.end()

    closed.on_event = end_at_third
    events = closed.write(SamplingParams(seed=5), tokens=50)
    closed.on_event = lambda _event, _control: None
    failed = events[-1]
    assert isinstance(failed, Failed), failed
    assert failed.kind == "server"
    assert failed.has_model
    assert server.url in failed.message
    written = tokens_of(events)
    assert [it.index for it in written] == list(range(len(written)))
    assert len(written) >= 3
    start_llama_server(port=server.port)
    again = closed.write(SamplingParams(seed=5), tokens=3)
    assert [it.record.id for it in tokens_of(again)] == [it.record.id for it in written[:3]]


def test_another_model_at_the_same_place_is_noticed(
    start_llama_server: StartServer, closed: Bench, byte_level_path: Path
) -> None:
    server = start_llama_server()
    assert isinstance(closed.open(server.url), Loaded)
    assert len(tokens_of(closed.write(SamplingParams(seed=5), tokens=2))) == 2
    server.end()
    start_llama_server(model=byte_level_path, port=server.port)
    failed = closed.write(SamplingParams(seed=5), tokens=2)[-1]
    assert isinstance(failed, Failed)
    assert "another model" in failed.message
    opened = closed.open(server.url)
    assert isinstance(opened, Loaded)
    assert opened.report.vocabulary_size < 1000


def test_a_key_that_is_wrong_and_one_that_is_right(
    start_llama_server: StartServer, closed: Bench, capfd: pytest.CaptureFixture[str]
) -> None:
    server = start_llama_server(key="open-sesame")
    for wrong in ("", "let-me-in"):
        failed = closed.open(server.url, wrong)
        assert isinstance(failed, Failed)
        assert failed.kind == "server"
        assert "key" in failed.message
        assert not wrong or wrong not in failed.message
    load = Load(request=0, path=server.url, key="open-sesame")
    assert isinstance(closed.run(load)[-1], Loaded)
    assert "sesame" not in repr(load)
    assert "sesame" not in "".join(capfd.readouterr())


@pytest.mark.parametrize("first", [1_000, 20])
def test_a_text_that_stands_there_is_scored_as_here(
    start_llama_server: StartServer,
    closed: Bench,
    byte_level_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    first: int,
) -> None:
    monkeypatch.setattr(context, "FIRST", first)
    server = start_llama_server(model=byte_level_path)
    here = Bench()
    here.load(byte_level_path)
    assert isinstance(closed.open(server.url), Loaded)
    found = []
    for bench in (here, closed):
        events = bench.run(Score(request=2, prompt=Prompt(manuscript=STORY)))
        assert isinstance(events[-1], ScoringEnded), events[-1]
        records = [record for it in events if isinstance(it, Scored) for record in it.tokens]
        scores = []
        for record in records:
            sketch = LogitSketch.from_bytes(record.sketch)
            scores.append(sketch.probability(record.id, 1.0))
        found.append(([record.id for record in records], scores))
    here.engine.close()
    (mine, own), (theirs, other) = found
    assert mine == theirs
    assert len(mine) > 30
    assert other == pytest.approx(own, abs=1e-3)


LETTERS = frozenset(string.ascii_letters)
NO_LETTERS = tuple(
    (token, -math.inf)
    for token, text in enumerate([*CONTROL, *byte_level_tokens()])
    if text not in LETTERS
)
"""Biases with which the tiny model writes letters: of broken characters the server makes an error
where it writes a text itself."""


def far_params(*, end: float = -math.inf, **fields: Any) -> SamplingParams:
    biases = tuple((token, end if token == 2 else bias) for token, bias in NO_LETTERS)
    return SamplingParams(logit_bias=biases, **fields)


@pytest.fixture
def far(
    start_llama_server: StartServer,
    closed: Bench,
    byte_level_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Bench:
    """An engine with a model at a server that counts as far away, as any does here."""
    monkeypatch.setattr(model, "FAR", -1.0)
    opened = closed.open(start_llama_server(model=byte_level_path).url)
    assert isinstance(opened, Loaded), opened
    assert opened.report.is_far
    return closed


def test_a_server_far_away_draws_itself(far: Bench, byte_level_path: Path) -> None:
    here = Bench()
    here.load(byte_level_path)
    greedy = far_params(temperature=0.0, presence_penalty=0.5)
    own = [it.record for it in tokens_of(here.write(greedy, tokens=30))]
    events = far.write(greedy, tokens=30)
    assert isinstance(events[-1], RunFinished), events[-1]
    found = [it.record for it in tokens_of(events)]
    assert [it.id for it in found] == [it.id for it in own]
    assert {it.u for it in found[1:]} == {None}
    shares = [
        [LogitSketch.from_bytes(it.sketch).probability(it.id, 1.0) for it in records]
        for records in (own, found)
    ]
    assert shares[1] == pytest.approx(shares[0], rel=1e-3)
    here.engine.close()

    warm = far_params(seed=9, temperature=0.9)
    first, again = ([it.record.id for it in tokens_of(far.write(warm, tokens=12))] for _ in "12")
    assert first == again
    texts = far.write(warm, greedy, tokens=12)
    assert [it.record.id for it in tokens_of(texts, 1)] == [it.id for it in own[:12]]


LETTER = len(CONTROL) + byte_level_tokens().index("e")


def test_what_is_turned_counts_far_away_too(far: Bench) -> None:
    greedy = far_params(temperature=0.0)
    always = SamplingParams(temperature=0.0, logit_bias=((LETTER, 1000.0),))

    def turn(event: AnyEvent, control: Control) -> None:
        if isinstance(event, Token) and event.index == 3:
            control.commands.append(ChangeSequence(request=1, sequence=0, params=always))

    far.on_event = turn
    found = [it.record.id for it in tokens_of(far.write(greedy, tokens=10))]
    assert found[-4:] == [LETTER] * 4
    assert found[:3] != [LETTER] * 3


def test_an_end_far_away_is_the_texts(far: Bench) -> None:
    ends = far_params(temperature=0.0, end=1000.0)
    events = far.run(
        Generate(
            request=1,
            prompt=Prompt(manuscript=STORY),
            sequences=(SequenceStart(params=far_params(seed=3)), SequenceStart(params=ends)),
            max_tokens=5,
            when_full="end",
        )
    )
    finished = {it.sequence: it for it in events if isinstance(it, Finished)}
    assert finished[1].reason == "end_of_text"
    assert finished[1].end is not None
    assert finished[1].end.record.id == 2
    assert finished[0].reason == "max_tokens"


def test_a_stop_far_away(far: Bench) -> None:
    def stop(event: AnyEvent, control: Control) -> None:
        if isinstance(event, Token) and event.index == 2:
            control.stop()

    far.on_event = stop
    events = far.write(far_params(seed=3), tokens=400)
    [finished] = [it for it in events if isinstance(it, Finished)]
    assert (finished.reason, finished.tokens) == ("stopped", 3)


LIKELY = {"id": 5, "logprob": -0.1}
FAULTS: dict[str, Fault] = {
    "cut in the middle of a token": Cut(after=40),
    "no HTTP": NoHttp(),
    "an error": Instead(answer_of({"error": {"message": "out of memory"}}, 500)),
    "sent elsewhere": Instead(Answer(302, headers={"Location": "http://192.168.1.1/"})),
    "another protocol": Instead(answer_of({"choices": []})),
    "a token that is none": Instead(
        answer_of({"completion_probabilities": [{"top_logprobs": [{"id": 9999, "logprob": -1.0}]}]})
    ),
    "one token twice": Instead(
        answer_of({"completion_probabilities": [{"top_logprobs": [LIKELY, LIKELY]}]})
    ),
    "more than everything": Instead(
        answer_of(
            {
                "completion_probabilities": [
                    {"top_logprobs": [{"id": it, "logprob": -0.1} for it in range(9)]}
                ]
            }
        )
    ),
}


@pytest.fixture
def proxy(
    start_llama_server: StartServer, byte_level_path: Path, closed: Bench
) -> Iterator[FaultyServer]:
    """A server behind one that fails as it is asked to; its model is open."""
    server = start_llama_server(model=byte_level_path)
    with FaultyServer(forwarding(HOST, server.port)) as proxy:
        assert isinstance(closed.open(proxy.url), Loaded)
        yield proxy


def test_what_goes_wrong_is_said_and_leaves_what_is_written(
    proxy: FaultyServer, closed: Bench
) -> None:
    current: list[Fault] = []

    def fail_at_third(event: AnyEvent, _control: Control) -> None:
        if isinstance(event, Token) and event.index == 2:
            proxy.fail(current[-1], at="/completion")

    params = SamplingParams(seed=5)
    whole = [it.record.id for it in tokens_of(closed.write(params, tokens=6))]
    closed.on_event = fail_at_third
    for name, fault in FAULTS.items():
        current.append(fault)
        events = closed.write(params, tokens=6)
        failed = events[-1]
        assert isinstance(failed, Failed), (name, failed)
        assert failed.kind in ("server", "llama_cpp"), name
        assert failed.has_model, name
        assert [it.record.id for it in tokens_of(events)] == whole[:3], name
        proxy.fail(None)
    closed.on_event = lambda _event, _control: None
    assert [it.record.id for it in tokens_of(closed.write(params, tokens=6))] == whole


def test_a_busy_server_is_asked_again(proxy: FaultyServer, closed: Bench) -> None:
    proxy.fail(too_many(), times=2, at="/completion")
    assert len(tokens_of(closed.write(SamplingParams(seed=5), tokens=3))) == 3


def test_nobody_there(closed: Bench) -> None:
    failed = closed.open(f"http://127.0.0.1:{free_port()}")
    assert isinstance(failed, Failed)
    assert (failed.kind, failed.has_model) == ("server", False)


def test_the_error_of_an_address_names_what_is_allowed(closed: Bench) -> None:
    failed = closed.open("http://name:secret@127.0.0.1:1")
    assert isinstance(failed, Failed)
    assert "http://192" in failed.message
    assert "secret" not in failed.message

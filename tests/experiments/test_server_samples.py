"""Many texts at a server: whole batches, asked again where that helps, none lost and none twice."""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial

import msgspec
import pytest

from studio.engine.messages import Prompt
from studio.engine.server.asking import Asking, address_of
from studio.engine.server.asking_again import asked_again
from studio.engine.server.capabilities import capabilities_of
from studio.engine.server.requests import left_out, sampling_of
from studio.experiments.samples import Sample, WrittenSample
from studio.experiments.server_samples import Served, ServerRun
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
    Slow,
    Stalled,
    answer_of,
    too_many,
)
from tests.helpers.llama_server import LlamaServer
from tests.helpers.openai_server import Pretend
from tests.helpers.waiting import PATIENCE, until


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    with FaultyServer(Pretend()) as one:
        yield one


def served(server: FaultyServer, batch: int = 8, at_once: int = 3) -> Served:
    address = address_of(server.url)
    asking = Asking(address, patience=30)
    can = capabilities_of(asking)
    asking.close()
    server.requests.clear()
    return Served(address, "", can, batch, at_once)


def samples(
    prompts: int, copies: int, temperatures: Sequence[float] = (1.0,), max_tokens: int = 12
) -> list[Sample]:
    return [
        Sample(
            key=(prompt, place, copy),
            prompt=Prompt(manuscript=f"Prompt {prompt} says "),
            params=SamplingParams(temperature=temperature, seed=100 * prompt + copy),
            max_tokens=max_tokens,
        )
        for prompt in range(prompts)
        for copy in range(copies)
        for place, temperature in enumerate(temperatures)
    ]


class Desk:
    """Gives samples, and takes what was written."""

    def __init__(self, wanted: list[Sample]) -> None:
        self.wanted = wanted
        self.texts: dict[tuple[int, ...], WrittenSample] = {}
        self.said: list[str] = []
        self._waiting = iter(wanted)

    def take(self, written: WrittenSample) -> None:
        assert written.sample.key not in self.texts
        self.texts[written.sample.key] = written

    def run(self, server: Served, patience: float = 30.0) -> ServerRun:
        left = (one for one in self.wanted if one.key not in self.texts)
        run = ServerRun(
            server, lambda: next(left, None), self.take, say=self.said.append, patience=patience
        )
        run.run()
        return run

    @property
    def is_done(self) -> bool:
        return len(self.texts) == len(self.wanted)


def test_batches_of_prompts_and_copies(server: FaultyServer) -> None:
    place = served(server)
    desk = Desk(samples(6, 4, (0.7, 1.3)))
    three = threading.Barrier(3, timeout=PATIENCE)

    def together(request: Request) -> Answer:
        three.wait()
        return Pretend()(request)

    server.answering = together
    run = desk.run(place)
    assert (run.failed, desk.is_done) == ("", True)
    bodies = [request.json for request in server.asked("/v1/completions")]
    assert len(bodies) == run.requests == 6  # of 48 texts
    assert {(len(body["prompt"]), body["n"]) for body in bodies} == {(2, 4)}  # type: ignore[arg-type]
    assert server.most_at_once == 3
    temperatures = Counter(body["temperature"] for body in bodies)
    assert temperatures == {0.7: 3, 1.3: 3}
    for written in desk.texts.values():
        assert written.tokens == len(written.text) <= 12
        assert written.served is not None
        assert written.served.ids
        assert (written.log_probability_t1 or 0.0) < 0.0
        assert written.log_probability_t is None
        assert written.reason == ("max_tokens" if written.tokens == 12 else "end_of_text")


def test_a_stop_string_ends_a_text_and_is_none_of_it(server: FaultyServer) -> None:
    wanted = [
        msgspec.structs.replace(it, stop=tuple("aeiou"), max_tokens=200) for it in samples(1, 8)
    ]
    desk = Desk(wanted)
    desk.run(served(server))
    stopped = [it for it in desk.texts.values() if it.reason == "stop_string"]
    assert len(stopped) >= 4
    assert not any(set(it.text) & set("aeiou") for it in stopped)


def test_llama_server_itself(llama_server: LlamaServer) -> None:
    """Prompts of several lengths in one request, each text with its own log-probabilities."""
    address = address_of(llama_server.url)
    asking = Asking(address)
    place = Served(address, "", capabilities_of(asking), batch=4, at_once=2)
    desk = Desk(samples(2, 2, (0.5, 1.5)))
    run = desk.run(place)
    assert (run.failed, desk.is_done, run.requests) == ("", True, 2)
    for written in desk.texts.values():
        assert written.tokens == 12 or written.reason == "end_of_text"
        assert (written.log_probability_t1 or 0.0) < 0.0
    likelier = [
        math.fsum(it.log_probability_t1 or 0.0 for key, it in desk.texts.items() if key[1] == at)
        for at in (0, 1)
    ]
    assert likelier[0] > likelier[1]  # the cold ones
    asking.close()
    # The seeds that are recorded make each text again; where two tokens are near, not in a batch.
    seeded = [
        msgspec.structs.replace(
            it.sample, params=msgspec.structs.replace(it.sample.params, seed=it.seed)
        )
        for it in desk.texts.values()
    ]
    again = Desk(seeded)
    again.run(Served(address, "", place.can, batch=1, at_once=1))
    assert sum(it.text == desk.texts[key].text for key, it in again.texts.items()) >= 6


def test_a_seed_that_is_recorded_makes_the_text_again(server: FaultyServer) -> None:
    place = served(server)
    assert place.can.counts_seeds
    desk = Desk(samples(3, 3))
    desk.run(place)
    for written in desk.texts.values():
        asking = Asking(place.address)
        body = {
            "prompt": written.sample.prompt.manuscript,
            "seed": written.seed,
            "max_tokens": 12,
        }
        answer = asking.post("/v1/completions", body).value
        asking.close()
        assert isinstance(answer, dict)
        assert answer["choices"][0]["text"] == written.text


def test_a_request_a_text_where_the_server_takes_no_more() -> None:
    with FaultyServer(Pretend("ollama")) as one:
        desk = Desk(samples(2, 2))
        assert desk.run(served(one)).failed == ""
        assert desk.is_done
        assert len(one.asked("/v1/completions")) == 4
        (written, *_) = desk.texts.values()
        assert written.log_probability_t1 is None  # and not 0


@pytest.mark.parametrize(
    "fault",
    [
        too_many(),
        Instead(answer_of({"error": {"message": "CUDA out of memory"}}, 500)),
        Cut(),
        Cut(30),
        Slow(0.03),
    ],
    ids=["429", "500", "cut before", "cut within", "slow"],
)
def test_what_passes_is_asked_again(
    server: FaultyServer, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.engine.server.asking_again.FIRST", 0.0)
    place = served(server)
    desk = Desk(samples(4, 4))
    server.fail(fault, times=3)
    run = desk.run(place)
    assert (run.failed, desk.is_done) == ("", True)
    if not isinstance(fault, Slow):
        assert 1 <= len(desk.said) <= 3
        assert all("Asking again in 0 s." in words for words in desk.said)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (NoHttp(), "speaks another protocol"),
        (Instead(answer_of({"error": {"message": "no such key"}}, 401)), "asks for a key"),
        (Instead(answer_of({"error": "odd"}, 400)), "does not take what was asked"),
        (Instead(answer_of({}, 302, Location="http://127.0.0.1:9/")), "sends on to"),
        (Instead(answer_of({"choices": [{"text": "one of eight"}]})), "wrote 1 texts where"),
        (Endless(b" " * 2**20, "application/json"), "has no end"),
        (Stalled(), "has said nothing for"),
    ],
    ids=["no http", "key", "request", "redirect", "too few", "endless", "stalled"],
)
def test_what_does_not_pass_ends_it_and_keeps_what_is_there(
    server: FaultyServer, fault: Fault, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.engine.server.asking_again.FIRST", 0.0)
    place = served(server, batch=8, at_once=1)
    desk = Desk(samples(4, 4))

    def last(request: Request) -> Answer:
        server.fault = fault
        return Pretend()(request)

    server.answering = last
    if isinstance(fault, Stalled):
        once = partial(asked_again, tries=1)
        monkeypatch.setattr("studio.experiments.server_samples.asked_again", once)
    run = desk.run(place, patience=1.0 if isinstance(fault, Stalled) else 30.0)
    assert words in run.failed
    assert server.url in run.failed
    assert len(desk.texts) == 8
    server.answering = Pretend()
    server.fault = None
    assert desk.run(place).failed == ""
    assert desk.is_done


def test_what_is_under_way_is_not_waited_for_where_a_server_is_half_gone(
    server: FaultyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.experiments.server_samples.GRACE", 0.2)
    place = served(server, at_once=2)
    server.fail(Stalled(), times=1)

    def gone(_request: Request) -> Answer:
        until(lambda: len(server.requests) == 2, "both requests")
        return answer_of({"error": "gone"}, 400)

    server.answering = gone
    desk = Desk(samples(4, 4))
    run = desk.run(place, patience=600.0)
    assert "gone" in run.failed
    assert desk.texts == {}


@pytest.mark.parametrize("says_so", [True, False])
def test_another_model_after_a_restart(server: FaultyServer, says_so: bool) -> None:
    """vLLM refuses the old name; others answer whatever they are asked for."""
    place = served(server, at_once=1)
    desk = Desk(samples(4, 4))
    other = Pretend(model="another")

    def restarted(request: Request) -> Answer:
        body = request.body if says_so else request.body.replace(b'"tiny"', b'"another"')
        return other(Request(request.method, request.path, request.headers, body))

    def last(request: Request) -> Answer:
        server.answering = restarted
        return Pretend()(request)

    server.answering = last
    run = desk.run(place)
    if says_so:
        assert "The model `tiny` does not exist" in run.failed
    else:
        assert "has another model now: “another”, and no longer “tiny”" in run.failed
    assert len(desk.texts) == 8


def test_a_prompt_without_room_takes_no_other_with_it() -> None:
    with FaultyServer(Pretend(context=60)) as one:
        wanted = samples(3, 2)
        long = Prompt(manuscript="long " * 40)
        wanted[2:4] = [
            Sample(key=it.key, prompt=long, params=it.params, max_tokens=12) for it in wanted[2:4]
        ]
        desk = Desk(wanted)
        assert desk.run(served(one)).failed == ""
        assert desk.is_done
        reasons = {key[0]: written.reason for key, written in desk.texts.items()}
        assert reasons[1] == "context_full"
        assert reasons[0] != "context_full" != reasons[2]


def test_a_stop_ends_what_is_under_way(server: FaultyServer) -> None:
    place = served(server)
    server.fault = Stalled()
    desk = Desk(samples(8, 8))
    run = ServerRun(place, lambda: next(desk._waiting, None), desk.take)
    thread = threading.Thread(target=run.run)
    thread.start()
    until(lambda: len(server.requests) == 3, "three requests")
    run.stop()
    thread.join(30)
    assert not thread.is_alive()
    assert (desk.texts, run.failed) == ({}, "")


def test_parameters_as_servers_call_them(server: FaultyServer) -> None:
    can = served(server).can
    params = SamplingParams(temperature=1.3, top_p=0.98, min_p=0.02, repeat_penalty=1.1, seed=5)
    assert sampling_of(params, can) == {
        "temperature": 1.3, "top_p": 0.98, "seed": 5, "top_k": -1,
        "min_p": pytest.approx(0.02 ** (1 / 1.3)),
        "repetition_penalty": 1.1,
    }  # fmt: skip
    assert list(left_out(params, can.program)) == [
        "filters before temperature (a server has them behind it)"
    ]
    xtc = SamplingParams(xtc_probability=0.5, xtc_threshold=0.1, mirostat=0, dynatemp_range=0.5)
    assert list(left_out(xtc, can.program)) == ["xtc", "dynatemp_range"]
    assert list(left_out(SamplingParams(xtc_threshold=0.2), can.program)) == []  # off
    kept = SamplingParams(top_p=0.9, min_keep=3)
    assert list(left_out(kept, can.program)) == ["min_keep"]
    assert list(left_out(SamplingParams(min_keep=3), can.program)) == []  # nothing heeds it

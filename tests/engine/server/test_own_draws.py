"""Tokens that are drawn here at a server of OpenAI's protocol, and those that it draws itself."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from msgspec import structs

from studio.engine.control import Control
from studio.engine.engine import Engine
from studio.engine.interrupt import Interrupt
from studio.engine.messages import (
    AnyEvent,
    Distribution,
    Evaluated,
    Failed,
    Finished,
    Generate,
    Load,
    Loaded,
    PreviewNextToken,
    Prompt,
    RunFinished,
    Runnable,
    Score,
    Scored,
    SequenceStart,
    Token,
)
from studio.sampling import LogitSketch, SamplingParams, choose, uniform
from tests.helpers.faulty_server import FaultyServer
from tests.helpers.openai_server import ByteLevel, Pretend, logprobs_of

WORDS = ByteLevel()
PROMPT = Prompt(manuscript="The sea.")
"""No token begins with its last one: nothing is taken back (`writing.healing`)."""
BEFORE = ("penalties", "top_k", "min_p", "temperature")


class Desk:
    """An engine with a server's model."""

    def __init__(self, server: FaultyServer) -> None:
        self.events: list[AnyEvent] = []
        self.interrupt = Interrupt()
        self.engine = Engine(self._take, self.interrupt)
        (*_, loaded) = self.run(Load(request=1, path=server.url))
        assert isinstance(loaded, Loaded), loaded
        self.report = loaded.report
        server.requests.clear()

    def _take(self, *events: AnyEvent) -> None:
        self.events += events

    def run(self, command: Runnable) -> list[AnyEvent]:
        """What a command is answered by."""
        self.events = []
        self.interrupt.clear()
        self.engine.run(command, Control(self.interrupt))
        return self.events

    def write(self, *params: SamplingParams, tokens: int = 24, **options: object) -> list[Token]:
        sequences = tuple(SequenceStart(params=one) for one in params)
        given = {"request": 2, "prompt": PROMPT, "ignore_eos": True, **options}
        events = self.run(
            Generate(sequences=sequences, max_tokens=tokens, when_full="end", **given)  # type: ignore[arg-type]
        )
        assert isinstance(events[-1], RunFinished), events[-1]
        return [event for event in events if isinstance(event, Token)]


@pytest.fixture
def opened(request: pytest.FixtureRequest) -> Iterator[Callable[..., tuple[Desk, FaultyServer]]]:
    servers = list[FaultyServer]()
    desks = list[Desk]()

    def open_one(most: int = -1, **fields: object) -> tuple[Desk, FaultyServer]:
        pretend = Pretend(tokens=ByteLevel(), most_logprobs=most, **fields)  # type: ignore[arg-type]
        servers.append(FaultyServer(pretend))
        desks.append(Desk(servers[-1]))
        return desks[-1], servers[-1]

    yield open_one
    for desk in desks:
        desk.engine.close()
    for server in servers:
        server.close()


@pytest.fixture(autouse=True)
def _near(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.engine.text_server.FAR", math.inf)


Open = Callable[..., tuple[Desk, FaultyServer]]


def logs_behind(tokens: list[int]) -> np.ndarray:
    return np.array(logprobs_of(WORDS.logits(tokens)), dtype=np.float32)


def drawn_locally(params: SamplingParams, count: int) -> list[int]:
    """What the same draws take of the whole logits."""
    prompt = WORDS.ids(PROMPT.manuscript)
    tokens = list(prompt)
    for _ in range(count):
        u = uniform(params.seed, len(tokens))
        tokens.append(choose(logs_behind(tokens), params, tokens, u).token)
    return tokens[len(prompt) :]


SETTINGS = (
    SamplingParams(seed=5, temperature=0.8),
    SamplingParams(seed=6, temperature=1.3, min_p=0.05, samplers=BEFORE),
    SamplingParams(seed=7, temperature=0.0),
    SamplingParams(seed=8, top_k=12, presence_penalty=0.8, frequency_penalty=0.3),
)


@pytest.mark.parametrize("params", SETTINGS, ids=["plain", "min-p", "greedy", "penalties"])
def test_they_are_those_of_the_whole_logits(opened: Open, params: SamplingParams) -> None:
    desk, _ = opened()
    assert not desk.report.draws_there
    assert desk.report.vocabulary_size == ByteLevel.size
    found = desk.write(params)
    assert [token.record.id for token in found] == drawn_locally(params, 24)
    assert all(token.record.u is not None and token.record.sketch for token in found)
    for token in found:
        known = WORDS.TOKENS[token.record.id]
        assert token.record.text == (b"" if token.record.id in WORDS.control else known)


def test_what_settles_every_draw_is_drawn_here_and_the_rest_there(opened: Open) -> None:
    desk, server = opened(20)
    settled = SamplingParams(seed=6, temperature=1.3, top_k=12, samplers=BEFORE)
    found = desk.write(settled)
    assert [token.record.id for token in found] == drawn_locally(settled, 24)
    assert all(token.record.u is not None for token in found)
    server.requests.clear()
    found = desk.write(SamplingParams(seed=6, temperature=1.3), tokens=8)
    assert [token.record.u for token in found] == [None] * 8
    assert all(LogitSketch.from_bytes(token.record.sketch).is_truncated for token in found)
    drawn = [it.json for it in server.asked("/v1/completions") if it.json["temperature"] == 1.3]
    assert len(drawn) == 8
    assert len({str(body["seed"]) for body in drawn}) == 8
    again = desk.write(SamplingParams(seed=6, temperature=1.3), tokens=8)
    assert [token.record.id for token in again] == [token.record.id for token in found]


def test_penalties_of_the_whole_text_act_where_the_server_draws(opened: Open) -> None:
    desk, server = opened(20)
    params = SamplingParams(
        seed=3, temperature=1.0, presence_penalty=0.5, logit_bias=((40, 2.0), (50, -math.inf))
    )
    desk.write(params, tokens=1)
    (body,) = [it.json for it in server.requests if "logit_bias" in it.json]
    biases = body["logit_bias"]
    assert isinstance(biases, dict)
    assert biases.pop("40") == 2.0
    assert biases.pop("50") == -100.0
    assert {int(token): value for token, value in biases.items()} == dict.fromkeys(
        WORDS.ids(PROMPT.manuscript), -0.5
    )
    assert "presence_penalty" not in body


def test_what_stands_next_is_shown_with_what_is_known(opened: Open) -> None:
    for most in (-1, 20):
        desk, _ = opened(most)
        events = desk.run(PreviewNextToken(request=3, prompt=Prompt(manuscript="The sea")))
        shown = events[-1]
        assert isinstance(shown, Distribution)
        sketch = LogitSketch.from_bytes(shown.sketch)
        assert sketch.is_truncated == (most == 20)
        spelled = [it.pieces for it in events if isinstance(it, Evaluated | Distribution)]
        assert set(sketch.ids.tolist()) <= set().union(*spelled)
        if most == 20:
            logs = logs_behind(WORDS.ids("The sea"))
            assert sketch.ids.tolist() == np.argsort(-logs, kind="stable")[:20].tolist()


def test_lanes_share_their_draws(opened: Open) -> None:
    desk, _ = opened()
    lanes = [SamplingParams(temperature=t, seed=4) for t in (0.3, 1.0)]
    found = desk.write(*lanes, keep=True, share_u=True, seed=4, tokens=6)
    for number, params in enumerate(lanes):
        ids = [token.record.id for token in found if token.sequence == number]
        assert ids == drawn_locally(params, 6)


@pytest.mark.parametrize("most", [-1, 20])
def test_a_text_is_scored_by_one_question(opened: Open, most: int) -> None:
    desk, server = opened(most)
    text = "The sea the “the x"
    events = desk.run(Score(request=3, prompt=Prompt(manuscript=text)))
    tokens = WORDS.ids(text)
    found = [record for it in events if isinstance(it, Scored) for record in it.tokens]
    assert [record.id for record in found] == tokens[1:]
    for place, record in enumerate(found, 1):
        sketch = LogitSketch.from_bytes(record.sketch)
        expected = float(np.exp(logs_behind(tokens[:place])[record.id]))
        assert sketch.probability(record.id, 1.0) == pytest.approx(expected, rel=2e-3)
    assert len([it for it in server.requests if "prompt_logprobs" in it.json]) == 1


def test_an_end_is_drawn_too(opened: Open) -> None:
    desk, _ = opened()
    params = SamplingParams(seed=2, temperature=1.0, logit_bias=((0, 12.0),))
    events = desk.run(
        Generate(request=2, prompt=PROMPT, sequences=(SequenceStart(params=params),), max_tokens=9)
    )
    (finished,) = [event for event in events if isinstance(event, Finished)]
    assert finished.reason == "end_of_text"
    assert finished.end is not None
    assert finished.end.record.id == 0


CHAT = Prompt(manuscript="The sea.", brief="Say <|end|> it", system="Be kind", format="chat")


def chat_ids(prompt: Prompt, *, has_system: bool = True) -> list[int]:
    """A chat's tokens: only the template's own are control tokens."""
    start, end = (WORDS.TOKENS.index(name) for name in (b"<|start|>", b"<|end|>"))
    marker = [WORDS.TOKENS.index(bytes([byte])) for byte in b"<|end|>"]  # cut behind its "<"
    before, _, after = prompt.brief.partition("<|end|>")
    brief = [*WORDS.ids(before), *(marker if after else ()), *WORDS.ids(after)]
    system = [start, *WORDS.ids(f"system\n{prompt.system}"), end, *WORDS.ids("\n")]
    user = [start, *WORDS.ids("user\n"), *brief, end, *WORDS.ids("\n")]
    return [
        *(system if has_system else ()),
        *user,
        start,
        *WORDS.ids(f"assistant\n{prompt.manuscript}"),
    ]


@pytest.mark.parametrize("system", ["Be kind", ""])
def test_a_chats_tokens_are_drawn_here_too(opened: Open, system: str) -> None:
    desk, server = opened()
    assert dict(desk.report.can)["Chat as ids"] == "yes"
    assert dict(desk.report.can)["Chats drawn here"] == "yes"
    assert desk.report.chats_there == ""
    chat = structs.replace(CHAT, system=system)
    params = SamplingParams(seed=5, temperature=0.8)
    found = desk.write(params, prompt=chat)
    tokens = prompt = chat_ids(chat, has_system=bool(system))
    for token in found:
        u = uniform(5, len(tokens))
        assert token.record.id == choose(logs_behind(tokens), params, tokens, u).token
        assert token.record.u is not None
        tokens = [*tokens, token.record.id]
    assert len(found) == 24
    bodies = [it.json for it in server.asked("/v1/completions")]
    assert prompt in [body["prompt"] for body in bodies]
    assert not server.asked("/v1/chat/completions")
    shown = desk.run(PreviewNextToken(request=3, prompt=chat))[-1]
    assert isinstance(shown, Distribution)
    scored = desk.run(Score(request=4, prompt=structs.replace(chat, manuscript="The sea the x")))
    records = [record for it in scored if isinstance(it, Scored) for record in it.tokens]
    assert b"".join(record.text for record in records).decode() in "The sea the x"


def test_a_system_message_that_a_template_drops_stands_before_the_brief(opened: Open) -> None:
    desk, server = opened(drops_system=True)
    desk.write(SamplingParams(seed=5), prompt=CHAT, tokens=1)
    sent = [it.json["prompt"] for it in server.asked("/v1/completions")][-1]
    assert isinstance(sent, list)
    text = b"".join(map(WORDS.spelled, sent)).decode()
    assert text == ("<|start|>user\nBe kind\n\nSay <|end|> it<|end|>\n<|start|>assistant\nThe sea.")


def test_a_chat_is_the_servers_where_it_does_not_count_one_into_ids(opened: Open) -> None:
    desk, server = opened(counts_chats=False)
    assert "prompt: Field required" in dict(desk.report.can)["Chat as ids"]
    assert "prompt: Field required" in desk.report.chats_there
    chat = Prompt(manuscript="", brief="Hello", format="chat")
    found = desk.write(SamplingParams(seed=2), prompt=chat, tokens=6)
    assert len(found) == 6
    assert {token.record.u for token in found} == {None}
    assert all(token.record.sketch for token in found)
    assert server.asked("/v1/chat/completions")
    (failed,) = desk.run(PreviewNextToken(request=3, prompt=chat))
    assert isinstance(failed, Failed)
    assert "In the plain format that is shown" in failed.message
    assert desk.write(SamplingParams(seed=2), tokens=1)[0].record.u is not None


def test_a_chat_whose_tokens_are_others_than_its_texts_is_the_servers(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered = Pretend._rendered

    def changed(self: Pretend, body: dict[str, object]) -> str:
        # Something that depends on what is said, and is no part of a template's skeleton.
        return rendered(self, body).replace("old king", "king")

    monkeypatch.setattr(Pretend, "_rendered", changed)
    desk, _ = opened()
    assert desk.report.chats_there == "its chats have other tokens than their texts"


def test_a_control_tokens_name_is_text_where_the_server_draws_too(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.engine.text_server.FAR", 0.0)
    desk, server = opened()
    text = "Say <|end|> and"
    desk.write(SamplingParams(seed=3), tokens=2, prompt=Prompt(manuscript=text))
    sent = server.requests[-1].json["prompt"]
    assert isinstance(sent, list)
    assert not set(sent) & set(WORDS.control)
    assert b"".join(map(WORDS.spelled, sent)) == text.encode()
    desk.write(SamplingParams(seed=3), tokens=2, prompt=Prompt(manuscript="Say it and"))
    assert server.requests[-1].json["prompt"] == "Say it and"


def test_one_far_away_draws_itself(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.engine.text_server.FAR", 0.0)
    desk, _ = opened()
    assert desk.report.draws_there
    assert "too far away" in dict(desk.report.can)["Drawn here"]
    found = desk.write(SamplingParams(seed=3), tokens=12)
    assert {token.record.u for token in found} == {None}
    # Each place with what the server says of it.
    tokens = WORDS.ids(PROMPT.manuscript)
    for token in found:
        sketch = LogitSketch.from_bytes(token.record.sketch)
        expected = float(np.exp(logs_behind(tokens)[token.record.id]))
        assert sketch.probability(token.record.id, 1.0) == pytest.approx(expected, rel=2e-3)
        tokens.append(token.record.id)

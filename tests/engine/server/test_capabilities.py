"""What a server can do is found by asking it, whatever it is called."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from msgspec.structs import replace

from studio.engine.server.asking import Asking, ServerError, address_of
from studio.engine.server.capabilities import ALL, Capabilities, Finding, capabilities_of
from tests.helpers.faulty_server import (
    Answer,
    Answering,
    FaultyServer,
    Instead,
    Request,
    answer_of,
    too_many,
)
from tests.helpers.llama_server import CONTEXT, LlamaServer
from tests.helpers.openai_server import VOCABULARY, Pretend


@pytest.fixture
def serve() -> Iterator[Callable[[Answering], FaultyServer]]:
    opened = []

    def served(answering: Answering) -> FaultyServer:
        opened.append(FaultyServer(answering))
        return opened[-1]

    yield served
    for one in opened:
        one.close()


def found(server: FaultyServer, model: str = "", key: str = "") -> Capabilities:
    asking = Asking(address_of(server.url), key, patience=30)
    try:
        return capabilities_of(asking, model)
    finally:
        asking.close()


Serve = Callable[[Answering], FaultyServer]
YES = Finding(True)


def test_vllm_as_it_is_by_default(serve: Serve) -> None:
    it = found(serve(Pretend()))
    assert (it.program, it.version, it.model) == ("vLLM", "0.32.0", "tiny")
    assert it.context == Finding(2048)
    assert it.logprobs.value == 20
    assert "greater than max allowed: 20" in it.logprobs.why
    assert it.raw.is_there
    assert it.prompt_scored == Finding("prompt_logprobs")
    others = (it.token_ids, it.prompt_ids, it.seeds, it.several, it.prompts, it.own_draws)
    assert others == (YES,) * 6
    assert it.goes_on == Finding("continue_final_message")


def test_a_chat_that_goes_on_from_an_answer_is_seen_by_its_count(serve: Serve) -> None:
    assert found(serve(Pretend("ollama", goes_on=True))).goes_on == YES
    it = found(serve(Pretend("ollama")))
    assert it.goes_on == Finding(None, "it begins the answer again")


def test_llama_server_itself(llama_server: LlamaServer) -> None:
    asking = Asking(address_of(llama_server.url))
    it = capabilities_of(asking)
    asking.close()
    assert it.program == "llama-server"
    assert it.context == Finding(CONTEXT)
    assert it.logprobs == Finding(1000, "or more")
    assert it.logprobs_in == ("completions", "chat")
    assert it.prompt_scored.value is None
    others = (it.token_ids, it.prompt_ids, it.seeds, it.several, it.prompts, it.own_draws)
    assert others == (YES,) * 6


def test_vllm_that_gives_all_log_probabilities(serve: Serve) -> None:
    it = found(serve(Pretend(most_logprobs=-1)))
    assert it.logprobs == Finding(ALL, f"{VOCABULARY} tokens")
    assert dict(it.rows())["Log-probabilities a token"] == f"all ({VOCABULARY} tokens)"


def test_log_probabilities_behind_temperature_are_none_of_the_models_own(serve: Serve) -> None:
    it = found(serve(Pretend(is_raw=False)))
    assert it.raw == Finding(None, "they are given after temperature")
    assert it.own_draws == Finding(None, "it lacks log-probabilities before sampling")


def test_too_few_log_probabilities_draw_nothing(serve: Serve) -> None:
    it = found(serve(Pretend(most_logprobs=5)))
    assert it.logprobs.value == 5
    assert it.own_draws == Finding(None, "it lacks 20 log-probabilities a token")


def test_a_program_whose_chat_alone_has_log_probabilities(serve: Serve) -> None:
    it = found(serve(Pretend("ollama")))
    assert (it.program, it.version) == ("Ollama", "0.14.0")
    assert it.context == Finding(None, "it does not say")
    assert it.logprobs == Finding(20, "in chat alone")
    assert it.raw.is_there
    assert it.token_ids.why == "they did not come"
    assert it.prompt_ids.why == "no way was found to a text’s ids"
    assert it.several == Finding(None, "one text came where two were asked for")


def test_a_program_whose_log_probabilities_stand_elsewhere(serve: Serve) -> None:
    it = found(serve(Pretend("lmstudio")))
    assert it.program == "LM Studio"
    assert it.context == Finding(4096)
    assert it.logprobs == Finding(None, "only in /v1/responses, which goes on from no text")
    assert it.raw == Finding(None, "there are none")


def test_texts_without_ids(serve: Serve) -> None:
    it = found(serve(Pretend("llama_cpp")))
    assert (it.program, it.version) == ("llama_cpp.server", "0.3.36")
    assert it.token_ids == Finding(None, "tokens come by their texts alone")
    assert it.own_draws.value is None


def test_chat_alone(serve: Serve) -> None:
    it = found(serve(Pretend("chat")))
    assert it.program == ""
    assert it.completions == Finding(None, "Not Found")
    assert it.chat == YES
    assert it.prompt_ids == Finding(None, "it has chat alone")
    assert dict(it.rows())["Could be drawn here"].startswith("no (it lacks completions")


def test_a_model_by_name(serve: Serve) -> None:
    server = serve(Pretend())
    assert found(server, "tiny").model == "tiny"
    with pytest.raises(ValueError, match="no model “other”; it has tiny"):
        found(server, "other")


def test_a_key_goes_to_nobody_else_and_into_no_message(serve: Serve) -> None:
    server = serve(Pretend(key="sk-secret-1234"))
    assert found(server, key="sk-secret-1234").program == "vLLM"
    with pytest.raises(ServerError, match="asks for a key") as caught:
        found(server)
    with pytest.raises(ServerError, match="does not take this key") as caught:
        found(server, key="sk-wrong-5678")
    assert "sk-wrong" not in str(caught.value)  # though the server repeats it
    elsewhere = serve(Pretend())
    server.fault = Instead(Answer(307, b"", {"Location": f"{elsewhere.url}/v1/models"}))
    with pytest.raises(ServerError, match=r"sends on to .* you did not give"):
        found(server, key="sk-secret-1234")
    assert elsewhere.requests == []


def test_a_server_that_is_busy_is_asked_again(serve: Serve) -> None:
    server = serve(Pretend())
    server.fail(too_many(), times=2, at="/v1/completions")
    assert found(server).own_draws == YES


def test_what_strangers_say_of_themselves_is_bounded_and_safe(serve: Serve) -> None:
    pretend = Pretend(model="a\x1b]0;owned\x07" + "x" * 400)

    def loud(request: Request) -> Answer:
        if request.path == "/version":
            return answer_of({"version": "\u202e" + "9" * 10_000})
        if request.path == "/v1/chat/completions":
            return answer_of({"error": {"message": "\x1b[2J" * 5_000}}, 400)
        return pretend(request)

    it = found(serve(loud))
    words = "\n".join(f"{title}: {word}" for title, word in it.rows())
    assert len(words) < 3_000
    assert not any(sign in words for sign in "\x1b\x07\u202e")


@pytest.mark.parametrize(
    "body",
    [b"[" * 100_000, b"{}", b"<html></html>", b"null", b'{"data": 3}', b'{"data": [{"id": 3}]}'],
    ids=["nested", "empty", "a page", "null", "no list", "no names"],
)
def test_what_is_no_such_server(serve: Serve, body: bytes) -> None:
    with pytest.raises(ServerError) as caught:
        found(serve(lambda _request: Answer(200, body)))
    assert caught.value.kind in ("garbage", "missing")


@pytest.mark.parametrize("text", ["\ufffd", ""], ids=["half a character", "the end"])
def test_a_token_that_comes_without_log_probabilities_is_drawn_anew(
    serve: Serve, text: str
) -> None:
    """As llama-server's do where the first token is half a character, or the end."""
    pretend = Pretend()
    asked = list[bytes]()

    def unlucky(request: Request) -> Answer:
        if "logprobs" in request.json and not request.json.get("stream"):
            asked.append(request.body)
            if asked.count(request.body) < 3:
                return answer_of({"choices": [{"text": text, "message": {"content": text}}]})
        return pretend(request)

    as_lucky, lucky = found(serve(unlucky)), found(serve(pretend))
    assert asked
    assert replace(as_lucky, url="", seconds=0) == replace(lucky, url="", seconds=0)


@pytest.mark.parametrize(
    "choices",
    [
        [{"index": -1, "text": "x"}],
        [{"index": 0, "text": 7}],
        [{"text": "x", "logprobs": {"tokens": ["x"], "top_logprobs": [{"x": "y"}]}}],
        [{"text": "x", "logprobs": {"content": [{"token": "x", "id": 2**40}]}}],
        [{"text": "x", "logprobs": {"tokens": ["token_id:99999999999"], "token_logprobs": [0]}}],
        [],
    ],
    ids=["index", "text", "logprob", "id", "long id", "none"],
)
def test_what_is_no_completion_is_no_finding(serve: Serve, choices: list[object]) -> None:
    pretend = Pretend()

    def odd(request: Request) -> Answer:
        if request.path == "/v1/completions" and "logprobs" in request.json:
            return answer_of({"choices": choices})
        return pretend(request)

    it = found(serve(odd))
    assert it.completions == YES
    assert it.own_draws.value is None

"""Servers of OpenAI's protocol as several programs speak it, for tests: answers of a small "model".

Each is what `FaultyServer` answers with. The shapes are those of vLLM's protocol (its
`entrypoints/openai/completion/protocol.py` and `serving.py`), Ollama's, LM Studio's and
`llama_cpp.server`'s. The model has a token for each printable character of ASCII, and its logits
follow from the last two of them. It stands for servers that cannot be run here; those that can are
run.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import msgspec

from tests.helpers.faulty_server import Answer, Request, answer_of

VOCABULARY = 96
"""Tokens: the characters from the space on, and last the one that ends a text."""
END = VOCABULARY - 1


def ids_of(text: str) -> list[int]:
    """A text's tokens."""
    return [min(max(ord(character) - 32, 0), END - 1) for character in text]


def text_of(ids: Sequence[int]) -> str:
    """The text of tokens."""
    return "".join(chr(32 + number) for number in ids if number != END)


def logits_behind(ids: Sequence[int]) -> list[float]:
    """The model: what it says behind some tokens."""
    random = Random(zlib.crc32(bytes(ids[-2:])))
    return [random.gauss(0.0, 2.0) for _ in range(END)] + [1.0]


def logprobs_of(logits: Sequence[float], temperature: float = 1.0) -> list[float]:
    """ln p of each token at T."""
    scaled = [logit / temperature for logit in logits]
    best = max(scaled)
    total = best + math.log(math.fsum(math.exp(one - best) for one in scaled))
    return [one - total for one in scaled]


@dataclass
class Pretend:
    """A server; what it is called with, it answers.

    Attributes:
        program: "vllm", "ollama", "lmstudio", "llama_cpp", "chat" for one without completions.
        model: Its model's name; another after a restart.
        most_logprobs: As vLLM's `--max-logprobs`.
        is_raw: Whether log-probabilities are given before temperature.
        context: Tokens of prompt and text.
        key: Asked for, where there is one.
        goes_on: Whether a chat whose last message is an answer's beginning goes on from there.
    """

    program: str = "vllm"
    model: str = "tiny"
    most_logprobs: int = 20
    is_raw: bool = True
    context: int = 2048
    key: str = ""
    goes_on: bool = False

    def __call__(self, request: Request) -> Answer:
        """Answer a request."""
        if self.key and request.headers.get("authorization") != f"Bearer {self.key}":
            return _error(401, f"Incorrect key: {request.headers.get('authorization')}")
        there = self._places().get(request.path)
        if request.method == "GET" and there is not None:
            return answer_of(there)
        match request.path:
            case "/v1/completions" if self.program != "chat":
                return self._completions(request.json)
            case "/v1/chat/completions":
                return self._chat(request.json)
            case "/v1/responses" if self.program == "lmstudio":
                top = [{"token": "a", "logprob": -1.0}]
                part = {"type": "output_text", "text": "a", "logprobs": [{"top_logprobs": top}]}
                return answer_of({"output": [{"type": "message", "content": [part]}]})
            case "/tokenize" if self.program == "vllm":
                ids = ids_of(str(request.json["prompt"]))
                return answer_of({"tokens": ids, "count": len(ids), "max_model_len": self.context})
            case "/detokenize" if self.program == "vllm":
                return answer_of({"prompt": text_of(list(request.json["tokens"]))})  # type: ignore[call-overload]
        return _error(404, "Not Found")

    def _places(self) -> dict[str, object]:
        entry: dict[str, object] = {"id": self.model, "object": "model"}
        places: dict[str, object] = {"/v1/models": {"object": "list", "data": [entry]}}
        match self.program:
            case "vllm":
                entry |= {"owned_by": "vllm", "max_model_len": self.context}
                places["/version"] = {"version": "0.32.0"}
            case "ollama":
                entry["owned_by"] = "library"
                places["/api/version"] = {"version": "0.14.0"}
            case "lmstudio":
                about = {"id": self.model, "state": "loaded", "max_context_length": 4096}
                places["/api/v0/models"] = {"data": [about]}
            case "llama_cpp":
                entry["owned_by"] = "me"
                about = {"title": "🦙 llama.cpp Python API", "version": "0.3.36"}
                places["/openapi.json"] = {"openapi": "3.1.0", "info": about}
        return places

    def _completions(self, body: dict[str, Any]) -> Answer:
        if self.program in ("ollama", "lmstudio"):
            body = {**body, "logprobs": None, "n": 1}
        refused = self._refused(body)
        if refused:
            return refused
        choices = [
            self._choice(body, prompt, copy) for prompt in _prompts(body["prompt"])
            for copy in range(body.get("n") or 1)
        ]  # fmt: skip
        for index, choice in enumerate(choices):
            choice["index"] = index
        total = sum(choice.pop("count") for choice in choices)
        if body.get("stream"):
            kind = {"Content-Type": "text/event-stream"}
            return Answer(200, self._events(choices), kind)
        usage = {"completion_tokens": total}
        head = {"object": "text_completion", "model": self.model}
        return answer_of({**head, "choices": choices, "usage": usage})

    def _refused(self, body: dict[str, Any]) -> Answer | None:
        if body.get("model", self.model) != self.model:
            return _error(404, f"The model `{body['model']}` does not exist.")
        if self.program != "vllm":
            return None if isinstance(body["prompt"], str) else _error(400, "prompt: no string")
        for name in ("logprobs", "prompt_logprobs"):
            wanted = body.get(name) or 0
            count = VOCABULARY if wanted == -1 else wanted
            most = VOCABULARY if self.most_logprobs == -1 else self.most_logprobs
            if count > most:
                words = f"Requested sample logprobs of {count}, which is greater than max "
                return _error(400, f"{words}allowed: {most} (parameter=logprobs, value={wanted})")
        for prompt in _prompts(body["prompt"]):
            if len(prompt) + (body.get("max_tokens") or 16) > self.context:
                words = f"This model's maximum context length is {self.context} tokens. However, "
                return _error(400, f"{words}your request has {len(prompt)} input tokens.")
        return None

    def _choice(self, body: dict[str, Any], prompt: list[int], copy: int) -> dict[str, Any]:
        random = Random(f"{(body.get('seed') or 0) + copy}")
        temperature = body.get("temperature", 1.0) or 1e-3
        wanted = body.get("logprobs")
        count = (VOCABULARY if wanted == -1 else wanted) or 0
        ids, steps, finish, stop = list[int](), [], "length", None
        while len(ids) < (body.get("max_tokens") or 16):
            logits = logits_behind([*prompt, *ids])
            drawn = logprobs_of(logits, temperature)
            (token,) = random.choices(range(VOCABULARY), [math.exp(one) for one in drawn])
            if token == END and not body.get("ignore_eos"):
                finish = "stop"
                break
            ids.append(token)
            steps.append(self._step(logprobs_of(logits) if self.is_raw else drawn, token, count))
            found = [one for one in _listed(body.get("stop")) if one in text_of(ids)]
            if found:
                finish, stop = "stop", found[0]
                break
        text = text_of(ids)
        choice: dict[str, Any] = {
            "text": text[: text.index(stop)] if stop else text,
            "finish_reason": finish,
            "logprobs": None,
            "count": len(ids),
        }
        is_vllm = self.program == "vllm"
        if is_vllm:
            choice |= {"stop_reason": stop, "prompt_logprobs": None}
        if is_vllm and body.get("return_token_ids"):
            choice |= {"token_ids": ids, "prompt_token_ids": prompt}
        if is_vllm and body.get("prompt_logprobs"):
            scored = [
                {str(token): {"logprob": logprobs_of(logits_behind(prompt[:at]))[token]}}
                for at, token in enumerate(prompt)
            ]
            choice["prompt_logprobs"] = [None, *scored[1:]]
        if wanted is not None:
            as_ids = is_vllm and bool(body.get("return_tokens_as_token_ids"))
            choice["logprobs"] = _lists(ids, steps, as_ids=as_ids, alike=is_vllm)
        return choice

    def _step(self, known: list[float], token: int, count: int) -> dict[int, float]:
        best = sorted(range(VOCABULARY), key=lambda one: -known[one])[:count]
        return {one: known[one] for one in [token, *best]}

    def _events(self, choices: list[dict[str, Any]]) -> Iterator[bytes]:
        """A token an event, as vLLM gives them."""
        for choice in choices:
            text, logprobs = choice["text"], choice["logprobs"]
            for at, character in enumerate(text):
                part: dict[str, Any] = {"index": choice["index"], "text": character}
                if logprobs:
                    part["logprobs"] = {name: it[at : at + 1] for name, it in logprobs.items()}
                yield self._event([part])
            end = {"index": choice["index"], "text": "", "finish_reason": choice["finish_reason"]}
            yield self._event([{**end, "stop_reason": choice.get("stop_reason")}])
        yield b"data: [DONE]\n\n"

    def _deltas(self, choices: list[dict[str, Any]]) -> Iterator[bytes]:
        """The same of chat: who speaks, what is said, and why it ended."""
        for index, choice in enumerate(choices):
            yield self._event([{"index": index, "delta": {"role": "assistant", "content": None}}])
            for character in choice["text"]:
                yield self._event([{"index": index, "delta": {"content": character}}])
            end = {"index": index, "delta": {}, "finish_reason": choice["finish_reason"]}
            yield self._event([end])
        yield self._event([])  # where what was used would stand
        yield b"data: [DONE]\n\n"

    def _event(self, choices: list[dict[str, Any]]) -> bytes:
        value = {"object": "text_completion", "model": self.model, "choices": choices}
        return b"data: " + msgspec.json.encode(value) + b"\n\n"

    def _chat(self, body: dict[str, Any]) -> Answer:
        prompt = "".join(f"{one['role']}: {one['content']}\n" for one in body["messages"])
        count = body.get("top_logprobs", 0) if body.get("logprobs") else None
        if self.program == "lmstudio":
            count = None
        elif count is not None and not 0 <= count <= self.most_logprobs:
            return _error(400, f"top_logprobs: found {count}, allowed is {self.most_logprobs}")
        inner = {**body, "prompt": ids_of(prompt), "logprobs": count}
        choices = [self._choice(inner, inner["prompt"], copy) for copy in range(body.get("n") or 1)]
        if body.get("stream"):
            return Answer(200, self._deltas(choices), {"Content-Type": "text/event-stream"})
        total = 0
        for index, choice in enumerate(choices):
            if self.goes_on and prompt.endswith("assistant: One, two, three, four,\n"):
                choice["text"] = " five, six"
            total += choice.pop("count")
            lists = choice.pop("logprobs")
            message = {"role": "assistant", "content": choice.pop("text")}
            choice |= {"index": index, "message": message}
            choice["logprobs"] = {"content": _content(lists)} if lists else None
        usage = {"completion_tokens": total}
        return answer_of({"model": self.model, "choices": choices, "usage": usage})


def _prompts(prompt: Any) -> list[list[int]]:
    if isinstance(prompt, str):
        return [ids_of(prompt)]
    if prompt and isinstance(prompt[0], int):
        return [list(prompt)]
    return [ids_of(one) if isinstance(one, str) else list(one) for one in prompt]


def _listed(stop: Any) -> list[str]:
    return [stop] if isinstance(stop, str) else list(stop or ())


def _lists(
    ids: Sequence[int], steps: Sequence[dict[int, float]], *, as_ids: bool, alike: bool
) -> dict[str, Any]:
    def name(token: int) -> str:
        if as_ids:
            return f"token_id:{token}"
        # As where a vocabulary has parts of characters: several are spelled alike.
        return "\ufffd" if alike and 64 < token < END else (text_of([token]) or "</s>")

    return {
        "text_offset": list(range(len(ids))),
        "tokens": [name(token) for token in ids],
        "token_logprobs": [step[token] for token, step in zip(ids, steps, strict=True)],
        "top_logprobs": [{name(one): value for one, value in step.items()} for step in steps],
    }


def _content(lists: dict[str, Any]) -> list[dict[str, Any]]:
    found = zip(lists["tokens"], lists["token_logprobs"], lists["top_logprobs"], strict=True)
    return [
        {
            "token": token,
            "logprob": value,
            "top_logprobs": [{"token": one, "logprob": it} for one, it in top.items()],
        }
        for token, value, top in found
    ]


def _error(status: int, message: str) -> Answer:
    kind = {"message": message, "type": "Error", "code": status}
    return answer_of({"error": kind}, status)

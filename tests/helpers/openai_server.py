"""Servers of OpenAI's protocol as several programs speak it, for tests: answers of a small "model".

Each is what `FaultyServer` answers with. The shapes are those of vLLM's protocol (its
`entrypoints/openai/completion/protocol.py` and `serving.py`), Ollama's, LM Studio's and
`llama_cpp.server`'s. The model has a token for each printable character of ASCII (`Ascii`), or as
most models have them for each byte and for some texts (`ByteLevel`), and its logits follow from the
last two of them. It stands for servers that cannot be run here; those that can are run.
"""

from __future__ import annotations

import functools
import math
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, ClassVar

import msgspec
import numpy as np

from tests.helpers.faulty_server import Answer, Request, answer_of

VOCABULARY = 96
"""Tokens: the characters from the space on, and last the one that ends a text."""
END = VOCABULARY - 1


class Ascii:
    """A vocabulary of characters, which knows no others."""

    size = VOCABULARY
    end = END
    control: ClassVar[dict[int, str]] = {END: "</s>"}

    def ids(self, text: str) -> list[int]:
        """A text's tokens."""
        return ids_of(text)

    def spelled(self, token: int) -> bytes:
        """A token's bytes, also of one that is left out of texts."""
        return text_of([token]).encode()

    def logits(self, ids: Sequence[int]) -> list[float]:
        """The model: what it says behind some tokens."""
        return logits_behind(ids)


class ByteLevel(Ascii):
    """A vocabulary of bytes, of texts that may begin and end within characters, and of control.

    Its last three ids are no tokens: the model has more logits than the tokenizer has tokens.
    """

    control: ClassVar[dict[int, str]] = {0: "<|end|>", 1: "<|start|>"}
    TEXTS = (
        *(b" the", b"the", b" and", b"\xe2\x80", b"\x80\x9c the", b"\xf0\x9f", b"\x99\x82!", b"<|"),
        *(b"<tool>", b"[x]", b"\xef\xbf\xbd"),
    )
    TOKENS = (
        *(name.encode() for name in control.values()),
        *(bytes([byte]) for byte in range(256)),
        *TEXTS,
    )
    size = len(TOKENS) + 3
    end = 0

    def ids(self, text: str) -> list[int]:
        """A text's tokens: always the longest, and names of control tokens are these."""
        raw, found = text.encode(), []
        while raw:
            fits = [one for one in range(len(self.TOKENS)) if raw.startswith(self.TOKENS[one])]
            found.append(max(fits, key=lambda one: (one in self.control, len(self.TOKENS[one]))))
            raw = raw[len(self.TOKENS[found[-1]]) :]
        return found

    def spelled(self, token: int) -> bytes:
        """A token's bytes, also of one that is left out of texts."""
        return self.TOKENS[token] if token < len(self.TOKENS) else b""

    def logits(self, ids: Sequence[int]) -> list[float]:
        """The model; a character that is begun is ended, and few others are begun."""
        return list(_logits_of_bytes(tuple(ids[-2:])))


@functools.cache
def _logits_of_bytes(last: tuple[int, ...]) -> list[float]:
    texts = [*ByteLevel.TOKENS, b"", b"", b""]
    values: list[float] = np.random.default_rng(last).normal(0.0, 2.0, len(texts)).tolist()
    before = texts[last[-1]] if last else b""
    follows = {b"\xe2\x80": b"\x9c", b"\xf0\x9f": b"\x99\x82!"}.get(before)
    for token, text in enumerate(texts):
        if not text.isascii() or not text.decode().isprintable() or not text:
            values[token] -= 12.0
        if text in (b"\xe2\x80", b"\xf0\x9f"):
            values[token] += 12.0
        if text == follows:
            values[token] += 30.0
    values[0], values[1] = 1.0, 1.5
    return values


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
    scaled = np.array(logits) / temperature
    best = float(scaled.max())
    found: list[float] = (scaled - best - math.log(math.fsum(np.exp(scaled - best)))).tolist()
    return found


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
        tokens: Its model's vocabulary.
        counts_chats: Whether it counts chats into ids.
        drops_system: Whether its template leaves out a system message.
    """

    program: str = "vllm"
    model: str = "tiny"
    most_logprobs: int = 20
    is_raw: bool = True
    context: int = 2048
    key: str = ""
    goes_on: bool = False
    tokens: Ascii = field(default_factory=Ascii)
    counts_chats: bool = True
    drops_system: bool = False

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
                if "messages" in request.json and not self.counts_chats:
                    return _error(400, "prompt: Field required")
                text = self._rendered(request.json) if "messages" in request.json else None
                ids = self.tokens.ids(str(request.json["prompt"]) if text is None else text)
                return answer_of({"tokens": ids, "count": len(ids), "max_model_len": self.context})
            case "/detokenize" if self.program == "vllm":
                return answer_of({"prompt": self._text(request.json["tokens"], skips=False)})
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
            self._choice(body, prompt, copy) for prompt in self._prompts(body["prompt"])
            for copy in range(body.get("n") or 1)
        ]  # fmt: skip
        for index, choice in enumerate(choices):
            choice["index"] = index
        total = sum(choice.pop("count") for choice in choices)
        if body.get("stream"):
            kind = {"Content-Type": "text/event-stream"}
            return Answer(200, self._events(choices, body), kind)
        for choice in choices:
            choice.pop("ids", None)
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
            count = self.tokens.size if wanted == -1 else wanted
            most = self.tokens.size if self.most_logprobs == -1 else self.most_logprobs
            if count > most:
                words = f"Requested sample logprobs of {count}, which is greater than max "
                return _error(400, f"{words}allowed: {most} (parameter=logprobs, value={wanted})")
        beyond = [one for one in body.get("logit_bias") or () if int(one) >= self.tokens.size]
        if beyond:
            words = (
                f"token_id(s) {beyond} in logit_bias contain out-of-vocab token ids. Vocabulary "
            )
            return _error(400, f"{words}size: {self.tokens.size}")
        for prompt in self._prompts(body["prompt"]):
            if len(prompt) + (body.get("max_tokens") or 16) > self.context:
                words = f"This model's maximum context length is {self.context} tokens. However, "
                return _error(400, f"{words}your request has {len(prompt)} input tokens.")
        return None

    def _choice(self, body: dict[str, Any], prompt: list[int], copy: int) -> dict[str, Any]:
        random = Random(f"{(body.get('seed') or 0) + copy}")
        words, size = self.tokens, self.tokens.size
        temperature = body.get("temperature", 1.0) or 1e-3
        wanted = body.get("logprobs")
        count = (size if wanted == -1 else wanted) or 0
        allowed = body.get("allowed_token_ids") or range(size)
        biases = body.get("logit_bias") or {}
        ids, steps, finish, stop = list[int](), [], "length", None
        while len(ids) < (body.get("max_tokens") or 16):
            logits = words.logits([*prompt, *ids])
            drawn = logprobs_of(
                [one + biases.get(str(at), 0.0) for at, one in enumerate(logits)], temperature
            )
            (token,) = random.choices(allowed, [math.exp(drawn[one]) or 1e-300 for one in allowed])
            if temperature == 1e-3:
                token = max(allowed, key=drawn.__getitem__)
            if token == words.end and not body.get("ignore_eos"):
                finish = "stop"
                if self.program == "vllm" and isinstance(words, ByteLevel):  # it says that too
                    ids.append(token)
                    steps.append(self._step(logprobs_of(logits), token, count))
                break
            ids.append(token)
            steps.append(self._step(logprobs_of(logits) if self.is_raw else drawn, token, count))
            found = [one for one in _listed(body.get("stop")) if one in self._text(ids)]
            if found:
                finish, stop = "stop", found[0]
                break
        text = self._text(ids)
        choice: dict[str, Any] = {
            "text": text[: text.index(stop)] if stop else text,
            "finish_reason": finish,
            "logprobs": None,
            "count": len(ids),
        }
        is_vllm = self.program == "vllm"
        if is_vllm:
            choice |= {"stop_reason": stop, "prompt_logprobs": None, "ids": ids}
        if is_vllm and body.get("return_token_ids"):
            choice |= {"token_ids": ids, "prompt_token_ids": prompt}
        if is_vllm and body.get("prompt_logprobs"):
            scored = []
            for at, token in enumerate(prompt):
                step = self._step(
                    logprobs_of(words.logits(prompt[:at])), token, body["prompt_logprobs"]
                )
                scored.append({str(one): {"logprob": value} for one, value in step.items()})
            choice["prompt_logprobs"] = [None, *scored[1:]]
        if wanted is not None:
            as_ids = is_vllm and bool(body.get("return_tokens_as_token_ids"))
            choice["logprobs"] = self._lists(ids, steps, as_ids=as_ids)
        return choice

    def _prompts(self, prompt: Any) -> list[list[int]]:
        if isinstance(prompt, str):
            return [self.tokens.ids(prompt)]
        if prompt and isinstance(prompt[0], int):
            return [list(prompt)]
        return [self.tokens.ids(one) if isinstance(one, str) else list(one) for one in prompt]

    def _text(self, ids: Any, *, skips: bool = True) -> str:
        """The text of tokens; what is no character is replaced.

        Args:
            ids: The tokens.
            skips: Whether control tokens are left out.
        """
        words = self.tokens
        shown = [b"" if skips and one in words.control else words.spelled(one) for one in ids]
        return b"".join(shown).decode("utf-8", "replace")

    def _lists(
        self, ids: Sequence[int], steps: Sequence[dict[int, float]], *, as_ids: bool
    ) -> dict[str, Any]:
        def name(token: int) -> str:
            if as_ids:
                return f"token_id:{token}"
            # As where a vocabulary has parts of characters: several are spelled alike.
            is_alike = self.program == "vllm" and type(self.tokens) is Ascii and 64 < token < END
            return "\ufffd" if is_alike else (self._text([token], skips=False) or "</s>")

        return {
            "text_offset": list(range(len(ids))),
            "tokens": [name(token) for token in ids],
            "token_logprobs": [step[token] for token, step in zip(ids, steps, strict=True)],
            "top_logprobs": [{name(one): value for one, value in step.items()} for step in steps],
        }

    def _step(self, known: list[float], token: int, count: int) -> dict[int, float]:
        best = sorted(range(self.tokens.size), key=lambda one: -known[one])[:count]
        return {one: known[one] for one in [token, *best]}

    def _events(self, choices: list[dict[str, Any]], body: dict[str, Any]) -> Iterator[bytes]:
        """A token an event, as vLLM gives them: the text as far as its characters are whole."""
        for choice in choices:
            text, logprobs = choice["text"], choice["logprobs"]
            ids, said = choice.get("ids") or self.tokens.ids(text), 0
            for at, token in enumerate(ids):
                whole = self._text(ids[: at + 1]).rstrip("\ufffd")
                part: dict[str, Any] = {"index": choice["index"], "text": text[said : len(whole)]}
                said = max(said, len(whole))
                if body.get("return_token_ids"):
                    part["token_ids"] = [token]
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
            lists = choice["logprobs"]
            content = _content(lists) if lists else []
            ids, said = choice.get("ids") or self.tokens.ids(choice["text"]), 0
            for at in range(len(ids)):
                whole = self._text(ids[: at + 1]).rstrip("\ufffd")
                part = {"index": index, "delta": {"content": choice["text"][said : len(whole)]}}
                said = max(said, len(whole))
                yield self._event([part | {"logprobs": {"content": content[at : at + 1]}}])
            end = {"index": index, "delta": {}, "finish_reason": choice["finish_reason"]}
            yield self._event([end])
        yield self._event([])  # where what was used would stand
        yield b"data: [DONE]\n\n"

    def _event(self, choices: list[dict[str, Any]]) -> bytes:
        value = {"object": "text_completion", "model": self.model, "choices": choices}
        return b"data: " + msgspec.json.encode(value) + b"\n\n"

    def _rendered(self, body: dict[str, Any]) -> str:
        """A chat as its model was taught it; with control tokens where there are some for that."""
        messages = [(str(one["role"]), str(one["content"])) for one in body["messages"]]
        if self.drops_system and messages[0][0] == "system":
            messages[0] = ("user", "")
        if type(self.tokens) is Ascii:
            return "".join(f"{role}: {text}\n" for role, text in messages)
        asked = "<|start|>assistant\n" if body.get("add_generation_prompt", True) else ""
        turns = (f"<|start|>{role}\n{text}<|end|>\n" for role, text in messages)
        return "".join(turns) + asked

    def _chat(self, body: dict[str, Any]) -> Answer:
        prompt = self._rendered(body)
        count = body.get("top_logprobs", 0) if body.get("logprobs") else None
        if self.program == "lmstudio":
            count = None
        elif count is not None and self.most_logprobs >= 0 and not 0 <= count <= self.most_logprobs:
            return _error(400, f"top_logprobs: found {count}, allowed is {self.most_logprobs}")
        inner = {**body, "prompt": self.tokens.ids(prompt), "logprobs": count}
        choices = [self._choice(inner, inner["prompt"], copy) for copy in range(body.get("n") or 1)]
        if body.get("stream"):
            kind = {"Content-Type": "text/event-stream"}
            return Answer(200, self._deltas(choices), kind)
        total = 0
        for index, choice in enumerate(choices):
            if self.goes_on and prompt.endswith("assistant: One, two, three, four,\n"):
                choice["text"] = " five, six"
            total += choice.pop("count")
            lists = choice.pop("logprobs")
            message = {"role": "assistant", "content": choice.pop("text")}
            choice.pop("ids", None)
            choice |= {"index": index, "message": message}
            # vLLM's token that was drawn is the first of those, and one of their number.
            most = count if self.program == "vllm" else None
            choice["logprobs"] = {"content": _content(lists, most)} if lists else None
        usage = {"completion_tokens": total}
        return answer_of({"model": self.model, "choices": choices, "usage": usage})


def _listed(stop: Any) -> list[str]:
    return [stop] if isinstance(stop, str) else list(stop or ())


def _content(lists: dict[str, Any], most: int | None = None) -> list[dict[str, Any]]:
    found = zip(lists["tokens"], lists["token_logprobs"], lists["top_logprobs"], strict=True)
    return [
        {
            "token": token,
            "logprob": value,
            "top_logprobs": [{"token": one, "logprob": it} for one, it in list(top.items())[:most]],
        }
        for token, value, top in found
    ]


def _error(status: int, message: str) -> Answer:
    kind = {"message": message, "type": "Error", "code": status}
    return answer_of({"error": kind}, status)

"""What a server of OpenAI's protocol can do, found by asking it, shape by shape.

Nothing is taken from a program's name: each thing is asked for in a tiny request, and counts where
it comes back. What does not is absent, with the reason: the server's own words where it has some.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from threading import Event
from typing import Literal, NamedTuple

import msgspec

from studio.engine.server.asking import Asking, ErrorKind, ServerError
from studio.engine.server.asking_again import BUSY, asked_again
from studio.engine.server.completions import Choice, Completion, Step, read_completion
from studio.translation import tr
from studio.visible_text import visible_line

ALL = -1
"""As a number of log-probabilities: those of the whole vocabulary."""

OWN_DRAWS = 20
"""So many log-probabilities a token are the least that draws of our own are made from."""

MOST_TOKENS = 2**20
"""No vocabulary has more."""

_MANY = 1000
_PROMPT = "Once upon a time there was a"
_OTHER = "In the beginning the old king of the"
_COUNTED, _NEXT = "One, two, three, four,", "five"
_DRAWS, _HALF = 4, "\N{REPLACEMENT CHARACTER}"
"""How often a token is drawn anew where half a character was, or the end: llama-server gives no
log-probabilities with either. Of 300 first tokens of a chat at T 1 that were 15."""
FLAGGED = ("vLLM", "SGLang")
"""Programs whose chat goes on from the beginning of an answer where `FLAG` asks for that."""
FLAG: dict[str, object] = {"continue_final_message": True, "add_generation_prompt": False}
_MOST_MODELS = 1000
_LONGEST_ID = 500
_DEAD: frozenset[ErrorKind] = frozenset(
    {"refused", "certificate", "silent", "key", "busy", "redirect", "stopped"}
)
"""Errors that say nothing of what a server can do."""


class Finding(msgspec.Struct, frozen=True):
    """One thing that was asked."""

    value: bool | int | str | None
    """What was found; None where it cannot be had."""
    why: str = ""
    """The reason where it cannot; else how it is had, where that says something."""

    @property
    def is_there(self) -> bool:
        """Whether the server has it."""
        return self.value is not None and self.value is not False

    @property
    def shown(self) -> str:
        """In words."""
        match self.value:
            case None:
                return tr("no ({why})", why=self.why) if self.why else tr("no")
            case True:
                words = tr("yes")
            case False:
                words = tr("no")
            case int(count):
                words = tr("all") if count == ALL else f"{count:,}"
            case text:
                words = text
        return f"{words} ({self.why})" if self.why else words


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What a server can do."""

    url: str
    program: str
    """Which server it is; empty where it does not say."""
    version: str
    model: str
    """The one that was asked."""
    models: tuple[str, ...]
    seconds: float
    """Of a round trip, in the median of a few."""
    context: Finding
    """Tokens."""
    completions: Finding
    """Whether a text can be continued as it is."""
    chat: Finding
    goes_on: Finding
    """Whether a chat goes on from the beginning of an answer, and by which flag."""
    logprobs: Finding
    """How many log-probabilities a token, `ALL` for the whole vocabulary."""
    logprobs_in: tuple[Literal["completions", "chat"], ...]
    """Where they come."""
    raw: Finding
    """Whether they are the model's own, before temperature and filters."""
    token_ids: Finding
    """Whether each token comes with its number in the vocabulary."""
    prompt_ids: Finding
    """Whether a prompt can be given as such numbers."""
    chat_ids: Finding
    """Whether a chat is counted into such numbers, behind which it goes on as a chat does."""
    vocabulary: Finding
    """How many tokens the model has."""
    prompt_scored: Finding
    """By which of its fields the tokens of a prompt get log-probabilities."""
    seeds: Finding
    """Whether a seed makes a text again."""
    several: Finding
    """Whether one request has several texts (n)."""
    counts_seeds: bool
    """Whether each of these is the one that the next seed makes alone."""
    prompts: Finding
    """Whether one request has several prompts."""

    @property
    def own_draws(self) -> Finding:
        """Whether tokens can be drawn here, from log-probabilities, and be sent with the next."""
        lacking = [
            title
            for finding, title in (
                (self.completions, tr("completions")),
                (self.token_ids, tr("token ids")),
                (self.prompt_ids, tr("prompts as ids")),
                (self.raw, tr("log-probabilities before sampling")),
            )
            if not finding.is_there
        ]
        count = self.logprobs.value
        if not isinstance(count, int) or (count != ALL and count < OWN_DRAWS):
            lacking.append(tr("{count} log-probabilities a token", count=OWN_DRAWS))
        if lacking:
            return Finding(None, tr("it lacks {what}", what=", ".join(lacking)))
        return Finding(True)

    def rows(self) -> list[tuple[str, str]]:
        """The table that people read: what, and whether."""
        program = " ".join(part for part in (self.program, self.version) if part)
        model, others = visible_line(self.model), len(self.models) - 1
        if others > 0:
            model = tr("{model} and {n} more", model=model, n=others)
        return [
            (tr("Program"), program or tr("it does not say")),
            (tr("Model"), model),
            (tr("Round trip"), tr("{time:.0f} ms", time=1000 * self.seconds)),
            (tr("Context"), self.context.shown),
            (tr("Completions"), self.completions.shown),
            (tr("Chat"), self.chat.shown),
            (tr("Chat goes on from an answer"), self.goes_on.shown),
            (tr("Log-probabilities a token"), self.logprobs.shown),
            (tr("Before sampling"), self.raw.shown),
            (tr("Token ids"), self.token_ids.shown),
            (tr("Prompt as ids"), self.prompt_ids.shown),
            (tr("Chat as ids"), self.chat_ids.shown),
            (tr("Vocabulary"), self.vocabulary.shown),
            (tr("Prompt scored"), self.prompt_scored.shown),
            (tr("Seeds"), self.seeds.shown),
            (tr("Several texts a request"), self.several.shown),
            (tr("Several prompts a request"), self.prompts.shown),
            (tr("Could be drawn here"), self.own_draws.shown),
        ]


class _Models(NamedTuple):
    """What `/v1/models` says."""

    ids: tuple[str, ...]
    owner: str
    context: int | None
    seconds: float


def capabilities_of(
    asking: Asking, model: str = "", wait: Callable[[float], bool] | None = None
) -> Capabilities:
    """Ask a server what it can do: about fifty requests of a few tokens.

    Args:
        asking: The line to it.
        model: One of its models; empty for the first.
        wait: Lets seconds pass where it is busy; returns whether it was stopped meanwhile.

    Raises:
        ServerError: It does not answer, or speaks another protocol.
        ValueError: It has no such model; says which it has.
    """
    models = _models(asking)
    if model and model not in models.ids:
        names = ", ".join(visible_line(one, 80) for one in models.ids[:12])
        raise ValueError(
            tr("the server has no model “{model}”; it has {names}", model=model, names=names)
        )
    chosen = model or (models.ids[0] if models.ids else "")
    program, version, context = _program(asking, models)
    shown = tr("it does not say")
    return _Probe(asking, chosen, wait or Event().wait).capabilities(
        program,
        version,
        models,
        Finding(context) if context else Finding(None, shown),
    )


def is_llama_server(asking: Asking) -> bool:
    """Whether llama.cpp's own server answers.

    Args:
        asking: The line to it.

    Raises:
        ServerError: Nobody does.
    """
    if _dict_at(asking, "/api/extra/version").get("result") == "KoboldCpp":
        return False
    return "default_generation_settings" in _dict_at(asking, "/props")


def _models(asking: Asking) -> _Models:
    seconds = []
    for _ in range(3):
        begun = time.monotonic()
        answer = asking.get("/v1/models").value
        seconds.append(time.monotonic() - begun)
    ids, owner, context = list[str](), "", None
    for entry in _entries(answer):
        name = entry.get("id")
        if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_ID:
            continue
        if not ids:
            owner = _word(entry.get("owned_by"))
            context = _count(entry.get("max_model_len")) or _count(
                _dict(entry, "meta").get("n_ctx")
            )
        ids.append(name)
    return _Models(tuple(ids), owner, context, statistics.median(seconds[1:]))


def _entries(value: object) -> list[dict[str, object]]:
    """The list of models, whatever of it is one."""
    data = value.get("data") if isinstance(value, dict) else None
    found = data if isinstance(data, list) else []
    return [entry for entry in found[:_MOST_MODELS] if isinstance(entry, dict)]


def _program(asking: Asking, models: _Models) -> tuple[str, str, int | None]:
    """Which server it is, its version, and how many tokens its context has.

    Each has a place that no other has. KoboldCpp has llama.cpp's and Ollama's as well, and so is
    asked for first; who puts a place of all kinds before a server is not known by it.
    """
    context = models.context
    there = _dict_at(asking, "/api/extra/version")
    if there.get("result") == "KoboldCpp":
        room = _count(_dict_at(asking, "/api/extra/true_max_context_length").get("value"))
        return "KoboldCpp", _word(there.get("version")), room or context
    there = _dict_at(asking, "/props")
    if "build_info" in there or "default_generation_settings" in there:
        room = _count(_dict(there, "default_generation_settings").get("n_ctx"))
        return "llama-server", _word(there.get("build_info")), room or context
    there = _dict_at(asking, "/api/v0/models")
    for entry in _entries(there):
        if entry.get("id") in models.ids[:1] and "state" in entry:
            room = _count(entry.get("loaded_context_length"))
            return "LM Studio", "", room or _count(entry.get("max_context_length")) or context
    there = _dict_at(asking, "/api/version")
    if "version" in there:
        return "Ollama", _word(there["version"]), context
    there = _dict_at(asking, "/get_model_info")
    if "model_path" in there or models.owner == "sglang":
        version = _dict_at(asking, "/get_server_info").get("version")
        return "SGLang", _word(version), context
    if "model_name" in _dict_at(asking, "/v1/internal/model/info"):
        return "text-generation-webui", "", context
    there = _dict_at(asking, "/version")
    if "version" in there and models.owner == "vllm":
        return "vLLM", _word(there["version"]), context
    there = _dict(_dict_at(asking, "/openapi.json"), "info")
    if "llama.cpp Python" in _word(there.get("title")):
        return "llama_cpp.server", _word(there.get("version")), context
    return "", "", context


def _dict_at(asking: Asking, path: str) -> dict[str, object]:
    """The object at a path; empty where none is.

    Raises:
        ServerError: Nobody answers any more.
    """
    try:
        value = asking.get(path).value
    except ServerError as error:
        if error.kind in _DEAD - {"key", "redirect"}:
            raise
        return {}
    return value if isinstance(value, dict) else {}


def _dict(value: dict[str, object], name: str) -> dict[str, object]:
    inner = value.get(name)
    return inner if isinstance(inner, dict) else {}


def _count(value: object) -> int | None:
    is_one = isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31
    return value if is_one and isinstance(value, int) else None


def _word(value: object) -> str:
    return visible_line(value, 60) if isinstance(value, str) else ""


class _Probe:
    """Asks one model of a server."""

    def __init__(self, asking: Asking, model: str, wait: Callable[[float], bool]) -> None:
        self._asking = asking
        self._model = model
        self._program = ""
        self._wait = wait
        self._is_chat = False
        self._by_ids: dict[str, object] = {}
        self._most = 0
        """So many log-probabilities can be asked for."""

    def capabilities(
        self, program: str, version: str, models: _Models, context: Finding
    ) -> Capabilities:
        self._program = program
        completions = self._finding(self._has_completions)
        chat = self._finding(self._has_chat)
        if not (completions.is_there or chat.is_there):
            words = tr(
                "{url} has neither completions nor chat for “{model}”: {why}",
                url=self._asking.address.shown,
                model=visible_line(self._model, 80),
                why=completions.why or chat.why,
            )
            raise ServerError("missing", words)
        goes_on = Finding(None, tr("it has no chat"))
        if chat.is_there:
            goes_on = self._finding(self._goes_on)
        self._is_chat = not completions.is_there
        token_ids = self._finding(self._token_ids)
        if token_ids.is_there:
            # By their texts, tokens of one spelling would be one, as parts of characters are.
            self._by_ids = {"return_tokens_as_token_ids": True}
        logprobs = self._finding(self._most_logprobs)
        places = list[Literal["completions", "chat"]]()
        if logprobs.is_there and not self._is_chat:
            places.append("completions")
        if chat.is_there and self._finding(self._has_chat_logprobs).is_there:
            places.append("chat")
        if places == ["chat"] and not self._is_chat:
            self._is_chat = True
            logprobs = Finding(self._finding(self._most_logprobs).value, tr("in chat alone"))
        raw = Finding(None, tr("there are none"))
        if logprobs.is_there:
            raw = self._finding(self._raw)
        self._is_chat = not completions.is_there
        several = self._finding(self._several)
        if completions.is_there:
            prompt_ids = self._finding(self._prompt_ids)
            scored = self._finding(self._prompt_scored)
            prompts = self._finding(self._prompts)
        else:
            prompt_ids = scored = prompts = Finding(None, tr("it has chat alone"))
        chat_ids = Finding(None, tr("it has no chat"))
        if chat.is_there:
            lacks = Finding(None, tr("a prompt cannot be given so"))
            chat_ids = self._finding(self._chat_ids) if prompt_ids.is_there else lacks
        vocabulary = Finding(None, tr("it names no ids"))
        if token_ids.is_there:
            vocabulary = self._finding(self._vocabulary)
        return Capabilities(
            url=self._asking.address.shown,
            program=program,
            version=version,
            model=self._model,
            models=models.ids,
            seconds=models.seconds,
            context=context,
            completions=completions,
            chat=chat,
            goes_on=goes_on,
            logprobs=logprobs,
            logprobs_in=tuple(places),
            raw=raw,
            token_ids=token_ids,
            prompt_ids=prompt_ids,
            chat_ids=chat_ids,
            vocabulary=vocabulary,
            prompt_scored=scored,
            seeds=self._finding(self._seeds),
            several=several,
            counts_seeds=several.is_there and self._counts_seeds(),
            prompts=prompts,
        )

    def _has_completions(self) -> Finding:
        self._completed()
        return Finding(True)

    def _has_chat(self) -> Finding:
        self._chatted()
        return Finding(True)

    def _goes_on(self) -> Finding:
        """Whether the flag is known; else whether a count that is begun goes on."""
        begun = [
            {"role": "user", "content": "Count from one to ten in words."},
            {"role": "assistant", "content": _COUNTED},
        ]
        body: dict[str, object] = {"messages": begun, "max_tokens": 6, "temperature": 0.0}
        if self._program in FLAGGED:
            self._answer("/v1/chat/completions", {**body, **FLAG})
            return Finding("continue_final_message")
        said = self._answer("/v1/chat/completions", body).choices[0].text
        if said.strip(" ,").lower().startswith(_NEXT):
            return Finding(True)
        return Finding(None, tr("it begins the answer again"))

    def _has_chat_logprobs(self) -> Finding:
        _first(self._chatted(logprobs=True, top_logprobs=1))
        return Finding(True)

    def _finding(self, ask: Callable[[], Finding]) -> Finding:
        """What a question brought, or why it brought nothing.

        Raises:
            ServerError: Nobody answers any more, or not to this key.
        """
        try:
            return ask()
        except ServerError as error:
            if error.kind in _DEAD:
                raise
            return Finding(None, visible_line(error.said or str(error)))

    def _completed(self, prompt: object = _PROMPT, **extra: object) -> Completion:
        body = {"prompt": prompt, "max_tokens": 1, "temperature": 1.0, **extra}
        return self._answer("/v1/completions", body)

    def _chatted(self, prompt: object = _PROMPT, **extra: object) -> Completion:
        messages = [{"role": "user", "content": prompt}]
        body = {"messages": messages, "max_tokens": 1, "temperature": 1.0, **extra}
        return self._answer("/v1/chat/completions", body)

    def _asked(self, count: int | None = None, **extra: object) -> Completion:
        """A text in the way that the server has, with so many log-probabilities."""
        if not self._is_chat:
            wanted = {} if count is None else {"logprobs": count, **self._by_ids}
            return self._completed(**wanted, **extra)
        wanted = {} if count is None else {"logprobs": True, "top_logprobs": count}
        return self._chatted(**wanted, **extra)

    def _answer(self, path: str, body: dict[str, object]) -> Completion:
        if self._model:
            body = {"model": self._model, **body}
        for _ in range(_DRAWS):
            value = asked_again(lambda: self._asking.post(path, body), self._wait, only=BUSY).value
            completion = read_completion(value, self._asking.address)
            if not completion.choices:
                raise ServerError("request", tr("it answers with no text"))
            drawn = completion.choices[0]
            if drawn.steps or "logprobs" not in body or drawn.text.strip(_HALF):
                break
        return completion

    def _most_logprobs(self) -> Finding:
        """The most that come, of a few numbers that are asked for."""
        most, why = 0, ""
        for count in (OWN_DRAWS, ALL, _MANY):
            try:
                came = len(_first(self._asked(count)).top)
            except ServerError as error:
                if error.kind in _DEAD:
                    raise
                why = why or error.said or str(error)
                came = 0
            if count == ALL and came > OWN_DRAWS + 1:
                self._most = OWN_DRAWS
                return Finding(ALL, tr("{count:,} tokens", count=came))
            most = max(most, came)
            if most < OWN_DRAWS:
                break
        if not most and not self._is_chat:
            most = self._fewer()
        if most:
            self._most = min(most, OWN_DRAWS)
            if most > 0.9 * _MANY:  # tokens of one spelling are one where they come by their texts
                return Finding(_MANY, tr("or more"))
            # One more than asked for is the token that was written.
            return Finding(OWN_DRAWS if most == OWN_DRAWS + 1 else most, visible_line(why))
        return self._elsewhere() or Finding(None, visible_line(why) or tr("they did not come"))

    def _fewer(self) -> int:
        """What comes where twenty are too many, as at OpenAI itself."""
        try:
            return len(_first(self._asked(5)).top)
        except ServerError as error:
            if error.kind in _DEAD:
                raise
            return 0

    def _elsewhere(self) -> Finding | None:
        """Whether they come by a way that goes on from no text, and so is not used: LM Studio's."""
        body = {
            "model": self._model,
            "input": _PROMPT,
            "max_output_tokens": 16,
            "top_logprobs": OWN_DRAWS,
            "include": ["message.output_text.logprobs"],
        }
        try:
            said = msgspec.json.encode(self._asking.post("/v1/responses", body).value)
        except ServerError as error:
            if error.kind in _DEAD:
                raise
            return None
        if b'"top_logprobs":[{' not in said:
            return None
        return Finding(None, tr("only in /v1/responses, which goes on from no text"))

    def _raw(self) -> Finding:
        """Whether temperature moves them: the gap of two tokens is divided by it."""
        cold, hot = (_first(self._asked(self._most, temperature=t)).top for t in (0.5, 2.0))
        theirs = {(one.id, one.text): one.logprob for one in hot}
        both = [
            (one.logprob, theirs[one.id, one.text]) for one in cold if (one.id, one.text) in theirs
        ]
        known = [(a, b) for a, b in both if a is not None and b is not None]
        gaps = [(known[0][0] - a, known[0][1] - b) for a, b in known[1:] if known[0][0] - a > 0.2]
        if not gaps:
            return Finding(None, tr("too few tokens came to compare T 0.5 and T 2"))
        ratio = statistics.median(a / b if b > 1e-6 else 99.0 for a, b in gaps)
        if ratio < 2.0:
            return Finding(True, tr("the same at T 0.5 and T 2"))
        return Finding(None, tr("they are given after temperature"))

    def _token_ids(self) -> Finding:
        wanted = {"return_token_ids": True, "return_tokens_as_token_ids": True}
        try:
            step = _first(self._asked(1, **wanted))
        except ServerError as error:
            if error.kind in _DEAD:
                raise
            step = _first(self._asked(1))
        if step.token.id is None or any(one.id is None for one in step.top):
            return Finding(None, tr("tokens come by their texts alone"))
        return Finding(True)

    def _prompt_ids(self) -> Finding:
        """Whether a prompt's ids do what its text does."""
        ids = self._ids_of_prompt()
        if ids is None:
            return Finding(None, tr("no way was found to a text’s ids"))
        text, numbers = (self._completed(prompt, logprobs=1) for prompt in (_PROMPT, ids))
        theirs, ours = _first(text).top, _first(numbers).top
        if theirs and ours and theirs[0][:2] == ours[0][:2]:
            return Finding(True)
        return Finding(None, tr("a prompt’s ids have another text follow than the prompt has"))

    def _ids_of_prompt(self) -> Sequence[int] | None:
        try:
            ids = self._completed(return_token_ids=True).choices[0].prompt_ids
        except ServerError as error:
            if error.kind in _DEAD:
                raise
            ids = None
        if ids:
            return ids
        body = {"content": _PROMPT, "add_special": True, "prompt": _PROMPT, "model": self._model}
        try:
            return self._tokenized(body) or None
        except ServerError as error:
            if error.kind in _DEAD:
                raise
            return None

    def _tokenized(self, body: dict[str, object]) -> Sequence[int]:
        """The ids of a prompt or a chat; none where the answer has another form than is known.

        Raises:
            ServerError: It refuses that.
        """
        answer = self._asking.post("/tokenize", body).value
        try:
            return msgspec.convert(answer, _Tokenized).tokens
        except msgspec.ValidationError:
            return ()

    def _chat_ids(self) -> Finding:
        """Whether a chat's ids, as a prompt, have follow what follows the chat."""
        body = {
            "model": self._model,
            "messages": [{"role": "user", "content": _PROMPT}],
            "add_generation_prompt": True,
        }
        ids = self._tokenized(body)
        if not ids:
            return Finding(None, tr("no way was found to a chat’s ids"))
        # The favourites: vLLM gives the token that was drawn as the one likeliest of a chat.
        chat = _first(self._chatted(logprobs=True, top_logprobs=1, temperature=0.0))
        numbers = _first(self._completed(ids, logprobs=1, temperature=0.0))
        if chat.token.text == numbers.token.text:
            return Finding(True)
        return Finding(None, tr("a chat’s ids have another text follow than the chat has"))

    def _vocabulary(self) -> Finding:
        """By the least id that a bias is refused for."""
        low, high = 0, MOST_TOKENS
        if not self._takes(low) or self._takes(high):
            return Finding(None, tr("it does not say how many tokens there are"))
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._takes(middle) else (low, middle)
        return Finding(high)

    def _takes(self, token: int) -> bool:
        try:
            self._asked(logit_bias={str(token): 0.0})
        except ServerError as error:
            if error.kind in _DEAD:
                raise
            return False
        return True

    def _prompt_scored(self) -> Finding:
        try:
            if self._completed(prompt_logprobs=1).choices[0].scored:
                return Finding("prompt_logprobs")
        except ServerError as error:
            if error.kind in _DEAD:
                raise
        choice = self._completed(echo=True, logprobs=1).choices[0]
        scored = [step for step in choice.steps if step.token.logprob is not None]
        if choice.text.startswith(_PROMPT) and len(scored) > 2:
            return Finding("echo")
        return Finding(None, tr("log-probabilities of a prompt’s tokens did not come"))

    def _seeds(self) -> Finding:
        one, same, other = (
            self._asked(max_tokens=8, seed=seed).choices[0].text for seed in (7, 7, 8)
        )
        if one != same:
            return Finding(None, tr("the same seed wrote two texts"))
        if one == other:
            return Finding(None, tr("another seed wrote the same text"))
        return Finding(True)

    def _several(self) -> Finding:
        choices = self._asked(n=2, max_tokens=8).choices
        return _counted(choices)

    def _counts_seeds(self) -> bool:
        try:
            both = self._asked(n=2, max_tokens=8, seed=7).choices
            other = self._asked(max_tokens=8, seed=8).choices[0]
        except ServerError as error:
            if error.kind in _DEAD:
                raise
            return False
        return len(both) == 2 and both[1].text == other.text != both[0].text

    def _prompts(self) -> Finding:
        return _counted(self._completed([_PROMPT, _OTHER], max_tokens=2).choices)


class _Tokenized(msgspec.Struct):
    tokens: list[int]


def _counted(choices: Sequence[Choice]) -> Finding:
    if len(choices) == 2 and [one.number for one in choices] == [0, 1]:
        return Finding(True)
    return Finding(None, tr("one text came where two were asked for"))


def _first(completion: Completion) -> Step:
    """The first token that was written.

    Raises:
        ServerError: No log-probability came.
    """
    steps = completion.choices[0].steps
    if not steps:
        raise ServerError("request", tr("they did not come"))
    return steps[0]

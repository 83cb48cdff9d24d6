"""What completions of OpenAI's protocol say, whichever server's: texts and their log-probabilities.

Two shapes of log-probabilities are read: lists side by side, with the best of each step by their
texts (vLLM, SGLang, `llama_cpp.server`), and a list of steps (chat; llama-server everywhere). A
token is known by its id where the server gives ids: as `id`, or as a text "token_id:17", which vLLM
writes where it is asked to. All of it is a stranger's: it is checked as it is read.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, NamedTuple

import msgspec

from studio.engine.server.asking import Address, ServerError
from studio.token_record import TokenId
from studio.translation import tr

_ID = "token_id:"
_MOST_CHOICES = 4096
_MOST_STEPS = 2**20

_Text = Annotated[str, msgspec.Meta(max_length=2**24)]
_Bytes = Annotated[list[Annotated[int, msgspec.Meta(ge=0, le=255)]], msgspec.Meta(max_length=4096)]
_Ids = Annotated[list[TokenId], msgspec.Meta(max_length=_MOST_STEPS)]


class _Top(msgspec.Struct):
    token: _Text = ""
    logprob: float | None = None
    id: TokenId | None = None
    bytes: _Bytes | None = None


class _Step(_Top):
    top_logprobs: list[_Top] | None = None


class _Logprobs(msgspec.Struct):
    tokens: list[_Text] | None = None
    token_logprobs: list[float | None] | None = None
    top_logprobs: list[dict[_Text, float] | None] | None = None
    content: Annotated[list[_Step], msgspec.Meta(max_length=_MOST_STEPS)] | None = None


class _Message(msgspec.Struct):
    content: _Text | None = None


class _Scored(msgspec.Struct):
    logprob: float


class _Choice(msgspec.Struct):
    index: Annotated[int, msgspec.Meta(ge=0, lt=_MOST_CHOICES)] = 0
    text: _Text | None = None
    message: _Message | None = None
    delta: _Message | None = None
    logprobs: _Logprobs | None = None
    finish_reason: _Text | None = None
    stop_reason: int | _Text | None = None
    token_ids: _Ids | None = None
    prompt_token_ids: _Ids | None = None
    prompt_logprobs: list[dict[_Text, _Scored] | None] | None = None


class _Usage(msgspec.Struct):
    completion_tokens: Annotated[int, msgspec.Meta(ge=0, le=2**31)] | None = None


class _Completion(msgspec.Struct):
    choices: Annotated[list[_Choice], msgspec.Meta(max_length=_MOST_CHOICES)]
    model: _Text | None = None
    usage: _Usage | None = None


class Candidate(NamedTuple):
    """A token that could stand in a place.

    Attributes:
        text: As the server spells it; no part of a character.
        id: Its number, where the server says it.
        logprob: Its ln p; None where that was not said.
    """

    text: str
    id: int | None
    logprob: float | None


class Step(NamedTuple):
    """A token that was written.

    Attributes:
        token: The token.
        top: The likeliest there, the likeliest first.
    """

    token: Candidate
    top: tuple[Candidate, ...] = ()


class Choice(NamedTuple):
    """One of the texts of an answer.

    Attributes:
        number: Which of them.
        text: What was written.
        steps: Its tokens, as far as log-probabilities were given.
        ids: Its tokens' ids, where the server says them.
        finish: Why it ended: "stop", "length", or another word; None while it has not.
        stop: The stop string that ended it, where the server says so.
        prompt_ids: Of its prompt, where the server says them.
        prompt: Log-probabilities by their ids of each token of its prompt: of the one that stands
            there and of the likeliest. None for one that has none.
    """

    number: int
    text: str
    steps: tuple[Step, ...]
    ids: tuple[int, ...] | None
    finish: str | None
    stop: str | None
    prompt_ids: tuple[int, ...] | None
    prompt: tuple[dict[int, float] | None, ...]

    @property
    def scored(self) -> int:
        """How many tokens of its prompt have a log-probability."""
        return sum(bool(place) for place in self.prompt)


class Completion(NamedTuple):
    """An answer, or a part of one that comes in parts.

    Attributes:
        model: Who wrote, as the server calls it; empty where it does not say.
        choices: The texts, in their order.
        tokens: How many all have together; None where that is not said.
    """

    model: str
    choices: tuple[Choice, ...]
    tokens: int | None


def read_completion(value: object, address: Address) -> Completion:
    """What an answer says.

    Args:
        value: Its JSON.
        address: Of whom.

    Raises:
        ServerError: It is no completion.
    """
    try:
        found = msgspec.convert(value, _Completion)
        choices = tuple(sorted(map(_choice, found.choices), key=lambda one: one.number))
    except (msgspec.ValidationError, RecursionError, ValueError):
        words = tr(
            "{url} answered, but not as OpenAI's protocol has it. Another version of it may.",
            url=address.shown,
        )
        raise ServerError("garbage", words) from None
    tokens = found.usage.completion_tokens if found.usage else None
    return Completion(found.model or "", choices, tokens)


def _choice(one: _Choice) -> Choice:
    message = one.message or one.delta
    text = one.text if one.text is not None else (message.content if message else None)
    return Choice(
        number=one.index,
        text=text or "",
        steps=tuple(_steps(one.logprobs)) if one.logprobs else (),
        ids=None if one.token_ids is None else tuple(one.token_ids),
        finish=one.finish_reason,
        stop=one.stop_reason if isinstance(one.stop_reason, str) else None,
        prompt_ids=None if one.prompt_token_ids is None else tuple(one.prompt_token_ids),
        prompt=tuple(map(_place, one.prompt_logprobs or ())),
    )


def _place(scored: dict[str, _Scored] | None) -> dict[int, float] | None:
    """Log-probabilities by ids; a name that is no id is left out."""
    if scored is None:
        return None
    return {int(name): one.logprob for name, one in scored.items() if _is_id(name)}


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 10


def _steps(logprobs: _Logprobs) -> list[Step]:
    if logprobs.content is not None:
        return [
            Step(_candidate(step), _ranked(map(_candidate, step.top_logprobs or ())))
            for step in logprobs.content
        ]
    found, values = logprobs.token_logprobs or [], logprobs.top_logprobs or []
    steps = []
    for place, text in enumerate(logprobs.tokens or ()):
        top = (values[place] if place < len(values) else None) or {}
        steps.append(
            Step(
                _named(text, found[place] if place < len(found) else None),
                _ranked(_named(name, value) for name, value in top.items()),
            )
        )
    return steps


def _ranked(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    known = [(one.logprob, one) for one in candidates if one.logprob is not None]
    return tuple(one for _, one in sorted(known, key=lambda it: (-it[0], it[1].id or 0)))


def _candidate(top: _Top) -> Candidate:
    if top.id is None:
        return _named(top.token, top.logprob)
    return Candidate(top.token, top.id, top.logprob)


def _named(text: str, logprob: float | None) -> Candidate:
    """A token by its text, which may be its id's."""
    number = text.removeprefix(_ID)
    if len(number) < len(text) and _is_id(number):
        return Candidate("", msgspec.convert(int(number), TokenId), logprob)
    return Candidate(text, None, logprob)

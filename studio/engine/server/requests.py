"""What is asked of a server of OpenAI's protocol: a text to be continued, and how to sample."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from msgspec import structs

from studio.engine.messages import FinishReason, Prompt
from studio.engine.server.asking import ServerError
from studio.engine.server.capabilities import FLAG, FLAGGED, Capabilities
from studio.engine.server.completions import Choice, Completion
from studio.sampling import SamplingParams, active_steps
from studio.sampling.samplers.steps import HEED_MIN_KEEP
from studio.translation import tr
from studio.visible_text import visible_line

_NEUTRAL = SamplingParams()
_ANYWHERE = frozenset({"penalties", "top_p", "temperature"})
"""Steps that OpenAI's protocol has."""
_FURTHER = frozenset({"top_k", "min_p"})
"""Steps that the programs below have beside."""
_REPEAT = {
    "vLLM": "repetition_penalty",
    "SGLang": "repetition_penalty",
    "text-generation-webui": "repetition_penalty",
    "llama-server": "repeat_penalty",
    "llama_cpp.server": "repeat_penalty",
    "KoboldCpp": "rep_pen",
}
"""Programs that take more than OpenAI's protocol has, and what they call the repeat penalty."""
_TEMPERED_FIRST = ("vLLM", "SGLang")
"""Programs that filter behind temperature, and whose top-k is off at -1; at the others at 0."""
_AS_GOOD_BEHIND = frozenset({"top_k", "min_p"})
"""Filters that can be asked for behind temperature as they are before it there."""


def request_of(
    prompts: Sequence[Prompt],
    params: SamplingParams,
    can: Capabilities,
    *,
    max_tokens: int,
    stop: Sequence[str] = (),
    count: int = 1,
    ignore_eos: bool = False,
    best: int = 1,
    by_ids: bool = False,
    mark: str = "",
) -> tuple[str, dict[str, object]]:
    """The path and the body that ask for texts.

    Args:
        prompts: What is continued; one of the chat format, or several of the plain.
        params: How to sample.
        can: What the server can do.
        max_tokens: Of each text.
        stop: What ends one.
        count: Texts of each prompt.
        ignore_eos: Whether they go on past an end-of-sequence token.
        best: How many log-probabilities a token.
        by_ids: Whether these name tokens by their ids: by their texts those that are spelled alike
            would be one.
        mark: The vocabulary's (`SamplingParams.logit_bias_vocabulary`), where that is known.

    Raises:
        ServerError: The server cannot be asked for that.
    """
    body: dict[str, object] = {"model": can.model} if can.model else {}
    body |= sampling_of(params, can, mark)
    body["max_tokens"] = max_tokens
    if stop:
        body["stop"] = list(stop)
    if ignore_eos:
        body["ignore_eos"] = True
    if count > 1:
        body["n"] = count
    named = {"return_tokens_as_token_ids": True} if by_ids else {}
    if prompts[0].format == "chat":
        if "chat" in can.logprobs_in:
            body |= {"logprobs": True, "top_logprobs": best, **named}
        return "/v1/chat/completions", body | _messages(prompts[0], can)
    if not can.completions.is_there:
        words = tr("{url} has chat alone. Use a preset of the chat format.", url=can.url)
        raise ServerError("request", words)
    if "completions" in can.logprobs_in:
        body |= {"logprobs": best, **named}
    if can.token_ids.is_there:
        body["return_token_ids"] = True
    texts = [_plain_text(prompt) for prompt in prompts]
    return "/v1/completions", body | {"prompt": texts if len(texts) > 1 else texts[0]}


def _plain_text(prompt: Prompt) -> str:
    """A prompt of the plain format as one text: brief, blank line, manuscript."""
    return f"{prompt.brief}\n\n{prompt.manuscript}" if prompt.brief else prompt.manuscript


def _messages(prompt: Prompt, can: Capabilities) -> dict[str, object]:
    said = [("system", prompt.system), ("user", prompt.brief), ("assistant", prompt.manuscript)]
    found: dict[str, object] = {
        "messages": [{"role": role, "content": text} for role, text in said if text]
    }
    if prompt.manuscript:
        if not can.goes_on.is_there:
            words = tr(
                "{url} cannot be asked to go on from the beginning of an answer. Use the plain "
                "format, or a brief alone.",
                url=can.url,
            )
            raise ServerError("request", words)
        if can.program in FLAGGED:
            found |= FLAG
    return found


def sampling_of(params: SamplingParams, can: Capabilities, mark: str = "") -> dict[str, object]:
    """Parameters as a server calls them; what it cannot be asked for is `left_out`.

    What does nothing is sent as well where the program is known to take it: its own defaults, or
    the model's, are no neutral ones.

    Args:
        params: The parameters.
        can: What the server can do.
        mark: As for `request_of`.

    Raises:
        ServerError: T is infinite, which no server takes.
    """
    if math.isinf(params.temperature):
        raise ServerError("request", tr("T ∞ cannot be asked of a server; take a large number."))
    steps = active_steps(params)
    has_penalties = "penalties" in steps
    body: dict[str, object] = {
        "temperature": params.temperature if "temperature" in steps else 1.0,
        "top_p": params.top_p if "top_p" in steps else 1.0,
    }
    if params.seed >= 0:
        body["seed"] = params.seed
    for name in ("frequency_penalty", "presence_penalty"):
        value = getattr(params, name)
        if has_penalties and value != getattr(_NEUTRAL, name):
            body[name] = value
    if params.logit_bias and params.logit_bias_vocabulary in ("", mark):
        body["logit_bias"] = {str(token): max(bias, -100.0) for token, bias in params.biases}
    if can.program in _REPEAT:
        off = -1 if can.program in _TEMPERED_FIRST else 0
        body["top_k"] = params.top_k if "top_k" in steps else off
        body["min_p"] = _min_p(params, steps, can.program) if "min_p" in steps else 0.0
        body[_REPEAT[can.program]] = params.repeat_penalty if has_penalties else 1.0
    return body


def _min_p(params: SamplingParams, steps: Sequence[str], program: str) -> float:
    """What min-p does before temperature, asked for behind it.

    A token is left where z ≥ z₁ + ln p, so where z/T ≥ z₁/T + ln p^(1/T).
    """
    is_before = "temperature" in steps and steps.index("min_p") < steps.index("temperature")
    if not is_before or program not in _TEMPERED_FIRST or params.temperature == 0.0:
        return params.min_p
    found: float = params.min_p ** (1.0 / params.temperature)
    return found


def left_out(params: SamplingParams, program: str, mark: str = "") -> Iterator[str]:
    """What of parameters does something here, and cannot be asked of a server.

    Args:
        params: The parameters.
        program: Which server it is.
        mark: As for `request_of`.
    """
    if params.mirostat:
        yield "mirostat"
    steps = active_steps(params)
    known = _ANYWHERE | _FURTHER if program in _REPEAT else _ANYWHERE
    yield from (step for step in steps if step not in known)
    if "penalties" in steps and program not in _REPEAT and params.repeat_penalty != 1.0:
        yield "repeat_penalty"
    if params.dynatemp_range:
        yield "dynatemp_range"
    if params.min_keep > 1 and not HEED_MIN_KEEP.isdisjoint(steps):
        yield "min_keep"
    if params.word_biases:
        yield "word_biases"
    if params.logit_bias and params.logit_bias_vocabulary not in ("", mark):
        yield "logit_bias"
    if params.temperature != 1.0 and "temperature" in steps:
        before = steps[: steps.index("temperature")]
        as_good = _AS_GOOD_BEHIND if program in _TEMPERED_FIRST else frozenset[str]()
        if any(step in known - as_good and step != "penalties" for step in before):
            yield tr("filters before temperature (a server has them behind it)")


def acting_there(params: SamplingParams, program: str, mark: str = "") -> SamplingParams:
    """What of parameters acts where a server draws: `left_out` lists nothing of it.

    Args:
        params: The parameters.
        program: Which server it is.
        mark: As for `request_of`.
    """
    lacks = frozenset(left_out(params, program, mark))
    return structs.replace(
        params,
        mirostat=0,
        dynatemp_range=0.0,
        min_keep=_NEUTRAL.min_keep,
        samplers=tuple(step for step in active_steps(params) if step not in lacks),
        repeat_penalty=1.0 if "repeat_penalty" in lacks else params.repeat_penalty,
        word_biases=(),
        logit_bias=() if "logit_bias" in lacks else params.logit_bias,
    )


def has_no_room(error: ServerError) -> bool:
    """Whether a server says that a prompt is longer than its context: each has its own words."""
    said = error.said.lower()
    return (
        error.kind == "request"
        and "context" in said
        and (any(word in said for word in ("length", "size", "window", "exceed")))
    )


def check_model(completion: Completion, can: Capabilities) -> None:
    """Refuse what another model has written than the one that was asked.

    Args:
        completion: What was written.
        can: What the server could do when it was opened.

    Raises:
        ServerError: It has another one now.
    """
    if completion.model and completion.model != can.model:
        words = tr(
            "{url} has another model now: “{found}”, and no longer “{model}”. What was written is "
            "kept. Start that model again, or open the server anew.",
            url=can.url,
            found=visible_line(completion.model),
            model=visible_line(can.model),
        )
        raise ServerError("missing", words)


def reason_of(choice: Choice, stop: Sequence[str]) -> FinishReason:
    """Why a text ended.

    Args:
        choice: What the server says of it.
        stop: What was to end it.
    """
    if choice.finish == "length":
        return "max_tokens"
    return "stop_string" if choice.stop in stop else "end_of_text"

"""Turns a model's chat template into a skeleton that the writer's texts go into.

A template is rendered once, with marks in place of the system message and the brief. What comes
out, cut at the marks, is the skeleton. So typing in the brief needs no rendering, and only the
template's own text can become control tokens: a typed "<|im_end|>" never passes through it.

What the template puts out to ask for an answer is not always what an answer's words follow: there
may be a channel to name, or a thought that was begun. So it is rendered with an answer, too.

A template is a program from the model file: `template_rendering` runs it. This module does not
tokenize, and does not know what a manuscript is: it is the beginning of the assistant's turn, which
follows the skeleton.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any, Protocol

import msgspec

from studio.engine.templates.template_rendering import (
    TemplateLimits,
    explain,
    render,
    unusable,
)
from studio.own_command import own_command
from studio.translation import tr

# Private-use characters: no template writes them, and changing case or trimming leaves them be.
_SYSTEM_MARK = "\U0010fa01\U0010fa02\U0010fa03"
_BRIEF_MARK = "\U0010fa04\U0010fa05\U0010fa06"
_ANSWER_MARK = "\U0010fa07\U0010fa08\U0010fa09"
_MARK_CHARACTERS = frozenset(_SYSTEM_MARK + _BRIEF_MARK + _ANSWER_MARK)

_THOUGHTS = (
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
    ("[THINK]", "[/THINK]"),
)
"""How reasoning begins and ends, as the families of models spell it."""

_LONGEST_TEMPLATE = 1 << 20


class Literal(msgspec.Struct, frozen=True, tag=True):
    """Text of the template itself; control tokens may be read in it."""

    text: str


class System(msgspec.Struct, frozen=True, tag=True):
    """Where the preset's system message goes, as ordinary text."""


class Brief(msgspec.Struct, frozen=True, tag=True):
    """Where the brief goes, as ordinary text."""


Segment = Literal | System | Brief
Messages = list[dict[str, Any]]
"""A conversation, as templates take it."""
NO_THINKING = {"enable_thinking": False, "thinking": False}
"""What templates call it. The manuscript is the answer: a reasoning model must not be opened for
thought."""


class TemplateSource(Protocol):
    """What is known of a model's chat template: a file's header, or what a server says."""

    @property
    def chat_template(self) -> str | None:
        """Its source; None where it has none."""

    @property
    def bos_token(self) -> str:
        """The name of the token that begins a text."""

    @property
    def eos_token(self) -> str:
        """The name of the token that ends one."""

    @property
    def control_tokens(self) -> frozenset[str]:
        """The names of all that steer and write nothing."""


class ChatSkeleton(msgspec.Struct, frozen=True):
    """A rendered template with places for the writer's texts; the manuscript follows its end."""

    segments: tuple[Segment, ...]


def compile_template(
    header: TemplateSource,
    *,
    has_system: bool,
    command: Sequence[str] | None = None,
    limits: TemplateLimits | None = None,
    is_stopped: Callable[[], bool] = lambda: False,
) -> ChatSkeleton:
    """The skeleton of a model's own chat template, or of ChatML where it has none and knows it.

    Starts a process and waits for it: about a fifth of a second, so keep the result.

    Args:
        header: what is known of the model.
        has_system: whether there will be a system message. Without one, many templates put in a
            message of their own.
        command: starts the child; this program's own by default.
        limits: of the child; `TemplateLimits()` by default.
        is_stopped: asked again and again; the child is ended where it says so.

    Raises:
        ChatTemplateError: the model has no template, or one that cannot be used.
        RenderingStopped: it was asked to stop.
    """
    if header.chat_template is None:
        return fallback_skeleton(header.control_tokens, has_system=has_system)
    return compile_source(
        header.chat_template,
        bos_token=header.bos_token,
        eos_token=header.eos_token,
        has_system=has_system,
        command=command,
        limits=limits,
        is_stopped=is_stopped,
    )


def fallback_skeleton(control_tokens: Collection[str], *, has_system: bool) -> ChatSkeleton:
    """ChatML, for a model without a template whose vocabulary has ChatML's two markers.

    Args:
        control_tokens: texts of the vocabulary's control tokens.
        has_system: whether there will be a system message.

    Raises:
        ChatTemplateError: the vocabulary lacks the markers, so the model was hardly taught to chat.
    """
    if not {"<|im_start|>", "<|im_end|>"}.issubset(control_tokens):
        raise unusable(tr("This model has no chat template."))
    turns = [("system", _SYSTEM_MARK)] * has_system + [("user", _BRIEF_MARK)]
    text = "".join(f"<|im_start|>{role}\n{mark}<|im_end|>\n" for role, mark in turns)
    return ChatSkeleton(_segments(f"{text}<|im_start|>assistant\n"))


def compile_source(
    template: str,
    *,
    bos_token: str,
    eos_token: str,
    has_system: bool,
    command: Sequence[str] | None = None,
    limits: TemplateLimits | None = None,
    is_stopped: Callable[[], bool] = lambda: False,
) -> ChatSkeleton:
    """The skeleton of a template's source; see `compile_template`.

    Tried in this order, and the first that keeps every text once is taken: a system message; the
    system text before the brief in the user's turn, for templates that refuse or drop it; and both
    again with contents as lists of typed parts, which some multimodal templates insist on. Each
    ends where an answer's own words begin; see `_before_answer`.

    Args:
        template: The template's source.
        bos_token: The text of the token that begins a prompt.
        eos_token: The text of the token that ends a turn.
        has_system: Whether a system message is to stand in it.
        command: What renders it; None for this program.
        limits: Of time and memory.
        is_stopped: Whether nobody waits for it any more.

    Raises:
        ChatTemplateError: it is no valid template, exceeds a limit, refuses the conversation,
            leaves out, repeats or changes a text, or begins every answer with a thought.
        RenderingStopped: it was asked to stop.
    """
    if len(template) > _LONGEST_TEMPLATE:
        found = tr(
            "This model's chat template has %n characters; at most {most:,} are allowed.",
            "",
            len(template),
            most=_LONGEST_TEMPLATE,
        )
        raise unusable(found)
    tried = attempts(has_system=has_system)
    plain = len(tried)
    with_answers = [answered(messages) for messages in tried]
    tried += list(map(_with_typed_contents, tried))
    with_answers += list(map(_with_typed_contents, with_answers))
    limits = limits or TemplateLimits()
    request = {
        "template": template,
        "attempts": tried + with_answers,
        "variables": {
            "bos_token": bos_token,
            "eos_token": eos_token,
            "add_generation_prompt": True,
            **NO_THINKING,
            "tools": None,
            "documents": None,
        },
        "seconds": int(limits.seconds) + 1,
        "memory_bytes": limits.memory_bytes,
        "output_length": limits.output_length,
    }
    renderings = render(request, limits, command or own_command("render-template"), is_stopped)
    problems = []
    for rendering, answer in zip(renderings[: len(tried)], renderings[len(tried) :], strict=True):
        if "error" in rendering:
            problems.append(explain(rendering["error"], rendering["detail"], limits))
            continue
        skeleton = skeleton_of(
            _clean(rendering["text"]), _clean(answer.get("text", "")), has_system=has_system
        )
        if isinstance(skeleton, ChatSkeleton):
            return skeleton
        problems.append(skeleton)
    # The last plain attempt asks least of the template; its problem is the real one.
    raise unusable(problems[plain - 1])


def attempts(*, has_system: bool) -> list[Messages]:
    """Conversations with marks in place of the writer's texts, to be rendered in this order.

    Args:
        has_system: Whether there will be a system message.
    """
    user = {"role": "user", "content": _BRIEF_MARK}
    if not has_system:
        return [[user]]
    both = {"role": "user", "content": f"{_SYSTEM_MARK}\n\n{_BRIEF_MARK}"}
    return [[{"role": "system", "content": _SYSTEM_MARK}, user], [both]]


def answered(messages: Messages) -> Messages:
    """A conversation with an answer, its mark."""
    return [*messages, {"role": "assistant", "content": _ANSWER_MARK}]


def spoken(messages: Messages, *, system: str, brief: str, answer: str) -> Messages:
    """A conversation with texts in place of their marks.

    Args:
        messages: The conversation.
        system: The system message.
        brief: The brief.
        answer: The answer.
    """
    texts = {_SYSTEM_MARK: system, _BRIEF_MARK: brief, _ANSWER_MARK: answer}
    found = list[dict[str, Any]]()
    for message in messages:
        content = message["content"]
        for mark, text in texts.items():
            content = content.replace(mark, text)
        found.append({**message, "content": content})
    return found


def skeleton_of(asked: str, with_answer: str, *, has_system: bool) -> ChatSkeleton | str:
    """What a rendered conversation leaves for the writer's texts, or why it cannot be used.

    Args:
        asked: The conversation, rendered for an answer to be written.
        with_answer: The same with an answer in it; empty where that was refused.
        has_system: Whether there is a system message.
    """
    segments = _segments(_before_answer(asked, with_answer))
    return _problem(segments, has_system=has_system) or ChatSkeleton(segments)


def _with_typed_contents(messages: Messages) -> Messages:
    return [
        {**message, "content": [{"type": "text", "text": message["content"]}]}
        for message in messages
    ]


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _before_answer(asked: str, with_answer: str) -> str:
    """What an answer's words follow: the rendering that asks for one, or what precedes one.

    The first leaves open what kind of turn it is, in gpt-oss ("<|start|>assistant", then a
    channel), or begins a thought, in DeepSeek-R1 ("<think>"). The second says how an answer that
    is there begins.

    Args:
        asked: the conversation, rendered for an answer to be written.
        with_answer: the same with an answer, its mark, in it; empty where that was refused.
    """
    before, mark, _ = with_answer.partition(_ANSWER_MARK)
    if not mark:
        return asked
    if before.startswith(asked):
        # A mere space there is a tokenizer's business: the manuscript may begin with its own.
        return before if before[len(asked) :].strip() else asked
    return before if _opens_thought(asked.rpartition(_BRIEF_MARK)[2]) else asked


def _opens_thought(text: str) -> bool:
    """Whether a text ends within the model's reasoning."""
    # In one pass each, for the text is a stranger's.
    return any(text.rfind(begin) > text.rfind(end) for begin, end in _THOUGHTS)


def _segments(text: str) -> tuple[Segment, ...]:
    """Cut a rendering at the marks."""
    segments: list[Segment] = []
    for number, around in enumerate(text.split(_SYSTEM_MARK)):
        segments += [System()] * (number > 0)
        for place, literal in enumerate(around.split(_BRIEF_MARK)):
            segments += [Brief()] * (place > 0)
            segments += [Literal(literal)] * bool(literal)
    return tuple(segments)


def _problem(segments: tuple[Segment, ...], *, has_system: bool) -> str | None:
    """Why a skeleton cannot be used, if so: each text must be in it once and whole."""
    literals = "".join(segment.text for segment in segments if isinstance(segment, Literal))
    wanted: tuple[tuple[Segment, int], ...] = ((Brief(), 1), (System(), int(has_system)))
    is_changed = not _MARK_CHARACTERS.isdisjoint(literals)
    for segment, times in wanted:
        found = segments.count(segment)
        is_brief = isinstance(segment, Brief)
        if found > times:
            if is_brief:
                return tr("This model's chat template repeats the brief %n times.", "", found)
            return tr("This model's chat template repeats the system message %n times.", "", found)
        if found < times and is_changed:
            if is_brief:
                return tr("This model's chat template changes the brief.")
            return tr("This model's chat template changes the system message.")
        if found < times:
            if is_brief:
                return tr("This model's chat template leaves out the brief.")
            return tr("This model's chat template leaves out the system message.")
    if is_changed:
        return tr("This model's chat template repeats a part of the brief or the system message.")
    if isinstance(last := segments[-1], Literal) and _opens_thought(last.text):
        return tr(
            "This model's chat template begins every answer with the model's reasoning, which a "
            "manuscript is not."
        )
    return None

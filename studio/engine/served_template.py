"""The chat template of a server's model, as a server that counts chats into ids shows it (vLLM).

It renders marks in place of the writer's texts, and the text of the ids that come is cut at them,
as with a template that is rendered here (`templates.chat_template`). So a chat's tokens are made as
those of a model here are: what the writer typed never becomes a control token. Whether they are the
server's own is seen by a chat of ordinary words.
"""

from __future__ import annotations

from studio.engine.messages import EngineError, Prompt
from studio.engine.server.answers import Prompted, Tokens
from studio.engine.server.lines import Lines, Question
from studio.engine.server.spelled_vocabulary import SpelledVocabulary
from studio.engine.templates.chat_template import (
    NO_THINKING,
    ChatSkeleton,
    Messages,
    answered,
    attempts,
    skeleton_of,
    spoken,
)
from studio.engine.writing.prompt import tokenize
from studio.translation import tr

_SYSTEM, _BRIEF, _ANSWER = "Be kind and brief.", "Who was the old king of the sea?", "He was"


class TemplateNotSeenError(Exception):
    """A server's chats cannot be put together here; says why."""


def served_skeletons(
    lines: Lines, model: str, vocabulary: SpelledVocabulary
) -> dict[bool, ChatSkeleton]:
    """What the writer's texts go into; by whether there is a system message.

    Args:
        lines: To the server.
        model: The model's name there.
        vocabulary: How its ids are spelled.

    Raises:
        EvaluationStopped: The interrupt was set.
        TemplateNotSeenError: What the server says does not show the template.
    """
    rendering = _Rendering(lines, model, vocabulary)
    return {has_system: rendering.skeleton(has_system=has_system) for has_system in (False, True)}


class _Rendering:
    """What a server makes of conversations."""

    def __init__(self, lines: Lines, model: str, vocabulary: SpelledVocabulary) -> None:
        self._lines = lines
        self._model = model
        self._vocabulary = vocabulary

    def skeleton(self, *, has_system: bool) -> ChatSkeleton:
        problem = ""
        for messages in attempts(has_system=has_system):
            try:
                asked = self._text(self._ids(messages))
                found = skeleton_of(asked, self._answer(messages), has_system=has_system)
                if not isinstance(found, str) and not self._makes_its_ids(found, messages):
                    found = tr("its chats have other tokens than their texts")
            except EngineError as error:
                found = str(error)
            if not isinstance(found, str):
                return found
            problem = problem or found
        raise TemplateNotSeenError(problem)

    def _answer(self, messages: Messages) -> str:
        """The conversation with an answer; empty where that is refused."""
        try:
            return self._text(self._ids(answered(messages), asks=False))
        except EngineError:
            return ""

    def _makes_its_ids(self, skeleton: ChatSkeleton, messages: Messages) -> bool:
        """Whether a chat of ordinary words has the tokens here that the server gives it."""
        said = {"system": _SYSTEM, "brief": _BRIEF, "answer": _ANSWER}
        words = spoken(messages, **said)
        if self._tokens(skeleton, "") == self._ids(words):
            return True
        here = self._tokens(skeleton, _ANSWER)
        there = self._ids(spoken(answered(messages), **said), asks=False)
        return there[: len(here)] == here

    def _tokens(self, skeleton: ChatSkeleton, manuscript: str) -> list[int]:
        prompt = Prompt(manuscript=manuscript, system=_SYSTEM, brief=_BRIEF, format="chat")
        return tokenize(prompt, self._vocabulary, skeleton).tokens

    def _ids(self, messages: Messages, *, asks: bool = True) -> list[int]:
        body = {
            "model": self._model,
            "messages": messages,
            "add_generation_prompt": asks,
            "chat_template_kwargs": NO_THINKING,
        }
        return self._lines.ask(Question("/tokenize", body), Tokens).tokens

    def _text(self, tokens: list[int]) -> str:
        body = {"model": self._model, "tokens": tokens}
        return self._lines.ask(Question("/detokenize", body), Prompted).prompt

"""Reading prompts: the context holds one, and the logits that it is continued with are healed."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from studio.engine.context import Context
from studio.engine.messages import Evaluated, id_bytes
from studio.engine.vocabulary import Vocabulary
from studio.engine.writing.healing import Healed, heal, taken_back
from studio.engine.writing.prompt import FittedPrompt, TokenizedPrompt
from studio.engine.writing.prompt_spans import place_in
from studio.engine.writing.token_piece_cache import TokenPieceCache

_LAST = 64
"""Tokens at a prompt's end that are spelled: what a word may begin in (`studio.sampling`)."""

_Known = tuple[list[int], Healed]
"""A prompt's tokens, and what was found of them."""


class ContinuedPrompt(NamedTuple):
    """A prompt, evaluated, and what may follow it.

    What is reported of it, and what penalties and positions count, is the heaviest way: after "of "
    the tokens of "of", since most of what follows begins with the space. A token that comes by
    another way changes nothing of that, but only what is evaluated before it.
    """

    whole: TokenizedPrompt
    """As the text's own tokens are."""
    evaluated: list[int]
    """The same, cut to the context: what it holds."""
    prompt: TokenizedPrompt
    """By the heaviest way."""
    fitted: FittedPrompt
    """The same, cut to the context."""
    healed: Healed
    reused: int
    """Tokens that were evaluated before."""
    knows_zero: bool
    """Whether what may follow is known by the model's own logits."""

    def before(self, token: int) -> list[int]:
        """What stands in the context before that token, if it is the first that is drawn."""
        return self.healed.replaced(self.evaluated, self.healed.way(token))

    def all_before(self, token: int) -> list[int]:
        """The same, not cut to the context."""
        return self.healed.replaced(self.whole.tokens, self.healed.way(token))


class Reader:
    """Brings prompts into a context. What was found of the last one is kept.

    And of the last one that was written behind: a text that is looked at since is another.

    Args:
        context: holds what is read.
        vocabulary: the model's.

    Attributes:
        context: the same.
        vocabulary: the same.
        pieces: what the listener knows to spell.
    """

    def __init__(self, context: Context, vocabulary: Vocabulary) -> None:
        self.context = context
        self.vocabulary = vocabulary
        self.pieces = TokenPieceCache(vocabulary)
        self._last: _Known | None = None
        self._written_behind: _Known | None = None

    def evaluate(
        self,
        prompt: TokenizedPrompt,
        fitted: FittedPrompt,
        progress: Callable[[int, int], None],
        *,
        looks: bool = False,
    ) -> ContinuedPrompt:
        """Evaluate a prompt, and find what may follow it.

        Args:
            prompt: the whole prompt.
            fitted: the same, cut to the context.
            progress: called with (done, total) tokens between batches of a long evaluation.
            looks: whether nothing is drawn from these logits to be written behind it: then an
                evaluated rest stays.

        Raises:
            EvaluationStopped: the interrupt was set.
            EngineError: llama.cpp refused.
        """
        context, tokens = self.context, fitted.tokens
        # Neither of what stands before the text, nor of a note in it.
        others = max(prompt.head, prompt.own + len(tokens) - len(prompt.tokens))
        # Of a word's other beginnings the most likely tokens alone say too little.
        back = taken_back(tokens, others, self.vocabulary) if context.knows_all else 0
        healed = self._found(tokens, back)
        if healed is not None:
            reused = len(tokens) if looks else context.evaluate(tokens, progress, wanted=0)
        else:
            bring = context.look_inside if looks else context.evaluate
            reused = bring(tokens, progress, back + 1)
            rows = [context.logits(back - count) for count in range(back + 1)]
            healed = heal(tokens, rows, self.vocabulary, context.peek)
        self._last = list(tokens), healed
        if not looks:
            self._written_behind = self._last
        first = healed.ways[0]
        continued = healed.replaced(tokens, first)
        return ContinuedPrompt(
            prompt,
            tokens,
            prompt._replace(tokens=healed.replaced(prompt.tokens, first)),
            fitted._replace(tokens=continued),
            healed,
            len(continued) if reused == len(tokens) else min(reused, len(continued)),
            context.knows_zero,
        )

    def _found(self, tokens: list[int], back: int) -> Healed | None:
        """What was found of a prompt before."""
        for known in (self._last, self._written_behind):
            if known is not None and known[0] == tokens and known[1].back == back:
                return known[1]
        return None

    def report(
        self, request: int, prompt: TokenizedPrompt, fitted: FittedPrompt, reused: int
    ) -> Evaluated:
        """The event for a prompt that the context holds.

        Args:
            request: that of the command.
            prompt: the whole prompt.
            fitted: the same, cut to the context.
            reused: tokens that were evaluated before.
        """
        split = prompt.split(fitted.unseen)
        text = b"".join(map(self.vocabulary.text, split.gone))
        if not (prompt.kept and prompt.kept[0][0] == prompt.head):
            text = text[prompt.added :]
        unseen_characters = prompt.skipped + len(text.decode("utf-8", errors="ignore"))
        begins = unseen_characters
        if prompt.pieces:
            before = map(self.vocabulary.text, prompt.tokens[prompt.head : split.first])
            reached = prompt.overlap - prompt.added + sum(map(len, before))
            begins = prompt.skipped
            begins += place_in(prompt.pieces, reached) if fitted.unseen else 0
        return Evaluated(
            request=request,
            tokens=id_bytes(prompt.tokens),
            context_used=len(fitted.tokens),
            context_size=self.context.size,
            unseen_characters=unseen_characters,
            head=prompt.head,
            unseen=fitted.unseen,
            control=self._control_tokens([*prompt.tokens[: prompt.head], *prompt.ends]),
            spans=prompt.spans,
            begins=begins,
            reused=reused,
            pieces=self.pieces.new_bytes(np.asarray(prompt.tokens[-_LAST:], dtype=np.int32)),
        )

    def _control_tokens(self, tokens: list[int]) -> tuple[int, ...]:
        """Those that steer and write nothing, each once."""
        return tuple(token for token in sorted(set(tokens)) if self.vocabulary.is_control(token))

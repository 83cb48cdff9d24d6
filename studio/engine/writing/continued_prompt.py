"""A prompt that the context holds, and the logits that it is continued with: healed ones.

Evaluates through a `Context`.
"""

from collections.abc import Callable
from typing import NamedTuple

from studio.engine.llama.context import Context
from studio.engine.llama.vocabulary import Vocabulary
from studio.engine.writing.healing import Healed, heal, taken_back
from studio.engine.writing.prompt import FittedPrompt, TokenizedPrompt


class ContinuedPrompt(NamedTuple):
    """A prompt, evaluated, and what may follow it.

    What is told of it, and what penalties and positions count, is the heaviest way: after "of " the
    tokens of "of", since most of what follows begins with the space. A token that comes by another
    way changes nothing of that, but only what is evaluated before it.
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

    def is_before(self, token: int) -> bool:
        """Whether that token can follow the text's own tokens."""
        tokens = self.healed.way(token).tokens
        return list(tokens) == self.evaluated[len(self.evaluated) - self.healed.back :]

    def before(self, token: int) -> list[int]:
        """What stands in the context before that token, if it is the first that is drawn."""
        return self.healed.replaced(self.evaluated, self.healed.way(token))

    def all_before(self, token: int) -> list[int]:
        """The same, not cut to the context."""
        return self.healed.replaced(self.whole.tokens, self.healed.way(token))


class PromptEvaluation:
    """Brings prompts into a context. What was found of the last one is kept."""

    def __init__(self, context: Context, vocabulary: Vocabulary) -> None:
        self._context = context
        self._vocabulary = vocabulary
        self._last: tuple[list[int], Healed] | None = None

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
            looks: whether nothing will be written behind it: then an evaluated rest stays.

        Raises:
            EvaluationStopped: the interrupt was set.
            EngineError: llama.cpp refused.
        """
        context, tokens = self._context, fitted.tokens
        back = taken_back(tokens, prompt.head, self._vocabulary)
        last = self._last
        if last is not None and last[0] == tokens and last[1].back == back:
            healed = last[1]
            reused = len(tokens) if looks else context.evaluate(tokens, progress, wanted=0)
        else:
            bring = context.look_inside if looks else context.evaluate
            reused = bring(tokens, progress, back + 1)
            rows = [context.logits(back - count) for count in range(back + 1)]
            healed = heal(tokens, rows, self._vocabulary, context.peek)
            self._last = list(tokens), healed
        first = healed.ways[0]
        continued = healed.replaced(tokens, first)
        return ContinuedPrompt(
            prompt,
            tokens,
            prompt._replace(tokens=healed.replaced(prompt.tokens, first)),
            fitted._replace(tokens=continued),
            healed,
            len(continued) if reused == len(tokens) else min(reused, len(continued)),
        )

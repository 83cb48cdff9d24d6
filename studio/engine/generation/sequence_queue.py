"""Sequences that wait for their beginning: each with a prompt of its own, in their order."""

from collections import deque
from collections.abc import Callable, Sequence
from functools import cached_property

from studio.engine.context import Context
from studio.engine.generation.context_policy import fit_sequences
from studio.engine.generation.sequence import SequenceState
from studio.engine.messages import EngineError, Prompt, QueueSequence
from studio.engine.writing.prompt import FittedPrompt, TokenizedPrompt
from studio.engine.writing.reader import ContinuedPrompt
from studio.sampling import LogitStatistics, TokenLikelihood
from studio.sampling.sketches.truncated_logits import TruncatedLogits

Tokenize = Callable[[Prompt], TokenizedPrompt]
Looked = type[LogitStatistics] | type[TokenLikelihood]

_MARGIN = 64
"""Cells that stay free beside all: the ways through a prompt's last characters are evaluated in
some of them (`healing`)."""


class ReadPrompt:
    """A prompt that sequences have in common.

    Args:
        given: What was asked for.
        number: Its number in the generation.
        whole: In tokens.
        fitted: The same, cut to the context.
        looked: What is asked of the logits that follow it.

    Attributes:
        given: What was asked for.
        number: Its number in the generation.
        whole: In tokens.
        fitted: The same, cut to the context.
        looked: What is asked of the logits that follow it.
        continued: It, evaluated; None until then.
    """

    def __init__(
        self,
        given: Prompt,
        number: int,
        whole: TokenizedPrompt,
        fitted: FittedPrompt,
        looked: Looked,
    ) -> None:
        self.given = given
        self.number = number
        self.whole = whole
        self.fitted = fitted
        self.looked = looked
        self.continued: ContinuedPrompt | None = None

    @cached_property
    def statistics(self) -> LogitStatistics | TokenLikelihood | TruncatedLogits:
        """Of the logits that follow it, from which the first token of each sequence is drawn."""
        continued = self.continued
        assert continued is not None, "it is evaluated"
        logits = continued.healed.logits
        if isinstance(logits, TruncatedLogits):
            return logits
        if self.looked is TokenLikelihood:
            return TokenLikelihood(logits)
        return LogitStatistics(logits, knows_zero=continued.knows_zero)


class SequenceQueue:
    """Sequences that wait for their beginning.

    Args:
        own: The prompt of the generation itself.
        context: What they are written in.
        tokenize: Makes tokens of a prompt.

    Attributes:
        waiting: In the order in which they begin.
    """

    def __init__(self, own: ReadPrompt, context: Context, tokenize: Tokenize) -> None:
        self.waiting: deque[QueueSequence] = deque()
        self._prompt = own
        self._context = context
        self._tokenize = tokenize

    def prompt(self) -> ReadPrompt | None:
        """The prompt of the next one; None where the context has no room for it.

        Raises:
            EngineError: It is none that can be continued.
        """
        command, before = self.waiting[0], self._prompt
        if command.prompt == before.given:
            return before
        prompt = self._tokenize(command.prompt)
        try:
            # As if it were alone: what it is given must not depend on the others.
            fitted = fit_sequences(
                prompt, self._context.size, [command.max_tokens], at_once=True, is_certain=False
            )
        except EngineError as error:
            if error.kind != "context_size":
                raise
            return None
        number = before.number + 1
        self._prompt = ReadPrompt(command.prompt, number, prompt, fitted, before.looked)
        return self._prompt

    def has_room(self, prompt: ReadPrompt, running: Sequence[SequenceState]) -> bool:
        """Whether the next one can write all that it may beside others that may do so too.

        Args:
            prompt: Its prompt.
            running: The others.
        """
        cells = self._context.shared_cells
        if not running or cells is None:
            return True  # each has the context, or one of its size, for itself
        is_shared = any(one.prompt_number == prompt.number for one in running)
        writes = sum(one.limit - one.written for one in running) + self.waiting[0].max_tokens
        needed = cells + (0 if is_shared else len(prompt.fitted.tokens)) + writes
        return needed + _MARGIN <= self._context.size

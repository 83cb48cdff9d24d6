"""What is done about a context that does not hold all that is read and written.

Sequences share a prompt's cells, but what each writes takes its own. So either the prompt is cut
beforehand, for what they may write at most, and they end where the context is full all the same
(`EndWhenFull`). Or the prompt takes what there is, and is cut each time the context is full, which
one sequence alone can do (`CutWhenFull`).
"""

from typing import Protocol

from studio.engine.messages import EngineError, Generate
from studio.engine.writing.prompt import FittedPrompt, TokenizedPrompt, fit
from studio.translation import tr


class ContextPolicy(Protocol):
    """One way of dealing with a context's size.

    Attributes:
        alone: whether one sequence has the context for itself, in its main sequence.
    """

    alone: bool

    def fit(self, prompt: TokenizedPrompt, command: Generate, context_size: int) -> FittedPrompt:
        """The prompt as the model is to see it when the generation begins.

        Args:
            prompt: the whole prompt.
            command: what was asked for.
            context_size: tokens.

        Raises:
            EngineError: it leaves no room to write in.
        """

    def cut(self, text: TokenizedPrompt, context_size: int) -> FittedPrompt | None:
        """A text that has filled the context, cut so that it goes on; None where it ends.

        Args:
            text: the whole prompt, and what was written behind it.
            context_size: tokens.

        Raises:
            EngineError: its head leaves no room to write in.
        """


class CutWhenFull:
    """Writing: a text goes on past the context, without its beginning.

    Shifting the cache instead would be quicker, but its rows were computed from the text that is
    no longer there: the model would go on from a state that no prompt gives.
    """

    alone = True

    def fit(self, prompt: TokenizedPrompt, command: Generate, context_size: int) -> FittedPrompt:
        """See `ContextPolicy`."""
        return fit(prompt, context_size)

    def cut(self, text: TokenizedPrompt, context_size: int) -> FittedPrompt | None:
        """See `ContextPolicy`: another block of the beginning goes."""
        return fit(text, context_size)


class EndWhenFull:
    """A comparison: all that is written follows the same prompt, or ends.

    Args:
        at_once: whether the sequences are in the context together.
    """

    alone = False

    def __init__(self, *, at_once: bool) -> None:
        self._at_once = at_once

    def fit(self, prompt: TokenizedPrompt, command: Generate, context_size: int) -> FittedPrompt:
        """See `ContextPolicy`."""
        written = [len(start.token_ids()) for start in command.sequences]
        return fit_sequences(
            prompt,
            context_size,
            [length + command.max_tokens for length in written],
            at_once=self._at_once,
            is_certain=command.ignore_eos,
            unseen=command.unseen_tokens,
            written=sum(written) if self._at_once else max(written),
        )

    def cut(self, text: TokenizedPrompt, context_size: int) -> FittedPrompt | None:
        """See `ContextPolicy`."""
        return None


def fit_sequences(
    prompt: TokenizedPrompt,
    context_size: int,
    lengths: list[int],
    *,
    at_once: bool,
    is_certain: bool,
    unseen: int = -1,
    written: int = 0,
) -> FittedPrompt:
    """Keep the head and as much of the manuscript's newest part as leaves sequences their room.

    Args:
        prompt: the whole prompt.
        context_size: cells.
        lengths: the tokens that each sequence will have written in the end, at most.
        at_once: whether the sequences are in the context together.
        is_certain: whether they will write so much; otherwise a text may end before.
        unseen: tokens of the manuscript's beginning that were left out when they began; they are
            again, if that leaves room. -1 for sequences that begin.
        written: tokens that all together, or the longest in its turn, have written already.

    Raises:
        EngineError: the sequences cannot fit, or will not for certain.
    """
    # A sequence's last token is drawn and never evaluated.
    wanted = sum(length - 1 for length in lengths) if at_once else max(lengths) - 1
    # Cut, a quarter of the context is left of the manuscript at least (see `fit`).
    possible = context_size - min(len(prompt.tokens), prompt.fixed + max(1, context_size // 4))
    least = len(lengths) if at_once else 1
    if (is_certain and wanted > possible) or least > possible:
        count = len(lengths)
        each = max(0, possible) // (count if at_once else 1) + 1
        words = tr(
            "%n lanes of {tokens:,} tokens do not fit: the context of {size:,} tokens has room for "
            "{each:,} a lane beside this prompt. Choose fewer tokens or fewer lanes, or a larger "
            "context size in the model's options.",
            "",
            count,
            tokens=max(lengths),
            size=context_size,
            each=each,
        )
        raise EngineError("context_size", words)
    left_out = min(unseen, len(prompt.tokens) - prompt.fixed)
    if left_out >= 0 and len(prompt.tokens) - left_out + written + least <= context_size:
        return FittedPrompt(prompt.split(left_out).tokens, left_out)
    return fit(prompt, context_size, room=min(wanted, possible), grows=False)

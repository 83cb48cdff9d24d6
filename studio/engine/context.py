"""What is evaluated of texts, and the logits that follow them, wherever the model is."""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from studio.sampling.sketches.truncated_logits import TruncatedLogits

Progress = Callable[[int, int], None]
"""Is given how many tokens are evaluated, and of how many."""
KnownLogits = NDArray[np.float32] | TruncatedLogits
"""Those of all tokens, `(V,)`, or what is known of them."""


class Context(Protocol):
    """Evaluated tokens and the logits that follow them. Close it before its model.

    Its methods raise `EvaluationStopped` where the interrupt was set, and an `EngineError` where
    the logits cannot be had.

    Attributes:
        size: how many tokens it holds.
        knows_zero: whether its logits are the model's own, and not these but for a constant.
        takes_repeat_penalty: whether that can act: on the model's own, here or where they are.
    """

    size: int
    knows_zero: bool
    takes_repeat_penalty: bool

    @property
    def knows_all(self) -> bool:
        """Whether the logits of all tokens can be had, and not those of the most likely alone."""

    @property
    def shared_cells(self) -> int | None:
        """How many cells a generation's sequences have, those of the main sequence among them.

        None where they do not share one memory.
        """

    def evaluate(
        self, tokens: Sequence[int], progress: Progress | None = None, wanted: int = 1
    ) -> int:
        """Bring the context to exactly `tokens`, with the logits that follow them.

        Args:
            tokens: at least one, at most `size`.
            progress: called between parts of a long evaluation.
            wanted: after how many of the last tokens the logits are wanted; 0 where they are not.

        Returns:
            How many of the tokens were evaluated before and did not need it again.
        """

    def look_inside(
        self, tokens: Sequence[int], progress: Progress | None = None, wanted: int = 1
    ) -> int:
        """Like `evaluate`, but without losing a long evaluated rest to a look at its middle.

        Args:
            tokens: at least one, at most `size`.
            progress: called between parts of a long evaluation.
            wanted: after how many of the last tokens the logits are wanted.
        """

    def logits(self, back: int = 0) -> KnownLogits:
        """The logits after the last token evaluated; true until the next evaluation.

        Args:
            back: so many tokens before the last one; only where the evaluation was asked for them.
        """

    def peek(self, tokens: Sequence[int], wanted: int) -> Sequence[KnownLogits]:
        """The logits after the last `wanted` of some tokens; what is evaluated stays.

        Args:
            tokens: at least one.
            wanted: how many of the last tokens.

        Returns:
            In the tokens' order; none at all where that is not possible here.
        """

    def read(
        self,
        tokens: Sequence[int],
        first: int,
        visit: Callable[[int, KnownLogits], None],
        progress: Progress,
    ) -> int:
        """Like `evaluate`, and show the logits after each token on the way.

        Args:
            tokens: at least one, at most `size`.
            first: the index of the first token whose logits are wanted.
            visit: called with the index of a token and the logits that follow it, in order; these
                are true until it returns. Of the last tokens they are whole, and of all they know
                the token that stands there.
            progress: called before each part.
        """

    def drop_sequences(self) -> None:
        """Free what a generation's sequences have; those that go on are evaluated again."""

    def keep_prompt(self) -> None:
        """Keep what is evaluated for the next start, where there is a place for it."""

    def close(self) -> None:
        """Free what it takes."""

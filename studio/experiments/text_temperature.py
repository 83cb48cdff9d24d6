"""Whole-text temperature: texts drawn with a probability in proportion to p(text)^α, α = 1/T.

To draw each token at T is something else (Karan and Du 2025, arXiv 2510.14901). Token by token a
text comes with the probability Π p(xₜ)^α / Zₜ, where Zₜ = Σ p^α over the vocabulary at place t: a
token is chosen without regard to how many ways lead on behind it, and how probable they are. What
p^α has beside that is the product of all Zₜ: the weight of a text that was drawn token by token.

Two ways lead from such texts to p^α:

- `resampled` takes one of several by these weights (importance resampling). They are normalised by
  their own sum, so with n texts the result still leans towards what is drawn token by token; that
  bias falls as 1/n.
- `block_wise` is the paper's way. The text grows by blocks, and after each come some steps of
  Metropolis and Hastings: a place is chosen evenly, all behind it is written anew, and the new text
  taken with the probability min(1, Π Z'ₜ / Π Zₜ). The chain of the last block has p^α for its
  limit: exact with many steps, and near what is drawn token by token with few.

Both are generators, which know no model: they ask for texts and are sent them. `text_run` has them
written by an engine.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Annotated, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

NO_TOKEN = -1
"""What stands behind a text's end."""

BLOCK, STEPS = 8, 8
"""Of `block_wise`, where nothing else is asked for."""

COLDEST_TEXT, HOTTEST_TEXT = 0.05, 20.0
"""T of a whole text: beyond these weights are those of a single text, or of none."""

LONGEST_TEXT = 256
"""Tokens of a text in a sweep: of a longer one hardly a proposal is taken."""


class Texts(NamedTuple):
    """Texts of the same length, or ended before.

    Attributes:
        tokens: `(n, length)` ids; the token that ended a text is its last, and `NO_TOKEN` stands
            behind it.
        log_masses: `(n, length)` ln Zₜ at each token's place; 0 behind the end.
    """

    tokens: NDArray[np.int64]
    log_masses: NDArray[np.float64]

    @property
    def lengths(self) -> NDArray[np.int64]:
        """`(n,)`: how many tokens each has."""
        return np.asarray((self.tokens != NO_TOKEN).sum(axis=1))


class Proposal(NamedTuple):
    """What is to be written: each text anew behind its beginning, every token drawn at T = 1/α.

    Attributes:
        texts: As they are. One that has ended before `kept` stays as it is.
        kept: `(n,)`: how many tokens of each stay.
        length: How many each is to have in the end, if it does not end before.
    """

    texts: Texts
    kept: NDArray[np.int64]
    length: int


class Resampled(NamedTuple):
    """Texts taken by their weights.

    Attributes:
        texts: One of each group.
        effective: `(groups,)`: how many texts of equal weight are worth as much as a group's
            (Kish): 1 where a single one has all the weight.
        evaluations: How many next-token distributions the model was asked for, one a token drawn.
    """

    texts: Texts
    effective: NDArray[np.float64]
    evaluations: int


class BlockWise(NamedTuple):
    """Texts at the end of their chains.

    Attributes:
        texts: One a chain.
        proposed: How many times a text, or its end, was written anew.
        accepted: How many of these were taken.
        evaluations: As in `Resampled`.
    """

    texts: Texts
    proposed: int
    accepted: int
    evaluations: int


class WholeText(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How whole texts are drawn: by weights, where `draws` is given, or block by block."""

    draws: Annotated[int, msgspec.Meta(ge=2, le=1_000)] | None = None
    """Of how many texts one is taken."""
    block: Annotated[int, msgspec.Meta(ge=1, le=LONGEST_TEXT)] | None = None
    """By how many tokens a text grows at a time."""
    steps: Annotated[int, msgspec.Meta(ge=1, le=1_000)] | None = None
    """How many times a part of it is proposed anew, after each block."""

    def __post_init__(self) -> None:
        """Refuse both ways at once.

        Raises:
            ValueError: Both were asked for.
        """
        if self.draws is not None and (self.block or self.steps):
            raise ValueError("draws: not with block or steps, which are another way")

    def draw(
        self, length: int, rng: np.random.Generator
    ) -> Generator[Proposal, Texts, Resampled | BlockWise]:
        """Draw one text.

        Args:
            length: Tokens of it, if it does not end before.
            rng: All that is random.
        """
        if self.draws is not None:
            return resampled(length, self.draws, rng)
        return block_wise(length, self.block or BLOCK, self.steps or STEPS, rng)


def resampled(
    length: int, draws: int, rng: np.random.Generator, groups: int = 1
) -> Generator[Proposal, Texts, Resampled]:
    """Take one of several texts that are drawn token by token, by their weights.

    Args:
        length: Tokens of a text, if it does not end before.
        draws: How many texts one is taken of.
        rng: Draws which.
        groups: How many times this is done.
    """
    count = groups * draws
    texts = yield Proposal(_empty(count), np.zeros(count, dtype=np.int64), length)
    log_weights = texts.log_masses.sum(axis=1).reshape(groups, draws)
    weights = np.exp(log_weights - log_weights.max(axis=1, keepdims=True))
    shares = weights / weights.sum(axis=1, keepdims=True)
    passed = shares.cumsum(axis=1) <= rng.random((groups, 1))
    chosen = np.minimum(passed.sum(axis=1), draws - 1) + np.arange(groups) * draws
    return Resampled(
        Texts(texts.tokens[chosen], texts.log_masses[chosen]),
        1.0 / (shares * shares).sum(axis=1),
        int(texts.lengths.sum()),
    )


def block_wise(
    length: int, block: int, steps: int, rng: np.random.Generator, chains: int = 1
) -> Generator[Proposal, Texts, BlockWise]:
    """Draw texts by block-wise Metropolis-Hastings resampling.

    Args:
        length: Tokens of a text, if it does not end before.
        block: By how many tokens it grows at a time.
        steps: How many times a part of it is proposed anew, after each block.
        rng: Draws from where on, and whether that is taken.
        chains: How many texts are drawn, each for itself.
    """
    texts = _empty(chains)
    kept: NDArray[np.int64]
    proposed = accepted = evaluations = 0
    for end in (*range(block, length, block), length):
        before = texts.lengths
        kept = np.full(chains, texts.tokens.shape[1], dtype=np.int64)
        texts = yield Proposal(texts, kept, end)
        evaluations += int((texts.lengths - before).sum())
        for _ in range(steps):
            kept = rng.integers(end, size=chains)
            # Where a text has ended before that place there is nothing to write anew.
            changes = kept < texts.lengths
            others = yield Proposal(texts, kept, end)
            gains = (others.log_masses - texts.log_masses).sum(axis=1)
            taken = changes & (gains > -rng.exponential(size=chains))
            evaluations += int((others.lengths - kept)[changes].sum())
            proposed += int(changes.sum())
            accepted += int(taken.sum())
            texts = Texts(
                np.where(taken[:, np.newaxis], others.tokens, texts.tokens),
                np.where(taken[:, np.newaxis], others.log_masses, texts.log_masses),
            )
    return BlockWise(texts, proposed, accepted, evaluations)


def _empty(count: int) -> Texts:
    return Texts(np.zeros((count, 0), dtype=np.int64), np.zeros((count, 0)))

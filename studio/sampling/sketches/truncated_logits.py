"""The N best log-probabilities that a server sends, and what can be drawn from them.

A server ranks and weighs the vocabulary itself and sends the best. Of the others three figures are
known: how many they are, what they weigh together (what the best leave of 1), and that none is
likelier than the last of the best. `bounded_logits` says what follows from these.

How often a draw is undecided, in %, with the N best of 49,152 (123 places of the starter model,
40 draws each). In brackets how often the token drawn is not among the N, which nothing decides.

| samplers                         |  N    | T 0.7       | T 1         | T 1.5       |
| -------------------------------- | ----- | ----------- | ----------- | ----------- |
| none but T                       |   200 | 11 (0.5)    | 5.5 (5.5)   | 72 (29)     |
|                                  | 1,000 | 4.9 (0.1)   | 2.1 (2.0)   | 66 (18)     |
|                                  | 4,000 | 1.8 (0.0)   | 1.0 (0.5)   | 60 (8.6)    |
| the same, log-probabilities at T |   200 | 0.5         | 5.5         | 29          |
|                                  | 1,000 | 0.2         | 2.1         | 18          |
|                                  | 4,000 | 0.2         | 1.0         | 9.4         |
| T, then top-p 0.95               |   200 | 9.2         | 5.1         | 70          |
|                                  | 1,000 | 3.9         | 1.2         | 65          |
|                                  | 4,000 | 0.9         | 0.1         | 59          |
| min-p 0.05, then T               |   any | 0           | 0           | 0           |
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from studio.sampling.errors import LogitsError, UndecidedError
from studio.sampling.logits.ranking import HEAD
from studio.sampling.logits.top_two_margin import are_near_tie
from studio.sampling.params import SamplingParams
from studio.sampling.samplers.adaptive import mean_after, mean_before
from studio.sampling.samplers.choice import Choice, choose, ranks_as_t0_does, without_adaptive
from studio.sampling.samplers.mirostat import mu_after, mu_before
from studio.sampling.samplers.pipeline import Shaped
from studio.sampling.samplers.steps import (
    CARRY_STATE,
    CHANGES,
    active_steps,
    changes_alone,
    without_repeat_penalty,
)
from studio.sampling.sketches.bounded_logits import BoundedLogits, run_both
from studio.sampling.sketches.logit_statistics import Written
from studio.sampling.sketches.sketch import LogitSketch
from studio.sampling.sketches.sketch_format import LARGEST_LOG, MOST_GROUPS
from studio.sampling.sketches.truncated_sketch import TruncatedSketch
from studio.sampling.state import NO_STATE, SamplerState
from studio.sampling.tails.tail_bounds import TailBounds, grouped
from studio.translation import tr

ROUNDING = 1e-6
"""By how much the sum of log-probabilities that were sent may be off, unless a caller says."""

_MOST_OVER = 1e-3
"""So much more than 1 the head may weigh, and the tail more than its cap allows: rounding, too."""

_HOTTEST = 1e3
"""No sketch is of a higher T."""


def deciding_temperature(params: SamplingParams) -> float:
    """Return the T at which the log-probabilities of the best decide most draws.

    It is that of the draw where nothing but T weighs all tokens, or top-p behind it does: what the
    others weigh at T is then known, and not bounded alone. Below 1 the bounds are narrow (see the
    table), and what is taken at T 1 is a sketch that is exact there. Other filters leave known
    tokens as a rule, so that nothing is open.

    Args:
        params: The samplers and their order.
    """
    temperature, steps = params.temperature, active_steps(params)
    if not 1.0 < temperature <= _HOTTEST or params.mirostat or params.dynatemp_range:
        return 1.0
    weighing = [step for step in steps if step not in CHANGES]
    return temperature if weighing in (["temperature"], ["temperature", "top_p"]) else 1.0


class TruncatedLogits:
    """The best log-probabilities of one step, before any sampler, and bounds of all others.

    Attributes:
        ids: `(n,)` int64 the tokens that are known, in descending order, the lowest id first on a
            tie.
        logits: `(n,)` float64 their log-probabilities times T: logits but for a constant.
        tail: All others; None where there are none.
        size: The vocabulary's size.
        beside: A token that is none of the best and its log-probability times T; None for none.

    Args:
        ids: The N best tokens, in any order.
        log_probabilities: Theirs: natural logarithms, before any sampler but temperature; -inf for
            one that cannot follow.
        vocabulary_size: How many tokens there are.
        temperature: The T that they were taken at; at another than 1 the draws at that T, and what
            filters behind it leave, are the ones that are decided best.
        rounding: By how much what the best leave of 1 may be off.
        beside: A token and its log-probability that is known too, whether it is one of the best or
            not: a server that draws says it of what it drew.

    Raises:
        LogitsError: They cannot be the best of a distribution.
    """

    __slots__ = ("beside", "ids", "logits", "size", "tail")

    def __init__(
        self,
        ids: ArrayLike,
        log_probabilities: ArrayLike,
        vocabulary_size: int,
        *,
        temperature: float = 1.0,
        rounding: float = ROUNDING,
        beside: tuple[int, float] | None = None,
    ) -> None:
        tokens, logs = _checked(ids, log_probabilities, vocabulary_size)
        possible = logs > -LARGEST_LOG
        # Where one of the best cannot follow, no other can.
        others = vocabulary_size - tokens.size if possible.all() else 0
        tokens, logs = tokens[possible], logs[possible]
        order = np.lexsort((tokens, -logs))
        logs = logs[order]
        self.ids: NDArray[np.int64] = tokens[order]
        self.logits: NDArray[np.float64] = (logs * temperature).astype(np.float32).astype(float)
        self.size = vocabulary_size
        self.tail: TailBounds | None = None
        self.beside: tuple[int, float] | None = None
        if beside is not None and others and beside[0] not in tokens:
            (token,), (log,) = _checked([beside[0]], [beside[1]], vocabulary_size)
            self.beside = int(token), min(float(log), float(logs[-1])) * temperature
        mass = math.fsum(np.exp(logs).tolist())
        cap = float(logs[-1])
        in_caps = (1.0 - mass) * math.exp(-cap)
        slack = max(rounding, 0.0) * math.exp(-cap)
        if mass > 1.0 + _MOST_OVER:
            raise LogitsError(
                tr("log-probabilities: they add up to {mass:.4f}; 1 is the most.", mass=mass)
            )
        most = others * (1.0 + _MOST_OVER) + _MOST_OVER * math.exp(-cap)
        if in_caps - slack > most:
            words = tr(
                "log-probabilities: {mass:.4f} is left for %n other tokens, more than they can "
                "have where none is likelier than the last of these.",
                "",
                others,
                mass=1.0 - mass,
            )
            raise LogitsError(words)
        if others:
            self.tail = TailBounds(
                self.logits[-1:],
                np.array([float(others)]),
                np.array([min(max(in_caps - slack, 0.0), others)]),
                np.array([min(max(in_caps, 0.0) + slack, others)]),
                1.0 / temperature,
            )

    def knows(self, token: int) -> bool:
        """Return whether a token's log-probability is known."""
        is_beside = self.beside is not None and self.beside[0] == token
        return is_beside or token in self.ids

    @property
    def is_near_tie(self) -> bool:
        """Whether arithmetic alone may decide which token is the favourite."""
        return are_near_tie(self.logits) or (self.logits.size == 1 and self.tail is not None)

    def choose(
        self,
        params: SamplingParams,
        history: Sequence[int],
        u: float,
        top: int = 10,
        state: SamplerState = NO_STATE,
    ) -> Choice | None:
        """Draw a token as `samplers.choice.choose` does from a whole vocabulary.

        `bounded_logits` says what each sampler rests on; the repeat penalty is left out. The token,
        its rank and what is carried to the next step are those of the whole vocabulary, whatever
        the tokens that are not known; so is `kept`, or it is 0. `probability`, `entropy` and `top`
        lie in the middle of what they can be: `sketch` knows the bounds.

        Args:
            params: The samplers and their order.
            history: The tokens so far, oldest first.
            u: The number drawn, in [0, 1).
            top: How many of the best tokens to report.
            state: What samplers need beside the history.

        Returns:
            None where what is known does not decide it: ask for more tokens.

        Raises:
            LogitsError: Biases have banned every token that is known.
            ValueError: As for `choose`.
        """
        if not 0.0 <= u < 1.0:
            raise ValueError(
                f"u: found {u!r}; allowed is a number from 0 up to but not including 1."
            )
        params = without_repeat_penalty(params)
        if self.tail is None:
            return choose(self._whole(), params, history, u, top, state)
        try:
            return self._choose(params, history, u, top, state)
        except UndecidedError:
            return None

    def settles(
        self, params: SamplingParams, history: Sequence[int], state: SamplerState = NO_STATE
    ) -> bool:
        """Return whether `choose` decides every u: all that the samplers leave is known.

        Who draws by other means where this is not so must ask this, and not whether one u is
        decided: tokens that are not known would come too seldom.

        Args:
            params: The samplers and their order.
            history: The tokens so far, oldest first.
            state: What samplers need beside the history.

        Raises:
            LogitsError: Biases have banned every token that is known.
        """
        if self.tail is None:
            return True
        try:
            least, most = self._run_both(without_repeat_penalty(params), history, state)
        except UndecidedError:
            return False
        return least[1:] == most[1:] and least.ranked.are_known(least.kept)

    def _choose(
        self,
        params: SamplingParams,
        history: Sequence[int],
        u: float,
        top: int,
        state: SamplerState,
    ) -> Choice | None:
        ends = self._run_both(params, history, state)
        (ranked, kept, beta), (_, most_kept, most_beta) = ends
        rank, other = (end.rank_of_draw(u, count, at) for end, count, at in ends)
        if rank is None or rank != other:
            return None
        masses = [end.mass(count, at) for end, count, at in ends]
        weights = ranked.weights(0.5 * (beta + most_beta))
        is_exact = kept == most_kept and ranked.are_known(kept)
        mu = mean = None
        token = int(ranked.ids[rank])
        if params.mirostat:
            if not is_exact:
                return None
            state = state._replace(mu=mu_before(params, state.mu), adaptive_mean=None)
            mu = mu_after(params, state.mu, float(weights[rank]) / masses[0])
        elif not CARRY_STATE.isdisjoint(active_steps(params)):
            share = self._share_before(token, params, history, state)
            state = state._replace(mu=None, adaptive_mean=mean_before(params, state.adaptive_mean))
            mean = mean_after(params, state.adaptive_mean, share)
        moments = [end.weight(count, at).moment for end, count, at in ends]
        reported = min(top, kept, ranked.sure)
        tied = ranked
        if not ranks_as_t0_does(params):
            tied = self._run_both(changes_alone(params), history, state)[0].ranked
        return Choice(
            token,
            rank,
            kept if kept == most_kept else 0,
            mu,
            mean,
            state,
            float(weights[rank]),
            sum(masses) / 2.0,
            sum(moments) / 2.0,
            ranked.ids,
            weights.tolist(),
            reported,
            tied.best_two,
        )

    def sketch(self, written: int | None = None) -> LogitSketch:
        """Return what stays of it: a truncated sketch, or a whole one where nothing is missing.

        Args:
            written: The token that was written in this place; it must be one of the known. Of one
                that is none of the best the rank is the least that it can have.

        Raises:
            ValueError: It is none of them.
        """
        if self.tail is None:
            return LogitSketch.of(self._whole(), written, knows_zero=False)
        head = min(HEAD, self.ids.size)
        place = np.flatnonzero(self.ids == written)
        record = None
        if self.beside is not None and written == self.beside[0]:
            record = Written(*self.beside, self.ids.size)
        elif written is not None:
            if not place.size:
                raise ValueError(f"written: token {written} is none of those that are known.")
            rank = int(place[0])
            if rank >= head:
                record = Written(written, float(self.logits[rank]), rank)
        bounds = self.tail
        if head < self.ids.size:
            known = grouped(self.logits[head:], MOST_GROUPS - 1, bounds.beta)
            bounds = known.with_group(
                bounds.caps.item(0), bounds.tokens, bounds.least.item(0), bounds.most.item(0)
            )
        return TruncatedSketch(
            self.ids[:head].astype(np.int32),
            self.logits[:head].astype(np.float32),
            self.size,
            bounds,
            record,
        )

    def _run_both(
        self, params: SamplingParams, history: Sequence[int], state: SamplerState
    ) -> tuple[Shaped[BoundedLogits], Shaped[BoundedLogits]]:
        return run_both(self.ids, self.logits, self.tail, self.size, params, history, state)

    def _share_before(
        self, token: int, params: SamplingParams, history: Sequence[int], state: SamplerState
    ) -> float:
        """Return the probability that a token had before adaptive-p, which knew all it left."""
        ranked, kept, beta = self._run_both(without_adaptive(params), history, state)[0]
        weights = ranked.weights(beta)[:kept]
        return float(weights[ranked.ids[:kept] == token][0] / weights.sum())

    def _whole(self) -> NDArray[np.float64]:
        logits = np.full(self.size, -np.inf)
        logits[self.ids] = self.logits
        return logits


def _checked(
    ids: ArrayLike, log_probabilities: ArrayLike, size: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return what was sent as arrays.

    Raises:
        LogitsError: See `TruncatedLogits`.
    """
    tokens, logs = np.asarray(ids), np.asarray(log_probabilities)
    if tokens.ndim != 1 or tokens.shape != logs.shape or not tokens.size:
        raise LogitsError(
            tr(
                "log-probabilities: found {logs:,} of them for {tokens:,} tokens; allowed is one "
                "for each, and one at least.",
                logs=logs.size,
                tokens=tokens.size,
            )
        )
    if tokens.dtype.kind not in "iu" or logs.dtype.kind not in "fiu":
        raise LogitsError(
            tr("log-probabilities: found values that are no numbers, or tokens that are no ids.")
        )
    logs = logs.astype(np.float32).astype(np.float64)  # as logits are, and as a sketch has them
    if int(tokens.min()) < 0 or int(tokens.max()) >= size:
        worst = tokens.max() if int(tokens.max()) >= size else tokens.min()
        raise LogitsError(
            tr(
                "log-probabilities: found token {token}; allowed are ids from 0 to {last}.",
                token=int(worst),
                last=size - 1,
            )
        )
    if np.unique(tokens).size != tokens.size:
        raise LogitsError(tr("log-probabilities: a token comes twice among the best."))
    if np.isnan(logs).any():
        raise LogitsError(tr("log-probabilities: one of them is not a number."))
    if logs.max() > _MOST_OVER:
        raise LogitsError(
            tr(
                "log-probabilities: found {largest:.4f}; none is above 0.",
                largest=float(logs.max()),
            )
        )
    if logs.max() <= -LARGEST_LOG:
        raise LogitsError(tr("log-probabilities: all are -inf, and no token is left."))
    return tokens.astype(np.int64), logs

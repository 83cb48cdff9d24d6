"""A text drawn again with the same u under other parameters: where does it first become another?

A token is drawn by inverse CDF with a u that belongs to the seed and the position. Turn a parameter
over a text that is written already, and every token whose u still falls on it stands; the first
that does not is where the text parts from what these parameters would have written. Up to there
each token has the same text before it, so penalties and DRY are known; what Mirostat and adaptive-p
learn is worked out anew, from token to token. Behind it nothing is known without the model.

It is as exact as the sketches are. Where arithmetic may decide, between one way of evaluating a
text and another, the draw counts as near (see `Outcome.is_near`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from studio.sampling.analysis.filtered_stack import FilteredStack
from studio.sampling.errors import LogitsError, UndecidedError
from studio.sampling.logits.top_two_margin import MARGIN
from studio.sampling.params import PARAMETERS, SamplingParams
from studio.sampling.samplers.adaptive import mean_after, mean_before
from studio.sampling.samplers.choice import without_adaptive
from studio.sampling.samplers.mirostat import mu_after, mu_before
from studio.sampling.samplers.pipeline import run
from studio.sampling.samplers.steps import (
    CARRY_STATE,
    CHANGES,
    TAKES_OTHERS,
    active_changes,
    active_steps,
    beta_of,
    changes_alone,
    changes_come_first,
)
from studio.sampling.sketches.penalties_applied import apply_penalties
from studio.sampling.sketches.sketch import LogitSketch
from studio.sampling.sketches.sketch_stack import SketchStack
from studio.sampling.sketches.sketched import SketchedLogits
from studio.sampling.state import SamplerState

_BLOCK = 128
"""Tokens that are looked at together, before the next of them are."""

_FEW = 16
"""The same where each is looked at by itself."""

_SKETCH_ERROR = 2e-4
"""Of a cumulative probability: see `LogitSketch`."""

_CUT_TAIL_ERROR = 0.06
"""The same as a share of itself, where a filter cuts within the tail."""

_SAME_TAIL = 1e-9
"""Of a weight, below which two are one: the same draw from the same tail."""

_UNKNOWN = LogitSketch.of([0.0])
"""Stands in a stack where a sketch is not known."""


class Draw(NamedTuple):
    """A token of a text as it was drawn.

    Attributes:
        sketch: What it was drawn from; None where that is not known.
        token: Its id.
        u: What was drawn; None where the writer chose it: it stands under any parameters.
        params: Those that it was drawn with; None where they are not known.
        mu: What Mirostat allowed there; None where it was off, began there, or is not known.
        adaptive_mean: What adaptive-p had learnt; None as for `mu`.
    """

    sketch: LogitSketch | None
    token: int
    u: float | None
    params: SamplingParams | None = None
    mu: float | None = None
    adaptive_mean: float | None = None


class Before(NamedTuple):
    """What samplers need of a place beside its logits.

    Attributes:
        history: The tokens before it, oldest first.
        state: XTC's draw, and texts as tokens; what is carried from token to token is not looked
            at.
    """

    history: Sequence[int]
    state: SamplerState


BeforeAt = Callable[[int, SamplingParams], Before | None]
"""Says it of a token by its number, for some parameters; None where not all of it is known."""


class Divergence(NamedTuple):
    """The first token that other parameters would not have drawn, or may not have.

    Attributes:
        number: How many tokens stand before it.
        token: What would be drawn there; None where the sketch cannot say which.
        is_certain: Whether it is another one, and not merely unknown.
        is_near: Whether arithmetic may decide whether the token that is there stands.
        mu: What Mirostat would allow there; None where it is off or begins there.
        adaptive_mean: What adaptive-p would have learnt; None as for `mu`.
    """

    number: int
    token: int | None
    is_certain: bool
    is_near: bool
    mu: float | None = None
    adaptive_mean: float | None = None


class Outcome(NamedTuple):
    """What one draw takes.

    Attributes:
        token: Its id; None where it is one of the tail, or not known.
        is_near: Whether logits that differ by less than `MARGIN` give another token: u falls so
            near the border between two of them, or two that stand side by side in the ranking are
            so close that they may change places.
        may_stand: Whether that goes for the token that is there: it may be the one after all.
        beyond: How much weight of the tail stands before it, relative to the favourite's.
        share: Its probability as Mirostat and adaptive-p count it; 0 where it is not known.
    """

    token: int | None
    is_near: bool
    may_stand: bool
    beyond: float
    share: float

    def takes_the_same(self, other: Outcome) -> bool:
        """Whether both take the same token."""
        if self.token is not None or other.token is not None:
            return self.token == other.token
        return abs(self.beyond - other.beyond) <= _SAME_TAIL * max(self.beyond, other.beyond)


class Redraw:
    """The draws of one text, to be drawn again.

    Args:
        draws: Its tokens in order.
        before_at: What stands before each.
    """

    def __init__(self, draws: Sequence[Draw], before_at: BeforeAt) -> None:
        self._draws = draws
        self._before_at = before_at
        self._blocks: dict[SamplingParams | None, list[_Block]] = {}
        """Those made so far, by what changes logits; of the two asked about last."""

    def __len__(self) -> int:
        return len(self._draws)

    def search(self, params: SamplingParams) -> Iterator[Divergence | None]:
        """Look for the first token that `params` would not draw, some tokens at a time.

        Args:
            params: The parameters; their seed is not looked at.

        Yields:
            None after some tokens that stand; at last the divergence. Without one it merely ends.
        """
        if _is_alike_for_all(params):
            yield from self._search_blocks(params)
        else:
            yield from self._search_one_by_one(params)

    def first(self, params: SamplingParams) -> Divergence | None:
        """Return the first token that `params` would not draw; None where all stand.

        Args:
            params: As for `search`.
        """
        return next((found for found in self.search(params) if found is not None), None)

    def near(self, params: SamplingParams) -> list[int]:
        """Return the numbers of the tokens that stand, or not, by arithmetic: see `Outcome`.

        Args:
            params: As for `search`.
        """
        found = []
        for index, draw in enumerate(self._draws):
            outcome = self._outcome(index, params, draw.mu, draw.adaptive_mean)
            if outcome is not None and outcome.is_near:
                found.append(index)
        return found

    # Many at once

    def _search_blocks(self, params: SamplingParams) -> Iterator[Divergence | None]:
        key = _what_changes(params)
        blocks = self._blocks.pop(key, [])
        if len(self._blocks) > 1:
            del self._blocks[next(iter(self._blocks))]
        self._blocks[key] = blocks
        for number, start in enumerate(range(0, len(self._draws), _BLOCK)):
            if number == len(blocks):
                blocks.append(_Block())
            block, size = blocks[number], min(_BLOCK, len(self._draws) - start)
            while len(block) < size:
                index = start + len(block)
                block.append(self._draws[index], self._sketch_at(index, key, params))
                if len(block) % _FEW == 0:
                    yield None
            found = self._search_block(start, block, params)
            yield found
            if found is not None:
                return

    def _sketch_at(
        self, index: int, changes: SamplingParams | None, params: SamplingParams
    ) -> LogitSketch | None:
        """Return a sketch as what changes logits leaves it; None where that is not known."""
        draw = self._draws[index]
        if changes is None or draw.sketch is None:
            return draw.sketch
        before = self._before_at(index, params)
        if before is None:
            return None
        try:
            return apply_penalties(draw.sketch, params, before.history, before.state, draw.token)
        except (LogitsError, ValueError):  # biases ban all, or are for another vocabulary
            return None

    def _search_block(self, start: int, block: _Block, params: SamplingParams) -> Divergence | None:
        """The stack says which tokens may be others; what the sampler does with these decides."""
        for index in block.doubtful(params).tolist():
            drawn_with = self._draws[start + index].params
            if drawn_with is None or not are_same(drawn_with, params):
                found, _ = self._look(start + index, params, None, None)
                if found is not None:
                    return found
        return None

    # One after another

    def _search_one_by_one(self, params: SamplingParams) -> Iterator[Divergence | None]:
        mu: float | None = None
        mean: float | None = None
        found: Divergence | None
        for index, draw in enumerate(self._draws):
            if draw.u is None:
                continue
            if self._is_as_drawn(draw, params, mu, mean):
                if index + 1 == len(self._draws):
                    return
                following = self._draws[index + 1]
                if following.params is draw.params:
                    mu, mean = following.mu, following.adaptive_mean
                    continue
                found, outcome = None, self._outcome(index, params, mu, mean)
            else:
                found, outcome = self._look(index, params, mu, mean)
            if found is None and _carries(params) and (outcome is None or outcome.share <= 0.0):
                found = Divergence(index, None, False, False, mu, mean)
            if found is not None:
                yield found
                return
            if outcome is not None:
                mu, mean = _learnt(params, outcome.share, mu, mean)
            if index % _FEW == _FEW - 1:
                yield None

    def _is_as_drawn(
        self, draw: Draw, params: SamplingParams, mu: float | None, mean: float | None
    ) -> bool:
        """Whether it was drawn with these parameters, and with the same learnt before it."""
        if draw.params is None or not are_same(draw.params, params):
            return False
        if params.mirostat:
            return mu_before(params, mu) == mu_before(params, draw.mu)
        if not _carries(params):
            return True
        return mean_before(params, mean) == mean_before(params, draw.adaptive_mean)

    # One

    def _look(
        self, index: int, params: SamplingParams, mu: float | None, mean: float | None
    ) -> tuple[Divergence | None, Outcome | None]:
        """Say whether a token stands: then there is no divergence.

        What by the sketch is the same as the draw as it was counts as that draw.
        """
        draw = self._draws[index]
        outcome = self._outcome(index, params, mu, mean)
        if outcome is None:
            return Divergence(index, None, False, False, mu, mean), None
        if outcome.token == draw.token:
            return None, outcome
        if draw.params is not None:
            former = self._outcome(index, draw.params, draw.mu, draw.adaptive_mean)
            if former is not None and former.takes_the_same(outcome):
                return None, outcome
        # Of two tokens of the tail nobody knows whether they are one.
        sketch = draw.sketch
        is_known = outcome.token is not None or (sketch is not None and draw.token in sketch.ids)
        return Divergence(index, outcome.token, is_known, outcome.may_stand, mu, mean), outcome

    def _outcome(
        self, index: int, params: SamplingParams, mu: float | None, mean: float | None
    ) -> Outcome | None:
        """What a draw takes; None where that is not known."""
        draw = self._draws[index]
        if draw.sketch is None or draw.u is None:
            return None
        before = self._before_at(index, params)
        if before is None:
            return None
        state = before.state._replace(mu=mu, adaptive_mean=mean)
        try:
            return outcome_of(draw.sketch, draw.token, draw.u, params, before.history, state)
        except (LogitsError, ValueError):  # biases ban all, or are for another vocabulary
            return None


class _Block:
    """Some tokens of a text, stacked as what changes logits leaves them."""

    def __init__(self) -> None:
        self._stack = SketchStack()
        self._us: list[float] = []
        """What was drawn; NaN for those that the writer chose."""
        self._unknown: list[bool] = []
        """Whether a sketch is not known, or not all of it."""
        self._left: tuple[SamplingParams, FilteredStack] | None = None
        """What the filters before temperature leave, whatever the temperature."""

    def __len__(self) -> int:
        return len(self._us)

    def append(self, draw: Draw, sketch: LogitSketch | None) -> None:
        """Put a token on top.

        Args:
            draw: It.
            sketch: Its own; None where that is not known.
        """
        try:
            self._stack.append(sketch or _UNKNOWN, draw.token if sketch else None)
        except ValueError:  # it knows nothing of this token
            sketch = None
            self._stack.append(_UNKNOWN)
        self._us.append(math.nan if draw.u is None else draw.u)
        # What is known between bounds alone is looked at by itself.
        self._unknown.append(sketch is None or (draw.sketch or sketch).is_truncated)

    def doubtful(self, params: SamplingParams) -> NDArray[np.intp]:
        """Return those that do not stand for certain."""
        us, ranks = np.array(self._us), self._stack.rank
        is_doubtful = np.array(self._unknown) | (ranks >= self._stack.known)
        if "temperature" in params.samplers and params.temperature == 0.0:
            is_doubtful |= ranks != 0
        else:
            left = self._filtered(params)
            cumulative = left.weights.cumsum(axis=1)
            mass = cumulative[:, -1] + left.tail
            with np.errstate(invalid="ignore"):
                target = us * mass
                is_doubtful |= (cumulative <= target[:, np.newaxis]).sum(axis=1) != ranks
                rough = left.cuts_tail.nonzero()[0]
                if rough.size:
                    near = np.abs(cumulative[rough] - target[rough, np.newaxis])
                    least = near.min(axis=1)
                    is_doubtful[rough] |= least <= _CUT_TAIL_ERROR * target[rough]
        return np.flatnonzero(is_doubtful & ~np.isnan(us))

    def _filtered(self, params: SamplingParams) -> FilteredStack:
        steps = params.samplers
        place = steps.index("temperature") if "temperature" in steps else len(steps)
        at_one = _at_one(params)
        if self._left is None or self._left[0] != at_one:
            ones = np.ones(len(self._stack))
            left = FilteredStack(self._stack, ones, *self._stack.weights(ones)[:2])
            left.filter(steps[:place], params)
            self._left = at_one, left
        if place == len(steps) or (params.temperature == 1.0 and not _filters_behind(params)):
            return self._left[1]
        tempered = self._left[1].at(np.full(len(self._stack), beta_of(params.temperature)))
        tempered.filter(steps[place + 1 :], params)
        return tempered


def outcome_of(
    sketch: LogitSketch,
    written: int,
    u: float,
    params: SamplingParams,
    history: Sequence[int],
    state: SamplerState,
) -> Outcome | None:
    """Return what a draw takes from a sketch; None where nobody can say.

    Args:
        sketch: The distribution.
        written: The token that stands there, of which `Outcome.share` is.
        u: What is drawn, in [0, 1).
        params: The samplers and their order.
        history: The tokens before, oldest first.
        state: What samplers need beside them.

    Raises:
        LogitsError: Biases have banned every token that the sketch knows.
        ValueError: A bias or the history names a token that is not in the vocabulary.
    """
    if sketch.is_truncated:
        return _decided_outcome(sketch, written, u, params, history, state)
    known = SketchedLogits(
        sketch.ids, sketch.logits.astype(np.float64), sketch.tail, sketch.vocabulary_size
    )
    params = sketch.possible(params)
    ranked, kept, beta = run(known, params, history, state)
    weights, tail, (mass, _) = ranked.weighed(kept, beta)
    is_adaptive = not params.mirostat and _carries(params)
    if is_adaptive and tail.mass > 0.0:
        return None  # it may rank tokens of the tail before others
    count = min(kept, ranked.ids.size)
    cumulative = weights[:count].cumsum()
    target = u * mass
    rank = int(cumulative.searchsorted(target, "right"))
    if rank >= count and tail.mass <= 0.0:
        rank = count - 1  # rounding can bring the target up to the sum itself
    if is_adaptive:
        shown, left, warmth = run(known, without_adaptive(params), history, state)
        share = _share(shown, left, warmth, written, sketch)
    else:
        share = _share(ranked, kept, beta, written, sketch) if params.mirostat else 0.0
    error = _CUT_TAIL_ERROR if ranked.cuts_tail(kept) else _SKETCH_ERROR
    is_close = _borders_close_to(u, cumulative / mass, beta, error)
    there = np.flatnonzero(ranked.ids[:count] == written)
    may_stand = bool(there.size) and bool(is_close[there[0] : there[0] + 2].any())
    if rank >= count:
        return Outcome(None, True, may_stand, target - float(cumulative[-1]), share)
    gaps = np.diff(ranked.logits[max(rank - 1, 0) : rank + 2])
    is_near = bool(is_close[rank : rank + 2].any()) or bool((gaps > -MARGIN).any())
    return Outcome(int(ranked.ids[rank]), is_near, may_stand, 0.0, share)


def _borders_close_to(
    u: float, uppers: NDArray[np.float64], beta: float, error: float
) -> NDArray[np.bool_]:
    """Return `(n + 1,)` which borders between `n` tokens a draw falls so close to that it may pass.

    Args:
        u: What is drawn.
        uppers: `(n,)` the upper border of each.
        beta: The inverse temperature in force.
        error: Of a border, as a share of it.
    """
    # The lower border of the favourite is 0, the upper one of the last token 1: nothing is beyond.
    shares = np.concatenate(([0.0], uppers))
    noise = beta * MARGIN * shares * (1.0 - shares) + error * shares
    is_close: NDArray[np.bool_] = (np.abs(u - shares) <= noise) & (shares > 0.0) & (shares < 1.0)
    return is_close


def _decided_outcome(
    sketch: LogitSketch,
    written: int,
    u: float,
    params: SamplingParams,
    history: Sequence[int],
    state: SamplerState,
) -> Outcome | None:
    """Return what `outcome_of` does where only the likeliest tokens are known.

    None where these do not decide it. Arguments as for `outcome_of`.
    """
    from studio.sampling.sketches.truncated_sketch import TruncatedSketch  # few texts have any

    assert isinstance(sketch, TruncatedSketch), "no other is truncated"
    try:
        ends = sketch.run_both(params, history, state)
    except UndecidedError:
        return None
    (ranked, kept, beta), (_, most_kept, _) = ends
    rank, other = (end.rank_of_draw(u, count, at) for end, count, at in ends)
    if rank is None or rank != other:
        return None
    weights = ranked.weights(beta)[: min(kept, ranked.sure)]
    mass = sum(end.mass(count, at) for end, count, at in ends) / 2.0
    there = np.flatnonzero(ranked.ids[: weights.size] == written)
    share = 0.0
    if there.size and kept == most_kept and ranked.are_known(kept):
        share = float(weights[there[0]]) / mass
        if not params.mirostat and _carries(params):
            shown, left, warmth = sketch.run_both(without_adaptive(params), history, state)[0]
            before = shown.weights(warmth)[:left]
            share = float(before[shown.ids[:left] == written].sum() / before.sum())
    is_close = _borders_close_to(u, weights.cumsum() / mass, beta, _SKETCH_ERROR)
    may_stand = bool(there.size) and bool(is_close[there[0] : there[0] + 2].any())
    gaps = np.diff(ranked.logits[max(rank - 1, 0) : rank + 2])
    is_near = bool(is_close[rank : rank + 2].any()) or bool((gaps > -MARGIN).any())
    return Outcome(int(ranked.ids[rank]), is_near, may_stand, 0.0, share)


def _share(
    ranked: SketchedLogits, kept: int, beta: float, token: int, sketch: LogitSketch
) -> float:
    """Return the probability of a token; 0 where it is not known."""
    weights, _, (mass, _) = ranked.weighed(kept, beta)
    place = np.flatnonzero(ranked.ids == token)
    if place.size:
        return float(weights[place[0]]) / mass
    if sketch.written is None or sketch.written.token != token:
        return 0.0
    return math.exp((sketch.written.logit - float(ranked.logits[0])) * beta) / mass


def _learnt(
    params: SamplingParams, share: float, mu: float | None, mean: float | None
) -> tuple[float | None, float | None]:
    """Return what Mirostat and adaptive-p know behind a token that stands."""
    if params.mirostat:
        return mu_after(params, mu, min(share, 1.0)), None
    return (None, mean_after(params, mean, share)) if _carries(params) else (None, None)


@lru_cache(maxsize=256)
def are_same(params: SamplingParams, others: SamplingParams) -> bool:
    """Say whether two are the same but for the seed.

    Args:
        params: The ones.
        others: The others.
    """
    return msgspec.structs.replace(params, seed=others.seed) == others


@lru_cache(maxsize=8)
def _carries(params: SamplingParams) -> bool:
    """Whether something is carried from token to token."""
    return bool(params.mirostat) or not CARRY_STATE.isdisjoint(active_steps(params))


@lru_cache(maxsize=8)
def _is_alike_for_all(params: SamplingParams) -> bool:
    """Whether a stack can say it: see `FilteredStack`."""
    if params.mirostat or params.dynatemp_range or math.isinf(params.temperature):
        return False
    if not TAKES_OTHERS.isdisjoint(active_steps(params)):
        return False
    return changes_come_first(params)


_NOT_OF_STEPS = frozenset(("logit_bias", "logit_bias_vocabulary", "word_biases", "samplers"))


@lru_cache(maxsize=8)
def _what_changes(params: SamplingParams) -> SamplingParams | None:
    """Return what of `params` changes logits, all else neutral; None where nothing does."""
    if not (active_changes(params) or params.is_biased):
        return None
    neutral = {
        name: facts.neutral
        for name, facts in PARAMETERS.items()
        if facts.step not in CHANGES and name not in _NOT_OF_STEPS
    }
    return msgspec.structs.replace(changes_alone(params), **neutral)


@lru_cache(maxsize=8)
def _at_one(params: SamplingParams) -> SamplingParams:
    return msgspec.structs.replace(params, temperature=1.0)


@lru_cache(maxsize=8)
def _filters_behind(params: SamplingParams) -> bool:
    """Whether a filter runs behind temperature."""
    behind = params.samplers[params.samplers.index("temperature") + 1 :]
    return not set(active_steps(params)).isdisjoint(behind)

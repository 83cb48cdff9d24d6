"""The pipeline: biases, penalties, filters and temperature in the order that `samplers` gives.

All of it works on ranked logits. What the samplers leave is always the head of a ranking, so the
state between two steps is one number, how many tokens are left, beside the ranking itself and the
inverse temperature in force. A step that cuts otherwise (typical, XTC), or that changes logits,
makes another ranking.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Generic, NamedTuple, TypeVar

from studio.sampling.logits import penalties
from studio.sampling.logits.adjustment import Adjustment
from studio.sampling.logits.ranked import Candidates
from studio.sampling.logits.ranking import Ranking
from studio.sampling.params import SamplingParams
from studio.sampling.samplers import adaptive, dry, filters, mirostat
from studio.sampling.samplers.prefix import filter_top
from studio.sampling.samplers.steps import CHANGES, HEED_MIN_KEEP, active_steps, beta_of
from studio.sampling.samplers.whole import WholeLogits
from studio.sampling.state import NO_STATE, SamplerState
from studio.sampling.word_tokens import merged

R = TypeVar("R")
C = TypeVar("C", bound=Candidates)

# What is taken off tempered logits is taken off raw ones divided by β. At T infinity this stands
# in for β 0: at it, logits as a model has them differ by nothing that float32 could show.
_LEAST_BETA_TO_ADD_AT = 1e-9

_STEPS_OF_KNOWN_OUTCOME = ("temperature", "top_k", "min_p")


class Shaped(NamedTuple, Generic[R]):
    """What the samplers leave: the `kept` best of `ranked`, to be weighed at `beta`."""

    ranked: R
    kept: int
    beta: float


def shape(
    ranking: Ranking,
    params: SamplingParams,
    history: Sequence[int],
    state: SamplerState = NO_STATE,
) -> Shaped[Ranking]:
    """Run the samplers of `params`, in their order, over the logits of a whole vocabulary.

    Args:
        ranking: The logits.
        params: Which samplers, in which order, and how strong.
        history: The tokens so far, oldest first, for the penalties and DRY.
        state: What some samplers need beside them.

    Raises:
        ValueError: A bias or the history names a token that is not in the vocabulary.
    """
    few = filter_top(ranking, params)
    if few:
        return Shaped(ranking, few.kept, few.beta)
    return shape_any(ranking, params, history, state)


def shape_any(
    ranking: Ranking, params: SamplingParams, history: Sequence[int], state: SamplerState
) -> Shaped[Ranking]:
    """Do what `shape` does, by the way that is right for all samplers and any number left.

    Args:
        ranking: The logits, ranked.
        params: The samplers and their values.
        history: The tokens so far, oldest first.
        state: What samplers need beside these: see `SamplerState`.
    """
    whole, kept, beta = run(WholeLogits(ranking), params, history, state)
    return Shaped(whole.ranking, kept, beta)


def run(
    ranked: C, params: SamplingParams, history: Sequence[int], state: SamplerState = NO_STATE
) -> Shaped[C]:
    """Run the samplers of `params`, in their order, over any ranked logits.

    A filter before "temperature" sees the model's own distribution (T 1), one after it the
    tempered one. Temperature 0 is not a limit to be approached but the best penalised logit alone,
    whatever the order. Penalties that stand after a filter re-rank what the filter left. Biases
    come before everything; Mirostat takes the place of all steps but temperature.

    Args:
        ranked: The logits, ranked.
        params: The samplers and their values.
        history: The tokens so far, oldest first.
        state: What samplers need beside these: see `SamplerState`.
    """
    if params.logit_bias or state.word_biases:
        bias = Adjustment.of(merged(params.biases, state.word_biases))
        bias.check("logit_bias", ranked.size)
        ranked = ranked.adjusted(bias, ranked.size)
    if params.mirostat:
        return _mirostat(ranked, params, state)
    steps = active_steps(params)
    greedy = "temperature" in steps and params.temperature == 0.0
    if greedy:
        steps = tuple(name for name in steps if name in CHANGES)
    running = _Running(ranked, params, history, state)
    for index, name in enumerate(steps):
        running.step(name, steps[index + 1 :])
    if greedy:
        return Shaped(running.ranked, 1, 1.0)
    return Shaped(running.ranked, running.ranked.limit(running.kept), running.beta)


class _Running(Generic[C]):
    """The samplers at work: what is left between two steps.

    Attributes:
        ranked: The logits.
        kept: How many of the best are left.
        beta: The inverse temperature in force.
        listed: How many candidates llama.cpp would have in its list here. Top-n-sigma does not
            take tokens out of it but sets their logits to -inf, and dynamic temperature and
            `min_keep` count them still.
    """

    __slots__ = ("_history", "_params", "_state", "beta", "kept", "listed", "ranked")

    def __init__(
        self, ranked: C, params: SamplingParams, history: Sequence[int], state: SamplerState
    ) -> None:
        self.ranked = ranked
        self.kept = self.listed = ranked.size
        self.beta = 1.0
        self._params, self._history, self._state = params, history, state

    def step(self, name: str, later: Sequence[str]) -> None:
        """Run one of the samplers that have an effect; `later` ones are still to come."""
        params = self._params
        if name == "temperature":
            self._temperature()
        elif name == "penalties":
            self._penalties()
        elif name == "dry":
            self._add(dry.losses(params, self._history, self._state.breakers))
        elif name == "xtc":
            self._xtc()
        elif name == "adaptive_p":
            self._adaptive()
        elif name == "typical_p":
            self.ranked, self.kept = self.ranked.typical(
                params.typical_p, self.beta, self.kept, params.min_keep
            )
            self.listed = self.kept
        elif name == "top_k":
            self.kept = filters.top_k(self.ranked, self.kept, self.beta, params.top_k)
            self.listed = min(self.listed, params.top_k)
        elif name in filters.WITHIN:
            found = self._within(name, self.kept, self.beta)
            if name in HEED_MIN_KEEP:
                self._keep(found)
            else:
                self.kept = found
        else:
            enough = self._kept_at_most(later)
            self._keep(filters.top_p(self.ranked, self.kept, self.beta, params.top_p, enough))

    def log_mass(self, beta: float) -> float:
        """Return ln Σ exp(β·(z − z_max)) over what is left."""
        return math.log(self.ranked.mass(self.kept, beta))

    def deviation(self) -> float:
        """Return the standard deviation of the logits that are left."""
        return self.ranked.deviation(self.kept)

    def _within(self, name: str, kept: int, beta: float) -> int:
        """Return how many of the `kept` best a filter of `WITHIN` keeps."""
        if beta == 0.0:
            return kept
        return self.ranked.count_within(filters.WITHIN[name](self, beta, self._params), kept)

    def _keep(self, found: int) -> None:
        self.kept = max(found, min(self.kept, self._params.min_keep))
        self.listed = max(found, min(self.listed, self._params.min_keep))

    def _kept_at_most(self, later: Sequence[str]) -> int:
        """Return what is left by those later steps that do not weigh what is left.

        What top-k and min-p leave does not depend on what was cut before them, so it can be known
        in advance. Penalties change the ranking, others look at all that is left; nothing is known
        beyond them.
        """
        kept, beta, params = self.kept, self.beta, self._params
        for name in later:
            if name not in _STEPS_OF_KNOWN_OUTCOME:
                break
            if name == "temperature":
                if params.dynatemp_range > 0.0:
                    break
                beta = beta_of(params.temperature)
            elif name == "top_k":
                kept = filters.top_k(self.ranked, kept, beta, params.top_k)
            else:
                found = self._within(name, kept, beta)
                kept = max(found, min(kept, params.min_keep))
        return kept

    def _temperature(self) -> None:
        params = self._params
        temperature = params.temperature
        if params.dynatemp_range > 0.0 and math.isfinite(temperature):
            if self.listed < 2:
                return
            mass, moment = self.ranked.weight(self.kept, self.beta)
            entropy = max(0.0, math.log(mass) - moment / mass)
            temperature = dynamic_temperature(params, entropy / math.log(self.listed))
        if temperature == 0.0:  # where the entropy is 0 and the range reaches down to it
            self.kept = 1
        else:
            self.beta = beta_of(temperature)

    def _penalties(self) -> None:
        params = self._params
        tokens = penalties.recent(self._history, params.repeat_last_n)
        if not tokens:
            return
        if params.frequency_penalty == params.presence_penalty == 0.0:
            self.ranked = self.ranked.penalised(params.repeat_penalty, frozenset(tokens), self.kept)
            return
        lost = penalties.losses(tokens, params.frequency_penalty, params.presence_penalty)
        self._add(lost, params.repeat_penalty)

    def _add(self, added: dict[int, float], penalty: float = 1.0) -> None:
        if not added:
            return
        adjustment = Adjustment.of(added, penalty)
        adjustment.check("history", self.ranked.size)
        if self.beta != 1.0:
            self.beta = max(self.beta, _LEAST_BETA_TO_ADD_AT)
            adjustment = adjustment.divided(self.beta)
        self.ranked = self.ranked.adjusted(adjustment, self.kept)

    def _adaptive(self) -> None:
        target = adaptive.target_at(self._params, self._state.adaptive_mean)
        self.kept = self.ranked.limit(self.kept)
        near = partial(adaptive.logits_near, target)
        self.ranked = self.ranked.reshaped(near, self.kept, self.beta)
        self.beta = 1.0

    def _xtc(self) -> None:
        params = self._params
        if self._state.chance > params.xtc_probability or self.listed < 2:
            return
        taken = filters.xtc(self.ranked, self.kept, self.beta, params.xtc_threshold)
        if taken > 0 and self.listed - taken >= params.min_keep:
            kept = self.ranked.limit(self.kept)
            self.ranked = self.ranked.without_best(taken, kept)
            self.kept, self.listed = kept - taken, self.listed - taken


def _mirostat(ranked: C, params: SamplingParams, state: SamplerState) -> Shaped[C]:
    if params.temperature == 0.0:
        return Shaped(ranked, 1, 1.0)
    kept, beta = ranked.limit(ranked.size), beta_of(params.temperature)
    mu = mirostat.mu_before(params, state.mu)
    if params.mirostat == 1:
        kept = mirostat.version_1(ranked.logits, kept, beta, ranked.size, mu)
    else:
        kept = mirostat.version_2(ranked, kept, beta, mu)
    return Shaped(ranked, kept, beta)


def dynamic_temperature(params: SamplingParams, share: float) -> float:
    """Return T where the entropy is this share of the largest possible one.

    Dynamic temperature (arXiv 2309.02772, figures of llama.cpp): from T − range, 0 at least, where
    one token has all, to T + range, where all are alike.

    Args:
        params: The samplers and their values.
        share: The entropy as a share of the largest possible, 0 to 1.
    """
    low = max(0.0, params.temperature - params.dynatemp_range)
    high = params.temperature + params.dynatemp_range
    return low + (high - low) * math.pow(min(share, 1.0), params.dynatemp_exponent)

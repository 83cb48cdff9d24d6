"""Flip temperature: below which T would the same draw have chosen the favourite instead?

A token is drawn by inverse CDF, best first, with a number u in [0, 1): the favourite is chosen
exactly where its share exceeds u. Its share only falls as T rises, and the filters that keep the
head of the ranking (top-k, top-p, min-p, top-n-sigma) keep no fewer at a higher T, so there is one
temperature below which it is the favourite and above which it is not. That temperature does not
depend on the T in force: turning T changes no flip temperature.

`flip_temperature` answers for one sketch, `flip_temperatures` for a stack of them at once. Samplers
that keep no head of the ranking, or have draws or a memory of their own (typical-p, XTC, Mirostat),
or that move T (dynatemp), have no such temperature; both answer as if they were off.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from studio.sampling.analysis.filtered_stack import FilteredStack
from studio.sampling.params import SWITCHES, SamplingParams
from studio.sampling.samplers.steps import TAKES_OTHERS
from studio.sampling.sketches.sketch import LogitSketch
from studio.sampling.sketches.sketch_stack import SketchStack
from studio.sampling.state import NO_STATE, SamplerState

COLDEST, HOTTEST = 1e-3, 1e3
"""Temperatures between which the turn is looked for; below it is 0, above infinity."""

_HALVINGS = 44  # of ln T from end to end: to 1e-12

_OTHERS_OFF = {switch.name: switch.neutral for step in TAKES_OTHERS for switch in SWITCHES[step]}


def flip_temperature(
    sketch: LogitSketch,
    token: int,
    u: float,
    params: SamplingParams,
    history: Sequence[int] = (),
    state: SamplerState = NO_STATE,
) -> float | None:
    """Return the T at and below which the same draw chooses the favourite instead of `token`.

    Args:
        sketch: The distribution that the token was drawn from.
        token: The token written.
        u: What was drawn, in [0, 1).
        params: Filters and their order; the temperature is not looked at.
        history: The tokens before it, oldest first, for penalties and DRY.
        state: DRY's sequence breakers.

    Returns:
        None where the token is the favourite itself. 0 where only T 0 would choose the favourite
        (two equal logits); infinity where these filters leave no temperature that would not.

    Raises:
        ValueError: u is not in [0, 1).
        LogitsError: Biases have banned every token that the sketch knows.
    """
    if not 0.0 <= u < 1.0:
        raise ValueError(f"u: found {u!r}; allowed is a number from 0 up to but not including 1.")
    params = monotone(params)

    def excess(log_t: float) -> float:
        """By how much the favourite's share is larger than u at a temperature."""
        at = msgspec.structs.replace(params, temperature=math.exp(log_t))
        shaped = sketch.shaped(at, history, state)
        # Not the first: a token that is banned stands in its place still.
        return float(shaped.probabilities.max()) - u

    if favourite(sketch, params, history, state) == token:
        return None
    low, high = math.log(COLDEST), math.log(HOTTEST)
    over, under = excess(low), excess(high)
    if under > 0.0:
        return math.inf
    if not over > 0.0:
        return 0.0
    return math.exp(last_positive(excess, low, high, over, under))


def last_positive(
    function: Callable[[float], float], low: float, high: float, over: float, under: float
) -> float:
    """Return where a function that only falls is last above 0, to 2^-44 of the interval.

    By false position, with Illinois' weights for the end that stays; every third time by halving,
    for where filters let the function jump. Less than half as many values are asked for as by
    halving alone.

    Args:
        function: Falls, never rises.
        low: Where it is above 0.
        high: Where it is not.
        over: Its value at `low`.
        under: Its value at `high`.
    """
    close = (high - low) * 0.5**_HALVINGS
    stayed, count = 0, 0
    while high - low > close:
        count += 1
        at = 0.5 * (low + high)
        if count % 3 and under < over:
            at = high - under * (high - low) / (under - over)
            at = min(max(at, low + 0.5 * close), high - 0.5 * close)
        value = function(at)
        if value > 0.0:
            low, over = at, value
            under *= 0.5 if stayed > 0 else 1.0
            stayed = 1
        else:
            high, under = at, value
            over *= 0.5 if stayed < 0 else 1.0
            stayed = -1
    return low


def favourite(
    sketch: LogitSketch,
    params: SamplingParams,
    history: Sequence[int] = (),
    state: SamplerState = NO_STATE,
) -> int:
    """Return the favourite of `flip_temperature`: the best token after penalties and biases.

    Args:
        sketch: The distribution of the place.
        params: The samplers and their values.
        history: The tokens so far, oldest first.
        state: What samplers need beside these: see `SamplerState`.

    Raises:
        LogitsError: Biases have banned every token that the sketch knows.
    """
    greedy = msgspec.structs.replace(monotone(params), temperature=0.0)
    shaped = sketch.shaped(greedy, history, state)
    return int(shaped.ids[shaped.probabilities.argmax()])


def flip_temperatures(
    stack: SketchStack, us: NDArray[np.float64], params: SamplingParams
) -> NDArray[np.float64]:
    """Return `(n,)`: what `flip_temperature` says of every sketch of a stack, NaN for its None.

    Penalties, DRY and logit biases are left out of account, for a stack knows no history: give it
    sketches as these leave them (`apply_penalties`). Where a filter cuts within a sketch's tail
    (beyond the best `HEAD` tokens), it is an estimate: top-p takes its share of its weight, top-k
    the tail whole, and min-p and top-n-sigma as much as if the tail thinned out exponentially below
    its edge.

    Args:
        stack: The sketches, each with the token written.
        us: `(n,)` what was drawn in each place; NaN where nothing was (the answer is NaN then).
        params: Filters and their order; the temperature is not looked at.
    """
    steps = params.samplers
    place = steps.index("temperature") if "temperature" in steps else len(steps)
    ones = np.ones(len(stack))
    left = FilteredStack(stack, ones, *stack.weights(ones)[:2])
    left.filter(steps[:place], params)

    def favourite_at(temperatures: NDArray[np.float64]) -> NDArray[np.bool_]:
        betas = 1.0 / temperatures if place < len(steps) else ones
        tempered = left.at(betas)
        tempered.filter(steps[place + 1 :], params)
        return us * tempered.mass < 1.0  # the favourite weighs 1

    with np.errstate(invalid="ignore"):
        low = np.full(len(stack), math.log(COLDEST))
        high = np.full(len(stack), math.log(HOTTEST))
        never = ~favourite_at(np.exp(low))
        always = favourite_at(np.exp(high))
        for _ in range(_HALVINGS):
            middle = 0.5 * (low + high)
            favourite = favourite_at(np.exp(middle))
            low = np.where(favourite, middle, low)
            high = np.where(favourite, high, middle)
    found = np.where(never, 0.0, np.where(always, math.inf, np.exp(low)))
    found[(stack.rank <= 0) | np.isnan(us)] = math.nan
    return found


def monotone(params: SamplingParams) -> SamplingParams:
    """Return `params` without what does not keep the head of the ranking."""
    return msgspec.structs.replace(params, mirostat=0, dynatemp_range=0.0, **_OTHERS_OFF)

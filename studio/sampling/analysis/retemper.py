"""Questions about all temperatures at once, asked of one sketch.

How many choices does each T leave? Where does the distribution tip over, where does it hold still?
Everything rests on the log partition function K(β) = ln Σ exp(β·z) of P ∝ exp(β·z): its first
derivative is the mean of the logits and its second their variance. At what T a token is how likely
is answered by `token_temperature`; its functions are named here too.

The module knows one distribution.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from studio.sampling.analysis.filtered_distribution import (
    FilteredDistribution,
    everything,
    filtered_distribution,
)
from studio.sampling.analysis.token_temperature import (
    MostLikely,
    logit_of,
    most_likely_left,
    most_likely_temperature,
    temperature_for,
    temperature_for_left,
)
from studio.sampling.errors import ParameterError
from studio.sampling.params import SamplingParams
from studio.sampling.sketches.sketch import LogitSketch
from studio.sampling.tails.tail_jets import log_partitions
from studio.sampling.tails.tail_part import cut_off
from studio.translation import tr

__all__ = [
    "COLDEST",
    "FEWEST_CHOICES",
    "HOTTEST",
    "Moments",
    "MostLikely",
    "Place",
    "TemperatureCurve",
    "curve_of",
    "effective_choices_curve",
    "flattest",
    "flattest_on",
    "logit_of",
    "moments_of",
    "most_likely_left",
    "most_likely_temperature",
    "sensitivity",
    "steepest",
    "steepest_on",
    "temperature_curve",
    "temperature_for",
    "temperature_for_left",
]

COLDEST, HOTTEST = 0.05, 20.0
"""Where `steepest` and `flattest` look: below it the choice is greedy, above it near uniform."""

FEWEST_CHOICES = 1.5
"""With fewer effective choices nothing is chosen, and the curve is flat for want of a choice."""

LEAST_SENSITIVITY = 0.01
"""A curve that is nowhere steeper, in nats, has no steepest place worth a name."""

_LARGEST_BETA = 1e100  # two float32 logits that differ at all are e^(1e60) apart there
_PLACES, _CLOSER = 121, 41


class TemperatureCurve(NamedTuple):
    """A distribution at ascending temperatures; three arrays of one shape `(n,)`.

    Attributes:
        temperatures: T, 0 and infinity allowed.
        entropies: In nats.
        sensitivities: dH/dlnT in nats, which is β²·Var(z): by how much the logarithm of the
            effective choices grows where T grows by a factor of e, if it went on like that.
    """

    temperatures: NDArray[np.float64]
    entropies: NDArray[np.float64]
    sensitivities: NDArray[np.float64]

    @property
    def effective_choices(self) -> NDArray[np.float64]:
        """The entropies' exponential."""
        return np.exp(self.entropies)


class Moments(NamedTuple):
    """K(β) = ln Σ exp(β·x) at some β, and its derivatives; three arrays of one shape `(n,)`.

    Attributes:
        log_mass: K. The x are the logits less the favourite's.
        mean: K', the mean of x.
        variance: K", its variance.
    """

    log_mass: NDArray[np.float64]
    mean: NDArray[np.float64]
    variance: NDArray[np.float64]


class Place(NamedTuple):
    """A point of a `TemperatureCurve`, in its units."""

    temperature: float
    entropy: float
    sensitivity: float


def temperature_curve(
    sketch: LogitSketch,
    temperatures: ArrayLike,
    params: SamplingParams | None = None,
    history: Sequence[int] = (),
) -> TemperatureCurve | None:
    """Return entropy and sensitivity at many temperatures.

    A hundred temperatures cost about as much as four calls of `LogitSketch.entropy`.

    Args:
        sketch: The distribution.
        temperatures: `(n,)`, each from 0 to infinity.
        params: The samplers in force; their temperature does not matter. None is no sampler.
        history: Ids of the tokens so far, oldest first; only penalties look at them.

    Returns:
        The curve; None where what `params` cut depends on T (see `filtered_distribution`).

    Raises:
        ParameterError: A temperature is negative or not a number.
    """
    left = everything(sketch) if params is None else filtered_distribution(sketch, params, history)
    if left is None:
        return None
    return curve_of(left, temperatures)


def effective_choices_curve(
    sketch: LogitSketch,
    temperatures: ArrayLike,
    params: SamplingParams | None = None,
    history: Sequence[int] = (),
) -> NDArray[np.float64] | None:
    """Return the effective choices, exp of the entropy, as `temperature_curve` does.

    Args:
        sketch: The distribution.
        temperatures: Any shape.
        params: The samplers and their values.
        history: The tokens so far, oldest first.
    """
    curve = temperature_curve(sketch, temperatures, params, history)
    return None if curve is None else curve.effective_choices


def sensitivity(sketch: LogitSketch, temperature: float) -> float:
    """Return dH/dlnT in nats at one temperature, before any sampler.

    Args:
        sketch: The distribution.
        temperature: T.

    Raises:
        ParameterError: The temperature is negative or not a number.
    """
    return float(curve_of(everything(sketch), temperature).sensitivities[0])


def curve_of(left: FilteredDistribution, temperatures: ArrayLike) -> TemperatureCurve:
    """Return the curve of what samplers left.

    Args:
        left: What the samplers left, at any T.
        temperatures: Any shape.

    Raises:
        ParameterError: A temperature is negative or not a number.
    """
    t = np.atleast_1d(np.asarray(temperatures, dtype=np.float64))
    if not (t >= 0.0).all():  # false for NaN too
        allowed = tr("a number from 0 to infinity")
        raise ParameterError("temperature", t[~(t >= 0.0)][0], allowed)
    with np.errstate(divide="ignore"):
        beta = np.minimum(1.0 / t, _LARGEST_BETA)
    log_mass, mean, variance = moments_of(left, beta)
    entropies = np.maximum(log_mass - beta * mean, 0.0)
    sensitivities = (beta * np.sqrt(variance)) ** 2  # in this order nothing overflows
    greedy = t == 0.0
    entropies[greedy] = sensitivities[greedy] = 0.0
    return TemperatureCurve(t, entropies, sensitivities)


def moments_of(left: FilteredDistribution, beta: NDArray[np.float64]) -> Moments:
    """Return the log partition function of what samplers left, with its two derivatives.

    Args:
        left: What the samplers left, at any T.
        beta: `(n,)` inverse temperatures, each from 0 to `_LARGEST_BETA`.
    """
    x = left.offsets
    # Mass, sum and sum of squares of the offsets, in one product of matrices.
    powers = np.stack((np.ones(x.size), x, x * x), axis=1)
    mass, first, second = (np.exp(np.multiply.outer(beta, x)) @ powers).T
    if left.tail is not None:
        jets = log_partitions(left.tail, beta)
        if left.drop is not None:
            jets = cut_off(left.tail, left.drop, beta, jets)
        k, slope, curvature = jets
        weight = np.exp(k + beta * left.gap)
        mean = slope + left.gap
        mass, first = mass + weight, first + weight * mean
        second = second + weight * (curvature + mean * mean)
    mean = first / mass
    return Moments(np.log(mass), mean, np.maximum(second / mass - mean * mean, 0.0))


def steepest_on(curve: TemperatureCurve) -> Place | None:
    """Return the point of a curve with the largest sensitivity; None where it is flat all over."""
    at = int(curve.sensitivities.argmax())
    place = _place(curve, at)
    return place if place.sensitivity >= LEAST_SENSITIVITY else None


def flattest_on(curve: TemperatureCurve) -> Place | None:
    """Return the point of a curve where a turn of T changes least and there still is a choice.

    At both ends every curve is flat: on the cold side one token has it all, on the hot side all
    have the same. So this looks only at temperatures with `FEWEST_CHOICES` or more, and colder
    than the steepest place, beyond which the text falls apart. None where there is none.
    """
    if steepest_on(curve) is None:
        return None
    top = int(curve.sensitivities.argmax())
    with_choice = np.flatnonzero(curve.entropies[:top] >= math.log(FEWEST_CHOICES))
    if not with_choice.size:
        return None
    first = int(with_choice[0])
    return _place(curve, first + int(curve.sensitivities[first:top].argmin()))


def steepest(
    sketch: LogitSketch, params: SamplingParams | None = None, history: Sequence[int] = ()
) -> Place | None:
    """Return where, from `COLDEST` to `HOTTEST`, ln(effective choices) grows fastest with ln T.

    Below it the model keeps to what it knows; above it the text soon falls apart. None where no T
    changes anything, or where what `params` cut depends on T. Arguments as `temperature_curve`.

    Args:
        sketch: The distribution.
        params: The samplers and their values.
        history: The tokens so far, oldest first.
    """
    return _looked_for(steepest_on, sketch, params, history)


def flattest(
    sketch: LogitSketch, params: SamplingParams | None = None, history: Sequence[int] = ()
) -> Place | None:
    """Return where a turn of T changes least, as `flattest_on` defines it.

    None where there is no such place, or where what `params` cut depends on T. Arguments as
    `temperature_curve`.

    Args:
        sketch: The distribution.
        params: The samplers and their values.
        history: The tokens so far, oldest first.
    """
    return _looked_for(flattest_on, sketch, params, history)


def _place(curve: TemperatureCurve, at: int) -> Place:
    return Place(*(float(part[at]) for part in curve))


def _looked_for(
    which: Callable[[TemperatureCurve], Place | None],
    sketch: LogitSketch,
    params: SamplingParams | None,
    history: Sequence[int],
) -> Place | None:
    """Return the place on a coarse curve, looked at again closely between its neighbours."""
    left = everything(sketch) if params is None else filtered_distribution(sketch, params, history)
    if left is None:
        return None
    wide = np.geomspace(COLDEST, HOTTEST, _PLACES)
    found = which(curve_of(left, wide))
    if found is None:
        return None
    at = int(wide.searchsorted(found.temperature))
    near = np.geomspace(wide[max(at - 1, 0)], wide[min(at + 1, _PLACES - 1)], _CLOSER)
    curve = curve_of(left, near)
    best = curve.sensitivities.argmax if which is steepest_on else curve.sensitivities.argmin
    return _place(curve, int(best()))

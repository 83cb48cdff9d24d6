"""One distribution at every temperature of the track: the curve over T, and its named points.

Computed from a sketch when a view asks, and kept until the distribution or a filter changes;
turning T needs nothing new.
"""

import math
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from studio.app.parameters.sampling_order import unfiltered
from studio.app.parameters.temperature_scale import COLDEST, HOTTEST, temperature_at
from studio.sampling import (
    NO_STATE,
    LogitsError,
    LogitSketch,
    SamplerState,
    SamplingParams,
    ShapedTop,
    active_steps,
    foreign_tokens,
)
from studio.sampling.analysis.filtered_distribution import (
    FilteredDistribution,
    everything,
    filtered_distribution,
    is_the_same_at_every_temperature,
)
from studio.sampling.analysis.retemper import (
    MostLikely,
    Place,
    TemperatureCurve,
    curve_of,
    flattest_on,
    most_likely_left,
    steepest_on,
)
from studio.sampling.errors import UndecidedError
from studio.sampling.samplers.steps import TAKES_OTHERS
from studio.translation import tr

_POINTS = 65
PLACES = tuple(index / (_POINTS - 1) for index in range(_POINTS))
"""How many points of the track, from greedy to uniform, the curves are computed at."""

_TEMPERATURES = np.array([temperature_at(place) for place in PLACES])
_LOG_STRETCH = slice(
    int(_TEMPERATURES.searchsorted(COLDEST)), int(_TEMPERATURES.searchsorted(HOTTEST, "right"))
)
_UNKNOWN = np.zeros(_POINTS)
_EACH, _EACH_IN_A_HURRY = 2, 4
"""Where each temperature must be shaped by itself, only every so many points are computed."""


class TokenOverT(NamedTuple):
    """One token over all T, for questions about it.

    Attributes:
        left: The distribution that it is in.
        basis: Words on what that distribution is before; empty where it is after all samplers.
        most_likely: The point at which its probability is largest.
    """

    left: FilteredDistribution
    basis: str
    most_likely: MostLikely


class Retempered:
    """A distribution over T, before all samplers and after those in force.

    Args:
        sketch: The distribution.
        params: The samplers in force; their temperature does not matter.
        history: The tokens before it, oldest first, which the penalties look at.
        state: What XTC, DRY and Mirostat need besides them.
        in_a_hurry: Whether fewer points will do where each takes long.
        vocabulary: The name of the tokens' vocabulary in `ModelReport.vocabulary`.
    """

    def __init__(
        self,
        sketch: LogitSketch,
        params: SamplingParams,
        history: Sequence[int],
        state: SamplerState = NO_STATE,
        *,
        in_a_hurry: bool = False,
        vocabulary: str = "",
    ) -> None:
        self._sketch = sketch
        self._params = params
        self._history = history
        self._state = state
        self._vocabulary = vocabulary
        self._each = _EACH_IN_A_HURRY if in_a_hurry else _EACH
        self._subjects: dict[int, TokenOverT] = {}

    @cached_property
    def _left(self) -> FilteredDistribution | None:
        return filtered_distribution(self._sketch, self._params, self._history, self._state)

    @property
    def is_truncated(self) -> bool:
        """Whether the likeliest tokens alone are known: `after` is the middle of `band` then."""
        return self._sketch.is_truncated

    @property
    def is_dear(self) -> bool:
        """Whether computing `after` takes longer than one frame of animation.

        That is so where what the samplers cut depends on T: each point takes its own pass through
        them.
        """
        return self._sketch.is_truncated or not is_the_same_at_every_temperature(self._params)

    @cached_property
    def before(self) -> TemperatureCurve:
        """Entropy and sensitivity at `PLACES`, before penalties and filters."""
        return curve_of(everything(self._sketch), _TEMPERATURES)

    @cached_property
    def after(self) -> TemperatureCurve | None:
        """The same after all samplers; None where they leave no token that is known.

        Where there is a `band` it is its middle, and no sensitivity is known.
        """
        if self.has_foreign_bias:
            return None
        if self._sketch.is_truncated:
            band = self.band
            return band and TemperatureCurve(_TEMPERATURES, (band[0] + band[1]) / 2, _UNKNOWN)
        try:
            if self._left is not None:
                return curve_of(self._left, _TEMPERATURES)
            return self._shaped_one_by_one()
        except (LogitsError, ValueError):
            return None

    @cached_property
    def band(self) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        """The least and the most entropy after all samplers, at `PLACES`.

        None where all of the distribution is known, and where not even bounds are.
        """
        if not self._sketch.is_truncated or self.has_foreign_bias:
            return None
        from studio.sampling.sketches.truncated_sketch import TruncatedSketch  # few documents do

        assert isinstance(self._sketch, TruncatedSketch), "no other is truncated"
        found = []
        for t in _TEMPERATURES[:: self._each].tolist():
            params = msgspec.structs.replace(self._params, temperature=t)
            try:
                found.append(self._sketch.shaped_range(params, self._history, self._state).entropy)
            except (UndecidedError, LogitsError, ValueError):
                return None
        least, most = (np.interp(PLACES, PLACES[:: self._each], end) for end in np.array(found).T)
        return least, most

    @property
    def has_foreign_bias(self) -> bool:
        """Whether a bias is for a token of another vocabulary; `after` is None then."""
        size = self._sketch.vocabulary_size
        return bool(foreign_tokens(self._params, size, self._vocabulary))

    def work_out(self) -> None:
        """Compute now what takes long, so that it is ready when it is painted."""
        self.after  # noqa: B018 - kept once it is asked for

    @cached_property
    def cuts_nothing(self) -> bool:
        """Whether the samplers leave the curve as it was before them."""
        after = self.after
        if self.is_truncated or after is None or self._left is None:
            return False
        if self._left.tokens < self._sketch.ids.size:
            return False
        return float(np.abs(after.entropies - self.before.entropies).max()) < 1e-3

    @cached_property
    def steepest(self) -> Place | None:
        """The point where ln(effective choices) grows fastest with ln T, after all samplers."""
        return steepest_on(self._named_stretch) if self._has_sensitivity else None

    @cached_property
    def flattest(self) -> Place | None:
        """The point where turning T changes least though there is a choice; see `flattest_on`."""
        return flattest_on(self._named_stretch) if self._has_sensitivity else None

    def subject(self, token: int) -> TokenOverT:
        """Return a token over all T; the sketch must know it by itself.

        The probabilities are those the sampler uses, where these are one function of T. Where the
        token is cut, or the cut depends on T, or XTC or typical might remove the favourite, they
        are those before.
        """
        found = self._subjects.get(token)
        if found is None:
            self._subjects[token] = found = self._subject(token)
        return found

    @property
    def _has_sensitivity(self) -> bool:
        return self.after is not None and not self._sketch.is_truncated

    def _subject(self, token: int) -> TokenOverT:
        if self._sketch.is_truncated:
            middle = everything(self._sketch)
            return TokenOverT(middle, tr("estimated"), most_likely_left(middle, token))
        takes_the_best = TAKES_OTHERS.intersection(active_steps(self._params))
        if self._left is not None and not takes_the_best and token in self._left.ids:
            return TokenOverT(self._left, "", most_likely_left(self._left, token))
        left = filtered_distribution(
            self._sketch, unfiltered(self._params), self._history, self._state
        )
        basis = tr("before filters")
        if left is None or token not in left.ids:
            left, basis = everything(self._sketch), tr("before penalties and filters")
        return TokenOverT(left, basis, most_likely_left(left, token))

    def sensitivity(self, temperature: float, shaped: ShapedTop) -> float:
        """Return dH/dlnT in nats at one T after all samplers, as if the cut stayed as it is.

        The tokens of a tail that is partly cut or penalised are treated as equal, which makes it a
        little too low.

        Args:
            temperature: T.
            shaped: The distribution at this T after all samplers.
        """
        if temperature == 0.0 or math.isinf(temperature):
            return 0.0
        within = 0.0
        p = shaped.probabilities[shaped.probabilities > 0.0]
        log_p = np.log(p)
        rest = shaped.tail_probability
        if rest > 0.0:
            # What of the entropy is not the known tokens' is the tail's.
            within = self._variance_of_whole_tail(temperature, shaped)
            p = np.append(p, rest)
            log_p = np.append(log_p, -(shaped.entropy + float(p[:-1] @ log_p)) / rest)
        return float(p @ (log_p - p @ log_p) ** 2) + rest * within

    def _variance_of_whole_tail(self, temperature: float, shaped: ShapedTop) -> float:
        """The variance of ln P within the tail where it is uncut."""
        tail = self._sketch.tail
        if tail is None or shaped.kept < shaped.ids.size + tail.count:
            return 0.0
        beta = 1.0 / temperature
        return beta * beta * tail.log_partition(beta).curvature

    @property
    def _named_stretch(self) -> TemperatureCurve:
        assert self.after is not None
        return TemperatureCurve(*(part[_LOG_STRETCH] for part in self.after))

    def _shaped_one_by_one(self) -> TemperatureCurve:
        some = _TEMPERATURES[:: self._each]
        entropies = np.array(
            [
                self._sketch.shaped(
                    msgspec.structs.replace(self._params, temperature=t),
                    self._history,
                    self._state,
                ).entropy
                for t in some.tolist()
            ]
        )
        between = np.interp(PLACES, PLACES[:: self._each], entropies)
        inner = _TEMPERATURES[1:-1]
        slopes = np.zeros(_POINTS)
        slopes[1:-1] = np.maximum(np.gradient(between[1:-1], np.log(inner)), 0.0)
        return TemperatureCurve(_TEMPERATURES, between, slopes)

"""What the samplers leave of a sketch, where that is the same at every temperature.

Filters that run before temperature cut the same tokens whatever T is; then one look at what they
leave serves a whole curve over T. It reads off one shaped sketch what was cut and how the rest was
re-weighed.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from studio.sampling.params import SamplingParams
from studio.sampling.samplers.steps import active_steps
from studio.sampling.sketches.sketch import LogitSketch
from studio.sampling.state import NO_STATE, SamplerState
from studio.sampling.tails.tail import Tail

# Any finite T at which temperature is a step that acts.
_SOME_TEMPERATURE = 2.0


class FilteredDistribution(NamedTuple):
    """Tokens to be weighed at any β by exp(β·offset).

    Attributes:
        ids: `(n,)` the known tokens that are left, the favourite first unless typical or XTC cut.
        offsets: `(n,)` logits of the known tokens after penalties, less the best; n ≥ 1.
        tail: All other tokens, or None where none is left.
        gap: The edge of the tail, less the best logit.
        drop: How far below the edge the tail is cut; None where all of it is left.
        tokens: How many are left, those of the tail included.
    """

    ids: NDArray[np.int32]
    offsets: NDArray[np.float64]
    tail: Tail | None
    gap: float
    drop: float | None
    tokens: int


def everything(sketch: LogitSketch) -> FilteredDistribution:
    """Return the sketch before any sampler."""
    logits = sketch.logits.astype(np.float64)
    gap = sketch.tail.edge - float(logits[0]) if sketch.tail else 0.0
    count = logits.size + (sketch.tail.count if sketch.tail else 0)
    return FilteredDistribution(sketch.ids, logits - logits[0], sketch.tail, gap, None, count)


def filtered_distribution(
    sketch: LogitSketch,
    params: SamplingParams,
    history: Sequence[int] = (),
    state: SamplerState = NO_STATE,
) -> FilteredDistribution | None:
    """Return what all samplers of `params` but temperature leave; None where that depends on T.

    It depends on T where a filter runs after temperature or where temperature itself looks at the
    distribution (dynamic temperature, Mirostat).

    Args:
        sketch: The distribution.
        params: The samplers and their order; the temperature does not matter.
        history: Ids of the tokens so far, oldest first.
        state: What XTC and DRY need beside them.

    Raises:
        LogitsError: Biases have banned every token that the sketch knows.
    """
    if not is_the_same_at_every_temperature(params):
        return None
    params = _at_one(params)
    if not (params.is_biased or active_steps(params)):
        return everything(sketch)
    shaped = sketch.shaped(params, history, state)
    known = shaped.probabilities > 0.0
    # Penalties move logits against one another, and at T 1 ln p gives them all but for a constant.
    logs = np.log(shaped.probabilities[known])
    best = int(logs.argmax())
    offsets = logs - logs[best]
    tail = sketch.tail
    wanted = shaped.kept - int(np.count_nonzero(known))
    if tail is None or wanted <= 0 or shaped.tail_probability <= 0.0:
        return FilteredDistribution(shaped.ids[known], offsets, None, 0.0, None, offsets.size)
    # ...the tail's too: its weight at T 1, of which K(1) is the unpenalised part.
    share, drop = 1.0, None
    if wanted < tail.count:
        drop = tail.drop_to_share(wanted / tail.count, 0.0)
        share = tail.share_above(drop, 1.0)
    weight = shaped.tail_probability / share / float(shaped.probabilities[known][best])
    gap = float(np.log(weight)) - tail.log_partition(1.0).value
    return FilteredDistribution(
        shaped.ids[known], offsets, tail, gap, drop, offsets.size + min(wanted, tail.count)
    )


@lru_cache(maxsize=8)
def _at_one(params: SamplingParams) -> SamplingParams:
    return msgspec.structs.replace(params, temperature=1.0)


@lru_cache(maxsize=8)
def is_the_same_at_every_temperature(params: SamplingParams) -> bool:
    """Say whether what is cut does not depend on the temperature."""
    if params.mirostat or params.dynatemp_range:
        return False
    acting = active_steps(msgspec.structs.replace(params, temperature=_SOME_TEMPERATURE))
    return acting[-1:] == ("temperature",)

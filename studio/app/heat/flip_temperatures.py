"""The flip temperatures of recorded tokens, many at a time.

Each takes into account what penalties, DRY and biases did to its token. Where a record does not
know the text before its token, that is left out and reported.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.app.tokens.next_token import NextToken
from studio.app.tokens.place import UNKNOWN_PLACE, place_of
from studio.app.tokens.sampler_notes import sees_all
from studio.app.tokens.sketch_store import UNREADABLE
from studio.sampling import (
    LogitsError,
    LogitSketch,
    SamplingParams,
    SketchStack,
    flip_temperatures,
)
from studio.sampling.samplers.steps import active_changes
from studio.sampling.sketches.penalties_applied import apply_penalties, with_early_changes
from studio.token_record import TokenRecord


class FlipTemperatures(NamedTuple):
    """The flip temperatures of some tokens.

    Attributes:
        values: `(n,)`: see `flip_temperatures`; NaN also where a sketch cannot be read.
        sees_all: Whether the history that penalties and DRY need is known of all drawn tokens.
        banned: How many have none because biases ban all tokens known at their place.
    """

    values: NDArray[np.float64]
    sees_all: bool
    banned: int


NO_FLIP_TEMPERATURES = FlipTemperatures(np.zeros(0), True, 0)


def flip_temperatures_of(
    records: Sequence[TokenRecord],
    params: SamplingParams,
    vocabulary: NextToken,
    stack: SketchStack | None = None,
    end: int | None = None,
) -> FlipTemperatures:
    """Return the flip temperature of each token.

    Args:
        records: The tokens; the place of each is used where its record knows it.
        params: The parameters in force; their temperature does not matter.
        vocabulary: Knows texts as tokens: DRY's sequence breakers and words with biases.
        stack: The tokens' sketches, where at hand: used if no sampler re-weighs them.
        end: Which end is meant of what there can be where the likeliest tokens alone are known: 0
            or 1; None for the middle.
    """
    us = np.array([math.nan if record.u is None else record.u for record in records])
    params = with_early_changes(params)
    if not (active_changes(params) or params.is_biased) and stack is not None:
        return FlipTemperatures(flip_temperatures(stack, us, params), True, 0)
    made = SketchStack()
    knows_all, banned = True, 0
    for record in records:
        sketch = None if record.u is None else vocabulary.sketches.of(record)
        if sketch is None:
            made.append(UNREADABLE)
            continue
        used = sketch.possible(params)
        if end is not None and sketch.is_truncated:
            sketch = _end_of(sketch, end)
        place = place_of(record) or UNKNOWN_PLACE
        knows_all = knows_all and sees_all(params, place)
        try:
            state = vocabulary.state_at(place, used)
            made.append(apply_penalties(sketch, used, place.history, state, record.id), record.id)
        except LogitsError:
            banned += 1
            made.append(UNREADABLE)
        except ValueError:
            made.append(UNREADABLE)
    return FlipTemperatures(flip_temperatures(made, us, params), knows_all, banned)


def _end_of(sketch: LogitSketch, end: int) -> LogitSketch:
    from studio.sampling.sketches.truncated_sketch import TruncatedSketch  # few texts have them

    assert isinstance(sketch, TruncatedSketch), "no other is truncated"
    return sketch.ends[end]


def joined(first: FlipTemperatures, second: FlipTemperatures) -> FlipTemperatures:
    """Join two parts of the flip temperatures.

    Args:
        first: Those of the first tokens.
        second: Those of the tokens after them.
    """
    return FlipTemperatures(
        np.concatenate((first.values, second.values)),
        first.sees_all and second.sees_all,
        first.banned + second.banned,
    )

"""A sketch as biases, penalties and DRY leave it: then it needs no history any more.

Where these come before everything that cuts or tempers, as in llama.cpp's order, the rest of the
samplers can be run on what they leave, at any temperature, and on many sketches at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import msgspec
import numpy as np

from studio.sampling.params import SamplingParams
from studio.sampling.samplers.pipeline import run
from studio.sampling.samplers.steps import (
    CHANGES,
    active_changes,
    changes_alone,
    changes_come_first,
)
from studio.sampling.sketches.logit_statistics import Written
from studio.sampling.sketches.sketch import LogitSketch
from studio.sampling.sketches.sketched import SketchedLogits
from studio.sampling.state import NO_STATE, SamplerState


@lru_cache(maxsize=8)
def with_early_changes(params: SamplingParams) -> SamplingParams:
    """Return `params`, without penalties and DRY where these do not come first."""
    if changes_come_first(params):
        return params
    steps = tuple([name for name in params.samplers if name not in CHANGES])
    return msgspec.structs.replace(params, samplers=steps)


def apply_penalties(
    sketch: LogitSketch,
    params: SamplingParams,
    history: Sequence[int] = (),
    state: SamplerState = NO_STATE,
    token: int | None = None,
) -> LogitSketch:
    """Return the sketch after the biases, penalties and DRY of `params`.

    The tail stays as it was: none of its tokens can be changed.

    Args:
        sketch: The distribution as the model gave it.
        params: What changes logits; see `changes_come_first` for the orders where that can be
            taken by itself.
        history: Ids of the tokens so far, oldest first.
        state: DRY's sequence breakers.
        token: One that the result is to know also where it is banned, as the last with logit -inf.

    Raises:
        LogitsError: Biases have banned every token that the sketch knows.
        ValueError: A bias or the history names a token that is not in the vocabulary.
    """
    params = sketch.possible(params)
    changes = active_changes(params)
    if not (changes or params.is_biased):
        return sketch
    known = SketchedLogits(
        sketch.ids, sketch.logits.astype(np.float64), sketch.tail, sketch.vocabulary_size
    )
    changed = run(known, changes_alone(params), history, state).ranked
    written = sketch.written
    if token in changed.cut.ids.tolist():
        assert token is not None, "it is an id"
        written = Written(token, -np.inf, changed.ids.size)
    return LogitSketch(
        changed.ids,
        changed.logits.astype(np.float32),
        sketch.vocabulary_size,
        sketch.tail,
        written,
        knows_zero=sketch.knows_zero,
    )

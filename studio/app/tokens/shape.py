"""A distribution with and without the parameters in force, computed from a sketch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from studio.app.parameters.sampling_order import FILTERS, only_filter, unfiltered, untempered
from studio.app.parameters.sampling_summary import filter_words
from studio.app.tokens.foreign_biases import WHERE
from studio.sampling import (
    LogitSketch,
    SamplerState,
    SamplingParams,
    ShapedTop,
    active_steps,
)
from studio.sampling.word_tokens import bans, merged
from studio.translation import tr

if TYPE_CHECKING:
    from studio.sampling.sketches.truncated_sketch import ShapedRange

_NEUTRAL = SamplingParams()


Interval = tuple[float, float]
"""The least and the most."""


class Band(NamedTuple):
    """What the probabilities of a token can be: see `TokenShape`."""

    used: Interval
    uncut: Interval
    ghost: Interval


class TokenShape(NamedTuple):
    """A distribution after all samplers; the lists are aligned with `top.ids`.

    Attributes:
        top: The distribution that the samplers leave.
        ids: The tokens.
        probabilities: The probabilities with which the sampler draws them.
        uncut: Their probabilities without filters.
        ghosts: Their probabilities at T 1 before any sampler.
        banned: Tokens that biases ban.
        possible: How many tokens the model gives a probability: the vocabulary, but of tokens that
            add the same text only one.
        bands: Where only the best tokens are known, what each of the three probabilities can be,
            and `top` lies in the middle of what there can be; None where all is known.
        entropies: What the entropy of `top` can be, in nats; None as for `bands`.
    """

    top: ShapedTop
    ids: list[int]
    probabilities: list[float]
    uncut: list[float]
    ghosts: list[float]
    banned: frozenset[int]
    possible: int
    bands: list[Band] | None = None
    entropies: Interval | None = None


def own_shape(sketch: LogitSketch) -> ShapedTop:
    """Return the model's own distribution."""
    return sketch.shaped(_NEUTRAL)


def shape_of(
    sketch: LogitSketch,
    params: SamplingParams,
    history: Sequence[int],
    state: SamplerState,
    own: ShapedTop,
) -> TokenShape:
    """Return the distribution that the parameters make of a sketch.

    Args:
        sketch: The distribution.
        params: The samplers and their order.
        history: The tokens before it, oldest first.
        state: What XTC, DRY and Mirostat need beside them.
        own: `own_shape` of the sketch.

    Raises:
        LogitsError: Biases have banned every token that the sketch knows.
        UndecidedError: What is known of the distribution does not say.
        ValueError: A bias or the history names a token that is not in the vocabulary.
    """
    if sketch.is_truncated:
        return _banded(sketch, params, history, state)
    top = sketch.shaped(params, history, state)
    uncut = top
    if top.kept < sketch.vocabulary_size:
        uncut = sketch.shaped(unfiltered(params), history, state)
    return TokenShape(
        top,
        top.ids.tolist(),
        top.probabilities.tolist(),
        _aligned(uncut, top),
        _aligned(own, top),
        bans(merged(params.biases, state.word_biases)),
        own.kept,
    )


def _banded(
    sketch: LogitSketch, params: SamplingParams, history: Sequence[int], state: SamplerState
) -> TokenShape:
    """The same of a truncated sketch: every figure is an interval, see `bounded_logits`."""
    from studio.sampling.sketches.truncated_sketch import TruncatedSketch  # few documents have any

    assert isinstance(sketch, TruncatedSketch), "no other is truncated"
    found = sketch.shaped_range(params, history, state)
    uncut = sketch.shaped_range(unfiltered(params), history, state)
    own = sketch.shaped_range(_NEUTRAL)
    ids = found.ids.tolist()
    others = [dict(zip(one.ids.tolist(), _intervals(one), strict=True)) for one in (uncut, own)]
    bands = [
        Band(used, *(other[token] for other in others))
        for token, used in zip(ids, _intervals(found), strict=True)
    ]
    middle = 0.5 * (found.lowest + found.highest)
    kept = sum(found.kept) // 2
    top = ShapedTop(
        ids=found.ids,
        probabilities=middle,
        tail_probability=sum(found.tail_probability) / 2.0,
        kept=kept,
        entropy=sum(found.entropy) / 2.0,
        cuts_tail=found.ids.size < kept < sketch.vocabulary_size,
        is_counted=found.kept[0] == found.kept[1],
    )
    return TokenShape(
        top,
        ids,
        middle.tolist(),
        [sum(band.uncut) / 2.0 for band in bands],
        [sum(band.ghost) / 2.0 for band in bands],
        bans(merged(params.biases, state.word_biases)),
        sketch.vocabulary_size,
        bands,
        found.entropy,
    )


def _intervals(shaped: ShapedRange) -> list[Interval]:
    return list(zip(shaped.lowest.tolist(), shaped.highest.tolist(), strict=True))


def cut_by(
    sketch: LogitSketch,
    params: SamplingParams,
    history: Sequence[int],
    state: SamplerState,
    top: ShapedTop,
) -> str:
    """Return the filter that by itself cuts all that is cut: ``min-p 0.05``; empty for none.

    Args:
        sketch: The distribution.
        params: The samplers and their order.
        history: The tokens before it, oldest first.
        state: What XTC, DRY and Mirostat need beside them.
        top: The distribution that they make of the sketch.
    """
    if params.mirostat:
        return f"Mirostat {params.mirostat}"
    active = [name for name in active_steps(params) if name in FILTERS]
    left = set(top.ids[top.probabilities > 0.0].tolist())
    for name in active:
        if len(active) == 1:
            return filter_words(params, name)
        if name == "top_k" and top.kept < params.top_k:
            continue  # alone it keeps so many
        if name == "top_p":
            did_it = _top_p_alone_keeps(sketch, params, history, state, top)
        else:
            kept, ids = sketch.kept(only_filter(params, name), history, state)
            did_it = kept == top.kept and left == set(ids.tolist())
        if did_it:
            return filter_words(params, name)
    return ""


def _top_p_alone_keeps(
    sketch: LogitSketch,
    params: SamplingParams,
    history: Sequence[int],
    state: SamplerState,
    top: ShapedTop,
) -> bool:
    """Whether top-p by itself would keep what is left, among the tokens that the sketch knows.

    Running it by itself might search far down the tail, which takes longer than everything else
    that turning T does.
    """
    if top.kept > top.ids.size:
        return False
    order = params.samplers
    is_after = "temperature" in order and order.index("temperature") < order.index("top_p")
    seen = unfiltered(params) if is_after else untempered(params)
    reached = sketch.shaped(seen, history, state).probabilities.cumsum()
    enough = int(reached.searchsorted(params.top_p)) + 1
    is_head = bool((top.probabilities[: top.kept] > 0.0).all())
    return is_head and max(enough, params.min_keep) == top.kept


def all_banned(sketch: LogitSketch) -> str:
    """Say that nothing can be shown, as biases ban every token that is known one by one."""
    known, size = sketch.ids.size, sketch.vocabulary_size
    if known == size:
        return tr(
            "The logit biases ban every token there is. Remove some under {where}.",
            where=tr(WHERE),
        )
    return tr(
        "The logit biases ban the {known:,} best tokens here; what would be "
        "drawn of the other {others:,} is not known. Remove some under {where}.",
        known=known,
        others=size - known,
        where=tr(WHERE),
    )


def _aligned(shaped: ShapedTop, other: ShapedTop) -> list[float]:
    """The probabilities of `shaped` in the order of `other`, which penalties may have changed."""
    probabilities: list[float] = shaped.probabilities.tolist()
    if shaped is other or np.array_equal(shaped.ids, other.ids):
        return probabilities
    by_id = dict(zip(shaped.ids.tolist(), probabilities, strict=True))
    return [by_id[token] for token in other.ids.tolist()]

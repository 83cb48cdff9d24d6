"""A distribution of which a server sent the likeliest tokens, with and without the parameters.

Every figure of it is an interval; see `studio.sampling.sketches.bounded_logits`.
"""

from collections.abc import Sequence

from studio.app.parameters.sampling_order import unfiltered
from studio.app.tokens.shape import Band, TokenShape
from studio.sampling import LogitSketch, SamplerState, SamplingParams, ShapedTop
from studio.sampling.sketches.truncated_sketch import ShapedRange, TruncatedSketch
from studio.sampling.word_tokens import bans, merged

_NEUTRAL = SamplingParams()


def banded_shape(
    sketch: LogitSketch, params: SamplingParams, history: Sequence[int], state: SamplerState
) -> TokenShape:
    """Return the distribution that the parameters make of a truncated sketch.

    Args:
        sketch: The distribution.
        params: The samplers and their order.
        history: The tokens before it, oldest first.
        state: What XTC, DRY and Mirostat need beside them.

    Raises:
        LogitsError: Biases have banned every token that the sketch knows.
        UndecidedError: A sampler asks for more than is known.
        ValueError: A bias or the history names a token that is not in the vocabulary.
    """
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


def _intervals(shaped: ShapedRange) -> list[tuple[float, float]]:
    return list(zip(shaped.lowest.tolist(), shaped.highest.tolist(), strict=True))

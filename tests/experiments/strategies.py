"""Comparisons of every shape that can be kept, for tests that any of them passes."""

from __future__ import annotations

import math
from typing import get_args

import numpy as np
from hypothesis import strategies as st

from studio.engine.messages import MOST_SEQUENCES, FinishReason, Prompt
from studio.experiments.comparison import Comparison, LaneRecord, Turn
from studio.model_record import ModelRecord
from studio.sampling import LogitSketch, SamplingParams, WordBias
from studio.token_record import TokenRecord

SKETCHES = [
    LogitSketch.of(np.linspace(-3.0, 9.0, size, dtype=np.float32)).to_bytes()
    for size in (1, 2, 129, 500)
]
_SHARES = st.floats(0.0, 1.0)
_COUNTS = st.integers(0, 2**31 - 1)
_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)

PARAMS = st.builds(
    SamplingParams,
    temperature=st.floats(0.0, 100.0) | st.just(math.inf),
    top_k=st.integers(0, 1000),
    logit_bias=st.dictionaries(
        st.integers(0, 500), st.floats(-9.0, 9.0) | st.just(-math.inf), max_size=3
    ).map(lambda biases: tuple(biases.items())),
    word_biases=st.lists(
        st.builds(WordBias, st.sampled_from(["sea", "The", "é🐟"]), st.just(-math.inf)), max_size=1
    ).map(tuple),
)
TOKENS = st.builds(
    TokenRecord,
    id=st.integers(0, 0),
    text=st.binary(max_size=8),
    probability=_SHARES,
    rank=_COUNTS,
    entropy=st.floats(0.0, 64.0),
    u=_SHARES,
    near_tie=st.booleans(),
    top=st.lists(st.tuples(_COUNTS, _SHARES), max_size=4).map(tuple),
    sketch=st.sampled_from([b"", *SKETCHES]),
    typed=st.dictionaries(_COUNTS, _COUNTS, max_size=2),
)


@st.composite
def lanes(draw: st.DrawFn) -> LaneRecord:
    """One lane; its turns in order, none behind its end."""
    tokens = draw(st.lists(TOKENS, max_size=4))
    places = sorted(draw(st.lists(st.integers(0, len(tokens) + 1), max_size=3)))
    return LaneRecord(
        params=draw(PARAMS),
        seed=draw(st.integers(0, 2**32 - 1)),
        tokens=tuple(tokens),
        reason=draw(st.sampled_from([None, *get_args(FinishReason)])),
        end=draw(st.none() | TOKENS),
        stop=tuple(draw(st.lists(_TEXTS.filter(bool), max_size=3))),
        mu=draw(st.none() | st.floats(-1e9, 1e9)),
        name=draw(_TEXTS),
        turns=tuple(Turn(index=place, params=draw(PARAMS)) for place in places),
        color=draw(st.integers(-1, MOST_SEQUENCES)),
    )


COMPARISONS = st.builds(
    Comparison,
    made=_TEXTS,
    model=st.builds(ModelRecord, name=_TEXTS, file=_TEXTS, bytes=st.integers(0, 2**53)),
    prompt=st.builds(
        Prompt, manuscript=_TEXTS, brief=_TEXTS, format=st.sampled_from(["plain", "chat"])
    ),
    prompt_tokens=_COUNTS,
    prompt_ids=st.lists(_COUNTS, max_size=4).map(tuple),
    max_tokens=st.integers(1, 2**31 - 1),
    lanes=st.lists(lanes(), min_size=1, max_size=MOST_SEQUENCES).map(tuple),
    seconds_prompt=st.floats(0.0, 1e9),
    spellings=st.dictionaries(_COUNTS, st.binary(max_size=8), max_size=4),
)

"""Recorded tokens with distributions of their own, for tests of what is made of them.

The distributions are random, and large enough for a tail; each token is drawn as the engine draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from studio.app.tokens.written_token import Run, WrittenToken
from studio.sampling import LogitSketch, SamplingParams, choose
from studio.token_record import TokenRecord

VOCABULARY = 400


@dataclass(eq=False)
class Scored:
    """A token that was read."""

    id: int
    text: bytes
    sketch: bytes
    near_tie: bool = False


@dataclass(eq=False)
class Written(Scored):
    """A token that was drawn."""

    u: float = 0.0


def scored(text: bytes, seed: int, rank: int = 3) -> Scored:
    """A token of this rank in a distribution that follows from the seed."""
    logits = logits_of(seed)
    token = int(np.argsort(-logits, kind="stable")[rank])
    return Scored(token, text, LogitSketch.of(logits, written=token).to_bytes())


def written(text: bytes, seed: int, u: float, temperature: float = 1.0) -> Written:
    """The token that the dice `u` choose at T from a distribution that follows from the seed."""
    logits = logits_of(seed)
    token = choose(logits, SamplingParams(temperature=temperature), (), u).token
    return Written(token, text, LogitSketch.of(logits, written=token).to_bytes(), u=u)


def written_all(texts: Sequence[str], temperature: float = 1.0) -> list[Written]:
    """A token a text, each with dice of its own."""
    us = np.random.default_rng(7).random(len(texts)).tolist()
    return [
        written(text.encode(), seed, u, temperature)
        for seed, (text, u) in enumerate(zip(texts, us, strict=True))
    ]


def run_of(
    records: Sequence[Written], prompt: Sequence[int], params: SamplingParams
) -> list[WrittenToken]:
    """The same tokens as a run writes them."""
    run = Run(params)
    run.begin(prompt)
    return [
        run.take(
            TokenRecord(
                id=record.id,
                text=record.text,
                sketch=record.sketch,
                u=record.u,
                probability=0.5,
                rank=0,
                entropy=1.0,
            )
        )
        for record in records
    ]


def logits_of(seed: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """The distribution that follows from a seed."""
    random = np.random.default_rng(seed)
    return (random.uniform(1.0, 6.0) * random.normal(size=VOCABULARY)).astype(np.float32)

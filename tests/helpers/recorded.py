"""Recorded tokens with distributions of their own, for tests of what is made of them.

The distributions are random, and large enough for a tail; each token is drawn as the engine draws.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from studio.sampling import LogitSketch, SamplingParams, choose
from studio.token_record import TokenRecord, TokenSequence, placed, undrawn

VOCABULARY = 400


def scored(text: bytes, seed: int, rank: int = 3) -> TokenRecord:
    """A token of this rank in a distribution that follows from the seed."""
    logits = logits_of(seed)
    token = int(np.argsort(-logits, kind="stable")[rank])
    return undrawn(token, text, LogitSketch.of(logits, written=token).to_bytes())


def written(text: bytes, seed: int, u: float, temperature: float = 1.0) -> TokenRecord:
    """The token that the draw `u` chooses at T from a distribution that follows from the seed."""
    logits = logits_of(seed)
    choice = choose(logits, SamplingParams(temperature=temperature), (), u)
    return TokenRecord(
        id=choice.token,
        text=text,
        sketch=LogitSketch.of(logits, written=choice.token).to_bytes(),
        u=u,
        probability=choice.probability,
        rank=choice.rank,
        entropy=choice.entropy,
    )


def written_all(texts: Sequence[str], temperature: float = 1.0) -> list[TokenRecord]:
    """A token a text, each with a draw of its own."""
    us = np.random.default_rng(7).random(len(texts)).tolist()
    return [
        written(text.encode(), seed, u, temperature)
        for seed, (text, u) in enumerate(zip(texts, us, strict=True))
    ]


def unreadable(record: TokenRecord) -> TokenRecord:
    """The same with a sketch that looks like one, and is damaged."""
    header = record.sketch[:32]
    return msgspec.structs.replace(record, sketch=header.ljust(len(record.sketch), b"\xff"))


def run_of(records: Sequence[TokenRecord], prompt: Sequence[int], seed: int) -> list[TokenRecord]:
    """The same tokens as a run writes them."""
    ids = [*prompt, *(record.id for record in records)]
    sequence = TokenSequence(ids, seed=seed, start=len(prompt))
    return [placed(record, sequence, index) for index, record in enumerate(records, len(prompt))]


def logits_of(seed: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """The distribution that follows from a seed."""
    random = np.random.default_rng(seed)
    return (random.uniform(1.0, 6.0) * random.normal(size=VOCABULARY)).astype(np.float32)

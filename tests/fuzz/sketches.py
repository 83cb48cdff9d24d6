"""Target: the bytes of a sketch, and every temperature's distribution out of one that is taken."""

from __future__ import annotations

import math
import re
import struct
import warnings
from pathlib import Path

import numpy as np

from studio.sampling import LogitSketch, SamplingParams, SketchError
from tests.experiments.strategies import SKETCHES
from tests.fuzz.target import Target

_HEADER = struct.Struct("<4sIIfIfIHH")
_PARAMS = (
    *(SamplingParams(temperature=temperature) for temperature in (0, 0.05, 1, 5, math.inf)),
    SamplingParams(top_p=0.9, min_p=0.01, typical_p=0.8, top_n_sigma=1.0),
    SamplingParams(top_k=200, temperature=2.0, dynatemp_range=1.0),
    SamplingParams(mirostat=2),
)


def target(_folder: Path) -> Target:
    """Sketches of vocabularies with and without a tail."""
    return Target(
        list(SKETCHES), check, (b"KLS1",), ("studio.sampling.sketches", "studio.sampling.tails")
    )


def check(data: bytes) -> str:
    """Read it, and what is nearest to it in form; what is taken has a distribution at any T."""
    return f"{_outcome(data)} {_outcome(_mended(data))}"


def _outcome(data: bytes) -> str:
    try:
        use(data)
    except SketchError as error:
        return re.sub(r"\d+|b['\"].*['\"]", "#", str(error))
    return "taken"


def _mended(data: bytes) -> bytes:
    """Its numbers in a record of the right lengths and order: only their sizes are hostile."""
    data = data.ljust(64, b"\0")
    _, size, count, edge, token, logit, rank, n, m = _HEADER.unpack_from(data)
    n, m = 1 + n % 140, (2 + m % 6) if count else 0
    size = max(size % 2**31, n)
    count = min(count, size - n)
    m = m if count else 0
    wanted = 8 * n + 16 * m
    numbers = np.frombuffer((data[32:] * (wanted // len(data[32:]) + 1))[:wanted], "<f4")
    with np.errstate(all="ignore"):
        numbers = np.where(np.isfinite(numbers), numbers, np.float32(1.5))
    nodes = numbers[2 * n :].reshape(4, m).copy()
    if m:
        nodes[0] = np.minimum(nodes[0], 1e30)
        nodes[0] = np.cumsum(np.maximum(np.abs(nodes[0]), np.float32(0.01)), dtype=np.float64)
        nodes[0] -= nodes[0][0]
    ids = np.arange(n, dtype="<u4") + np.uint32(data[40] % (size - n + 1))
    head = _HEADER.pack(
        b"KLS1", size, count, edge if math.isfinite(edge) else 0.0, token, logit, rank, n, m
    )
    logits = np.sort(numbers[n : 2 * n])[::-1]
    return head + ids.tobytes() + logits.astype("<f4").tobytes() + nodes.astype("<f4").tobytes()


def use(data: bytes) -> None:
    """Ask a sketch all that panels ask.

    Raises:
        SketchError: It is none.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sketch = LogitSketch.from_bytes(data)
        for params in _PARAMS:
            shaped = sketch.shaped(params)
            assert np.isfinite(shaped.probabilities).all()
            assert -1e-9 <= shaped.tail_probability <= 1 + 1e-9
            assert math.isfinite(shaped.entropy)
            total = float(shaped.probabilities.sum()) + shaped.tail_probability
            assert abs(total - 1) < 1e-6

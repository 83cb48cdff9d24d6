"""How often the interval of a fitted temperature holds it, over many texts.

    python -m tests.benchmarks.fit_coverage [--model MODEL.gguf] [--places N] [--texts N] [--seed N]

Thirty texts that a model wrote say little of whether 95 % of intervals hold. So the model writes
one text of `--places` tokens at each temperature, and what it gave at each place is kept exactly;
then `--texts` texts of 2,000 tokens are drawn from these distributions, each place a few times, and
fitted. A text that went its own way would have other places, but the slope of its log-likelihood is
a sum of differences from known means there, too, each without bias whatever came before.

Printed are, for each temperature: the share of texts whose interval holds it, whole and by each of
its parts, the median error, and the bias in percent, by exact sums and by those of the sketches
that the program keeps.
"""

import argparse
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.engine.interrupt import Interrupt
from studio.engine.llama import log
from studio.engine.llama.context import LlamaContext
from studio.engine.llama.model import Model
from studio.engine.messages import LoadOptions
from studio.engine.model_files.starter_model import find_starter_model
from studio.sampling import LogitSketch, SamplingParams, choose, uniform
from studio.sampling.analysis.filtered_distribution import everything
from studio.sampling.analysis.fitted_temperature import (
    _BETAS,
    BLOCK,
    LikelihoodSums,
    TemperatureFit,
)
from studio.sampling.analysis.retemper import moments_of

_OPENING = "The old fisherman looked out over the sea and thought about the years."
_TEMPERATURES = (0.6, 1.0, 1.4)
_TOKENS = 2000


class _Places(NamedTuple):
    """What a model gave at the places of a text.

    Attributes:
        exact: `(places, 3, nodes)` log partition function, mean and variance of the logits below
            the largest, at all β.
        sketched: The same of the sketches.
        offsets: `(texts, rounds, places)` the logits, below the largest, of tokens drawn there.
    """

    exact: NDArray[np.float64]
    sketched: NDArray[np.float64]
    offsets: NDArray[np.float32]


def _exact(below: NDArray[np.float64]) -> NDArray[np.float64]:
    weights = np.exp(np.multiply.outer(_BETAS, below))
    mass, first, second = (weights @ np.stack((np.ones(below.size), below, below**2), axis=1)).T
    mean = first / mass
    return np.stack((np.log(mass), mean, second / mass - mean**2))


def _places(
    model: Model, context: LlamaContext, temperature: float, count: int, texts: int, seed: int
) -> _Places:
    random = np.random.default_rng(seed)
    rounds = _TOKENS // count
    offsets = np.empty((texts, rounds, count), dtype=np.float32)
    exact, sketched = [], []
    tokens = model.vocabulary.tokenize(_OPENING)
    params = SamplingParams(temperature=temperature)
    context.evaluate(tokens)
    for place in range(count):
        logits = context.logits()
        chosen = choose(logits, params, tokens, uniform(seed, len(tokens))).token
        sketch = LogitSketch.from_bytes(LogitSketch.of(logits, written=chosen).to_bytes())
        sketched.append(np.stack(moments_of(everything(sketch), _BETAS)))
        below = logits.astype(np.float64) - float(logits.max())
        exact.append(_exact(below))
        sums = np.cumsum(np.exp(below / temperature))
        drawn = np.searchsorted(sums, random.random((texts, rounds)) * sums[-1], side="right")
        offsets[:, :, place] = below[drawn]
        tokens.append(chosen)
        context.append(chosen)
    return _Places(np.array(exact), np.array(sketched), offsets)


def _fits(moments: NDArray[np.float64], offsets: NDArray[np.float32]) -> list[TemperatureFit]:
    """Fit all texts.

    Args:
        moments: As of `_Places`.
        offsets: As there.
    """
    texts, rounds, _ = offsets.shape
    starts = np.arange(0, _TOKENS, BLOCK)
    partition, mean, variance = np.add.reduceat(
        np.tile(moments, (rounds, 1, 1)), starts, axis=0
    ).transpose(1, 0, 2)
    found = []
    for text in offsets.reshape(texts, _TOKENS):
        own = np.add.reduceat(text.astype(np.float64), starts)[:, None]
        blocks = np.stack((own * _BETAS - partition, own - mean, -variance), axis=1)
        fit = LikelihoodSums(blocks, _TOKENS).fit()
        assert fit is not None, "the model has a choice"
        found.append(fit)
    return found


def _print(temperature: float, places: _Places) -> None:
    fits = _fits(places.exact, places.offsets)
    fitted = np.array([fit.temperature for fit in fits])
    sketched = np.array([fit.temperature for fit in _fits(places.sketched, places.offsets)])
    shares = []
    for ends in ("whole", "by_likelihood", "by_information", "by_bootstrap"):
        low, high = np.array(
            [(fit.low, fit.high) if ends == "whole" else getattr(fit, ends) for fit in fits]
        ).T
        shares.append(f"{ends} {100.0 * np.mean((low <= temperature) & (temperature <= high)):.1f}")
    error = 100.0 * np.median(np.abs(fitted / temperature - 1.0))
    biases = (f"{100.0 * (found.mean() / temperature - 1.0):+.3f}" for found in (fitted, sketched))
    print(
        f"T {temperature}: {len(fits)} texts; interval holds, %: {', '.join(shares)}; median error "
        f"{error:.2f} %; bias {next(biases)} %, by sketches {next(biases)} %",
        flush=True,
    )


def main() -> None:
    """Write, draw, fit and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", type=Path, default=find_starter_model())
    parser.add_argument("--places", type=int, default=500, choices=(250, 500, 1000, 2000))
    parser.add_argument("--texts", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    if given.model is None:
        sys.exit("The starter model is not installed; name a model's file with --model.")
    log.install()
    options = LoadOptions(threads=1, context_size=given.places + 64)
    model = Model(given.model, options, lambda _fraction: True)
    context = LlamaContext(model, Interrupt())
    for temperature in _TEMPERATURES:
        places = _places(model, context, temperature, given.places, given.texts, given.seed)
        _print(temperature, places)
    context.close()
    model.close()


if __name__ == "__main__":
    main()

"""How far a sketch is from the distribution it was made of, on real text.

    python -m tests.benchmarks.sketch_error [MODEL.gguf]

Has the model read prose of this repository and a text of its own (at T 1, seed 1), position by
position, and holds each sketch, packed and unpacked, against all of the logits. Printed are the
total variation with the tail taken as one token, and the error of the entropy, over all positions.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.engine.interrupt import Interrupt
from studio.engine.llama import log
from studio.engine.llama.context import LlamaContext
from studio.engine.llama.model import Model
from studio.engine.messages import LoadOptions
from studio.engine.model_files.starter_model import find_starter_model
from studio.sampling import LogitSketch, SamplingParams, choose, uniform

_TEMPERATURES = (0.1, 0.3, 0.7, 1.0, 1.5, 3.0, 5.0)
_ROOT = Path(__file__).parents[2]
_TEXTS = ("README.md", "CHANGELOG.md", "LICENSE")
_POSITIONS = 700
"""Of each text."""
_CONTEXT = 1024
_OPENING = "The old fisherman looked out over the sea and"


def _read(model: Model, context: LlamaContext, tokens: list[int]) -> NDArray[np.float32]:
    """The logits after each token but the last, `(positions, vocabulary)`."""
    rows = np.empty((len(tokens), model.vocabulary.size), dtype=np.float32)
    context.read(tokens, 0, lambda index, row: rows.__setitem__(index, row), lambda *_: None)
    return rows[:-1]


def _written(model: Model, context: LlamaContext) -> list[int]:
    """A text of the model's own."""
    tokens = model.vocabulary.tokenize(_OPENING)
    context.evaluate(tokens)
    while len(tokens) < _POSITIONS:
        choice = choose(context.logits(), SamplingParams(), tokens, uniform(1, len(tokens)))
        tokens.append(choice.token)
        context.append(choice.token)
    return tokens


def _texts(model: Model, context: LlamaContext) -> Iterator[tuple[str, list[int]]]:
    for name in _TEXTS:
        tokens = model.vocabulary.tokenize((_ROOT / name).read_text())
        yield name, tokens[: _POSITIONS + 1]
    yield "the model's own", _written(model, context)


def _errors(logits: NDArray[np.float32], token: int) -> list[tuple[float, float]]:
    """(total variation, entropy error in nats) of one sketch, at each temperature."""
    packed = LogitSketch.of(logits, written=token).to_bytes()
    sketch = LogitSketch.from_bytes(packed)
    below = logits.astype(np.float64) - float(logits.max())
    errors = []
    for temperature in _TEMPERATURES:
        exponents = below / temperature
        weights = np.exp(exponents)
        mass = weights.sum()
        entropy = np.log(mass) - (weights @ np.maximum(exponents, -1e300)) / mass
        exact = weights / mass
        ids, probabilities, tail = sketch.distribution(temperature)
        rest = 1.0 - exact[ids].sum()
        variation = 0.5 * (np.abs(probabilities - exact[ids]).sum() + abs(tail - rest))
        errors.append((float(variation), float(abs(sketch.entropy(temperature) - entropy))))
    return errors


def main() -> None:
    """Print a line a temperature."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else find_starter_model()
    if path is None:
        sys.exit("The starter model is not installed; name a model's file.")
    log.install()
    options = LoadOptions(threads=1, context_size=_CONTEXT)
    model = Model(path, options, lambda _fraction: True)
    context = LlamaContext(model, Interrupt())
    found = []
    for name, tokens in _texts(model, context):
        rows = _read(model, context, tokens)
        found += [_errors(row, token) for row, token in zip(rows, tokens[1:], strict=True)]
        print(f"{len(rows)} positions of {name}", file=sys.stderr)
    context.close()
    model.close()
    errors = np.array(found)  # (positions, temperatures, 2)
    print(f"{len(errors)} positions, {path.name}, vocabulary {rows.shape[1]:,}")
    print("    T   total variation: median    worst   entropy, nats: median    worst")
    for temperature, (variation, entropy) in zip(
        _TEMPERATURES, errors.transpose(1, 2, 0), strict=True
    ):
        print(
            f"{temperature:5}   {np.median(variation):23.1e}  {variation.max():.1e}   "
            f"{np.median(entropy):21.1e}  {entropy.max():.1e}"
        )


if __name__ == "__main__":
    main()

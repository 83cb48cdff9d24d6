"""How far the same text's logits differ with the number of tokens evaluated at once.

    python -m tests.benchmarks.batch_noise [MODEL.gguf]

Reads a text in batches of 1, 4, 8, 32, 60 (those of scoring) and 128 tokens, and holds the gap
between the two best tokens at each position against that of single tokens. `near_tie.MARGIN` of the
sampling rests on it.
"""

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.engine.interrupt import Interrupt
from studio.engine.llama import context as context_module
from studio.engine.llama import log
from studio.engine.llama.context import READ_BATCH, LlamaContext
from studio.engine.llama.model import Model
from studio.engine.messages import LoadOptions
from studio.engine.model_files.starter_model import find_starter_model
from studio.sampling.logits.top_two_margin import MARGIN

_POSITIONS = 600
_BATCHES = (1, 4, 8, 32, READ_BATCH, 128)
_TEXT = Path(__file__).parents[2] / "README.md"


def _logits(model: Model, tokens: list[int], batch: int) -> NDArray[np.float32]:
    """The logits after each token, `(positions, vocabulary)`, evaluated `batch` at a time."""
    context_module.READ_BATCH = batch
    context = LlamaContext(model, Interrupt())
    rows = np.empty((len(tokens), model.vocabulary.size), dtype=np.float32)
    context.read(tokens, 0, lambda index, row: rows.__setitem__(index, row), lambda *_: None)
    context.close()
    return rows


def main() -> None:
    """Print a line a batch size."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else find_starter_model()
    if path is None:
        sys.exit("The starter model is not installed; name a model's file.")
    log.install()
    model = Model(path, LoadOptions(threads=1, context_size=1024), lambda _fraction: True)
    tokens = model.vocabulary.tokenize(_TEXT.read_text())[:_POSITIONS]
    alone = _logits(model, tokens, 1)
    at = np.arange(len(tokens))
    first, second = np.argsort(-alone, axis=1)[:, :2].T
    gaps = alone[at, first] - alone[at, second]
    print(f"{len(tokens)} positions of {_TEXT.name}, {path.name}")
    print("batch   worst logit   gap: median, 99 %, worst   other favourites, their gaps")
    for batch in _BATCHES:
        rows = _logits(model, tokens, batch)
        off = np.abs(rows[at, first] - rows[at, second] - gaps)
        flipped = np.sort(gaps[rows.argmax(axis=1) != first])
        print(
            f"{batch:5}   {np.abs(rows - alone).max():11.4f}   {np.median(off):11.4f}, "
            f"{np.quantile(off, 0.99):.4f}, {off.max():.4f}   {flipped.size} "
            f"{np.round(flipped, 2).tolist()}"
        )
    for margin in (MARGIN, 0.05, 0.1, 0.2, 0.4):
        print(f"a margin of {margin} flags {np.mean(gaps < margin):.1%} of the positions")
    model.close()


if __name__ == "__main__":
    main()

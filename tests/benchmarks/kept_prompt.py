"""How long a document takes to be continued after a restart: read anew, and from the disk.

    python -m tests.benchmarks.kept_prompt [--model FILE] [--tokens 2000]

Prints one JSON object: seconds of both, their ratio, what is kept of it in MiB, and the largest
difference of the logits that follow.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np

from studio.engine.interrupt import Interrupt
from studio.engine.llama import backend, log
from studio.engine.llama.context import LlamaContext
from studio.engine.llama.model import Model
from studio.engine.llama.prompt_cache import PromptCache
from studio.engine.messages import LoadOptions
from studio.engine.model_files.starter_model import find_starter_model

_WORDS = "The old fisherman looked out over the grey water and counted the boats of year {}. "


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, default=find_starter_model())
    parser.add_argument("--tokens", type=int, default=2000)
    given = parser.parse_args()
    log.install()
    backend.begin()
    model = Model(given.model, LoadOptions(), lambda _fraction: True)
    text = "".join(_WORDS.format(year) for year in range(given.tokens // 10))
    tokens = model.vocabulary.tokenize(text)[: given.tokens]
    with tempfile.TemporaryDirectory() as folder:

        def started() -> LlamaContext:
            context = LlamaContext(model, Interrupt())
            context.prompt_cache = PromptCache(Path(folder), 2**31, model.header, model.report())
            return context

        def seconds(context: LlamaContext) -> float:
            begun = time.perf_counter()
            context.evaluate(tokens)
            return time.perf_counter() - begun

        first = started()
        read = seconds(first)
        logits = first.logits().copy()
        first.keep_prompt()
        assert first.prompt_cache is not None
        first.prompt_cache.wait(None)
        size = sum(path.stat().st_size for path in Path(folder).iterdir())
        first.close()
        second = started()
        loaded = seconds(second)
        difference = float(np.abs(second.logits() - logits).max())
        second.close()
    model.close()
    figures = {
        "tokens": len(tokens),
        "read_seconds": round(read, 3),
        "kept_seconds": round(loaded, 3),
        "ratio": round(loaded / read, 4),
        "mib": round(size / 2**20, 1),
        "logits_difference": difference,
    }
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()

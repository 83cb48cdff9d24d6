"""Tiny GGUF files whose header is all that matters: `read_header` takes them, llama.cpp need not.

Knows nothing of the studio.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from gguf import GGUFValueType as Kind

_BYTES = [f"<0x{n:02X}>" for n in range(256)]
TOKENS = ["<unk>", "<s>", "</s>", *_BYTES, "▁the", "▁sea", "<|im_start|>"]
TYPES = [2, 3, 3, *[6] * 256, 1, 1, 3]


def write_header_file(
    path: Path,
    *,
    architecture: str = "llama",
    tokenizer: str = "llama",
    tokens: list[Any] = TOKENS,
    types: list[int] | None = None,
    scores: list[float] | None = None,
    extra: Mapping[str, tuple[Any, Kind]] | None = None,
    tensors: Mapping[str, tuple[int, ...]] | None = None,
    alignment: int | None = None,
    **writer_options: Any,
) -> Path:
    """A sound little file, unless the arguments make it otherwise."""
    writer = gguf.GGUFWriter(path, architecture, **writer_options)
    values: dict[str, tuple[Any, Kind]] = {
        "general.name": ("Tiny", Kind.STRING),
        "general.file_type": (1, Kind.UINT32),
        f"{architecture}.context_length": (128, Kind.UINT32),
        f"{architecture}.block_count": (2, Kind.UINT32),
        f"{architecture}.embedding_length": (32, Kind.UINT32),
        f"{architecture}.feed_forward_length": (64, Kind.UINT32),
        f"{architecture}.attention.head_count": (4, Kind.UINT32),
        f"{architecture}.attention.head_count_kv": (2, Kind.UINT32),
        "tokenizer.ggml.model": (tokenizer, Kind.STRING),
        "tokenizer.ggml.tokens": (tokens, Kind.ARRAY),
        "tokenizer.ggml.token_type": (types or TYPES[: len(tokens)], Kind.ARRAY),
        "tokenizer.ggml.scores": (scores or [0.0] * len(tokens), Kind.ARRAY),
        "tokenizer.ggml.bos_token_id": (1, Kind.UINT32),
        "tokenizer.ggml.eos_token_id": (2, Kind.UINT32),
    }
    if alignment:
        writer.add_custom_alignment(alignment)
    for key, (value, kind) in (values | dict(extra or {})).items():
        if value is not None:
            writer.add_key_value(key, value, kind)
    shapes = {"token_embd.weight": (len(tokens), 32), "output_norm.weight": (32,)}
    for name, shape in (shapes if tensors is None else tensors).items():
        writer.add_tensor(name, np.zeros(shape, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path

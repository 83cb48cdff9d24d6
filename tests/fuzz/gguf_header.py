"""Target: headers of model files."""

from __future__ import annotations

import re
from pathlib import Path

from gguf import GGUFValueType as Kind

from studio.engine.model_files.gguf_header import ModelFileError, read_header
from tests.fuzz.target import Target
from tests.helpers.header_files import TOKENS, TYPES, write_header_file

_FOREIGN = re.compile(r"“.*?”|b['\"].*?['\"]|\S*[\d.]\S*", re.DOTALL)
"""What of a message is a number or the file's: inputs that differ in it alone count as alike."""
_KEYS = (
    b"general.alignment", b"general.architecture", b"split.count", b"split.no",
    b"llama.context_length", b"llama.block_count", b"llama.embedding_length",
    b"llama.expert_count", b"llama.expert_used_count", b"llama.vocab_size",
    b"llama.attention.head_count", b"llama.attention.head_count_kv", b"llama.rope.scaling.type",
    b"llama.rope.dimension_count", b"llama.attention.key_length", b"tokenizer.ggml.tokens",
    b"tokenizer.ggml.token_type", b"tokenizer.ggml.scores", b"tokenizer.ggml.merges",
    b"tokenizer.ggml.model", b"tokenizer.ggml.eot_token_id", b"tokenizer.chat_template",
)  # fmt: skip


def target(folder: Path) -> Target:
    """Headers of models of several kinds, most of them without their weights."""
    path = folder / "fuzzed.gguf"

    def check(data: bytes) -> str:
        path.write_bytes(data)
        try:
            header = read_header(path)
        except ModelFileError as error:
            message = error.message
            kind = error.kind
        else:
            return f"sound: {header.architecture == 'llama'} {header.tokenizer_model == 'gpt2'}"
        assert len(message) < 1000, "a message that fills the window"
        return f"{kind}: {_FOREIGN.sub('#', message)}"

    return Target(_seeds(folder), check, _KEYS, ("studio.engine.model_files",))


def _seeds(folder: Path) -> list[bytes]:
    one = folder / "seed.gguf"
    few = ["a", "b", "<|end|>"]
    kinds = (1, 1, 3)
    tensors = {"token_embd.weight": (len(few), 32), "blk.0.attn_q.weight": (32, 32)}
    plain = {"tokenizer": "gpt2", "tokens": few, "types": list(kinds)}
    several = (
        plain | {"tensors": {"output_norm.weight": (32,)}},
        plain | {"tensors": tensors, "alignment": 64},
        {"tokens": TOKENS, "types": TYPES, "tensors": {"output_norm.weight": (32,)}},
        plain
        | {
            "architecture": "qwen3moe",
            "extra": {
                "qwen3moe.expert_count": (4, Kind.UINT32),
                "qwen3moe.expert_used_count": (2, Kind.UINT32),
                "qwen3moe.attention.head_count": ([4, 4], Kind.ARRAY),
                "qwen3moe.rope.scaling.type": ("yarn", Kind.STRING),
                "tokenizer.chat_template": ("{{ messages }}", Kind.STRING),
            },
        },
        plain | {"extra": {"split.no": (0, Kind.UINT16), "split.count": (2, Kind.UINT16)}},
    )
    seeds = []
    for options in several:
        write_header_file(one, **options)
        seeds.append(one.read_bytes())
    one.unlink()
    return seeds

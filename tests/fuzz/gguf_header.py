"""Target: headers of model files."""

from __future__ import annotations

import re
from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any

from gguf import GGUFValueType as Kind

from studio.engine.model_files.gguf_header import ModelFileError, read_header
from tests.fuzz.target import Target
from tests.helpers.header_files import TOKENS, TYPES, write_header_file
from tests.helpers.loose_gguf import LooseGguf

_FOREIGN = re.compile(r"“.*”|begins with .*, not|is a .*|\S*[\d.]\S*", re.DOTALL)
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

    seeds = _seeds(folder)
    sound = []
    for seed in seeds:
        path.write_bytes(seed)
        sound.append(LooseGguf.read(path))

    def absurd(chosen: Random) -> bytes:
        return _with_one_absurdity(chosen.choice(sound), chosen).to_bytes()

    return Target(seeds, check, _KEYS, ("studio.engine.model_files",), absurd)


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


_VALUES: tuple[tuple[Any, Any], ...] = (
    (Kind.UINT32, 0), (Kind.UINT32, 1), (Kind.UINT32, 2**32 - 1), (Kind.INT32, -1),
    (Kind.UINT64, 2**63), (Kind.FLOAT32, float("nan")), (Kind.FLOAT64, 1e308), (Kind.BOOL, True),
    (Kind.STRING, ""), (Kind.STRING, "x" * 300), ((Kind.ARRAY, Kind.STRING), []),
    ((Kind.ARRAY, Kind.INT32), [0] * 3), ((Kind.ARRAY, Kind.FLOAT32), [float("nan")] * 2),
    ((Kind.ARRAY, Kind.BOOL), [True, False]), ((Kind.ARRAY, Kind.UINT8), [7] * 600),
)  # fmt: skip


def _with_one_absurdity(sound: LooseGguf, chosen: Random) -> LooseGguf:
    file = deepcopy(sound)
    match chosen.randrange(4):
        case 0:
            keys = [*file.values, *(key.decode() for key in _KEYS)]
            file.set(chosen.choice(keys), *chosen.choice(_VALUES))
        case 1:
            tensor = chosen.choice(file.tensors)
            tensor.type = chosen.choice((*range(45), 2**31, 2**32 - 1))
        case 2:
            tensor = chosen.choice(file.tensors)
            length = chosen.choice((0, 1, 31, 2**31, 2**62, 2**64 - 1))
            tensor.shape = (length, *tensor.shape[chosen.randrange(2) :])
        case _:
            file.alignment = chosen.choice((1, 4, 8, 4096))
            file.set("general.alignment", Kind.UINT32, chosen.choice((0, 1, 3, 8, 2**20, 2**31)))
    return file

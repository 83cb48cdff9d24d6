"""A model that says given vectors of logits, one after another: for the bench.

Models of large vocabularies are large, and none is shipped. This one is made of recorded logits: to
llama.cpp a model of its `llama` architecture, whose layers and whose matrix of outputs take the
work and the memory traffic of the smallest that people use with such a vocabulary, Gemma 3 270M
(18 layers, 640 numbers wide, 2,048 in their feed-forward part).

Its layers add nothing, so what reaches the output is the row of the last token in the table of
tokens, normalized. Each row is zero but for two numbers in one block of 32: which block says which
vector comes next. In the output's row of a token, the block with the number of a vector holds that
vector's logit, in two 8-bit numbers and a scale: Q8_0, exact to one part in 32,000 of the logit.
Where none of a token's two numbers stands, 8-bit zeros are read, and multiplied, all the same.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.engine.model_files.gguf_writer import NewTensor, Value, write_gguf

LAYERS = 18
_WIDTH = 640
"""At least. With it, an output of 262,144 tokens takes 178 MB, and the layers take 92."""
_HEAD = 64
_FEED_FORWARD = 2048
_CONTEXT = 4096
_EPSILON = 1e-6

_BLOCK = np.dtype([("scale", "<f2"), ("numbers", "i1", 32)])
"""Of Q8_0: what it stands for is each number times the scale."""
_LARGEST = 127
"""Of these numbers. A row of the table of tokens has it first in its block, and 1 behind it."""
_STEPS = 16_000
"""A logit in units of its scale, about; 127·127 is the most that two numbers give."""
_LEAST_SCALE = 2.0**-14
"""Below it 16-bit floats have fewer digits."""
_ROWS_AT_ONCE = 8192

_LIKELIEST = 64
"""Tokens of each vector that lead on to all others, each to another."""

_END = "<|endoftext|>"
_NORMAL, _CONTROL = 1, 3
"""llama.cpp's types of tokens."""


def write_replay_model(
    path: Path, logits: NDArray[np.float32], text: str, layers: int = LAYERS
) -> None:
    """Write the model.

    Args:
        path: a GGUF file to be.
        logits: `(N, V)`, finite: what it says.
        text: whose words are tokens. All else is written byte by byte.
        layers: how many there are; they change nothing of what it says.

    Raises:
        OSError: it cannot be written.
        ValueError: `V` is too small for the bytes and these words, or a logit is not finite.
    """
    if not np.isfinite(logits).all():
        raise ValueError("logits: found one that is not finite; it has no place in a model.")
    count = len(logits)
    width = max(_WIDTH, 32 * (count + count % 2))  # whole heads
    tokens = _vocabulary(logits, text)
    write_gguf(path, _metadata(tokens, width, layers), _tensors(logits, width, layers))


def next_vectors(logits: NDArray[np.float32]) -> NDArray[np.int64]:
    """Say for each token which vector comes behind it, `(V,)`.

    Behind a vector comes the next one if its best token is drawn, the one after that behind the
    second best, and so on: a vector that is sure of a token leads to another too.
    """
    count, size = logits.shape
    following: NDArray[np.int64] = np.arange(size, dtype=np.int64) % count
    ranked = np.argsort(-logits, axis=1, kind="stable")[:, :_LIKELIEST]
    # The best tokens last, for a token may be among the likely ones of several vectors.
    for rank in reversed(range(ranked.shape[1])):
        following[ranked[:, rank]] = (np.arange(count) + 1 + rank) % count
    return following


def _metadata(tokens: list[str], width: int, layers: int) -> dict[str, Value]:
    end = tokens.index(_END)
    return {
        "general.architecture": "llama",
        "general.name": "Replay",
        "general.file_type": 7,  # mostly Q8_0
        "llama.vocab_size": len(tokens),
        "llama.context_length": _CONTEXT,
        "llama.block_count": layers,
        "llama.embedding_length": width,
        "llama.feed_forward_length": _FEED_FORWARD,
        "llama.attention.head_count": width // _HEAD,
        "llama.attention.head_count_kv": 1,
        "llama.attention.layer_norm_rms_epsilon": _EPSILON,
        "llama.rope.dimension_count": _HEAD,
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "llama-bpe",  # takes a whole word where it is a token
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.token_type": [
            _CONTROL if number == end else _NORMAL for number in range(len(tokens))
        ],
        "tokenizer.ggml.merges": ["t h"],
        "tokenizer.ggml.bos_token_id": end,
        "tokenizer.ggml.eos_token_id": end,
        "tokenizer.ggml.add_bos_token": False,
    }


def _vocabulary(logits: NDArray[np.float32], text: str) -> list[str]:
    """Tokens in GPT-2's spelling: words like "Ġbakefi", so that what is drawn looks like a text.

    The end, single bytes and the words of `text` have the ids that no vector makes likely.
    """
    words = re.findall(r"\w+|[^\w\s]", text)
    spelled = [f"{space}{word}" for word in words for space in ("", "Ġ")]
    special = list(dict.fromkeys([_END, "th", *_bytes_as_gpt2_spells_them(), *spelled]))
    size = logits.shape[1]
    if len(special) > size:
        raise ValueError(f"logits: found {size:,} tokens; {len(special):,} are needed for a text.")
    likely = (logits - logits.max(axis=1, keepdims=True)).max(axis=0)
    places = np.argsort(likely, kind="stable")[: len(special)].tolist()
    named = dict(zip(places, special, strict=True))
    made = (word for word in _made_up_words() if word not in special)
    return [named.get(number) or next(made) for number in range(size)]


def _made_up_words() -> Iterator[str]:
    syllables = [f"{first}{second}" for first in "bdfghjklmnprstvwz" for second in "aeiou"]
    words = [""]
    while True:
        words = [f"{word}{syllable}" for word in words for syllable in syllables]
        yield from (f"Ġ{word}" for word in words)


def _bytes_as_gpt2_spells_them() -> list[str]:
    """Printable ones as they are, the others moved up."""
    printable = {*range(33, 127), *range(161, 173), *range(174, 256)}
    moved = iter(range(256, 512))
    return [chr(byte) if byte in printable else chr(next(moved)) for byte in range(256)]


def _tensors(logits: NDArray[np.float32], width: int, layers: int) -> list[NewTensor]:
    size = logits.shape[1]
    # Such that the two numbers of a row come out of the last norm as they went in.
    norm = np.sqrt((_LARGEST**2 + 1) / width)

    def row(name: str, value: float) -> NewTensor:
        return NewTensor(name, "F32", (width,), [np.full(width, value, np.float32)])

    def nothing(name: str, length: int, rows: int) -> NewTensor:
        return NewTensor(name, "Q8_0", (length, rows), [np.zeros((rows, length // 32), _BLOCK)])

    def layer(number: int) -> list[NewTensor]:
        name = f"blk.{number}"
        key_width = _HEAD  # of one head, which all share
        return [
            row(f"{name}.attn_norm.weight", 1.0),
            nothing(f"{name}.attn_q.weight", width, width),
            nothing(f"{name}.attn_k.weight", width, key_width),
            nothing(f"{name}.attn_v.weight", width, key_width),
            nothing(f"{name}.attn_output.weight", width, width),
            row(f"{name}.ffn_norm.weight", 1.0),
            nothing(f"{name}.ffn_gate.weight", width, _FEED_FORWARD),
            nothing(f"{name}.ffn_up.weight", width, _FEED_FORWARD),
            nothing(f"{name}.ffn_down.weight", _FEED_FORWARD, width),
        ]

    return [
        NewTensor("token_embd.weight", "Q8_0", (width, size), _table(logits, width)),
        *(tensor for number in range(layers) for tensor in layer(number)),
        row("output_norm.weight", float(norm)),
        NewTensor("output.weight", "Q8_0", (width, size), _output(logits, width)),
    ]


def _table(logits: NDArray[np.float32], width: int) -> Iterator[NDArray[Any]]:
    following = next_vectors(logits)
    for start in range(0, following.size, _ROWS_AT_ONCE):
        vectors = following[start : start + _ROWS_AT_ONCE]
        blocks = np.zeros((vectors.size, width // 32), _BLOCK)
        chosen = np.arange(vectors.size), vectors
        blocks["scale"][chosen] = 1.0
        blocks["numbers"][(*chosen, 0)] = _LARGEST
        blocks["numbers"][(*chosen, 1)] = 1
        yield blocks


def _output(logits: NDArray[np.float32], width: int) -> Iterator[NDArray[Any]]:
    count, size = logits.shape
    for start in range(0, size, _ROWS_AT_ONCE):
        z = logits[:, start : start + _ROWS_AT_ONCE].T.astype(np.float64)
        scale = np.maximum(np.abs(z) / _STEPS, _LEAST_SCALE).astype(np.float16)
        steps = np.rint(z / scale.astype(np.float64))
        large = np.rint(steps / _LARGEST)
        blocks = np.zeros((len(z), width // 32), _BLOCK)
        blocks["scale"][:, :count] = scale
        blocks["numbers"][:, :count, 0] = large
        blocks["numbers"][:, :count, 1] = steps - large * _LARGEST
        yield blocks

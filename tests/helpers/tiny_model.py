"""Tiny models with random weights that llama.cpp loads in a moment, made with the gguf package.

For tests to which it does not matter what a model says: vocabularies, prompts, bookkeeping. Each is
some hundred KiB. Knows nothing of the studio.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import gguf
import numpy as np
from gguf.constants import TokenType

_WIDTH, _BLOCKS, _HEADS, _HEADS_KV = 32, 2, 4, 2

CONTROL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
"""The byte-level vocabulary's control tokens, with the ids 0, 1 and 2."""

FILL_IN = ("<|before|>", "<|after|>", "<|between|>")
"""Control tokens of a model that fills in: prefix, suffix and middle, with the ids 261 to 263."""

CHATML = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n"
    "{{ message.content }}<|im_end|>\n{% endfor %}<|im_start|>assistant\n"
)


def byte_level_tokens() -> list[str]:
    """GPT-2's spelling of the 256 bytes: printable ones as they are, the others moved up."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    spelled = {byte: chr(byte) for byte in printable}
    spelled |= {byte: chr(256 + place) for place, byte in enumerate(others)}
    return [spelled[byte] for byte in range(256)]


def write_byte_level_model(
    path: Path,
    *,
    add_bos: bool = False,
    has_bos: bool = True,
    chat_template: str | None = CHATML,
    context_length: int = 512,
    architecture: str = "llama",
    random_seed: int = 0,
    quantization: gguf.GGMLQuantizationType | None = None,
    fills_in: bool = False,
) -> Path:
    """A model with a byte-level BPE vocabulary: three control tokens, 256 bytes, two merges.

    Its end of text is <|im_end|>, its beginning <|im_start|>, as in SmolLM2. With a quantization
    it is wide enough for every type of block, says nothing, for all its matrices are zero, and
    multiplies by its token table at the end. One that fills in has the tokens for it, `FILL_IN`.
    """
    width = _WIDTH if quantization is None else 256
    tokens = [*CONTROL, *byte_level_tokens(), "th", "the"]
    types = [TokenType.CONTROL] * len(CONTROL) + [TokenType.NORMAL] * 258
    writer = _writer(path, architecture, context_length, width=width)
    for place, name in enumerate(("pre", "suf", "mid") if fills_in else ()):
        writer.add_uint32(f"tokenizer.ggml.fim_{name}_token_id", len(tokens))
        tokens.append(FILL_IN[place])
        types.append(TokenType.CONTROL)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_merges(["t h", "th e"])
    if has_bos:
        writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(add_bos)
    if chat_template is not None:
        writer.add_chat_template(chat_template)
    return _finish(writer, path, architecture, len(tokens), random_seed, width, quantization)


def write_sentencepiece_model(
    path: Path,
    *,
    chat_template: str | None = None,
    words: Sequence[str] = ("Hi", "the", "sea"),
    markers: Sequence[str] = (),
    name: str = "Tiny",
    metadata: Mapping[str, str] | None = None,
) -> Path:
    """A model with a SentencePiece vocabulary, which puts a space before a text and a BOS first.

    Args:
        path: where to.
        chat_template: its own, if any.
        words: in its vocabulary.
        markers: control tokens beside the usual ones.
        name: llama.cpp lets the markers of a model called "phi-3" swallow the space behind them.
        metadata: what else it says of itself, in place of what stands there.
    """
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁"]
    types = [TokenType.UNKNOWN, TokenType.CONTROL, TokenType.CONTROL]
    types += [TokenType.BYTE] * 256 + [TokenType.NORMAL]
    tokens += markers
    types += [TokenType.CONTROL] * len(markers)
    letters = [chr(code) for code in (*range(65, 91), *range(97, 123))]
    # A word is merged letter by letter, so every beginning of it is a token too.
    beginnings = [word[:end] for word in words for end in range(2, len(word) + 1)]
    whole = [f"▁{word}" for word in words]
    for piece in dict.fromkeys([*letters, *beginnings, *whole]):
        tokens.append(piece)
        types.append(TokenType.NORMAL)
    writer = _writer(path, "llama", 512, name)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    # The longer, the earlier it is merged.
    writer.add_token_scores([float(len(token)) for token in tokens])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    if chat_template is not None:
        writer.add_chat_template(chat_template)
    for key, text in (metadata or {}).items():
        writer.kv_data[0].pop(key, None)
        writer.add_string(key, text)
    return _finish(writer, path, "llama", len(tokens), 0)


def _writer(
    path: Path, architecture: str, context_length: int, name: str = "Tiny", width: int = _WIDTH
) -> gguf.GGUFWriter:
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_name(name)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_context_length(context_length)
    writer.add_block_count(_BLOCKS)
    writer.add_embedding_length(width)
    writer.add_feed_forward_length(2 * width)
    writer.add_head_count(_HEADS)
    writer.add_head_count_kv(_HEADS_KV)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(width // _HEADS)
    return writer


def _finish(
    writer: gguf.GGUFWriter,
    path: Path,
    architecture: str,
    vocabulary_size: int,
    random_seed: int,
    width: int = _WIDTH,
    quantization: gguf.GGMLQuantizationType | None = None,
) -> Path:
    random = np.random.default_rng(random_seed)

    def add(name: str, *shape: int) -> None:
        if quantization is not None and len(shape) > 1:
            block, size = gguf.GGML_QUANT_SIZES[quantization]
            zeros = np.zeros((*shape[:-1], shape[-1] // block * size), np.uint8)
            writer.add_tensor(name, zeros, raw_dtype=quantization)
            return
        # Wide enough that one token is clearly likelier than another, and no further.
        values = random.normal(0, 0.4, shape) if len(shape) > 1 else np.ones(shape)
        writer.add_tensor(name, values.astype(np.float32))

    assert architecture == "llama"  # the tensors below are llama's
    kv_width = width // _HEADS * _HEADS_KV
    add("token_embd.weight", vocabulary_size, width)
    for block in range(_BLOCKS):
        add(f"blk.{block}.attn_norm.weight", width)
        add(f"blk.{block}.attn_q.weight", width, width)
        add(f"blk.{block}.attn_k.weight", kv_width, width)
        add(f"blk.{block}.attn_v.weight", kv_width, width)
        add(f"blk.{block}.attn_output.weight", width, width)
        add(f"blk.{block}.ffn_norm.weight", width)
        add(f"blk.{block}.ffn_gate.weight", 2 * width, width)
        add(f"blk.{block}.ffn_up.weight", 2 * width, width)
        add(f"blk.{block}.ffn_down.weight", width, 2 * width)
    add("output_norm.weight", width)
    if quantization is None:
        add("output.weight", vocabulary_size, width)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path

"""Headers of tiny GGUF files, sound ones from the gguf package and broken ones made of them."""

import os
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gguf
import pytest
from gguf import GGUFValueType as Kind
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.engine.model_files import gguf_container
from studio.engine.model_files.gguf_header import GgufHeader, ModelFileError, read_header
from studio.visible_text import visible_name
from tests.helpers.header_files import TOKENS, TYPES
from tests.helpers.header_files import write_header_file as write_model


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_model(tmp_path_factory.mktemp("sound") / "tiny.gguf").read_bytes()


def refused(path: Path) -> ModelFileError:
    with pytest.raises(ModelFileError) as caught:
        read_header(path)
    error = caught.value
    assert visible_name(path.name) in str(error) == error.message
    assert str(error).endswith(".")
    return error


def refused_bytes(path: Path, data: bytes) -> ModelFileError:
    path.write_bytes(data)
    return refused(path)


def patch(data: bytes, at: int, layout: str, value: int) -> bytes:
    changed = bytearray(data)
    struct.pack_into(layout, changed, at, value)
    return bytes(changed)


def after(data: bytes, text: str) -> int:
    """Where the bytes after a key or a tensor's name begin."""
    return data.index(text.encode()) + len(text)


# What is read


def test_the_starter_model(starter_model: Path) -> None:
    header = read_header(starter_model)
    assert header.architecture == "llama"
    assert header.quantization == "Q4_1"
    assert (header.version, header.tensor_count) == (3, 272)
    assert header.parameter_count == 134_515_008
    assert header.tensor_bytes == 96_576_768
    assert header.file_size == starter_model.stat().st_size
    assert header.mtime_ns == starter_model.stat().st_mtime_ns
    assert (header.context_length, header.block_count, header.embedding_length) == (8192, 30, 576)
    assert header.head_count == (9,) * 30
    assert header.head_count_kv == (3,) * 30
    assert (header.key_length, header.value_length, header.sliding_window) == (64, 64, 0)
    assert header.vocabulary_size == 49_152
    assert (header.tokenizer_model, header.tokenizer_pre) == ("gpt2", "smollm")
    assert (header.bos_id, header.bos_token) == (1, "<|im_start|>")
    assert (header.eos_id, header.eos_token) == (2, "<|im_end|>")
    assert header.add_bos is False
    assert {"<|im_start|>", "<|im_end|>", "<|endoftext|>"} <= header.control_tokens
    assert header.chat_template is not None
    assert header.chat_template.startswith("{% for message in messages %}")


def test_a_tiny_model(tmp_path: Path) -> None:
    header = read_header(write_model(tmp_path / "tiny.gguf"))
    assert header.name == "Tiny"
    assert header.quantization == "F16"
    assert header.parameter_count == len(TOKENS) * 32 + 32
    assert header.tensor_bytes == 4 * header.parameter_count
    assert (header.key_length, header.feed_forward_length) == (8, 64)
    assert header.control_tokens == {"<s>", "</s>", "<|im_start|>"}
    assert header.chat_template is None
    assert header.add_bos is None
    assert header.eot_id is None


def test_what_a_file_leaves_out_has_defaults(tmp_path: Path) -> None:
    nothing: tuple[None, Kind] = (None, Kind.STRING)
    gone = {
        "general.name": nothing,
        "general.file_type": nothing,
        "llama.attention.head_count_kv": nothing,
        "llama.feed_forward_length": nothing,
        "tokenizer.ggml.bos_token_id": nothing,
        "tokenizer.ggml.token_type": nothing,
        "tokenizer.ggml.scores": nothing,
    }
    header = read_header(write_model(tmp_path / "unnamed.gguf", extra=gone))
    assert header.name == "unnamed"
    assert header.quantization == "F32"  # of most of the weights
    assert header.head_count_kv == header.head_count == (4, 4)
    assert (header.bos_id, header.bos_token) == (None, "")
    assert header.control_tokens == frozenset()


def test_values_by_block(tmp_path: Path) -> None:
    extra = {
        "llama.attention.head_count_kv": ([2, 0], Kind.ARRAY),
        "llama.attention.key_length": (16, Kind.UINT32),
        "llama.ssm.conv_kernel": (4, Kind.UINT32),
        "llama.ssm.inner_size": (64, Kind.UINT32),
        "llama.ssm.state_size": (8, Kind.UINT32),
    }
    header = read_header(write_model(tmp_path / "hybrid.gguf", extra=extra))
    assert header.head_count_kv == (2, 0)
    assert (header.key_length, header.value_length) == (16, 8)
    assert header.recurrent_state_size == 3 * 64 + 64 * 8


def test_none_as_a_padding_id_is_no_fault(tmp_path: Path) -> None:
    extra = {"tokenizer.ggml.padding_token_id": (0xFFFFFFFF, Kind.UINT32)}
    assert read_header(write_model(tmp_path / "llama-2.gguf", extra=extra)).padding_id is None


def test_a_changed_file_is_noticed(tmp_path: Path) -> None:
    path = write_model(tmp_path / "tiny.gguf")
    header = read_header(path)
    assert header.changed_file() is None
    os.truncate(path, header.file_size - 1)
    assert header.changed_file() == path
    path.unlink()
    assert header.changed_file() is None  # what is mapped stays


def test_strings_longer_than_the_read_buffer(tmp_path: Path) -> None:
    extra = {
        "general.license": ("x" * 900_000, Kind.STRING),
        "tokenizer.ggml.merges": (["a b", "y" * 600_000, "c d"], Kind.ARRAY),
        "some.numbers": ([1.0] * 200_000, Kind.ARRAY),
    }
    header = read_header(write_model(tmp_path / "long.gguf", extra=extra))
    assert header.vocabulary_size == len(TOKENS)


def test_a_vocabulary_over_many_reads(tmp_path: Path) -> None:
    tokens = [*TOKENS, *(f"▁word{n:08}" for n in range(60_000)), "<last>"]
    types = [*TYPES, *[1] * 60_000, 3]
    extra = {"tokenizer.ggml.eos_token_id": (len(tokens) - 1, Kind.UINT32)}
    path = write_model(tmp_path / "wide.gguf", tokens=tokens, types=types, extra=extra)
    header = read_header(path)
    assert header.vocabulary_size == len(tokens)
    assert header.eos_token == "<last>"
    assert "<last>" in header.control_tokens


def test_sizes_of_tensor_types_are_those_of_the_library_that_loads_them() -> None:
    program = """
import ctypes, glob, os, sys, llama_cpp
folder = os.path.join(os.path.dirname(llama_cpp.__file__), "lib")
ggml = ctypes.CDLL(glob.glob(os.path.join(folder, "*ggml-base*"))[0])
ggml.ggml_type_name.restype = ctypes.c_char_p
ggml.ggml_blck_size.restype = ctypes.c_int64
ggml.ggml_type_size.restype = ctypes.c_size_t
for kind in eval(sys.argv[1]):
    print(ggml.ggml_type_name(kind).decode().upper(), ggml.ggml_blck_size(kind),
          ggml.ggml_type_size(kind))
"""
    known = gguf_container.TENSOR_TYPES
    command = [sys.executable, "-c", program, str(list(known))]
    said = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    assert said.splitlines() == [" ".join(map(str, row)) for row in known.values()]


# What is no model file at all


def test_a_missing_file(tmp_path: Path) -> None:
    assert refused(tmp_path / "none.gguf").kind == "missing"


def test_a_folder(tmp_path: Path) -> None:
    error = refused(tmp_path)
    assert error.kind == "not_a_file"
    assert "a folder" in str(error)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")
def test_a_fifo_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.gguf")
    assert refused(tmp_path / "pipe.gguf").kind == "not_a_file"


def test_a_path_that_cannot_be(tmp_path: Path) -> None:
    assert refused(tmp_path / "a\0b.gguf").kind == "unreadable"


@pytest.mark.parametrize(
    ("content", "guess"),
    [
        (b"", "empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00", "a Git LFS pointer"),
        (b"\n <!DOCTYPE html><html>404", "a web page"),
        (b"PK\x03\x04" + b"x" * 99, "a zip archive"),
        (struct.pack("<Q", 40) + b'{"weight": {}}' + b" " * 99, "a safetensors model"),
        (b"\0" * 5000, "full of zeros"),
        (b"lmgg" + b"x" * 99, "in the GGML format"),
        (b"It was a dark and stormy night", "begins with b'It w'"),
        (b"GG", "begins with b'GG'"),
    ],
)
def test_other_files_get_a_guess(tmp_path: Path, content: bytes, guess: str) -> None:
    error = refused_bytes(tmp_path / "m.gguf", content)
    assert error.kind == "not_gguf"
    assert guess in str(error)


def test_big_endian(tmp_path: Path) -> None:
    path = write_model(tmp_path / "be.gguf", endianess=gguf.GGUFEndian.BIG)
    assert refused(path).kind == "big_endian"


@pytest.mark.parametrize("version", [0, 1, 4, 255])
def test_versions_that_llama_cpp_does_not_read(tmp_path: Path, sound: bytes, version: int) -> None:
    error = refused_bytes(tmp_path / "m.gguf", patch(sound, 4, "<I", version))
    assert error.kind == "version"
    assert f"version {version}" in str(error)


def test_a_version_that_cannot_be_one_is_damage(tmp_path: Path, sound: bytes) -> None:
    error = refused_bytes(tmp_path / "m.gguf", patch(sound, 4, "<I", 0x78787878))
    assert error.kind == "damaged"
    assert "names no version" in str(error)


# What breaks the format


@pytest.mark.parametrize(("at", "what"), [(8, "tensors"), (16, "metadata keys")])
@pytest.mark.parametrize("count", [2**63, 2**64 - 1, 100_000])
def test_counts_beyond_reason(tmp_path: Path, sound: bytes, at: int, what: str, count: int) -> None:
    error = refused_bytes(tmp_path / "m.gguf", patch(sound, at, "<Q", count))
    assert error.kind == "damaged"
    assert f"claims {count:,} {what}" in str(error)


Change = Callable[[bytes], bytes]

STRUCTURE: dict[str, tuple[Change, str, str]] = {
    "a key longer than the file": (
        lambda d: patch(d, d.index(b"general.name") - 8, "<Q", 2**40),
        "damaged",
        "a length of 1,099,511,627,776 bytes for a key",
    ),
    "an empty key": (
        lambda d: patch(d, d.index(b"general.architecture") - 8, "<Q", 0),
        "damaged",
        "an empty key",
    ),
    "a key twice": (
        lambda d: d.replace(b"tokenizer.ggml.bos_token_id", b"tokenizer.ggml.eos_token_id"),
        "damaged",
        "“tokenizer.ggml.eos_token_id” twice",
    ),
    "a key that is not UTF-8": (
        lambda d: d.replace(b"general.file_type", b"general.file\xfftype"),
        "damaged",
        "not UTF-8",
    ),
    "a text that is not UTF-8": (
        lambda d: d.replace(b"Tiny", b"Tin\xff"),
        "damaged",
        "text for general.name that is not UTF-8",
    ),
    "an unknown value type": (
        lambda d: patch(d, after(d, "general.name"), "<I", 13),
        "damaged",
        "the unknown value type 13 for general.name",
    ),
    "a nested array": (
        lambda d: patch(d, after(d, "ggml.token_type") + 4, "<I", 9),
        "damaged",
        "an array in an array",
    ),
    "an array of an unknown type": (
        lambda d: patch(d, after(d, "ggml.token_type") + 4, "<I", 77),
        "damaged",
        "elements of unknown type 77",
    ),
    "more numbers than bytes": (
        lambda d: patch(d, after(d, "ggml.scores") + 8, "<Q", 100_000_000),
        "truncated",
        "inside the value of tokenizer.ggml.scores",
    ),
    "numbers without end": (
        lambda d: patch(d, after(d, "ggml.scores") + 8, "<Q", 2**62),
        "damaged",
        "a header of more than 512 MiB",
    ),
    "more strings than bytes": (
        lambda d: patch(d, after(d, "ggml.tokens") + 8, "<Q", 1_000_000),
        "truncated",
        "claims 1,000,000 strings",
    ),
    "strings without end": (
        lambda d: patch(d, after(d, "ggml.tokens") + 8, "<Q", 2**60),
        "damaged",
        "claims 1,152,921,504,606,846,976 strings",
    ),
    "a token longer than any": (
        lambda d: patch(d, d.index("▁the".encode()) - 8, "<Q", 2**50),
        "damaged",
        "a string of 1,125,899,906,842,624 bytes",
    ),
    "a token longer than the file": (
        lambda d: patch(d, d.index("▁the".encode()) - 8, "<Q", 2**20),
        "truncated",
        "inside the value of tokenizer.ggml.tokens",
    ),
    "no dimensions": (
        lambda d: patch(d, after(d, "output_norm.weight"), "<I", 0),
        "damaged",
        "0 dimensions",
    ),
    "five dimensions": (
        lambda d: patch(d, after(d, "output_norm.weight"), "<I", 5),
        "damaged",
        "5 dimensions",
    ),
    "a dimension of zero": (
        lambda d: patch(d, after(d, "output_norm.weight") + 4, "<Q", 0),
        "damaged",
        "the shape 0",
    ),
    "a product beyond 64 bits": (
        lambda d: patch(
            patch(d, after(d, "embd.weight") + 4, "<Q", 2**40),
            after(d, "embd.weight") + 12,
            "<Q",
            2**40,
        ),
        "damaged",
        "the shape 1,099,511,627,776 × 1,099,511,627,776",
    ),
    "a row that is no whole block": (
        lambda d: patch(d, after(d, "norm.weight") + 12, "<I", 14),
        "damaged",
        "of type Q6_K (blocks of 256)",
    ),
    "an unknown tensor type": (
        lambda d: patch(d, after(d, "norm.weight") + 12, "<I", 99),
        "damaged",
        "type 99, which is unknown",
    ),
    "a removed tensor type": (
        lambda d: patch(d, after(d, "norm.weight") + 12, "<I", 31),
        "damaged",
        "type 31, which is no longer in use",
    ),
    "tensors that overlap": (
        lambda d: patch(d, after(d, "norm.weight") + 16, "<Q", 0),
        "damaged",
        "at offset 0; 33,536 follows",
    ),
    "a tensor name of 64 bytes": (
        lambda d: patch(d, d.index(b"output_norm") - 8, "<Q", 64),
        "damaged",
        "a length of 64 bytes for a tensor's name",
    ),
    "the last weights missing": (lambda d: d[:-33], "truncated", "that its header announces"),
    "half a header": (
        lambda d: d[: after(d, "ggml.token_type") + 30],
        "truncated",
        "inside the value of tokenizer.ggml.token_type",
    ),
    "half a count": (lambda d: d[:12], "truncated", "inside the header's counts"),
}


@pytest.mark.parametrize("name", STRUCTURE)
def test_broken_structure(tmp_path: Path, sound: bytes, name: str) -> None:
    change, kind, said = STRUCTURE[name]
    error = refused_bytes(tmp_path / "m.gguf", change(sound))
    assert said in str(error)
    assert error.kind == kind


@pytest.mark.parametrize("alignment", [0, 3, 2**21])
def test_alignments_that_cannot_be(tmp_path: Path, alignment: int) -> None:
    path = write_model(tmp_path / "m.gguf", extra={"general.alignment": (alignment, Kind.UINT32)})
    assert "general.alignment" in str(refused(path))


def test_another_alignment_moves_the_weights(tmp_path: Path) -> None:
    path = write_model(tmp_path / "m.gguf", alignment=4096)
    header = read_header(path)
    assert header.tensor_count == 2
    os.truncate(path, header.file_size - 4096)  # gguf pads the last tensor of 128 bytes too
    assert refused(path).kind == "truncated"


def test_a_tensor_name_twice(tmp_path: Path) -> None:
    path = write_model(tmp_path / "m.gguf", tensors={"blk.0.a": (2,), "blk.0.b": (2,)})
    error = refused_bytes(path, path.read_bytes().replace(b"blk.0.b", b"blk.0.a"))
    assert "a tensor named “blk.0.a”; each needs a name of its own" in str(error)


# What llama.cpp would abort on, or trip over later


U32 = Kind.UINT32

PARAMETERS: dict[str, tuple[dict[str, tuple[Any, Kind]], str]] = {
    "a context of 2^31-1": ({"llama.context_length": (2**31 - 1, U32)}, "2147483647"),
    "no context": ({"llama.context_length": (0, U32)}, "has 0 for llama.context_length"),
    "no context length": ({"llama.context_length": (None, U32)}, "has no value for"),
    "a context of text": ({"llama.context_length": ("8k", Kind.STRING)}, "has “8k” for"),
    "a context of truth": ({"llama.context_length": (True, Kind.BOOL)}, "has True for"),
    "no blocks": ({"llama.block_count": (0, U32)}, "1 to 512 is allowed"),
    "too many blocks": ({"llama.block_count": (513, U32)}, "1 to 512 is allowed"),
    "heads of other blocks": (
        {"llama.attention.head_count": ([4, 4, 4], Kind.ARRAY)},
        "has 3 values for llama.attention.head_count; 2 of",
    ),
    "negative heads": (
        {"llama.attention.head_count_kv": ([4, -4], Kind.ARRAY)},
        "has 2 values for llama.attention.head_count_kv",
    ),
    "experts unused": ({"llama.expert_count": (4, U32)}, "uses 0 of 4 experts"),
    "used without experts": ({"llama.expert_used_count": (4, U32)}, "uses 4 of 0 experts"),
    "too many experts": ({"llama.expert_count": (1025, U32)}, "has 1025"),
    "uneven groups of experts": (
        {
            "llama.expert_count": (4, U32),
            "llama.expert_used_count": (2, U32),
            "llama.expert_group_count": (3, U32),
        },
        "puts 4 experts into 3 groups",
    ),
    "more prediction layers than blocks": (
        {"llama.nextn_predict_layers": (2, U32)},
        "llama.nextn_predict_layers",
    ),
    "an unknown scaling": (
        {"llama.rope.scaling.type": ("cubic", Kind.STRING)},
        "the position scaling “cubic”",
    ),
    "a negative epsilon": (
        {"llama.attention.layer_norm_rms_epsilon": (-1.0, Kind.FLOAT32)},
        "has -1.0 for llama.attention.layer_norm_rms_epsilon",
    ),
    "an epsilon that is no number": (
        {"llama.attention.layer_norm_epsilon": (float("nan"), Kind.FLOAT32)},
        "has nan for llama.attention.layer_norm_epsilon",
    ),
    "a beginning beyond the vocabulary": (
        {"tokenizer.ggml.bos_token_id": (len(TOKENS), U32)},
        f"has {len(TOKENS)} for tokenizer.ggml.bos_token_id; 0 to {len(TOKENS) - 1} is",
    ),
    "an end that is none": (
        {"tokenizer.ggml.eos_token_id": (-1, Kind.INT32)},
        "has -1 for tokenizer.ggml.eos_token_id",
    ),
    "scores of another length": (
        {"tokenizer.ggml.scores": ([0.0] * 9, Kind.ARRAY)},
        "has 9 elements in tokenizer.ggml.scores for 262 tokens",
    ),
    "scores that are integers": (
        {"tokenizer.ggml.scores": ([0] * len(TOKENS), Kind.ARRAY)},
        "an array of 32-bit floats is expected",
    ),
    "types that are text": (
        {"tokenizer.ggml.token_type": (["1"] * len(TOKENS), Kind.ARRAY)},
        "an array of 32-bit integers is expected",
    ),
    "merges that are numbers": (
        {"tokenizer.ggml.merges": ([1, 2, 3], Kind.ARRAY)},
        "an array of strings is expected",
    ),
    "tokens that are one text": (
        {"tokenizer.ggml.tokens": ("abc", Kind.STRING)},
        "an array of strings is expected",
    ),
    "no tokens": ({"tokenizer.ggml.tokens": (None, Kind.ARRAY)}, "has 0 tokens"),
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters_that_cannot_be(tmp_path: Path, name: str) -> None:
    extra, said = PARAMETERS[name]
    error = refused(write_model(tmp_path / "m.gguf", extra=extra))
    assert said in str(error)
    assert error.kind == "damaged"


@pytest.mark.parametrize(
    ("tokenizer", "tokens", "types", "said"),
    [
        ("gpt2", ["a", "b", "a"], [1, 1, 1], "the token “a” 2 times"),
        ("gpt2", ["a", "b\0c", "b\0d"], [1, 1, 1], "the token “b” 2 times"),
        ("gpt2", ["a", "", "[EMPTY_1]"], [1, 1, 1], "the token “[EMPTY_1]” 2 times"),
        ("llama", TOKENS[:-200], TYPES[:-200], "lacks 197 of the 256 byte tokens, such as <0x3B>"),
        ("llama", [*TOKENS, "sea"], [*TYPES, 6], "marks token 262, “sea”, as a byte"),
        ("bert", ["a", "b", "<0x41>"], [1, 1, 6], "marks token 2, “<0x41>”, as a byte"),
    ],
)
def test_vocabularies_that_abort_llama_cpp(
    tmp_path: Path, tokenizer: str, tokens: list[str], types: list[int], said: str
) -> None:
    path = write_model(tmp_path / "m.gguf", tokenizer=tokenizer, tokens=tokens, types=types)
    assert said in str(refused(path))


def test_bytes_may_be_tokens_of_one_character(tmp_path: Path) -> None:
    ascii_bytes = {f"<0x{ord(c):02X}>": c for c in "abc"}
    tokens = [ascii_bytes.get(token, token) for token in TOKENS]
    types = [1 if token in "abc" else kind for token, kind in zip(tokens, TYPES, strict=True)]
    path = write_model(tmp_path / "m.gguf", tokens=tokens, types=types)
    assert read_header(path).vocabulary_size == len(TOKENS)


def test_empty_tokens_are_distinguished_by_their_place(tmp_path: Path) -> None:
    path = write_model(
        tmp_path / "m.gguf", tokenizer="gpt2", tokens=["a", "", "", "b"], types=[1] * 4
    )
    assert read_header(path).vocabulary_size == 4


# What is sound and writes no text


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"architecture": "bert"}, "an embedding model"),
        ({"architecture": "clip"}, "mmproj"),
        ({"extra": {"general.type": ("adapter", Kind.STRING)}}, "of the type “adapter”"),
        ({"tensors": {}}, "holds no weights"),
        ({"tokenizer": "none"}, "has no vocabulary"),
    ],
)
def test_files_that_write_no_text(tmp_path: Path, options: dict[str, Any], said: str) -> None:
    error = refused(write_model(tmp_path / "m.gguf", **options))
    assert error.kind == "not_a_writer"
    assert said in str(error)


def test_a_key_of_thousands_of_characters_does_not_fill_the_window(tmp_path: Path) -> None:
    key = "\x1b[2J" * 10_000
    path = write_model(tmp_path / "m.gguf", extra={key: (7, Kind.UINT32)})
    data = path.read_bytes()
    at = data.index(key.encode()) + len(key)
    error = refused_bytes(path, patch(data, at, "<I", 77))
    assert len(str(error)) < 1000
    assert "\x1b" not in str(error)
    assert "the unknown value type 77 for" in str(error)


# Models in parts


def write_parts(folder: Path) -> list[Path]:
    paths = [folder / f"novel-{part:05}-of-00002.gguf" for part in (1, 2)]
    for number, path in enumerate(paths):
        part = {
            "split.no": (number, Kind.UINT16),
            "split.count": (2, Kind.UINT16),
        }
        write_model(path, extra=part)
    return paths


def test_parts_are_added_up(tmp_path: Path) -> None:
    paths = write_parts(tmp_path)
    header = read_header(paths[0])
    assert [stamp.path for stamp in header.files] == [str(path) for path in paths]
    assert header.file_size == sum(path.stat().st_size for path in paths)
    assert header.tensor_count == 4
    assert header.parameter_count == 2 * (len(TOKENS) * 32 + 32)
    os.truncate(paths[1], 100)
    assert header.changed_file() == paths[1]
    with pytest.raises(ModelFileError, match=r"novel-00002-of-00002\.gguf") as caught:
        read_header(paths[0])
    assert caught.value.kind == "truncated"


def test_a_part_that_is_missing_or_is_not_the_first(tmp_path: Path) -> None:
    paths = write_parts(tmp_path)
    error = refused(paths[1])
    assert error.kind == "incomplete"
    assert "is part 2 of 2, not the first" in str(error)
    paths[1].unlink()
    assert "needs part 2 of 2, novel-00002-of-00002.gguf" in str(refused(paths[0]))
    alone = paths[0].rename(tmp_path / "novel.gguf")
    assert "not named NAME-00001-of-00002.gguf" in str(refused(alone))


# Anything at all


def survives(path: Path, data: bytes) -> GgufHeader | ModelFileError:
    path.write_bytes(data)
    try:
        return read_header(path)
    except ModelFileError as error:
        return error


FUZZ = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@FUZZ
@given(data=st.data())
def test_any_truncation_is_a_model_file_error(
    tmp_path: Path, sound: bytes, data: st.DataObject
) -> None:
    length = data.draw(st.integers(0, len(sound) - 1))
    assert isinstance(survives(tmp_path / "m.gguf", sound[:length]), ModelFileError)


@FUZZ
@given(data=st.data())
def test_any_flip_gives_a_header_or_a_model_file_error(
    tmp_path: Path, sound: bytes, data: st.DataObject
) -> None:
    end = sound.index(b"output_norm.weight") + 50
    changed = bytearray(sound)
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, end))] = data.draw(
            st.one_of(st.sampled_from([0, 1, 127, 255]), st.integers(0, 255))
        )
    survives(tmp_path / "m.gguf", bytes(changed))


@FUZZ
@given(rest=st.binary(max_size=400))
def test_any_bytes_after_the_magic(tmp_path: Path, rest: bytes) -> None:
    counts = b"GGUF\3\0\0\0" + struct.pack("<QQ", 1, 3)
    assert isinstance(survives(tmp_path / "m.gguf", counts + rest), ModelFileError)

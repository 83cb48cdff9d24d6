"""Files that ended llama.cpp's process: the real engine refuses them, or holds.

Each is a sound tiny model with one thing changed. Most ended the process in llama.cpp of
llama-cpp-python 0.3.36, while it was loaded or at the first text; beside them stand their harmless
neighbours, so that a check is not narrower than it must be.
"""

import ctypes
import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from gguf import GGUFValueType as Kind

from studio.engine.messages import (
    Distribution,
    Failed,
    Load,
    Loaded,
    LoadOptions,
    PreviewNextToken,
    Prompt,
)
from studio.engine.model_files import gguf_container
from studio.engine.model_files.gguf_container import TENSOR_TYPES
from studio.engine.model_files.gguf_header import ModelFileError, read_header
from tests.helpers.engine_child import EngineChild
from tests.helpers.loose_gguf import LooseGguf, LooseTensor
from tests.helpers.tiny_model import write_byte_level_model, write_sentencepiece_model

OPTIONS = LoadOptions(threads=1, gpu_layers=0)
U32, STRINGS, INTEGERS = Kind.UINT32, (Kind.ARRAY, Kind.STRING), (Kind.ARRAY, Kind.INT32)
FLOATS = (Kind.ARRAY, Kind.FLOAT32)

Change = Callable[[LooseGguf], None]


def value(key: str, kind: object, new: object) -> Change:
    return lambda file: file.set(key, kind, new)


def alignment(number: int, *, of_file: int) -> Change:
    def change(file: LooseGguf) -> None:
        file.set("general.alignment", U32, number)
        file.alignment = of_file
        name = "Tiny"
        while of_file < 32 and -(-len(file.header()) // of_file) * of_file % 32 == 0:
            # By chance it is aligned.
            name += "."
            file.set("general.name", Kind.STRING, name)

    return change


def stored_as(name: str, kind: int) -> Change:
    """A tensor in another type, with as many bytes as that takes."""

    def change(file: LooseGguf) -> None:
        tensor = file.tensor(name)
        _, block, size = TENSOR_TYPES.get(kind, ("", 1, 4))
        elements = 1
        for length in tensor.shape:
            elements *= length
        tensor.type = kind
        tensor.data = bytes(elements // block * size)

    return change


def architecture(name: str, **values: int | None) -> Change:
    def change(file: LooseGguf) -> None:
        for key in list(file.values):
            if key.startswith("llama."):
                file.values[key.replace("llama", name, 1)] = file.values.pop(key)
        file.set("general.architecture", Kind.STRING, name)
        for key, number in values.items():
            file.set(f"{name}.{key.replace('__', '.')}", U32, number)

    return change


def tokens(change: Callable[[list[str]], list[str]], model: str = "gpt2") -> Change:
    def changed(file: LooseGguf) -> None:
        before = list(file.values["tokenizer.ggml.tokens"][1])
        after = change(before)
        assert len(after) == len(before)
        file.set("tokenizer.ggml.tokens", STRINGS, after)
        file.set("tokenizer.ggml.model", Kind.STRING, model)

    return changed


def shaped(name: str, *shape: int) -> Change:
    def change(file: LooseGguf) -> None:
        tensor = file.tensor(name)
        elements = 1
        for length in shape:
            elements *= length
        tensor.shape, tensor.data = shape, bytes(4 * elements)

    return change


def without(name: str) -> Change:
    return lambda file: file.tensors.remove(file.tensor(name))


def doubled(name: str) -> Change:
    def change(file: LooseGguf) -> None:
        file.tensors.append(LooseTensor(name, (32,), 0, bytes(128)))

    return change


def both(first: Change, second: Change) -> Change:
    def change(file: LooseGguf) -> None:
        first(file)
        second(file)

    return change


FATAL: dict[str, tuple[Change, str]] = {
    **{
        f"context of {n}": (
            value("llama.context_length", U32, n),
            f"has {n} for llama.context_length; 10 to",
        )
        for n in (1, 2, 3, 9)
    },
    "alignment 1": (alignment(1, of_file=1), "begin between multiples of 32 bytes"),
    "alignment 4": (alignment(4, of_file=4), "begin between multiples of 32 bytes"),
    "norms in F16": (stored_as("output_norm.weight", 1), "in type F16; F32 is expected"),
    "norms in Q8_0": (stored_as("output_norm.weight", 8), "in type Q8_0; F32 is expected"),
    **{
        f"{name} as {TENSOR_TYPES[kind][0]}": (
            stored_as(name, kind),
            f"in type {TENSOR_TYPES[kind][0]}; a type of weights is expected",
        )
        for name in ("token_embd.weight", "blk.0.attn_q.weight", "output.weight")
        for kind in (9, 24, 26, 28)
    },
    "rwkv without bytes": (
        value("tokenizer.ggml.model", Kind.STRING, "rwkv"),
        "lacks 162 of the 256 byte tokens",
    ),
    "a token of 100,000 bytes": (
        tokens(lambda all_: [*all_[:-1], "x" * 100_000], "t5"),
        "has a token of 100,000 bytes",
    ),
    "endings without end": (
        tokens(lambda all_: [f"{n:04}" + "x" * 3000 for n in range(len(all_))], "plamo2"),
        "takes over 256 MiB",
    ),
    "no key heads in a block": (
        value("llama.attention.head_count_kv", INTEGERS, [2, 0]),
        "has 0 heads (llama.attention.head_count_kv) in block 1",
    ),
    "no heads": (
        architecture("olmo2", attention__head_count=0),
        "has 0 heads (olmo2.attention.head_count) in block 0",
    ),
    "heads of no width": (
        architecture("rwkv6qwen2", wkv__head_size=0),
        "has 0 for rwkv6qwen2.wkv.head_size",
    ),
    "no experts": (architecture("smallthinker"), "no value for smallthinker.expert_count"),
    "all of a key turned": (
        architecture(
            "deepseek2",
            attention__kv_lora_rank=16,
            attention__q_lora_rank=16,
            attention__key_length=8,
            attention__value_length=8,
            expert_count=4,
            expert_used_count=2,
            expert_feed_forward_length=32,
            expert_shared_count=1,
            leading_dense_block_count=1,
        ),
        "turns 8 (deepseek2.rope.dimension_count) of 8 values",
    ),
    "sections of nothing": (
        both(
            architecture("paddleocr"),
            value("paddleocr.rope.dimension_sections", INTEGERS, [0, 0, 0, 0]),
        ),
        "has zeros alone for paddleocr.rope.dimension_sections",
    ),
}

HARMLESS: dict[str, Change] = {
    "nothing": lambda _file: None,
    "context of 10": value("llama.context_length", U32, 10),
    "alignment 64": alignment(64, of_file=64),
    "alignment 8, in steps of 32": alignment(8, of_file=32),
    "matrices in F16": stored_as("blk.0.attn_q.weight", 1),
    "table in Q8_0": stored_as("token_embd.weight", 8),
    "output in Q4_0": stored_as("output.weight", 2),
    "a token of 4,000 bytes": tokens(lambda all_: [*all_[:-1], "x" * 4000]),
    "an unknown scheme of splitting": value("tokenizer.ggml.pre", Kind.STRING, "nobody-knows"),
    "an unknown architecture": architecture("nobody-knows"),
    "an architecture of other tensors": architecture("qwen2"),
    "heads that do not divide": value("llama.attention.head_count", U32, 5),
    "no heads": value("llama.attention.head_count", U32, 0),
    "more key heads than heads": value("llama.attention.head_count_kv", U32, 64),
    "head widths of nothing": value("llama.attention.key_length", U32, 0),
    "head widths beyond reason": value("llama.attention.key_length", U32, 1 << 20),
    "turned beyond the head": value("llama.rope.dimension_count", U32, 1 << 20),
    "turned by nothing": value("llama.rope.dimension_count", U32, 0),
    "a base that is no number": value("llama.rope.freq_base", Kind.FLOAT32, float("nan")),
    "a wider vocabulary than rows": value("llama.vocab_size", U32, 100_000),
    "more blocks than tensors": value("llama.block_count", U32, 7),
    "fewer blocks than tensors": value("llama.block_count", U32, 1),
    "no feed-forward width": value("llama.feed_forward_length", U32, 0),
    "a narrower model": value("llama.embedding_length", U32, 16),
    "experts by the thousand": both(
        value("llama.expert_count", U32, 1024), value("llama.expert_used_count", U32, 1024)
    ),
    "a tensor of another shape": shaped("blk.0.attn_q.weight", 32, 8),
    "a row more": shaped("output.weight", 32, 262),
    "a tensor gone": without("blk.1.ffn_down.weight"),
    "the table gone": without("token_embd.weight"),
    "a tensor twice": doubled("output_norm.weight"),
    "a key twice": lambda file: file.doubled.append("llama.block_count"),
    "no tokenizer of this name": value("tokenizer.ggml.model", Kind.STRING, "nobody-knows"),
    "types of another length": value("tokenizer.ggml.token_type", INTEGERS, [1] * 7),
    "types that are none": value("tokenizer.ggml.token_type", INTEGERS, [-7] * 261),
    "a beginning beyond all": value("tokenizer.ggml.bos_token_id", U32, 1 << 31),
    "a fill-in token beyond all": value("tokenizer.ggml.fim_pre_token_id", U32, 1 << 31),
    "a padding token beyond all": value("tokenizer.ggml.padding_token_id", U32, (1 << 32) - 1),
    "a token twice": tokens(lambda all_: [*all_[:-1], all_[5]]),
    "empty tokens": tokens(lambda all_: [*all_[:-2], "", ""]),
    "merges of what is not there": value("tokenizer.ggml.merges", STRINGS, ["q zz", "x", ""]),
    "no merges": value("tokenizer.ggml.merges", STRINGS, []),
    **{
        f"type {kind}": stored_as("blk.0.attn_q.weight", kind)
        for kind in (4, 31, 42, 99, 2**32 - 1)
    },
}
"""Changes of which some are refused by the check, some by llama.cpp, and some are none at all."""


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_byte_level_model(tmp_path_factory.mktemp("sound") / "tiny.gguf")


@pytest.fixture(scope="module")
def child() -> Iterator[EngineChild]:
    with EngineChild() as running:
        yield running


def changed(sound: Path, folder: Path, change: Change) -> Path:
    file = LooseGguf.read(sound)
    change(file)
    return file.write(folder / "changed.gguf")


def holds(child: EngineChild, path: Path) -> bool:
    """Have it loaded and used; whether it could be. The child's death fails the test."""
    event = child.ask(Load(request=1, path=str(path), options=OPTIONS))[-1]
    if isinstance(event, Failed):
        assert event.kind == "model_file", event
        assert path.name in event.message
        return False
    assert isinstance(event, Loaded)
    prompt = Prompt(manuscript="The sea was grey, ünd 🐟 swam. " * 8)
    event = child.ask(PreviewNextToken(request=2, prompt=prompt))[-1]
    # Weights of another type are noise: their logits may be no numbers.
    assert isinstance(event, Distribution | Failed)
    return True


@pytest.mark.parametrize("name", FATAL)
def test_what_ends_llama_cpp_is_refused_beforehand(
    sound: Path, tmp_path: Path, child: EngineChild, name: str
) -> None:
    change, said = FATAL[name]
    path = changed(sound, tmp_path, change)
    with pytest.raises(ModelFileError) as caught:
        read_header(path)
    assert caught.value.kind == "damaged"
    assert said in str(caught.value)
    assert not holds(child, path)


@pytest.mark.parametrize("name", HARMLESS)
def test_what_does_not_is_left_to_it(
    sound: Path, tmp_path: Path, child: EngineChild, name: str
) -> None:
    holds(child, changed(sound, tmp_path, HARMLESS[name]))


def test_the_neighbours_of_what_is_refused_are_opened(
    sound: Path, tmp_path: Path, child: EngineChild
) -> None:
    for name in list(HARMLESS)[:8]:
        assert holds(child, changed(sound, tmp_path, HARMLESS[name])), name
    assert holds(child, write_sentencepiece_model(tmp_path / "spm.gguf"))


def test_weights_that_are_no_numbers_are_reported_and_no_mistake_of_ours(
    sound: Path, tmp_path: Path, child: EngineChild
) -> None:
    def spoil(file: LooseGguf) -> None:
        tensor = file.tensor("output.weight")
        tensor.data = struct.pack("<f", float("nan")) * (len(tensor.data) // 4)

    child.load(changed(sound, tmp_path, spoil), OPTIONS)
    event = child.ask(PreviewNextToken(request=2, prompt=Prompt(manuscript="The sea")))[-1]
    assert isinstance(event, Failed)
    assert event.kind == "llama_cpp"
    assert event.message.startswith("The model cannot go on: its logits contain NaN at 261 of 261")
    assert "the model or its file is damaged" in event.message
    assert "Traceback" not in child.log


def test_a_vocabulary_of_rwkv_with_every_byte_is_opened(
    sound: Path, tmp_path: Path, child: EngineChild
) -> None:
    def spell(before: list[str]) -> list[str]:
        plain = {n: chr(n) for n in range(32, 127) if chr(n) not in "\\'"}
        bytes_ = [plain.get(n, f"\\x{n:02x}") for n in range(256)]
        bytes_[10], bytes_[92] = "\\n", "\\\\"
        return [*before[:3], *bytes_, "th", "the"]

    path = changed(sound, tmp_path, tokens(spell, "rwkv"))
    assert read_header(path).tokenizer_model == "rwkv"
    assert holds(child, path)


def test_types_that_are_no_weights_are_those_that_ggml_cannot_multiply_by() -> None:
    program = """
import ctypes, glob, os, sys, llama_cpp
folder = os.path.join(os.path.dirname(llama_cpp.__file__), "lib")
ggml = ctypes.CDLL(glob.glob(os.path.join(folder, "*ggml-cpu*"))[0])
ggml.ggml_get_type_traits_cpu.restype = ctypes.POINTER(ctypes.c_void_p * 2)
for kind in eval(sys.argv[1]):
    print(kind, bool(ggml.ggml_get_type_traits_cpu(kind).contents[1]))
"""
    command = [sys.executable, "-c", program, str(list(TENSOR_TYPES))]
    said = subprocess.run(command, capture_output=True, check=True, text=True)
    cannot = {
        TENSOR_TYPES[int(kind)][0]
        for kind, can in (line.split() for line in said.stdout.splitlines())
        if can == "False"
    }
    assert cannot == gguf_container.NO_FACTORS


# Weights that are not on the disk


@pytest.fixture
def large(sound: Path, tmp_path: Path) -> Path:
    """A sound model with a table of 4 MiB that it does not need."""
    file = LooseGguf.read(sound)
    file.tensors.append(LooseTensor("more.weight", (1024, 1024), 0, os.urandom(4 << 20)))
    return file.write(tmp_path / "large.gguf")


def punch(path: Path, start: int, length: int) -> bool:
    """Take a piece off the disk; whether the file system could."""
    if sys.platform != "linux":
        return False
    keep_size, punch_hole = 1, 2
    libc = ctypes.CDLL(None, use_errno=True)
    libc.fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64]
    with path.open("rb+") as file:
        return bool(libc.fallocate(file.fileno(), keep_size | punch_hole, start, length) == 0)


@pytest.mark.skipif(not hasattr(os, "SEEK_HOLE"), reason="this system does not tell holes")
def test_a_file_with_holes_for_weights_is_refused(large: Path) -> None:
    assert read_header(large).file_size == large.stat().st_size
    size = large.stat().st_size
    if not punch(large, size - (3 << 20), 2 << 20):
        pytest.skip("this file system makes no holes")
    assert large.stat().st_size == size
    with pytest.raises(ModelFileError, match="not on the disk: the file has holes") as caught:
        read_header(large)
    assert caught.value.kind == "truncated"


@pytest.mark.skipif(not hasattr(os, "SEEK_HOLE"), reason="this system does not tell holes")
def test_a_few_zeros_that_are_no_bytes_of_the_disk_are_no_fault(large: Path) -> None:
    if not punch(large, large.stat().st_size - (3 << 20), 512 << 10):
        pytest.skip("this file system makes no holes")
    assert read_header(large).version == 3


@pytest.mark.skipif(not hasattr(os, "SEEK_HOLE"), reason="this system does not tell holes")
def test_terabytes_that_only_a_length_promises_are_refused(sound: Path, tmp_path: Path) -> None:
    file = LooseGguf.read(sound)
    header = len(file.to_bytes()) - sum(len(tensor.data) for tensor in file.tensors)
    file.tensors.append(LooseTensor("more.weight", (1 << 20, 1 << 18), 0, b""))
    path = file.write(tmp_path / "promise.gguf")
    with pytest.raises(ModelFileError, match=r"of the 1,099,\d+,\d+,\d+ that its header announces"):
        read_header(path)
    os.truncate(path, header + (1 << 40) + (1 << 20))
    if path.stat().st_blocks * 512 >= 1 << 40:
        pytest.skip("this file system makes no holes")
    with pytest.raises(ModelFileError, match="not on the disk"):
        read_header(path)


def test_a_copy_without_holes_is_as_good_as_before(large: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.gguf"
    shutil.copyfile(large, copy)
    assert read_header(copy).tensor_bytes == read_header(large).tensor_bytes

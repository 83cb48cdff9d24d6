"""Which weights are copied for the processor: computed by hand, and beside llama.cpp's own log."""

import subprocess
import sys
from pathlib import Path

import gguf
import llama_cpp
import pytest

from studio.engine.llama import backend, model
from studio.engine.llama.placement import Placement, Slot
from studio.engine.messages import EngineError, LoadOptions
from studio.engine.model_files.gguf_container import Tensor
from studio.engine.model_files.gguf_header import GgufHeader, read_header
from studio.engine.model_files.matrices import Matrix, multiplied
from studio.engine.model_files.memory import AvailableMemory, estimate
from studio.engine.model_files.repacking import Repacked, repacked
from tests.helpers.llama_log import logged_buffers, repacks_for
from tests.helpers.tiny_model import write_byte_level_model

AMX = frozenset({"AVX2", "AVX512", "AVX512_VNNI", "AMX_INT8", "REPACK"})
AVX2 = frozenset({"AVX2", "REPACK"})
ARM = frozenset({"NEON", "DOTPROD", "REPACK"})


def matrix(kind: str, rows: int = 64, stack: int = 1, count: int = 1) -> Matrix:
    return Matrix(type=kind, columns=512, rows=rows, stack=stack, count=count)


# By hand. 512 × 64 elements are 1024 blocks of 32, or 128 of 256.


@pytest.mark.parametrize(
    ("kind", "original", "amx", "avx2", "arm"),
    [
        ("F32", 131_072, 0, 0, 0),
        ("F16", 65_536, 65_536, 0, 0),
        ("BF16", 65_536, 0, 0, 0),
        ("Q4_0", 18_432, 18_432, 18_432, 18_432),
        ("Q4_1", 20_480, 20_480, 0, 0),
        ("Q5_0", 22_528, 0, 0, 0),
        ("Q8_0", 34_816, 38_912, 0, 34_816),
        ("Q4_K", 18_432, 18_944, 18_432, 18_432),
        ("Q5_K", 22_528, 23_040, 0, 22_528),
        ("Q6_K", 26_880, 26_880, 0, 26_880),
        ("IQ4_XS", 17_408, 17_664, 0, 0),
        ("IQ4_NL", 18_432, 18_432, 18_432, 18_432),  # repacked, also beside AMX
        ("Q2_K", 10_752, 10_752, 0, 0),  # for AVX-512
    ],
)
def test_each_type_has_its_rule(kind: str, original: int, amx: int, avx2: int, arm: int) -> None:
    one = matrix(kind)
    assert one.blocks * one.block_bytes == original
    for processor, copy in ((AMX, amx), (AVX2, avx2), (ARM, arm)):
        assert repacked((one,), processor) == Repacked(copy, original if copy else 0)
    assert repacked((one,), frozenset()) == Repacked(0, 0)
    assert repacked((one,), frozenset({"AVX2"})) == Repacked(0, 0)  # not built to repack


def test_amx_is_used_with_vnni_alone() -> None:
    assert repacked((matrix("Q8_0"),), AMX - {"AVX512_VNNI"}) == Repacked(0, 0)


def test_rows_that_do_not_divide_stay() -> None:
    assert repacked((matrix("Q8_0", rows=48),), AMX).copies == 0
    assert repacked((matrix("Q4_0", rows=48),), AMX).copies == 48 * 16 * 18  # repacked without AMX
    assert repacked((matrix("Q4_0", rows=36),), AVX2).copies == 0
    assert repacked((matrix("Q4_0", rows=36),), ARM).copies == 36 * 16 * 18
    assert repacked((matrix("Q4_K", rows=36),), ARM).copies == 0


def test_experts_are_repacked_but_not_for_amx() -> None:
    assert repacked((matrix("Q4_K", stack=8),), AMX) == Repacked(8 * 18_432, 8 * 18_432)
    assert repacked((matrix("Q6_K", stack=8),), AMX) == Repacked(0, 0)


def test_matrices_add_up_and_a_table_is_kept_beside_its_copy() -> None:
    table = Matrix(type="Q8_0", columns=512, rows=64, is_table=True)
    assert repacked((matrix("Q4_0", count=3), table), AMX) == Repacked(
        3 * 18_432 + 38_912, 3 * 18_432
    )


# What the engine asks for


@pytest.mark.parametrize(
    ("layers", "host_buffer", "repacks"),
    [
        (0, False, True),
        (0, True, True),  # llama.cpp is not given a device that has no layers
        (1, True, False),  # as CUDA and Vulkan have it
        (31, True, False),
        (1, False, True),  # as Metal, and other machines
        (30, False, True),  # all blocks, and not the output
        (31, False, False),
    ],
)
def test_weights_are_copied_where_the_processor_computes(
    starter_header: GgufHeader,
    monkeypatch: pytest.MonkeyPatch,
    layers: int,
    host_buffer: bool,
    repacks: bool,
) -> None:
    monkeypatch.setattr(backend, "has_host_buffer", lambda handle: handle == 7 and host_buffer)
    monkeypatch.setattr(backend, "processor_features", lambda: AMX)
    placement = Placement((Slot("gpu", "GPU", 0, 0, handle=7),), (layers,))
    need = model._needed(starter_header, LoadOptions(context_size=1024), placement)
    assert (need.repacked > 0) is repacks


def test_what_other_devices_hold_is_not_counted_here(
    starter_header: GgufHeader, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory_here = AvailableMemory(available=1 << 40, total=200 << 20)
    monkeypatch.setattr(model, "available_memory", lambda: memory_here)
    options = LoadOptions(context_size=1024)
    with pytest.raises(EngineError, match="in all"):
        model.check_memory(starter_header, options)
    slot = Slot("machine", "10.0.0.1:1", 0, 0)
    with pytest.raises(EngineError, match="in all"):
        model.check_memory(starter_header, options, placement=Placement((slot,), (5,)))
    model.check_memory(starter_header, options, placement=Placement((slot,), (31,)))


def test_what_llama_cpp_says_of_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    info = b"CUDA : ARCHS = 890 | CPU : SSE3 = 1 | AVX512 = 0 | AMX_INT8 = 1 | REPACK = 1 | "
    monkeypatch.setattr(llama_cpp, "llama_print_system_info", lambda: info)
    assert backend.processor_features() == {"ARCHS", "SSE3", "AMX_INT8", "REPACK"}


# The header


def test_matrices_are_what_is_multiplied_by() -> None:
    tensors = [
        Tensor("token_embd.weight", "Q8_0", (64, 100)),
        Tensor("per_layer_token_embd.weight", "Q8_0", (32, 100)),
        Tensor("blk.0.attn_norm.weight", "F32", (64,)),
        Tensor("blk.0.attn_q.weight", "Q4_0", (64, 64)),
        Tensor("blk.0.attn_output.weight", "Q4_0", (64, 64, 1)),
        Tensor("blk.0.attn_q.bias", "F32", (64, 1)),
        Tensor("blk.0.ffn_up_exps.weight", "Q4_K", (256, 64, 8)),
        Tensor("blk.0.ffn_up_exps.bias", "F32", (64, 8)),
        Tensor("blk.1.nextn.embed_tokens.weight", "Q8_0", (64, 100)),
    ]
    layers = (
        Matrix(type="Q4_0", columns=64, rows=64, count=2),
        Matrix(type="Q4_K", columns=256, rows=64, stack=8),
    )
    table = Matrix(type="Q8_0", columns=64, rows=100, is_table=True)
    assert multiplied(tensors) == (table, *layers)
    output = Tensor("output.weight", "Q6_K", (256, 100))
    assert multiplied([*tensors, output]) == (
        *layers,
        Matrix(type="Q6_K", columns=256, rows=100),
    )


def test_the_starter_models_matrices(starter_header: GgufHeader) -> None:
    assert sorted((each.type, each.rows, each.count) for each in starter_header.matrices) == [
        ("Q4_1", 192, 60),
        ("Q4_1", 576, 30),
        ("Q4_1", 576, 60),
        ("Q4_1", 1536, 60),
        ("Q8_0", 49_152, 1),
    ]
    assert repacked(starter_header.matrices, AVX2) == Repacked(0, 0)
    copies, replaced = repacked(starter_header.matrices, AMX)
    table = 49_152 * 18  # blocks of 32
    assert starter_header.tensor_bytes - replaced == table * 34 + 61 * 576 * 4  # and the norms
    assert copies == replaced + table * 38


# What llama.cpp does on the processor that runs the tests

QUANTIZATIONS = [
    "F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K",
    "Q6_K", "IQ4_NL", "IQ4_XS", "MXFP4", "Q1_0",
]  # fmt: skip

LOADING = """
import sys
import llama_cpp as llama

llama.llama_backend_init()
options = llama.llama_model_default_params()
options.n_gpu_layers = 0
options.load_mode = llama.LLAMA_LOAD_MODE_NONE
for path in sys.argv[1:]:
    print("==", flush=True, file=sys.stderr)
    llama.llama_model_free(llama.llama_model_load_from_file(path.encode(), options))
"""


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("quantized")
    return {
        name: write_byte_level_model(
            folder / f"{name}.gguf", quantization=gguf.GGMLQuantizationType[name]
        )
        for name in QUANTIZATIONS
    }


@pytest.fixture(scope="module")
def said(paths: dict[str, Path]) -> str:
    command = [sys.executable, "-c", LOADING, *map(str, paths.values())]
    return subprocess.run(command, capture_output=True, check=True, text=True).stderr


@pytest.mark.parametrize("name", QUANTIZATIONS)
def test_llama_cpp_copies_as_expected(paths: dict[str, Path], said: str, name: str) -> None:
    need = estimate(read_header(paths[name]), 256, processor=repacks_for(said))
    buffers = logged_buffers(said.split("==")[1 + QUANTIZATIONS.index(name)])
    assert need.weights / 2**20 == pytest.approx(buffers.pop("CPU", 0), abs=0.006)
    assert need.repacked / 2**20 == pytest.approx(sum(buffers.values()), abs=0.006)

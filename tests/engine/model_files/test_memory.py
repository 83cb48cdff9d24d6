"""The memory estimate, beside llama.cpp's own numbers and what a child process really takes."""

import json
import subprocess
import sys
from pathlib import Path

import msgspec
import psutil
import pytest

from studio.engine.model_files import memory
from studio.engine.model_files.gguf_header import GgufHeader, ModelFileError
from studio.engine.model_files.matrices import Matrix
from studio.engine.model_files.memory import (
    AvailableMemory,
    available_memory,
    check_fits,
    estimate,
)
from tests.helpers.llama_log import logged_buffers, repacks_for

MIB = 1 << 20

LOADING = """
import ctypes, json, sys
import llama_cpp as llama
import psutil

path, context_size, mapped = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "True"
process = psutil.Process()

def held():
    # Without what is mapped from files: it need not be free memory.
    now = process.memory_info()
    return now.rss - now.shared

llama.llama_backend_init()
# What the imports have freed again is not there for the model to be put in.
ctypes.CDLL(None).malloc_trim(0)
before = held()
options = llama.llama_model_default_params()
options.n_gpu_layers = 0
options.load_mode = llama.LLAMA_LOAD_MODE_MMAP if mapped else llama.LLAMA_LOAD_MODE_NONE
model = llama.llama_model_load_from_file(path.encode(), options)
after_model = held()
options = llama.llama_context_default_params()
options.n_ctx = options.n_batch = context_size
options.n_threads = options.n_threads_batch = 1
context = llama.llama_init_from_model(model, options)
after_context = held()
count = 128
tokens = (llama.llama_token * count)(*range(1000, 1000 + count))
assert llama.llama_decode(context, llama.llama_batch_get_one(tokens, count)) == 0
after_decode = held()
print(json.dumps([after_model - before, after_context - after_model, after_decode - before]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells mapped files apart")
@pytest.mark.parametrize("mapped", [True, False])
@pytest.mark.parametrize("context_size", [2048, 8192])
def test_what_the_starter_model_really_takes(
    starter_header: GgufHeader, context_size: int, mapped: bool
) -> None:
    arguments = [starter_header.files[0].path, str(context_size), str(mapped)]
    command = [sys.executable, "-c", LOADING, *arguments]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    model, context, everything = json.loads(done.stdout.splitlines()[-1])
    features = repacks_for(done.stderr)
    need = estimate(starter_header, context_size, memory_mapped=mapped, processor=features)
    assert need.unmapped - need.kv_cache - need.compute == pytest.approx(model, rel=0.15)
    assert need.kv_cache == pytest.approx(context, rel=0.15)
    # Of the scratch, llama.cpp touches a part: the estimate is above, and not by more than it.
    assert everything < need.unmapped < everything + need.compute
    # What it says of its buffers, to the byte; the log shows two digits of a MiB.
    buffers = logged_buffers(done.stderr)
    in_place = buffers.pop("CPU_Mapped", 0) + buffers.pop("CPU", 0)
    assert need.repacked / MIB == pytest.approx(sum(buffers.values()), abs=0.006)
    if not mapped:
        assert need.weights / MIB == pytest.approx(in_place, abs=0.006)


@pytest.mark.parametrize(
    ("context_size", "batch", "flash", "kv_mib", "compute_mib"),
    [  # as llama.cpp logs them for this model
        (2048, 512, True, 45.00, 102.51),
        (2048, 128, True, 45.00, 25.63),
        (8192, 512, True, 180.00, 98.25),
        (8192, 512, False, 180.00, 166.38),
    ],
)
def test_llama_cpps_own_numbers(
    starter_header: GgufHeader,
    context_size: int,
    batch: int,
    flash: bool,
    kv_mib: float,
    compute_mib: float,
) -> None:
    need = estimate(starter_header, context_size, batch=batch, flash_attention=flash)
    assert need.kv_cache == kv_mib * MIB
    assert compute_mib * MIB <= need.compute <= 1.4 * compute_mib * MIB


def test_a_quantized_cache_takes_less(starter_header: GgufHeader) -> None:
    full = estimate(starter_header, 4096)
    assert (
        estimate(starter_header, 4096, kv_element_bytes=34 / 32).kv_cache
        == full.kv_cache * 17 // 32
    )


def test_blocks_without_attention_keep_states_instead(starter_header: GgufHeader) -> None:
    hybrid = msgspec.structs.replace(
        starter_header, head_count_kv=(3, 0) * 15, recurrent_state_size=1000
    )
    one = estimate(hybrid, 2048)
    assert one.kv_cache == estimate(starter_header, 2048).kv_cache // 2 + 30 * 1000 * 4
    assert estimate(hybrid, 2048, sequences=4).kv_cache == one.kv_cache + 3 * 30 * 1000 * 4


def test_what_a_gpu_holds_is_left_out(starter_header: GgufHeader) -> None:
    here = estimate(starter_header, 2048)
    half = estimate(starter_header, 2048, offloaded=0.5)
    assert (half.weights, half.kv_cache) == (here.weights // 2, here.kv_cache // 2)
    assert estimate(starter_header, 2048, offloaded=1.0).weights == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("context_size", 0),
        ("sequences", 0),
        ("batch", 0),
        ("kv_element_bytes", -1),
        ("offloaded", 1.5),
        ("offloaded", -0.1),
        ("offloaded", float("nan")),
    ],
)
def test_numbers_out_of_range_are_named(
    starter_header: GgufHeader, field: str, value: float
) -> None:
    arguments = {"context_size": 128, field: value}
    with pytest.raises(ValueError, match=f"{field} is {value}"):
        estimate(starter_header, **arguments)  # type: ignore[arg-type] # the point of the test


def test_it_fits(starter_header: GgufHeader) -> None:
    need = estimate(starter_header, 2048)
    assert check_fits(starter_header, need, AvailableMemory(available=1 << 30, total=1 << 31))
    assert check_fits(starter_header, need)  # on the machine that runs the tests


def test_copies_count_and_their_originals_do_not(starter_header: GgufHeader) -> None:
    # 1000 blocks of 32 elements in 18 bytes.
    matrix = Matrix(type="Q4_0", columns=320, rows=40, count=10)
    assert matrix.blocks * matrix.count == 4000
    header = msgspec.structs.replace(starter_header, tensor_bytes=100_000, matrices=(matrix,))
    as_it_is = estimate(header, 2048)
    assert (as_it_is.weights, as_it_is.repacked) == (100_000, 0)
    need = estimate(header, 2048, processor={"REPACK", "AVX2"})
    assert (need.weights, need.repacked) == (28_000, 72_000)
    assert need.total == as_it_is.total
    assert need.unmapped == as_it_is.unmapped + 72_000
    read = estimate(header, 2048, processor={"REPACK", "AVX2"}, memory_mapped=False)
    assert read.unmapped == read.total == need.total
    half = estimate(header, 2048, processor={"REPACK", "AVX2"}, offloaded=0.5)
    assert (half.weights, half.repacked) == (14_000, 36_000)


def test_a_mapped_model_that_is_repacked_must_be_free_now(starter_header: GgufHeader) -> None:
    # 8 GiB of 32,768 blocks of Q4_K each, in 144 bytes that grow by 4 with AMX.
    matrix = Matrix(type="Q4_K", columns=4096, rows=2048, count=1820)
    size = 1820 * 32_768 * 144
    huge = msgspec.structs.replace(
        starter_header, name="Huge", tensor_bytes=size + MIB, matrices=(matrix,)
    )
    memory_here = AvailableMemory(available=4 << 30, total=16 << 30)
    assert check_fits(huge, estimate(huge, 2048), memory_here) is False
    need = estimate(huge, 2048, processor={"AMX_INT8", "AVX512_VNNI"})
    assert (need.weights, need.repacked) == (MIB, size // 144 * 148)
    with pytest.raises(ModelFileError, match=r"“Huge” needs 8\.4 GiB of free memory") as caught:
        check_fits(huge, need, memory_here)
    assert "4.0 GiB is free" in str(caught.value)
    assert "context than" not in str(caught.value)  # that would not help
    # The original beside the copy would be 16.3 GiB: it is not held, so the machine is enough.
    assert check_fits(huge, need, AvailableMemory(available=9 << 30, total=9 << 30))


def test_mapped_weights_need_not_be_free_now(starter_header: GgufHeader) -> None:
    need = estimate(starter_header, 2048)
    tight = AvailableMemory(available=need.unmapped, total=need.total)
    assert check_fits(starter_header, need, tight) is False
    read = estimate(starter_header, 2048, memory_mapped=False)
    assert read.total == need.total
    with pytest.raises(ModelFileError):
        check_fits(starter_header, read, tight)


def test_too_little_free_memory_says_what_to_do(starter_header: GgufHeader) -> None:
    need = estimate(starter_header, 8192)
    memory_here = AvailableMemory(available=100 * MIB, total=8 << 30)
    with pytest.raises(ModelFileError) as caught:
        check_fits(starter_header, need, memory_here)
    assert caught.value.kind == "too_little_memory"
    message = str(caught.value)
    assert starter_header.name in message
    assert "327 MiB of free memory, 309 MiB of it for a context of 8,192 tokens" in message
    assert "100 MiB is free" in message
    assert "a smaller context than 8,192 tokens, a smaller quantization than Q4_1" in message


def test_a_model_larger_than_the_machine(starter_header: GgufHeader) -> None:
    huge = msgspec.structs.replace(starter_header, tensor_bytes=40 << 30)
    memory_here = AvailableMemory(available=30 << 30, total=32 << 30)
    with pytest.raises(ModelFileError, match=r"needs 40\.2 GiB .* has 32\.0 GiB in all") as caught:
        check_fits(huge, estimate(huge, 2048), memory_here)
    assert "context than" not in str(caught.value)  # that would not help


def test_available_memory_is_this_machines() -> None:
    here = available_memory()
    assert 0 < here.available <= here.total <= psutil.virtual_memory().total


# Control groups, as folders like those under /sys/fs/cgroup


def cgroup(folder: Path, most: str, current: int, inactive_file: int = 0) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "memory.max").write_text(f"{most}\n")
    (folder / "memory.current").write_text(f"{current}\n")
    (folder / "memory.stat").write_text(f"anon 5\ninactive_file {inactive_file}\n")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "own"
    path.write_text("1:name=systemd:/x\n0::/app.slice/studio.scope\n")
    return path


def test_the_tightest_of_the_groups_counts(tmp_path: Path, own: Path) -> None:
    root = tmp_path / "fs"
    cgroup(root / "app.slice", str(1000 * MIB), 900 * MIB, 50 * MIB)
    cgroup(root / "app.slice" / "studio.scope", str(800 * MIB), 100 * MIB)
    assert memory._cgroup_memory(root, own) == AvailableMemory(available=150 * MIB, total=800 * MIB)


def test_a_group_over_its_limit_has_nothing(tmp_path: Path, own: Path) -> None:
    root = tmp_path / "fs"
    cgroup(root / "app.slice", str(10 * MIB), 20 * MIB)
    assert memory._cgroup_memory(root, own) == AvailableMemory(available=0, total=10 * MIB)


def test_groups_without_a_limit_do_not_count(tmp_path: Path, own: Path) -> None:
    root = tmp_path / "fs"
    cgroup(root / "app.slice" / "studio.scope", "max", 100 * MIB)
    assert memory._cgroup_memory(root, own) is None


def test_systems_without_groups(tmp_path: Path, own: Path) -> None:
    assert memory._cgroup_memory(tmp_path / "none", own) is None
    assert memory._cgroup_memory(tmp_path, tmp_path / "none") is None
    own.write_text("4:memory:/version-one\n")
    assert memory._cgroup_memory(tmp_path, own) is None


def test_a_groups_limit_is_heeded(
    tmp_path: Path, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "fs"
    cgroup(root / "app.slice", str(64 * MIB), 60 * MIB)
    monkeypatch.setattr(memory, "_CGROUPS", root)
    monkeypatch.setattr(memory, "_OWN_CGROUP", own)
    assert available_memory() == AvailableMemory(available=4 * MIB, total=64 * MIB)

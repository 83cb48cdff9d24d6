"""How much memory a model will take, and whether this machine has it, before it is loaded.

llama.cpp allocates first and fails late: a context that does not fit is refused after half a
minute, or the system's out-of-memory killer ends the process. The estimate here comes from the
header alone, and from what is reported of the processor. It knows main memory only: what a GPU has
free is llama.cpp's to say, so the share of a model that goes to a GPU is merely left out.
"""

from collections.abc import Set
from pathlib import Path
from typing import NoReturn

import msgspec
import psutil

from studio.engine.model_files.gguf_header import GgufHeader, ModelFileError
from studio.engine.model_files.repacking import repacked
from studio.translation import mark, tr
from studio.visible_text import visible_name

AUTOMATIC_BATCH = 512
"""llama.cpp's default number of tokens that one pass over the weights evaluates (n_ubatch)."""

_VOCABULARY_BYTES = 384
"""What llama.cpp keeps of a token besides the file: text, piece, two hash tables, merges.
Measured: 16.6 MiB for SmolLM2's 49,152 tokens and 48,900 merges, so 354 bytes a token."""

_RECURRENT_BYTES = 4  # llama.cpp keeps recurrent states in float32
_CGROUPS = Path("/sys/fs/cgroup")
_OWN_CGROUP = Path("/proc/self/cgroup")


class MemoryEstimate(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes of main memory that a model and its context hold once they are loaded."""

    weights: int
    """The tensors that are used as they stand in the file, mapped or read."""
    repacked: int
    """Copies that stand in for all other tensors, in a layout for the processor. Their originals
    count nowhere: mapped ones are not read again, others are read into one tensor's room."""
    vocabulary: int
    kv_cache: int
    """Keys and values of the whole context, and recurrent states; llama.cpp writes it all once."""
    compute: int
    """Scratch for one pass. llama.cpp reserves it and touches a part of it."""
    context_size: int
    memory_mapped: bool

    @property
    def total(self) -> int:
        """Everything that is in use while the model writes, mapped weights included."""
        return self.weights + self.repacked + self.vocabulary + self.kv_cache + self.compute

    @property
    def unmapped(self) -> int:
        """What must be free memory: all but weights that stay mapped from the file."""
        return self.total - self.weights if self.memory_mapped else self.total


class AvailableMemory(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes of main memory that this process may use."""

    available: int
    """Free now, or freed without swapping: includes files that are cached."""
    total: int
    """The machine's memory, or the limit of the process's control group."""


def estimate(
    header: GgufHeader,
    context_size: int,
    *,
    kv_element_bytes: float = 2,
    sequences: int = 1,
    batch: int = AUTOMATIC_BATCH,
    flash_attention: bool = True,
    memory_mapped: bool = True,
    offloaded: float = 0.0,
    processor: Set[str] = frozenset(),
) -> MemoryEstimate:
    """What a model with a context will take.

    The sizes are those llama.cpp computes: keys and values of a block take
    n_ctx · n_head_kv · (n_embd_head_k + n_embd_head_v) elements (llama-kv-cache.cpp), recurrent
    blocks n_embd_r + n_embd_s for each sequence (llama-memory-recurrent.cpp), and the scratch is
    ruled by the largest of the logits, the feed-forward layer and, without flash attention, the
    attention scores of one batch (sched_reserve in llama-context.cpp). Blocks with a sliding window
    count in full, as llama.cpp keeps them by default (swa_full). In the unified cache
    `context_size` is for all sequences together. For the copies of weights see `repacking`.

    Args:
        header: of the model.
        context_size: tokens that the context holds.
        kv_element_bytes: of a key or value element: 2 for float16, 34 / 32 for Q8_0.
        sequences: how many run at once; matters for recurrent models alone.
        batch: tokens in one pass (n_ubatch).
        flash_attention: off, attention scores of a batch are written out.
        memory_mapped: the weights are mapped and not read.
        offloaded: share of the blocks, 0 to 1, that a GPU holds with their part of the cache.
        processor: what llama.cpp repacks weights for, as llama_print_system_info names it; with
            nothing, all weights stay as they are.

    Raises:
        ValueError: a number is out of its range.
    """
    for name, value, low in (
        ("context_size", context_size, 1),
        ("sequences", sequences, 1),
        ("batch", batch, 1),
        ("kv_element_bytes", kv_element_bytes, 0),
        ("offloaded", offloaded, 0),
    ):
        if not value >= low:  # so NaN is refused too
            raise ValueError(f"{name} is {value}; at least {low} is allowed")
    if offloaded > 1:
        raise ValueError(f"offloaded is {offloaded}; at most 1 is allowed")

    head = header.key_length + header.value_length
    kv_elements = context_size * head * sum(header.head_count_kv)
    states = sequences * header.block_count * header.recurrent_state_size
    cache = int(kv_elements * kv_element_bytes) + states * _RECURRENT_BYTES

    batch = min(batch, context_size)
    scores = 0 if flash_attention else context_size * max(header.head_count)
    widest = max(header.vocabulary_size, 2 * header.feed_forward_length, scores)
    mask = context_size * 6  # once in float32, once in float16
    activations = 8 * header.embedding_length * 4
    host = 1 - offloaded
    copies, replaced = repacked(header.matrices, processor)
    return MemoryEstimate(
        weights=int((header.tensor_bytes - replaced) * host),
        repacked=int(copies * host),
        vocabulary=header.vocabulary_size * _VOCABULARY_BYTES,
        kv_cache=int(cache * host),
        compute=batch * (widest * 4 + mask + activations),
        context_size=context_size,
        memory_mapped=memory_mapped,
    )


def available_memory() -> AvailableMemory:
    """Main memory for this process: the machine's, or less where a control group limits it."""
    machine = psutil.virtual_memory()
    available, total = int(machine.available), int(machine.total)
    limit = _cgroup_memory(_CGROUPS, _OWN_CGROUP)
    if limit is not None:
        available, total = min(available, limit.available), min(total, limit.total)
    return AvailableMemory(available=available, total=total)


def _cgroup_memory(root: Path, own: Path) -> AvailableMemory | None:
    """The tightest limit of this process's control group (v2) and those above it, if any.

    memory.current counts cached files too; the inactive ones are given back before the limit is
    enforced (kernel documentation, cgroup-v2: "memory.stat").
    """
    try:
        line = next(line for line in own.read_text().splitlines() if line.startswith("0::"))
    except (OSError, StopIteration):
        return None
    group = root / line[3:].lstrip("/")
    limits = []
    for folder in (group, *group.parents):
        if not folder.is_relative_to(root):
            break
        try:
            most = int((folder / "memory.max").read_text())  # "max" is no number: no limit
            used = int((folder / "memory.current").read_text())
            stat = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
        except (OSError, ValueError):
            continue
        free = most - used + int(stat.get("inactive_file", 0))
        limits.append(AvailableMemory(available=max(free, 0), total=most))
    if not limits:
        return None
    return AvailableMemory(
        available=min(limit.available for limit in limits),
        total=min(limit.total for limit in limits),
    )


def check_fits(
    header: GgufHeader, need: MemoryEstimate, memory: AvailableMemory | None = None
) -> bool:
    """Refuse a model that this machine's memory cannot hold.

    Cache, scratch, repacked weights and those that are read must be free now. Weights that stay
    mapped count less strictly: the system drops and rereads them at will, so they must fit beside
    the rest in what the machine has at all, not in what is free now. Beyond that every token would
    read them from disk.

    Args:
        header: of the model, for the message.
        need: from `estimate`.
        memory: from `available_memory`, which is the default.

    Returns:
        Whether it fits with ease. False: mapped weights will push other things out of memory, and
        writing may be slow until they have.

    Raises:
        ModelFileError: of kind "too_little_memory".
    """
    memory = memory or available_memory()
    if need.unmapped > memory.available:
        _refuse(header, need, memory, is_full=True)
    if need.total > memory.total:
        _refuse(header, need, memory, is_full=False)
    return need.total <= memory.available


_CHOICES = mark("a smaller quantization than {quantization} or a smaller model")
_CHOICES_WITH_CONTEXT = mark(
    "a smaller context than {size:,} tokens, a smaller quantization than {quantization} or a "
    "smaller model"
)


def _refuse(
    header: GgufHeader, need: MemoryEstimate, memory: AvailableMemory, *, is_full: bool
) -> NoReturn:
    """Refuse a model that does not fit: in what is free where `is_full`, else in all there is."""
    context_matters = need.kv_cache + need.compute > (need.weights + need.repacked) // 4
    choices = tr(
        _CHOICES_WITH_CONTEXT if context_matters else _CHOICES,
        size=need.context_size,
        quantization=header.quantization,
    )
    values = {
        "model": visible_name(header.name),
        "needed": _shown(need.unmapped if is_full else need.total),
        "cache": _shown(need.kv_cache + need.compute),
        "available": _shown(memory.available if is_full else memory.total),
        "choices": choices,
    }
    if is_full:
        message = tr(
            "“{model}” needs {needed} of free memory, {cache} of it for a context of %n tokens, "
            "and {available} is free. Close other programs, or choose {choices}.",
            "",
            need.context_size,
            **values,
        )
    else:
        message = tr(
            "“{model}” needs {needed} of memory, {cache} of it for a context of %n tokens, and "
            "this machine has {available} in all. Choose {choices}.",
            "",
            need.context_size,
            **values,
        )
    raise ModelFileError("too_little_memory", message)


def _shown(count: int) -> str:
    return f"{count / 2**30:.1f} GiB" if count >= 1 << 30 else f"{count / 2**20:.0f} MiB"

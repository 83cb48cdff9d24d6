"""Which weights llama.cpp copies into a layout for the processor, and what the copies take.

While it loads, llama.cpp moves matrices into a layout that the processor multiplies faster. The
copy is memory of the process, also of a model that is mapped; the original is not read again.

The rules are those of llama.cpp in llama-cpp-python 0.3.36 (ggml 0.25.3), in ggml/src/ggml-cpu:
amx/amx.cpp and amx/mmq.cpp, else repack.cpp. Other versions have others, as a rule more. Where
this module is unsure it counts the copy, for memory that is missing ends the process. It does not
know whether the system lets the process use AMX, nor the vector length of a RISC-V processor, nor
whether a 3-D tensor is multiplied as experts are; and nothing of KleidiAI and SpacemiT, with which
llama-cpp-python is not built unless one asks for it.
"""

from collections.abc import Set
from typing import NamedTuple

from studio.engine.model_files.matrices import Matrix

# For AMX: type -> bytes that a block grows by, for sums and scales that are written out. Float16
# is copied without a change of layout.
_AMX = frozenset({"AMX_INT8", "AVX512_VNNI"})
_AMX_GROWTH = {
    "Q4_0": 0, "Q4_1": 0, "Q8_0": 4, "Q4_K": 4, "Q5_K": 4, "Q6_K": 0, "IQ4_XS": 2, "F16": 0,
}  # fmt: skip
_AMX_ROWS = 32
_AMX_COLUMNS = 16

# What the processor must have -> rows that are interleaved, whose multiple a matrix needs, and the
# types. The copy is as large as the original.
_ARM_TYPES = (4, ("Q4_0", "Q8_0", "Q1_0")), (8, ("Q4_K", "Q5_K", "Q6_K"))
_REPACKED: tuple[tuple[frozenset[str], tuple[tuple[int, tuple[str, ...]], ...]], ...] = (
    (frozenset({"AVX2"}), ((8, ("Q4_0", "Q4_K", "IQ4_NL", "MXFP4")),)),
    (frozenset({"AVX512"}), ((8, ("Q2_K",)),)),
    (frozenset({"NEON", "MATMUL_INT8"}), _ARM_TYPES),
    (frozenset({"NEON", "DOTPROD"}), (*_ARM_TYPES, (4, ("IQ4_NL", "MXFP4")))),
    (frozenset({"VXE"}), ((4, ("Q4_0",)),)),
    (frozenset({"RISCV_V"}), ((16, ("Q4_0", "Q4_K", "IQ4_NL", "Q8_0", "Q2_K")),)),
)


class Repacked(NamedTuple):
    """What repacking takes and what it makes superfluous, in bytes."""

    copies: int
    replaced: int
    """Of weights in the file that are not read again, once they are copied."""


def repacked(matrices: tuple[Matrix, ...], processor: Set[str]) -> Repacked:
    """What llama.cpp copies of a model.

    Args:
        matrices: that the model multiplies by.
        processor: what llama.cpp makes use of, by the names in llama_print_system_info.
    """
    copies = replaced = 0
    for matrix in matrices:
        size = _copy(matrix, processor)
        copies += matrix.count * size
        if size and not matrix.is_table:
            replaced += matrix.count * matrix.blocks * matrix.block_bytes
    return Repacked(copies, replaced)


def _copy(matrix: Matrix, processor: Set[str]) -> int:
    """Bytes of the copy of one tensor; 0 = it stays as it is."""
    if processor >= _AMX and _suits_amx(matrix):
        return matrix.blocks * (matrix.block_bytes + _AMX_GROWTH[matrix.type])
    if "REPACK" in processor and _suits_repacking(matrix, processor):
        return matrix.blocks * matrix.block_bytes
    return 0


def _suits_amx(matrix: Matrix) -> bool:
    fits = matrix.rows % _AMX_ROWS == 0 and matrix.columns % _AMX_COLUMNS == 0
    return matrix.stack == 1 and fits and matrix.type in _AMX_GROWTH


def _suits_repacking(matrix: Matrix, processor: Set[str]) -> bool:
    return any(
        matrix.type in types and matrix.rows % rows == 0
        for features, layouts in _REPACKED
        if processor >= features
        for rows, types in layouts
    )

"""The weights that llama.cpp multiplies by, described by type and shape.

It goes by llama.cpp's names for tensors (llama-arch.cpp). Knows nothing of memory or processors,
nor of architectures: which 3-D tensors are experts and which matrices stay unused it cannot say.
"""

from collections import Counter
from collections.abc import Sequence

import msgspec

from studio.engine.model_files.gguf_container import TENSOR_TYPES, Tensor

_BLOCKS = {name: (block, size) for name, block, size in TENSOR_TYPES.values()}

# Tables, of which rows are read: no product is formed with them.
_TOKEN_TABLE = "token_embd.weight"
_TABLES = (
    _TOKEN_TABLE,
    "position_embd.weight",
    "token_types.weight",
    "per_layer_token_embd.weight",
    "nextn.embed_tokens.weight",
)


class Matrix(msgspec.Struct, frozen=True, kw_only=True):
    """Matrices of one type and shape."""

    type: str
    columns: int
    """Length of a row; what stands in the file are rows."""
    rows: int
    stack: int = 1
    """How many are one tensor: a block's experts."""
    count: int = 1
    """How many such tensors the model has."""
    is_table: bool = False
    """It is the token table as well, and its rows are read besides."""

    @property
    def blocks(self) -> int:
        """Quantization blocks of one tensor."""
        return self.columns // _BLOCKS[self.type][0] * self.rows * self.stack

    @property
    def block_bytes(self) -> int:
        """Of one quantization block in the file."""
        return _BLOCKS[self.type][1]


def multiplied(tensors: Sequence[Tensor]) -> tuple[Matrix, ...]:
    """The matrices among a model's tensors.

    A model without an output matrix multiplies by its token table instead.
    """
    tied = all(tensor.name != "output.weight" for tensor in tensors)
    counts: Counter[Matrix] = Counter()
    for name, kind, shape in tensors:
        is_table = name == _TOKEN_TABLE
        if not name.endswith(".weight") or (name.endswith(_TABLES) and not (is_table and tied)):
            continue
        columns, rows, *more = (*shape, 1)
        stack = 1
        for length in more:
            stack *= length
        if rows > 1:
            matrix = Matrix(type=kind, columns=columns, rows=rows, stack=stack, is_table=is_table)
            counts[matrix] += 1
    return tuple(msgspec.structs.replace(each, count=count) for each, count in counts.items())

"""Which model wrote something: what documents and comparisons keep of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec

LONGEST_LINE = 1_000
"""Characters of a name that is kept."""

# What no model has is refused where a file is read.
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Line = Annotated[str, msgspec.Meta(max_length=LONGEST_LINE)]


class ModelRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Which model it was."""

    name: Line
    file: Line = ""
    """The file's name, without its folder."""
    architecture: Line = ""
    quantization: Line = ""
    bytes: Count = 0
    hash: Line = ""
    """See `model_hash`; empty where it was not made."""
    attention: Line = ""
    """How attention was computed, "flash" or "plain": with the same seed the one may draw another
    token than the other, where two are near. Empty where that was not kept."""

    @property
    def title(self) -> str:
        """What it is called: see `short_name`; by its header where the file is not known."""
        return short_name(self.file, self.quantization) or self.name

    def is_same(self, other: ModelRecord) -> bool:
        """Whether both are of one model, of which one may not name its fingerprint yet."""
        if self.hash and other.hash:
            return self.hash == other.hash
        without = {"hash": "", "attention": ""}
        mine = msgspec.structs.replace(self, **without)
        return mine == msgspec.structs.replace(other, **without)


def short_name(file: str, quantization: str = "") -> str:
    """A model file's name without its ending and its quantization.

    The name in the header is not used: in many files it is that of a training run.

    Args:
        file: The file's name, with or without its folder.
        quantization: The one that the header names.
    """
    stem = Path(file).stem
    if quantization and stem.lower().endswith(quantization.lower()):
        stem = stem[: -len(quantization)].rstrip(".-_ ")
    return stem

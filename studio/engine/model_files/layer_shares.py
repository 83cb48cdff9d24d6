"""How a model's layers are shared out among devices: by hand, or by what each has room for.

llama.cpp puts as many layers on graphics processors and other machines as it is asked to, fails
where one has no room, and shares them out by free memory alone. The counts here are made from the
header, so that they can be shown before anything is loaded.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from studio.engine.model_files.gguf_header import GgufHeader
    from studio.engine.model_files.memory import MemoryEstimate

_USABLE = 0.95
"""Of free memory: drivers and other programs need some of it meanwhile."""


class LayerSizes(NamedTuple):
    """What a model's layers take on a device."""

    layers: int
    """How many there are; what comes out of the last one counts as one more, as in llama.cpp."""
    each: int
    """Bytes of one: weights, and its part of the context."""
    beside: int
    """Bytes that a device needs for any number of them."""

    def bytes_of(self, count: int) -> int:
        """What so many layers take on one device, about."""
        return count * self.each + self.beside if count > 0 else 0


def layer_sizes(header: "GgufHeader", need: "MemoryEstimate") -> LayerSizes:
    """What a model's layers take.

    Args:
        header: The model's.
        need: What it takes as a whole, in the context that it is to have.
    """
    count = header.block_count + 1
    # The first and the last are of other sizes than those between: all count alike, with the
    # table of tokens, which always stays here; so a little too much is counted of each.
    each = -(-(header.tensor_bytes + need.kv_cache) // header.block_count)
    return LayerSizes(count, each, need.compute)


def layer_counts(
    sizes: LayerSizes, free: Sequence[int], wanted: int = -1, split: Sequence[float] = ()
) -> list[int]:
    """How many layers each device gets.

    Args:
        sizes: What they take.
        free: Bytes that are free on each device; 0 where that is not known.
        wanted: How many all get together; -1 for as many as have room.
        split: By which proportions; none for by memory. Devices without a number get none.
    """
    if not free:
        return []
    rooms = [_room(sizes, one) for one in free]
    if wanted < 0 and not any(split):
        wanted = min(sizes.layers, sum(rooms))
    elif wanted < 0:
        wanted = sizes.layers
    shares: list[float] = [float(one) for one in split[: len(free)]]
    shares += [0.0] * (len(free) - len(shares))
    return _apportioned(
        min(wanted, sizes.layers), shares if any(shares) else list(map(float, rooms))
    )


def _room(sizes: LayerSizes, free: int) -> int:
    if not free:
        return sizes.layers
    return max(0, int(free * _USABLE) - sizes.beside) // sizes.each


def _apportioned(total: int, shares: Sequence[float]) -> list[int]:
    """Whole numbers of a given sum in these proportions: the largest remainders are rounded up."""
    whole = sum(shares)
    if not whole:  # there is room nowhere, and yet they are asked for
        shares, whole = [1.0] * len(shares), float(len(shares))
    exact = [total * share / whole for share in shares]
    counts = [int(one) for one in exact]
    rest = sorted(range(len(exact)), key=lambda i: (counts[i] - exact[i], i))
    for index in rest[: total - sum(counts)]:
        counts[index] += 1
    return counts

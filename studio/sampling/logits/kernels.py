"""Passes over a whole vocabulary in C, where they are compiled; else numpy does them.

`packaging/compile_kernels.py` compiles `kernels.c` as the program is installed. numpy writes the
result of each step of a pass to memory and reads it again for the next; C has it in a register.
What a token costs beside a small model's decode is less than half of what it is with numpy alone.

Nothing here is needed: each function returns None where it is not compiled, or where the logits are
few, no float32, or no logits at all (NaN, +inf). Whoever calls it has numpy's way at hand, which
finds the same but for the last bits of float32 sums. The module decides nothing and knows no
samplers.
"""

from __future__ import annotations

import ctypes
import math
import struct
import sys
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

SUFFIX = {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")
LIBRARY = Path(__file__).with_name(f"_kernels{SUFFIX}")

_VERSION = 5
"""Of the arguments. A library of another one is left over from an older checkout."""

_PER_NAT = math.log2(math.e)
_FLOAT32 = np.dtype(np.float32)

_FEWEST = 1024
"""Logits to rank: below, there are not two of them to each block."""

_MOST_ASKED = 256
"""Tokens to rank: of more, too many could be found for the room there is."""


class Best(NamedTuple):
    """The best tokens of a vocabulary, descending by logit, the lowest id first on a tie.

    Attributes:
        ids: int64.
        logits: float64.
        lowest: The least logit of the whole vocabulary.
    """

    ids: NDArray[np.int64]
    logits: NDArray[np.float64]
    lowest: float


NODES = 33
"""At which a tail is looked at."""


class Grid(ctypes.Structure):
    """What `tail_nodes` goes by, for C: `struct grid`.

    Attributes:
        beta: The nodes.
        left: The number of the coarse node at or before each.
        right: That of the coarse node after each, or the node itself where it is coarse.
        in_probability: The error that is put up with in a probability.
        in_entropy: The same in the entropy.
    """

    _fields_ = (
        ("beta", ctypes.c_double * NODES),
        ("left", ctypes.c_int32 * NODES),
        ("right", ctypes.c_int32 * NODES),
        ("in_probability", ctypes.c_double),
        ("in_entropy", ctypes.c_double),
    )


# `struct record`: its head and its nodes.
_HEAD, _NODES = struct.Struct("=iiiid"), struct.Struct(f"={3 * NODES}d")
_BEHIND = _HEAD.size + _NODES.size


class TopKAndTail:
    """What is asked of a vocabulary once a token.

    Args:
        record: `struct record` and what stands behind it.

    Attributes:
        ids: Of more than the `head` best tokens, or all where there are fewer; as of `Best`.
        logits: Theirs.
        lowest: The least logit of the whole vocabulary.
        tokens: How many others there are.
        are_few_enough: Whether the coarse nodes among `nodes` are.
    """

    __slots__ = (
        "_bins", "_end", "_record", "are_few_enough", "ids", "logits", "lowest", "tokens",
    )  # fmt: skip

    def __init__(self, record: bytes) -> None:
        found, bins, self.tokens, enough, self.lowest = _HEAD.unpack_from(record)
        ids_at = _BEHIND + 8 * found
        self.logits: NDArray[np.float64] = np.frombuffer(record, np.float64, found, _BEHIND)
        self.ids: NDArray[np.int64] = np.frombuffer(record, np.int64, found, ids_at)
        self.are_few_enough = enough == 1
        self._record, self._bins, self._end = record, bins, ids_at + 8 * found

    # The draw asks for neither: what does has warm caches again.

    @property
    def bins(self) -> NDArray[np.float32]:
        """`(3, n)` of all others: what `Histogram.rows` is."""
        rows = np.frombuffer(self._record, np.float32, 3 * self._bins, self._end)
        return rows.reshape(3, self._bins)

    @property
    def nodes(self) -> tuple[Sequence[float], Sequence[float], Sequence[float]]:
        """K of these at the nodes, its slope and its curvature."""
        numbers = _NODES.unpack_from(self._record, _HEAD.size)
        return numbers[:NODES], numbers[NODES:-NODES], numbers[-NODES:]


class Between(NamedTuple):
    """The tokens with logits between two, and what is better than all of them.

    Attributes:
        places: Their ids, ascending, int64.
        better: How many are better.
        mass: What these weigh.
        moment: The sum over them of weight times logit less the largest; None where that is
            another pass.
    """

    places: NDArray[np.int64]
    better: int
    mass: float
    moment: float | None


class _Better(ctypes.Structure):
    """`struct better`."""

    _fields_ = (
        ("count", ctypes.c_int64),
        ("weight", ctypes.c_double),
        ("moment", ctypes.c_double),
    )


def _loaded(path: Path) -> ctypes.PyDLL | None:
    """Return the compiled passes, or None.

    They keep Python's lock: they are over in less time than it takes to be given it back.
    """
    try:
        library = ctypes.PyDLL(str(path))
        if library.kelvin_version() != _VERSION:
            return None
    except (OSError, AttributeError):
        return None
    pointer, integer, single = ctypes.c_void_p, ctypes.c_int64, ctypes.c_float
    library.kelvin_best.argtypes = [pointer, integer, ctypes.c_int, pointer, pointer, pointer]
    library.kelvin_histogram.argtypes = [
        *(pointer, integer, single, single, integer, pointer, pointer, pointer, pointer),
    ]
    library.kelvin_top_k_and_tail.argtypes = [
        *(pointer, integer, ctypes.c_int, pointer, pointer),
    ]
    library.kelvin_top_k_and_tail.restype = integer
    for name in ("kelvin_work_bytes", "kelvin_record_offset"):
        getattr(library, name).restype = integer
    library.kelvin_tail.argtypes = [
        *(pointer, pointer, ctypes.c_int, pointer, ctypes.c_int, ctypes.c_double),
        *(ctypes.POINTER(Grid), pointer),
    ]
    library.kelvin_weigh.argtypes = [pointer, integer, single, single, pointer, pointer]
    library.kelvin_weigh.restype = ctypes.c_double
    library.kelvin_mass.argtypes = [pointer, integer, single, single]
    library.kelvin_mass.restype = ctypes.c_double
    library.kelvin_between.argtypes = [
        *(pointer, pointer, integer, single, single, single, pointer, integer, pointer),
    ]
    library.kelvin_between.restype = integer
    return library


_library = _loaded(LIBRARY)


def are_compiled() -> bool:
    """Say whether C does these passes here."""
    return _library is not None


def use(path: Path) -> None:
    """Have another library do the passes: one that was compiled otherwise, to measure or test it.

    Raises:
        OSError: It is not one, or not of this version.
    """
    global _library
    library = _loaded(path)
    if library is None:
        raise OSError(f"{path}: found no compiled passes of version {_VERSION}.")
    _library = library
    _spare.clear()


class _Work:
    """Memory for a pass: `struct work` with the record in it, and what else is found; addresses."""

    def __init__(self) -> None:
        assert _library is not None  # as in every caller
        self._memory = ctypes.create_string_buffer(_library.kelvin_work_bytes())
        self.address = ctypes.addressof(self._memory)
        self.record = memoryview(self._memory).cast("B")[_library.kelvin_record_offset() :]
        most = _library.kelvin_most_found()
        self.ids = np.empty(most, dtype=np.int64)
        self.logits = np.empty(most)
        self.lowest = ctypes.c_float()
        self.found_at = _address(self.ids), _address(self.logits), ctypes.addressof(self.lowest)
        self.bins = np.empty((3, _library.kelvin_bins()), dtype=np.float32)
        self.histogram_at = self.address, *map(_address, self.bins)


_spare: list[_Work] = []
"""Memory given back. A thread that makes a pass takes some of its own."""


def _borrow() -> _Work:
    return _spare.pop() if _spare else _Work()


def best(logits: NDArray[Any], least: int) -> Best | None:
    """Return at least the `least` best tokens of `(V,)` logits; where there are fewer, all.

    None where many are asked for, too.

    Args:
        logits: `(V,)` logits.
        least: How many are wanted.
    """
    address = _address_of(logits)
    if _library is None or not address or logits.size < _FEWEST or least > _MOST_ASKED:
        return None
    work = _borrow()
    count = _library.kelvin_best(address, logits.size, least, *work.found_at)
    found = Best(work.ids[:count].copy(), work.logits[:count].copy(), work.lowest.value)
    _spare.append(work)
    return found if count else None


def histogram(
    logits: NDArray[Any], edge: float, lowest: float, better: int
) -> NDArray[np.float32] | None:
    """Count the tokens of `(V,)` logits by their depth below the edge.

    Args:
        logits: `(V,)`, none of them NaN or +inf.
        edge: One of them.
        lowest: The least of them.
        better: How many tokens are not to be counted; all of them at or above the edge.

    Returns:
        `(3, n)`: what `Histogram.rows` is.
    """
    address = _address_of(logits)
    if _library is None or not address:
        return None
    work = _borrow()
    filled = _library.kelvin_histogram(
        address, logits.size, edge, lowest, better, *work.histogram_at
    )
    rows = work.bins[:, :filled].copy()
    _spare.append(work)
    return rows


def top_k_and_tail(logits: NDArray[Any], head: int, grid: Grid) -> TopKAndTail | None:
    """Return more than the `head` best tokens of `(V,)` logits, and what all others are like.

    None where `best` returns it.

    Args:
        logits: `(V,)`.
        head: How many of the best tokens are left out of the others.
        grid: The nodes, and what is good enough.
    """
    address = _address_of(logits)
    if _library is None or not address or logits.size < _FEWEST or head >= _MOST_ASKED:
        return None
    work = _borrow()
    filled = _library.kelvin_top_k_and_tail(
        address, logits.size, head, ctypes.addressof(grid), work.address
    )
    result = TopKAndTail(bytes(work.record[:filled])) if filled else None
    _spare.append(work)
    return result


def tail(
    bins: NDArray[np.float32], best: NDArray[np.float64], head: int, edge: float, grid: Grid
) -> tuple[NDArray[np.float64], bool] | None:
    """Return `(3, NODES)` K, its slope and its curvature, and whether the coarse nodes are enough.

    Args:
        bins: `(3, n)`: what `Histogram.rows` is, with one bin at least.
        best: The best logits in descending order.
        head: How many of them do not belong to the tail.
        edge: The best logit of the tail.
        grid: The nodes, and what is good enough.
    """
    if _library is None:
        return None
    nodes = np.empty((3, NODES))
    start, step = _address(bins), bins.shape[1] * bins.itemsize
    enough = _library.kelvin_tail(
        *(start + step, start + 2 * step, bins.shape[1], _address(best), head, edge),
        *(ctypes.byref(grid), _address(nodes)),
    )
    return nodes, bool(enough)


def weigh(
    logits: NDArray[Any], maximum: float, beta: float, weights: NDArray[Any]
) -> tuple[float, float] | None:
    """Put exp(x), x = β·(z − maximum), of each logit z into `weights`.

    Args:
        logits: `(V,)`, none above the maximum.
        maximum: Finite.
        beta: β, above 0.
        weights: `(V,)`, of the logits' dtype.

    Returns:
        Σ exp(x) and Σ (z − maximum)·exp(x).
    """
    address = _address_of(logits)
    if _library is None or not address:
        return None
    moment = ctypes.c_double()
    total: float = _library.kelvin_weigh(
        *(address, logits.size, maximum, beta * _PER_NAT, _address(weights)),
        ctypes.addressof(moment),
    )
    return total, moment.value / _PER_NAT / beta


def mass(logits: NDArray[Any], maximum: float, beta: float) -> float | None:
    """Return Σ exp(β·(z − maximum)) over `(V,)` logits, as `weigh` does.

    Args:
        logits: `(V,)` logits.
        maximum: The largest of them.
        beta: The inverse temperature, 1/T.
    """
    address = _address_of(logits)
    if _library is None or not address:
        return None
    total: float = _library.kelvin_mass(address, logits.size, maximum, beta * _PER_NAT)
    return total


def between(
    logits: NDArray[Any],
    weights: NDArray[Any],
    least: float,
    most: float,
    maximum: float,
    room: int,
) -> Between | None:
    """Return the tokens with logits from `least` to `most`; None where they may be more than room.

    Args:
        logits: `(V,)`.
        weights: `(V,)`, what each weighs.
        least: As a float32 holds it.
        most: As a float32 holds it; or infinite, and none is better.
        maximum: The largest logit.
        room: How many they are at most.
    """
    address = _address_of(logits)
    if _library is None or not address:
        return None
    places = np.empty(room, dtype=np.int64)
    better = _Better()
    count = _library.kelvin_between(
        *(address, _address(weights), logits.size, least, most, maximum),
        *(_address(places), room, ctypes.addressof(better)),
    )
    if count < 0:
        return None
    return Between(places[:count], better.count, better.weight, better.moment)


def _address(array: NDArray[Any]) -> int:
    address: int = array.__array_interface__["data"][0]  # in a third of the time of `ctypes.data`
    return address


_MOST_KNOWN = 64
_known: dict[int, tuple[weakref.ref[NDArray[Any]], int]] = {}


def _address_of(array: NDArray[Any]) -> int:
    """Return the address of float32 that stand side by side; 0 where they are or do otherwise.

    An array that has been asked about is remembered. llama.cpp's logits are the same array from
    token to token; and where a decode has swept the processor's caches, numpy takes as long to find
    the address as C to find the best tokens.
    """
    known = _known.get(id(array))
    if known is not None and known[0]() is array:
        return known[1]
    plain = array.dtype is _FLOAT32 and array.flags.c_contiguous and array.flags.aligned
    address = _address(array) if plain else 0
    if len(_known) >= _MOST_KNOWN:
        _known.clear()
    _known[id(array)] = weakref.ref(array), address
    return address

"""Passes over a whole vocabulary in C, where they are compiled; else numpy does them.

`packaging/compile_kernels.py` compiles `kernels.c` as the program is installed. numpy writes the
result of each step of a pass to memory and reads it again for the next; C has it in a register.
What a token costs beside a small model's decode is less than half of what it is with numpy alone.

Nothing here is needed: each function returns None where it is not compiled, or where logits are out
of the ordinary, and whoever calls it has numpy's way at hand, which finds the same but for the last
bits of float32 sums. The module decides nothing and knows no samplers.
"""

from __future__ import annotations

import ctypes
import math
import sys
import weakref
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

SUFFIX = {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")
LIBRARY = Path(__file__).with_name(f"_kernels{SUFFIX}")

_VERSION = 1
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
        nodes: `(3, 5)`: of the tail behind them, K, its slope and its curvature at five nodes; None
            where that was not asked, or would not be good enough.
    """

    ids: NDArray[np.int64]
    logits: NDArray[np.float64]
    lowest: float
    nodes: NDArray[np.float64] | None = None


NODES = 5
"""At which a tail is measured the quick way."""


class Rules(ctypes.Structure):
    """What `tail_sums` goes by, for C: `struct rules`.

    Attributes:
        beta: The nodes.
        rest: `(7, 10)`, row by row: from what is known at them to the rest.
        curvature_change: `(4, 2)`: from node to node, at least and at most.
        in_probability: The error that is put up with in a probability.
        in_entropy: The same in the entropy.
        beyond: Times the last node.
        error_beyond: What the power law gets wrong there.
    """

    _fields_ = (
        ("beta", ctypes.c_double * NODES),
        ("rest", ctypes.c_double * (2 * NODES * (NODES + 2))),
        ("curvature_change", ctypes.c_double * (2 * (NODES - 1))),
        ("in_probability", ctypes.c_double),
        ("in_entropy", ctypes.c_double),
        ("beyond", ctypes.c_double * 3),
        ("error_beyond", ctypes.c_double * 3),
    )


class Between(NamedTuple):
    """The tokens with logits between two, and what is better than all of them.

    Attributes:
        places: Their ids, ascending, int64.
        better: How many are better.
        heavier: What these weigh.
    """

    places: NDArray[np.int64]
    better: int
    heavier: float


def _loaded() -> ctypes.PyDLL | None:
    """Return the compiled passes, or None.

    They keep Python's lock: they are over in less time than it takes to be given it back.
    """
    try:
        library = ctypes.PyDLL(str(LIBRARY))
        if library.kelvin_version() != _VERSION:
            return None
    except (OSError, AttributeError):
        return None
    pointer, integer, single = ctypes.c_void_p, ctypes.c_int64, ctypes.c_float
    library.kelvin_best.argtypes = [pointer, integer, ctypes.c_int, pointer, pointer, pointer]
    library.kelvin_survey.argtypes = [
        *(pointer, integer, ctypes.c_int, ctypes.c_int, ctypes.c_double, ctypes.POINTER(Rules)),
        *(pointer, pointer, pointer, pointer, pointer),
    ]
    library.kelvin_weigh.argtypes = [pointer, integer, single, single, pointer]
    library.kelvin_weigh.restype = ctypes.c_double
    library.kelvin_between.argtypes = [
        *(pointer, pointer, integer, single, single, pointer, integer),
        *(ctypes.POINTER(integer), ctypes.POINTER(ctypes.c_double)),
    ]
    library.kelvin_between.restype = integer
    return library


_library = _loaded()
_most_found = _library.kelvin_most_found() if _library else 0


def are_compiled() -> bool:
    """Say whether C does these passes here."""
    return _library is not None


class _Found:
    """Memory for what is found, and its addresses."""

    def __init__(self) -> None:
        self.ids = np.empty(_most_found, dtype=np.int64)
        self.logits = np.empty(_most_found)
        self.nodes = np.empty((3, NODES))
        self.lowest = ctypes.c_float()
        self.is_measured = ctypes.c_int()
        lowest = ctypes.addressof(self.lowest)
        self.best = _address(self.ids), _address(self.logits), lowest
        self.tail = _address(self.nodes), ctypes.addressof(self.is_measured)


_spare: list[_Found] = []


def best(logits: NDArray[Any], least: int) -> Best | None:
    """Return at least the `least` best tokens of `(V,)` logits.

    None where their number is small or large, or one of them is NaN or +inf, too.
    """
    address = _address_of(logits)
    if _library is None or not address or logits.size < _FEWEST or least > _MOST_ASKED:
        return None
    found = _spare.pop() if _spare else _Found()
    count = _library.kelvin_best(address, logits.size, least, *found.best)
    result = None
    if count:
        ids, values = found.ids[:count].copy(), found.logits[:count].copy()
        result = Best(ids, values, found.lowest.value)
    _spare.append(found)
    return result


def survey(logits: NDArray[Any], head: int, step: float, rules: Rules) -> Best | None:
    """Return more than the `head` best tokens of `(V,)` logits, and the tail behind these.

    None where `best` returns it.

    Args:
        logits: `(V,)`.
        head: How many of the best tokens do not belong to the tail.
        step: h.
        rules: What is good enough.
    """
    address = _address_of(logits)
    if _library is None or not address or logits.size < _FEWEST or head >= _MOST_ASKED:
        return None
    found = _spare.pop() if _spare else _Found()
    asked = address, logits.size, head + 1, head, step * _PER_NAT, ctypes.byref(rules)
    count = _library.kelvin_survey(*asked, *found.best, *found.tail)
    result = None
    if count:
        ids, values = found.ids[:count].copy(), found.logits[:count].copy()
        nodes = found.nodes.copy() if found.is_measured.value else None
        result = Best(ids, values, found.lowest.value, nodes)
    _spare.append(found)
    return result


def weigh(logits: NDArray[Any], maximum: float, beta: float, weights: NDArray[Any]) -> float | None:
    """Put exp(β·(z − maximum)) of each logit z into `weights`; return their sum.

    Args:
        logits: `(V,)`, none above the maximum.
        maximum: Finite.
        beta: β, above 0.
        weights: `(V,)`, of the logits' dtype.
    """
    address = _address_of(logits)
    if _library is None or not address:
        return None
    total: float = _library.kelvin_weigh(
        address, logits.size, maximum, beta * _PER_NAT, _address(weights)
    )
    return total


def between(
    logits: NDArray[Any], weights: NDArray[Any], least: float, most: float, room: int
) -> Between | None:
    """Return the tokens with logits from `least` to `most`; None where they may be more than room.

    Args:
        logits: `(V,)`.
        weights: `(V,)`, what each weighs.
        least: As a float32 holds it.
        most: As a float32 holds it; or infinite, and none is better.
        room: How many they are at most.
    """
    address = _address_of(logits)
    if _library is None or not address:
        return None
    places = np.empty(room, dtype=np.int64)
    better, heavier = ctypes.c_int64(), ctypes.c_double()
    count = _library.kelvin_between(
        *(address, _address(weights), logits.size, least, most, _address(places), room),
        *(ctypes.byref(better), ctypes.byref(heavier)),
    )
    return None if count < 0 else Between(places[:count], better.value, heavier.value)


def _address(array: NDArray[Any]) -> int:
    address: int = array.__array_interface__["data"][0]  # in a third of the time of `ctypes.data`
    return address


_MOST_KNOWN = 64
_known: dict[int, tuple[weakref.ref[NDArray[Any]], int]] = {}


def _address_of(array: NDArray[Any]) -> int:
    """Return the address of float32 that stand side by side; 0 where they are or do otherwise.

    An array that has been asked about is remembered. llama.cpp's logits are the same array from
    token to token; and where a decode has swept the processor's caches, numpy takes as long to tell
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

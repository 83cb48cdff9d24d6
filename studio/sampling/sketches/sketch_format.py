"""The bytes of a sketch: a versioned little-endian record of at most 2 KiB.

Of a whole distribution:

offset  size
     0     4   "KLS1": the kind of record and its version; "KLP1" where what is called a logit is a
               log-probability, which is a logit but for a constant
     4     4   V, uint32
     8     4   tokens in the tail, uint32; 0 where there is no tail
    12     4   the tail's edge, float32
    16     4   the token written outside the best, uint32; 2**32 - 1 where there is none
    20     4   its logit, float32
    24     4   its rank, uint32
    28     2   n, how many best tokens, uint16
    30     2   m, how many nodes, uint16
    32   4·n   ids, uint32
   ...   4·n   logits, float32
   ...  16·m   nodes: m each of β, K, K′, K″, float32

Of one of which only the best tokens are known:

offset  size
     0     4   "KLT1"
     4     4   V, uint32
     8     4   the token written outside the best, uint32; 2**32 - 1 where there is none
    12     4   its logit, float32; this one's and others' but for a constant
    16     4   its rank, uint32
    20     4   the β at which the groups were weighed, float32
    24     2   n, how many best tokens, uint16
    26     2   m, how many groups all others are in, uint16
    28   4·n   ids, uint32
   ...   4·n   logits, float32
   ...  16·m   groups (see `TailBounds`): m each of cap, least and most, float32, and count, uint32
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.sampling.errors import SketchError
from studio.sampling.logits.ranking import HEAD
from studio.sampling.tails.hermite import Nodes
from studio.sampling.tails.tail import Tail
from studio.sampling.tails.tail_bounds import TailBounds
from studio.translation import tr

LARGEST = 2048
"""No record is longer, in bytes."""

_MAGIC, _NORMALISED = b"KLS1", b"KLP1"
_HEADER = struct.Struct("<4sIIfIfIHH")
_NO_TOKEN = 2**32 - 1

_TRUNCATED = b"KLT1"
_TRUNCATED_HEADER = struct.Struct("<4sIIfIfHH")

LARGEST_LOG = 1e4
"""No log-probability is further from 0, but that of a token that cannot follow; nor is a logit."""

MOST_GROUPS = 60
"""So many groups fit beside the best tokens."""

Fields = tuple[
    NDArray[np.int32], NDArray[np.float32], int, Tail | None, tuple[int, float, int] | None
]


def pack(
    ids: NDArray[np.int32],
    logits: NDArray[np.float32],
    vocabulary_size: int,
    tail: Tail | None,
    written: tuple[int, float, int] | None,
    *,
    knows_zero: bool = True,
) -> bytes:
    """Return the record of these fields.

    Args:
        ids: `(n,)` the best tokens.
        logits: `(n,)` their logits.
        vocabulary_size: How many tokens there are.
        tail: The others; None where there are none.
        written: Token, logit and rank of the one written, where it is one of the tail.
        knows_zero: Whether the logits are the model's own.
    """
    token, logit, rank = written if written else (_NO_TOKEN, 0.0, 0)
    header = _HEADER.pack(
        _MAGIC if knows_zero else _NORMALISED,
        vocabulary_size,
        tail.count if tail else 0,
        tail.edge if tail else 0.0,
        token,
        logit,
        rank,
        ids.size,
        len(tail.nodes.betas) if tail else 0,
    )
    nodes = [number for part in tail.nodes for number in part] if tail else []
    tail_bytes = struct.pack(f"<{len(nodes)}f", *nodes)
    return b"".join(
        (header, ids.astype("<u4").tobytes(), logits.astype("<f4").tobytes(), tail_bytes)
    )


def check_form(data: bytes) -> tuple[Any, ...]:
    """Return the header of a record; its numbers are not looked at, which takes a microsecond.

    Raises:
        SketchError: It is not a record of this version, or its length is not what its header says.
    """
    if len(data) < _HEADER.size or data[:4] not in (_MAGIC, _NORMALISED):
        if is_truncated(data):
            return _check_truncated(data)
        start = bytes(data[:4])
        words = tr(
            "sketch: found %n bytes beginning {start!r}, not {magic!r}.",
            "",
            len(data),
            start=start,
            magic=_MAGIC,
        )
        raise SketchError(words)
    header = _HEADER.unpack_from(data)
    _check_length(data, _HEADER.size + 8 * header[-2] + 16 * header[-1])
    return header


def _check_length(data: bytes, length: int) -> None:
    if len(data) != length:
        words = tr(
            "sketch: found %n bytes where its header says {length:,}.", "", len(data), length=length
        )
        raise SketchError(words)


def knows_zero(data: bytes) -> bool:
    """Say whether bytes that begin as a record does are of a model's own logits."""
    return data[:4] == _MAGIC


def is_truncated(data: bytes) -> bool:
    """Say whether bytes begin as the record of a truncated sketch does."""
    return data[:4] == _TRUNCATED and len(data) >= _TRUNCATED_HEADER.size


def _check_truncated(data: bytes) -> tuple[Any, ...]:
    header = _TRUNCATED_HEADER.unpack_from(data)
    _check_length(data, _TRUNCATED_HEADER.size + 8 * header[-2] + 16 * header[-1])
    return header


def pack_truncated(
    ids: NDArray[np.int32],
    logits: NDArray[np.float32],
    vocabulary_size: int,
    bounds: TailBounds,
    written: tuple[int, float, int] | None,
) -> bytes:
    """Return the record of a truncated sketch; what is rounded is rounded outwards.

    Args:
        ids: `(n,)` the best tokens.
        logits: `(n,)` their log-probabilities.
        vocabulary_size: How many tokens there are.
        bounds: All others, in `MOST_GROUPS` groups at most.
        written: As for `pack`.
    """
    token, logit, rank = written if written else (_NO_TOKEN, 0.0, 0)
    header = _TRUNCATED_HEADER.pack(
        _TRUNCATED, vocabulary_size, token, logit, rank, bounds.beta, ids.size, bounds.caps.size
    )
    caps = bounds.caps.astype("<f4")
    least, most = bounds.least.astype("<f4"), bounds.most.astype("<f4")
    least = np.where(least > bounds.least, np.nextafter(least, np.float32(0.0)), least)
    most = np.where(most < bounds.most, np.nextafter(most, np.float32(np.inf)), most)
    parts = (
        ids.astype("<u4"),
        logits.astype("<f4"),
        caps,
        least,
        most,
        bounds.counts.astype("<u4"),
    )
    return b"".join((header, *(part.tobytes() for part in parts)))


def unpack_truncated(
    data: bytes,
) -> tuple[NDArray[np.int32], NDArray[np.float32], int, TailBounds, tuple[int, float, int] | None]:
    """Return the fields of a truncated sketch's record.

    Raises:
        SketchError: As for `unpack`.
    """
    _, size, token, logit, rank, beta, n, m = _check_truncated(data)
    at = _TRUNCATED_HEADER.size
    ids = np.frombuffer(data, "<u4", n, at)
    logits = np.frombuffer(data, "<f4", n, at + 4 * n)
    with np.errstate(invalid="ignore"):
        numbers = np.frombuffer(data, "<f4", 3 * m, at + 8 * n).astype(np.float64)
    caps, least, most = numbers.reshape(3, m)
    counts = np.frombuffer(data, "<u4", m, at + 8 * n + 12 * m).astype(np.float64)
    written = None if token == _NO_TOKEN else (token, logit, rank)
    sound = (
        1 <= n <= HEAD
        and 1 <= m <= MOST_GROUPS
        and size < 2**31
        and n + counts.sum() <= size
        and int(ids.max()) < size
        and np.unique(ids).size == n
        and bool(np.isfinite(logits).all())
        and float(np.abs(logits).max()) <= LARGEST_LOG
        and bool((logits[1:] <= logits[:-1]).all())
        and bool(np.isfinite(numbers).all())
        and 1e-3 <= beta <= 1e3
        and bool((np.diff(caps, prepend=np.float64(logits[-1])) <= 0.0).all())
        and float(caps[-1]) >= -LARGEST_LOG
        and bool((counts >= 1.0).all())
        and bool(((least >= 0.0) & (least <= most)).all())
        and bool((most <= counts * (1.0 + 1e-6)).all())
        and (written is None or (token < size and n <= rank < size and np.isfinite(logit)))
    )
    if not sound:
        words = tr("sketch: its numbers are not those of a distribution; it is damaged.")
        raise SketchError(words)
    bounds = TailBounds(caps, counts, least, np.minimum(most, counts), beta)
    return ids.astype(np.int32), logits.astype(np.float32), size, bounds, written


def unpack(data: bytes) -> Fields:
    """Return the fields of a record.

    Raises:
        SketchError: It is not a record of this version; its length is not what its header says; or
            its numbers cannot be those of a distribution.
    """
    _, size, tail_count, edge, token, logit, rank, n, m = check_form(data)
    ids = np.frombuffer(data, "<u4", n, _HEADER.size)
    logits = np.frombuffer(data, "<f4", n, _HEADER.size + 4 * n)
    with np.errstate(invalid="ignore"):  # a signalling NaN is refused below, and not warned of
        nodes = np.frombuffer(data, "<f4", 4 * m, _HEADER.size + 8 * n).astype(np.float64)
    written = None if token == _NO_TOKEN else (token, logit, rank)
    sound = (
        n >= 1
        and n + tail_count <= size < 2**31
        and int(ids.max()) < size
        and bool(np.isfinite(logits).all())
        and bool((logits[1:] <= logits[:-1]).all())
        and (m >= 2 if tail_count else m == 0)
        and (written is None or (token < size and n <= rank < size and np.isfinite(logit)))
    )
    if not sound:
        words = tr("sketch: its numbers are not those of a distribution; it is damaged.")
        raise SketchError(words)
    tail = _tail(edge, tail_count, nodes.reshape(4, m)) if tail_count else None
    return ids.astype(np.int32), logits.astype(np.float32), size, tail, written


def _tail(edge: float, count: int, nodes: NDArray[np.float64]) -> Tail:
    sound = (
        np.isfinite(edge)
        and bool(np.isfinite(nodes).all())
        and nodes[0, 0] == 0.0
        and bool((np.diff(nodes[0]) > 0.0).all())
    )
    if not sound:
        raise SketchError(tr("sketch: the nodes of its tail are out of order; it is damaged."))
    return Tail(edge, count, Nodes(*(tuple(part) for part in nodes.tolist())))

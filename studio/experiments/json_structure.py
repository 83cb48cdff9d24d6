"""Looks at JSON before a decoder does: how deep it is, how many values it has, where it may be cut.

A decoder makes an object of a hundred bytes of every five, recurses as deep as the text wants, and
lets no other thread go on until it is through. Here brackets and commas are counted, a piece at a
time. Knows neither what the values are nor, for sure, that the text is valid: that is the decoder's
to say.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import numpy as np
from numpy.typing import NDArray

from studio.progress import At
from studio.translation import tr

_PIECE = 512 * 1024
"""Bytes that are looked at in one go; a few thousandths of a second."""
_TOGETHER = 64 * 1024
"""Bytes of a list that are given to the decoder in one go."""

_QUOTE, _COMMA = ord('"'), ord(",")
_STEPS = np.zeros(256, np.int8)
for _sign in b"[{":
    _STEPS[_sign] = 1
for _sign in b"]}":
    _STEPS[_sign] = -1
_BEGINS_VALUE = np.zeros(256, np.bool_)
for _sign in b"[{,":
    _BEGINS_VALUE[_sign] = True


class StructureError(ValueError):
    """There is more of it than is allowed; says what was found."""


def check_structure(
    data: bytes, deepest: int, most_values: int, at: At = lambda _share: None
) -> None:
    """Refuse what would cost a decoder too much.

    Args:
        data: JSON, or anything.
        deepest: How many lists and objects may be within one another.
        most_values: How many values there may be in all.
        at: Is given how far it is.

    Raises:
        StructureError: It is deeper, or has more values.
    """
    values = 0
    for start, signs, depths in _pieces(data):
        if int(depths.max()) > deepest:
            place = start + int(np.argmax(depths > deepest))
            raise StructureError(
                tr(
                    "more than {most} lists or objects within one another (byte {place:,})",
                    most=deepest,
                    place=place,
                )
            )
        values += int(np.count_nonzero(_BEGINS_VALUE[signs]))
        if values > most_values:
            raise StructureError(tr("more than {most:,} values", most=most_values))
        at((start + len(signs)) / len(data))


def cut(raw: bytes | msgspec.Raw, most: int, longest: int) -> Iterator[tuple[int, bytes, float]]:
    """Cut a list or an object into shorter ones.

    Args:
        raw: One list or object of JSON, without spaces around it; anything else is given as it is.
            It is not copied.
        most: How many entries it may have.
        longest: Bytes that one of them may have.

    Yields:
        How many entries stand before those of the piece, the piece, and what share of the bytes it
        ends with.

    Raises:
        StructureError: There are more entries, or one is longer; before the first piece.
    """
    view = memoryview(raw)
    opening, closing = bytes(view[:1]), bytes(view[-1:])
    if (opening, closing) not in ((b"[", b"]"), (b"{", b"}")):
        yield 0, bytes(view), 1.0
        return
    commas: list[NDArray[np.int64]] = []
    count = 1
    for start, signs, depths in _pieces(view):
        commas.append(start + np.flatnonzero((signs == _COMMA) & (depths == 1)))
        count += len(commas[-1])
        if count > most:
            raise StructureError(
                tr("found %n entries and more; allowed are {most:,}", "", count, most=most)
            )
    # The entry i lies between ends[i] and ends[i + 1].
    ends = np.concatenate([[0], *commas, [len(view) - 1]])
    lengths = np.diff(ends)
    if int(lengths.max()) > longest:
        index = int(np.argmax(lengths > longest))
        raise StructureError(
            tr(
                "entry {place:,} has %n bytes; allowed are {most:,}",
                "",
                int(lengths[index]),
                place=index,
                most=longest,
            )
        )
    first = 0
    while first < count:
        # At least one entry, and of several no more than fit together.
        fitting = int(np.searchsorted(ends, ends[first] + _TOGETHER, "right")) - 1
        last = min(count, max(first + 1, fitting))
        begin, end = int(ends[first]) + 1, int(ends[last])
        yield first, b"".join((opening, view[begin:end], closing)), end / len(view)
        first = last


def _pieces(data: bytes | memoryview) -> Iterator[tuple[int, NDArray[np.uint8], NDArray[np.int32]]]:
    """Each piece's place, its bytes with those in texts as 0, and how deep it is behind each."""
    depth, is_inside, rest = 0, False, b""
    for begin in range(0, len(data), _PIECE):
        start = begin - len(rest)
        # Of what is left the quotation marks begin and end texts.
        plain = rest + bytes(data[begin : begin + _PIECE])
        plain = plain.replace(b"\\\\", b"  ").replace(b'\\"', b"  ")
        rest = b"\\" if plain.endswith(b"\\") else b""  # what it escapes is in the next piece
        signs = np.frombuffer(plain.removesuffix(b"\\"), np.uint8)
        if not signs.size:
            continue
        inside = np.bitwise_xor.accumulate(signs == _QUOTE) ^ is_inside
        is_inside = bool(inside[-1])
        signs = np.where(inside, np.uint8(0), signs)
        depths = np.cumsum(_STEPS[signs], dtype=np.int32) + np.int32(depth)
        depth = int(depths[-1])
        yield start, signs, depths

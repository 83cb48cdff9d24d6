"""Inputs made of other inputs: bytes changed, numbers made absurd, pieces moved and doubled.

Knows no format.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

LONGEST = 1 << 20
"""Bytes of an input; longer ones are cut."""

_EDGES = (0, 1, 2, 3, 4, 7, 8, 16, 31, 32, 63, 64, 127, 128, 255, 256, 257, 511, 512, 513, 1023)
_TEXTS = (
    b"", b"-1", b"0", b"1e308", b"-1e308", b"1e-400", b"NaN", b"Infinity", b"-Infinity", b"null",
    b"true", b"9" * 400, b"18446744073709551616", b"[[[[[[[[", b"{}", b"\0", b"\xff\xfe",
    b"\\ud800", b"\xe2\x80\xae", b"\x1b[2J",
    b"\xf0\x9f\x90\x9f", b"\r\n", b'"', b"'", b"<", b"&", b"A" * 5000,
)  # fmt: skip


def mutated(
    random: Random, seeds: Sequence[bytes], words: Sequence[bytes] = (), most: int = 6
) -> bytes:
    """One of the seeds, changed in one to `most` places.

    Args:
        random: Decides everything.
        seeds: What inputs are made of.
        words: Of the format.
        most: Changes.
    """
    data = bytearray(random.choice(seeds))
    for _ in range(random.randint(1, most)):
        random.choice(_CHANGES)(random, data, seeds, words)
        del data[LONGEST:]
    return bytes(data)


_Change = Callable[[Random, bytearray, Sequence[bytes], Sequence[bytes]], None]


def _place(random: Random, data: bytearray) -> int:
    return random.randint(0, len(data))


def _piece(random: Random, data: bytes | bytearray) -> tuple[int, int]:
    """A piece, as a rule a short one."""
    start = random.randint(0, len(data))
    return start, min(len(data), start + int(1 / max(random.random(), 1e-4)))


def _byte(random: Random, data: bytearray, _seeds: Sequence[bytes], _: Sequence[bytes]) -> None:
    if data:
        data[random.randrange(len(data))] = random.randrange(256)


def _bit(random: Random, data: bytearray, _seeds: Sequence[bytes], _: Sequence[bytes]) -> None:
    if data:
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)


def _number(random: Random, data: bytearray, _seeds: Sequence[bytes], _: Sequence[bytes]) -> None:
    """A whole number of 1 to 8 bytes in place of what is there, or a little more or less."""
    width = random.choice((1, 2, 4, 4, 8, 8))
    at = _place(random, data)
    order = random.choice(("little", "little", "big"))
    limit = 1 << 8 * width
    if random.random() < 0.3:
        value = int.from_bytes(data[at : at + width], order) + random.randint(-3, 3)  # type: ignore[arg-type]
    elif random.random() < 0.5:
        value = (1 << random.randint(0, 8 * width)) - random.randint(0, 1)
    else:
        value = random.choice(_EDGES)
    data[at : at + width] = (value % limit).to_bytes(width, order)  # type: ignore[arg-type]


def _insert(
    random: Random, data: bytearray, _seeds: Sequence[bytes], words: Sequence[bytes]
) -> None:
    at = _place(random, data)
    data[at:at] = (
        random.choice(_TEXTS + tuple(words)) if random.random() < 0.8 else random.randbytes(8)
    )


def _overwrite(
    random: Random, data: bytearray, _seeds: Sequence[bytes], words: Sequence[bytes]
) -> None:
    at = _place(random, data)
    text = random.choice(_TEXTS + tuple(words))
    data[at : at + len(text)] = text


def _digits(random: Random, data: bytearray, _seeds: Sequence[bytes], _: Sequence[bytes]) -> None:
    """A number that is written in digits, where there is one, becomes another text."""
    at = next((n for n in range(_place(random, data), len(data)) if 48 <= data[n] < 58), None)
    if at is not None:
        end = next((n for n in range(at, len(data)) if not 48 <= data[n] < 58), len(data))
        data[at:end] = random.choice(_TEXTS)


def _remove(random: Random, data: bytearray, _seeds: Sequence[bytes], _: Sequence[bytes]) -> None:
    start, end = _piece(random, data)
    del data[start:end]


def _double(random: Random, data: bytearray, _seeds: Sequence[bytes], _: Sequence[bytes]) -> None:
    start, end = _piece(random, data)
    data[start:start] = data[start:end] * random.choice((1, 1, 2, 50))


def _move(random: Random, data: bytearray, _seeds: Sequence[bytes], _: Sequence[bytes]) -> None:
    start, end = _piece(random, data)
    piece = data[start:end]
    del data[start:end]
    at = _place(random, data)
    data[at:at] = piece


def _cut(random: Random, data: bytearray, _seeds: Sequence[bytes], _: Sequence[bytes]) -> None:
    del data[_place(random, data) :]


def _splice(random: Random, data: bytearray, seeds: Sequence[bytes], _: Sequence[bytes]) -> None:
    """The end of another input behind the beginning of this one, or a piece of it inside."""
    other = random.choice(seeds)
    at = _place(random, data)
    if random.random() < 0.5:
        data[at:] = other[random.randint(0, len(other)) :]
    else:
        start, end = _piece(random, other)
        data[at:at] = other[start:end]


_CHANGES: tuple[_Change, ...] = (
    _byte, _byte, _bit, _number, _number, _number, _insert, _overwrite, _digits, _remove, _double,
    _move, _cut, _splice,
)  # fmt: skip

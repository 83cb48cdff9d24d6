"""A sketch's bytes: what is just allowed comes back, and what no distribution has is refused."""

from __future__ import annotations

import math
import struct
from typing import Any

import numpy as np
import pytest

from studio.sampling import LogitSketch, SketchError
from studio.sampling.sketches import sketch_format
from studio.sampling.tails.hermite import Nodes
from studio.sampling.tails.tail import Tail

NODES = Nodes((0.0, 0.5, 2.0), (math.log(5.0), 1.0, 0.5), (-2.0, -1.0, -0.25), (4.0, 2.0, 0.5))
TAIL = Tail(-1.5, 5, NODES)
SOUND: dict[str, Any] = {
    "ids": [4, 0, 7],
    "logits": [3.0, 2.0, 2.0],
    "vocabulary_size": 10,
    "tail": TAIL,
    "written": (9, -2.0, 6),
}


def packed(**fields: Any) -> bytes:
    made = SOUND | fields
    made["ids"] = np.array(made["ids"], dtype=np.int64)
    made["logits"] = np.array(made["logits"], dtype=np.float64)
    return sketch_format.pack(**made)


def tail_of(**parts: tuple[float, ...]) -> Tail:
    return Tail(-1.5, 5, NODES._replace(**parts))


def test_a_record_byte_by_byte() -> None:
    data = packed()
    assert len(data) == 32 + 8 * 3 + 16 * 3
    assert data[:4] == b"KLS1"
    assert struct.unpack_from("<IIfIfIHH", data, 4) == (10, 5, -1.5, 9, -2.0, 6, 3, 3)
    assert np.frombuffer(data, "<u4", 3, 32).tolist() == [4, 0, 7]
    assert np.frombuffer(data, "<f4", 3, 44).tolist() == [3.0, 2.0, 2.0]
    nodes = np.array(NODES, dtype=np.float32)  # all of β, then all of K, ...
    assert np.frombuffer(data, "<f4", 12, 56).tolist() == nodes.ravel().tolist()
    alone = packed(ids=[1], logits=[0.5], tail=None, written=None)
    assert len(alone) == 40
    assert struct.unpack_from("<IIfIfIHH", alone, 4) == (10, 0, 0.0, 2**32 - 1, 0.0, 0, 1, 0)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"vocabulary_size": 8, "written": None},
        {"ids": [4, 0, 9]},
        {"vocabulary_size": 2**31 - 1},
        {"written": None},
        {"written": (9, -2.0, 3)},
        {"written": (9, -2.0, 9)},
        {"written": (0, 1e30, 5)},
        {"tail": None},
        {"tail": Tail(-1.5, 7, NODES)},
        {"tail": Tail(-1.5, 5, Nodes((0.0, 1.0), (1.0, 0.0), (-1.0, 0.0), (1.0, 0.0)))},
        {"ids": [3], "logits": [0.0]},
        {"logits": [-3e38, -3e38, -3e38]},
    ],
)
def test_what_is_allowed_comes_back(fields: dict[str, Any]) -> None:
    data = packed(**fields)
    ids, logits, size, tail, written = sketch_format.unpack(data)
    made = SOUND | fields
    assert ids.tolist() == made["ids"]
    assert logits.tolist() == pytest.approx(made["logits"])
    assert (str(ids.dtype), str(logits.dtype)) == ("int32", "float32")
    assert (size, written) == (
        made["vocabulary_size"],
        made["written"] and pytest.approx(made["written"]),
    )
    if made["tail"] is None:
        assert tail is None
    else:
        assert tail is not None
        assert (tail.edge, tail.count) == (made["tail"].edge, made["tail"].count)
        for part, expected in zip(tail.nodes, made["tail"].nodes, strict=True):
            assert part == pytest.approx(expected, rel=1e-6)
    assert sketch_format.pack(ids, logits, size, tail, written) == data
    LogitSketch.check_form(data)


@pytest.mark.parametrize(
    "fields",
    [
        {"ids": [], "logits": []},
        {"ids": [], "logits": [], "tail": None, "written": None},
        {"vocabulary_size": 7, "written": None},
        {"vocabulary_size": 2**31},
        {"vocabulary_size": 2**32 - 1},
        {"ids": [4, 0, 10]},
        {"logits": [3.0, 1.0, 2.0]},
        {"logits": [3.0, math.nan, 2.0]},
        {"logits": [math.inf, 2.0, 2.0]},
        {"logits": [3.0, 2.0, -math.inf]},
        {"tail": Tail(-1.5, 8, NODES)},
        {"tail": Tail(-1.5, 0, NODES)},
        {"tail": Tail(-1.5, 5, Nodes((0.0,), (1.0,), (-1.0,), (1.0,)))},
        {"tail": Tail(-1.5, 5, Nodes((), (), (), ()))},
        {"written": (10, -2.0, 6)},
        {"written": (9, -2.0, 2)},
        {"written": (9, -2.0, 10)},
        {"written": (9, math.nan, 6)},
        {"written": (9, -math.inf, 6)},
    ],
)
def test_numbers_that_no_distribution_has_are_refused(fields: dict[str, Any]) -> None:
    data = packed(**fields)
    with pytest.raises(SketchError, match="not those of a distribution; it is damaged"):
        LogitSketch.from_bytes(data)
    LogitSketch.check_form(data)


@pytest.mark.parametrize(
    "tail",
    [
        Tail(math.nan, 5, NODES),
        Tail(-math.inf, 5, NODES),
        tail_of(betas=(0.1, 0.5, 2.0)),
        tail_of(betas=(-1.0, 0.0, 2.0)),
        tail_of(betas=(0.0, 0.5, 0.5)),
        tail_of(betas=(0.0, 2.0, 0.5)),
        tail_of(betas=(0.0, 0.5, math.inf)),
        tail_of(values=(math.nan, 1.0, 0.5)),
        tail_of(slopes=(-2.0, math.inf, -0.25)),
        tail_of(curvatures=(4.0, 2.0, math.nan)),
    ],
)
def test_nodes_that_no_tail_has_are_refused(tail: Tail) -> None:
    with pytest.raises(SketchError, match="the nodes of its tail are out of order; it is damaged"):
        LogitSketch.from_bytes(packed(tail=tail))


def test_what_is_plainly_no_sketch_is_refused_unread() -> None:
    data = packed()
    for bad, says in [
        (b"", "found 0 bytes beginning b''"),
        (data[:31], "found 31 bytes beginning b'KLS1'"),
        (data[:32], "found 32 bytes where its header says 104"),
        (data[:-1], "found 103 bytes where its header says 104"),
        (data + b"\0", "found 105 bytes where its header says 104"),
        (b"KLS2" + data[4:], "found 104 bytes beginning b'KLS2', not b'KLS1'"),
    ]:
        for read in (LogitSketch.check_form, LogitSketch.from_bytes):
            with pytest.raises(SketchError, match=says):
                read(bad)

"""Each record's sketch is unpacked once for all views; only so many stay."""

import gc

import numpy as np
import pytest

from studio.app.tokens.next_token import NextToken
from studio.app.tokens.sketch_store import SketchStore
from studio.sampling import LogitSketch, SamplingParams, SketchStack
from studio.token_record import TokenRecord, undrawn
from tests.helpers.recorded import scored, unreadable


@pytest.fixture
def unpacked(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What was unpacked, in order."""
    seen: list[bytes] = []
    unpack = LogitSketch.from_bytes

    def counted(data: bytes) -> LogitSketch:
        seen.append(data)
        return unpack(data)

    monkeypatch.setattr(LogitSketch, "from_bytes", counted)
    return seen


def test_it_unpacks_once_for_all_who_share_it(unpacked: list[bytes]) -> None:
    first, second = NextToken(SamplingParams()), NextToken(SamplingParams())
    second.share_pieces(first)
    record = scored(b"a", 1)
    sketch = first.sketches.of(record)
    assert sketch is not None
    assert second.sketches.of(record) is sketch
    stack = SketchStack()
    assert second.sketches.put(record, stack) is sketch
    assert stack.rank.tolist() == [3]
    assert len(unpacked) == 1
    assert sketch.to_bytes() == record.sketch


def test_those_looked_at_longest_ago_go(unpacked: list[bytes]) -> None:
    store = SketchStore(2)
    one, two, three = (scored(b"a", seed) for seed in range(3))
    for record in (one, two, one, three, one):
        store.of(record)
    assert len(unpacked) == 3
    store.of(two)
    assert len(unpacked) == 4


def test_what_was_forgotten_or_cannot_be_read_has_none(unpacked: list[bytes]) -> None:
    store, record = SketchStore(), scored(b"a", 1)
    stacks = SketchStack(), SketchStack()
    stranger = next(t for t in range(400) if t not in LogitSketch.from_bytes(record.sketch).ids)
    for bad in (
        undrawn(1, b"a", b""),
        unreadable(record),
        undrawn(stranger, b"a", record.sketch),
    ):
        assert store.put(bad, *stacks) is None
    assert store.put(record, *stacks) is not None
    for stack in stacks:
        assert stack.rank.tolist() == [-1, -1, -1, 3]
        assert np.isfinite(stack.entropy(1.0)).all()


def test_a_record_that_takes_anothers_identity_does_not_get_its_sketch() -> None:
    store = SketchStore()
    seen = set()
    for seed in range(200):
        record: TokenRecord | None = scored(b"a", seed)
        assert record is not None
        sketch = store.of(record)
        assert sketch is not None
        assert sketch.to_bytes() == record.sketch
        seen.add(id(record))
        record = None
    gc.collect()
    assert len(seen) < 200, "identities were used again"

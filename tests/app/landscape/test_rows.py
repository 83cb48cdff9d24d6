import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.app.landscape.rows import CHUNK, LandscapeRows
from studio.app.landscape.scale import RANKS, REST, levels
from studio.app.tokens.sketch_store import SketchStore
from studio.manuscript import TokenSpan
from studio.sampling import LogitSketch
from studio.token_record import TokenRecord, undrawn
from tests.helpers.recorded import unreadable

VOCABULARY = 300


def record(seed: int) -> TokenRecord:
    rng = np.random.default_rng(seed)
    logits = (rng.normal(size=VOCABULARY) * 3).astype(np.float32)
    token = int(rng.integers(VOCABULARY))
    return undrawn(token, b"a", LogitSketch.of(logits, token).to_bytes())


RECORDS = [record(seed) for seed in range(400)]


def spans(records: list[TokenRecord]) -> list[TokenSpan]:
    return [TokenSpan(at, at + 1, one) for at, one in enumerate(records)]


def follow_all(rows: LandscapeRows, wanted: list[TokenSpan]) -> int:
    """How many times it had to be asked."""
    times = 1
    while not rows.follow(wanted):
        times += 1
    return times


def check(rows: LandscapeRows, records: list[TokenRecord], temperature: float) -> None:
    assert [span.record for span in rows.spans] == records
    assert rows.levels.shape == (len(records), REST + 1)
    for row, one in enumerate(records):
        sketch = LogitSketch.from_bytes(one.sketch)
        ids, p, rest = sketch.distribution(temperature)
        expected = levels(np.append(p, rest).astype(np.float32))
        # To a level: p^¼ of two numbers that differ in their last digits may be rounded apart.
        assert np.abs(rows.levels[row].astype(int) - expected.astype(int)).max() <= 1
        place = np.flatnonzero(ids == one.id)
        rank = int(place[0]) if place.size else RANKS
        assert min(int(rows.ranks[row]), RANKS) == rank


@pytest.mark.parametrize("temperature", [0.0, 0.3, 1.0, 4.0, math.inf])
def test_rows_are_the_sketches_at_t(temperature: float) -> None:
    rows = LandscapeRows(SketchStore())
    rows.temper(temperature)
    follow_all(rows, spans(RECORDS[:60]))
    check(rows, RECORDS[:60], temperature)
    rows.temper(0.7)
    check(rows, RECORDS[:60], 0.7)


def test_many_come_a_few_at_a_time() -> None:
    rows = LandscapeRows(SketchStore())
    assert follow_all(rows, spans(RECORDS)) == math.ceil(len(RECORDS) / CHUNK)


def test_new_tokens_come_and_old_ones_go() -> None:
    rows = LandscapeRows(SketchStore())
    for end in range(100, 400, 7):
        follow_all(rows, spans(RECORDS[end - 100 : end]))
    check(rows, RECORDS[294:394], 1.0)
    rows.temper(2.0)
    check(rows, RECORDS[294:394], 2.0)


def test_undo_takes_the_last_ones_back() -> None:
    rows = LandscapeRows(SketchStore())
    follow_all(rows, spans(RECORDS[:200]))
    follow_all(rows, spans(RECORDS[:90]))
    rows.temper(0.5)
    check(rows, RECORDS[:90], 0.5)
    follow_all(rows, [])
    check(rows, [], 0.5)


def test_where_tokens_stand_is_kept_up() -> None:
    rows = LandscapeRows(SketchStore())
    follow_all(rows, spans(RECORDS[:5]))
    moved = [TokenSpan(span.start + 10, span.end + 10, span.record) for span in rows.spans]
    assert rows.follow(moved)
    assert rows.spans == moved


def test_a_sketch_that_cannot_be_read_is_an_empty_row() -> None:
    rows = LandscapeRows(SketchStore())
    damaged = unreadable(record(3))
    follow_all(rows, spans([RECORDS[0], damaged, RECORDS[1]]))
    assert rows.ranks.tolist()[1] == -1
    assert not rows.levels[1].any()
    rows.temper(3.0)
    assert not rows.levels[1].any()
    assert rows.levels[2].any()


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(0, 20), st.booleans()),
        max_size=6,
    )
)
def test_whatever_the_text_becomes(changes: list[tuple[int, int, int, bool]]) -> None:
    rows = LandscapeRows(SketchStore())
    temperature = 1.0
    for start, length, other, turn in changes:
        # Some of the old tokens, and others behind them.
        records = RECORDS[start : start + length] + RECORDS[100 : 100 + other]
        if turn:
            temperature = 3.0 - temperature
            rows.temper(temperature)
        follow_all(rows, spans(records))
        check(rows, records, temperature)

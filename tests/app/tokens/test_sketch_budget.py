"""The distributions that are kept have a budget in bytes: the oldest go, and no token's place."""

import numpy as np

from studio.app.tokens.sketch_budget import SketchBudget
from studio.sampling import LogitSketch
from studio.token_record import TokenRecord, undrawn

SKETCH = LogitSketch.of(np.linspace(0.0, 9.0, 300, dtype=np.float32)).to_bytes()
TEN = 10 * len(SKETCH)


def tokens(count: int) -> list[TokenRecord]:
    return [undrawn(n, b"x", SKETCH) for n in range(count)]


def follow(budget: SketchBudget, record: TokenRecord) -> bool:
    """Whether others were forgotten for it."""
    budget.follow(record)
    return budget.make_room()


def with_sketch(kept: list[TokenRecord]) -> list[int]:
    return [token.id for token in kept if token.sketch]


def test_the_oldest_are_forgotten_beyond_the_budget() -> None:
    budget = SketchBudget(TEN)
    kept = tokens(30)
    forgotten = [follow(budget, token) for token in kept]
    assert not any(forgotten[:10])
    assert forgotten[10]
    # Room is made for several at a time.
    assert 3 <= sum(forgotten) <= 8
    left = with_sketch(kept)
    assert left == list(range(30))[-len(left) :]
    assert 7 <= len(left) <= 10


def test_what_nobody_keeps_any_more_does_not_count() -> None:
    budget = SketchBudget(TEN)
    first = tokens(5)
    for token in first:
        follow(budget, token)
        follow(budget, token)
    for _ in range(20):
        gone = tokens(5)  # those before are nobody's
        for token in gone:
            assert not follow(budget, token)
    assert with_sketch(first) == [0, 1, 2, 3, 4]
